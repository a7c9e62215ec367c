"""The derived pictures of a 12 MP photo against pyvips (time), a full Lanczos decode (quality), and the lane that makes them.

CPU time is what counts: the machine may be shared. Every figure is a median; both sides take turns in one run.
"""

from __future__ import annotations

import io
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageStat

from inspect_app.photos.developing import develop
from inspect_app.photos.workers import Pool, Worker, processors
from tests.bench.measure import Line, Table, at_least, at_most, median, seconds, under

ROUNDS = 7
LANE_ROUNDS = 5
LANE_PHOTOS = 120
WORKER_MB = 60
DECIBELS = 0.6
VIPS = """
import sys, resource, pyvips
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
for _ in range(3):
    begun = cpu()
    big = pyvips.Image.thumbnail(sys.argv[1], 1600, height=1600).copy_memory()
    big.jpegsave_buffer(Q=82, strip=True)
    big.thumbnail_image(320, height=320).jpegsave_buffer(Q=82, strip=True)
    print(cpu() - begun)
"""
OURS = """
import sys, resource
from inspect_app.photos.developing import develop
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
for _ in range(3):
    begun = cpu()
    develop(open(sys.argv[1], "rb"))
    print(cpu() - begun)
"""


def derivatives() -> list[Table]:
    """All of it, on a photo with fine noise and one with hard edges."""
    with tempfile.TemporaryDirectory(prefix="inspect-app-bench-") as folder:
        noisy, hard = Path(folder, "noisy.jpg"), Path(folder, "hard.jpg")
        noisy.write_bytes(_jpeg(_noisy(), 90))
        hard.write_bytes(_jpeg(_hard(), 92))
        table = Table("Derivatives of a 12 MP photo (both sizes)")
        ours = [_compared(table, *pair) for pair in (("fine noise", noisy), ("hard edges", hard))]
        table.lines += [_quality("fine noise", noisy), _quality("hard edges", hard), _worker(noisy)]
        table.lines += _lane(noisy, ours[0], Path(folder))
        return [table]


def _compared(table: Table, name: str, path: Path) -> float:
    """Seconds of CPU for one photo; each round is a process of either kind, warm from its second photo on."""
    vips, ours = [], []
    for _ in range(ROUNDS):
        ours.append(_cpu(OURS, path))
        vips.append(_cpu(VIPS, path))
    table.lines.append(at_most(f"CPU, {name}, against pyvips", median(ours) * 1000, median(vips) * 1000, 1.0))
    return median(ours)


def _cpu(script: str, path: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def _quality(name: str, path: Path) -> Line:
    """How much further from a full decode and Lanczos than that one's own JPEG is."""
    truth = Image.open(path).resize((1600, 1200), Image.Resampling.LANCZOS)
    with path.open("rb") as source:
        ours = Image.open(io.BytesIO(develop(source).pictures[1600]))
    full = Image.open(io.BytesIO(_jpeg(truth, 82)))
    lost = _psnr(full, truth) - _psnr(ours, truth)
    what = f"dB under a full Lanczos decode, {name}"
    return Line(what, f"{lost:.2f} dB", "0.00 dB", "", f"<= {DECIBELS} dB", lost <= DECIBELS)


def _psnr(one: Image.Image, other: Image.Image) -> float:
    squares = sum(ImageStat.Stat(ImageChops.difference(one, other)).sum2)
    return 10 * math.log10(255**2 * 3 * one.width * one.height / squares)


def _worker(path: Path) -> Line:
    """The most that a worker ever held, after ten photos."""
    worker = Worker()
    try:
        for _ in range(10):
            worker.develop(path)
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
    finally:
        worker.end()
    most = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return under("resident per worker, at most", most / 1024, WORKER_MB, " MB")


def _lane(path: Path, alone: float, folder: Path) -> list[Line]:
    """Photos per second of the lane, claims and rows and files included, against processes that only develop, one per
    processor, in the same run; and against cores / one photo's CPU time. That is taken from those processes: where two
    processors share a core a photo takes more of it than `alone`.
    """
    lane, bare, cpu = [], [], []
    with _application(folder) as (app, who):
        for number in range(LANE_ROUNDS):
            for each in range(LANE_PHOTOS):
                _take_in(who, path.read_bytes() + f"{number}-{each}".encode())
            lane.append(LANE_PHOTOS / seconds(_work(app)))
            used = _used_by_ended()
            bare.append(LANE_PHOTOS / seconds(partial(_only_develop, path)))
            cpu.append((_used_by_ended() - used) / LANE_PHOTOS)
    rate, busy = median(lane), median(cpu)
    return [
        at_least("photos per second of the lane", rate, median(bare), 0.85),
        at_least("the same, against cores / one photo's CPU time", rate, processors() / busy, 0.85),
        Line(
            "  one photo's CPU time, all processors busy; alone",
            f"{busy * 1000:.0f} ms",
            f"{alone * 1000:.0f} ms",
        ),
    ]


def _used_by_ended() -> float:
    """CPU seconds of the processes that this one has seen end."""
    times = os.times()
    return times.children_user + times.children_system


def _only_develop(path: Path) -> None:
    pool = Pool(processors())
    with pool.kept(), ThreadPoolExecutor(pool.size) as lines:
        list(lines.map(pool.develop, [path] * LANE_PHOTOS))


def _application(folder: Path) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Any:
        from inspect_app import create_app
        from tests.conftest import make_settings, migrate_to_head
        from tests.support import factories

        home = folder / "home"
        home.mkdir()
        url = f"sqlite:///{home / 'bench.sqlite3'}"
        migrate_to_head(url)
        app = create_app(make_settings(home, DATABASE_URL=url))
        with app.app_context():
            yield app, factories.actor("inspector")

    return opened()


def _take_in(who: Any, content: bytes) -> None:
    from inspect_app.photos import services

    services.take_in(who, content)


def _work(app: Any) -> Callable[[], object]:
    from inspect_app.jobs.schedule import develop

    def all_of_it() -> None:
        assert develop(app.config["SETTINGS"]) == LANE_PHOTOS

    return all_of_it


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _noisy() -> Image.Image:
    chance = random.Random(1)
    small = Image.frombytes("RGB", (400, 300), chance.randbytes(400 * 300 * 3))
    noise = Image.effect_noise((4000, 3000), 30).convert("RGB")
    return Image.blend(small.resize((4000, 3000), Image.Resampling.BICUBIC), noise, 0.25)


def _hard() -> Image.Image:
    chance = random.Random(3)
    image = Image.new("RGB", (4000, 3000), (200, 205, 210))
    pen = ImageDraw.Draw(image)
    for _ in range(6000):
        x, y, wide, high = (chance.randrange(limit) for limit in (4000, 3000, 120, 120))
        colour = tuple(chance.randrange(256) for _ in range(3))
        pen.rectangle((x, y, x + wide, y + high), fill=colour)
        pen.line((x, y, chance.randrange(4000), chance.randrange(3000)), fill=colour, width=1 + wide % 3)
    return image
