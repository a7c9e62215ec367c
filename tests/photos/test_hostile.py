"""Hostile files cost one small process a moment: bounded memory, nothing decoded that is too large, nobody else affected."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from inspect_app.photos.developing import MAX_PIXELS, MAX_PIXELS_WHOLE, develop
from inspect_app.photos.scans import scans_of
from inspect_app.photos.workers import Worker
from tests.support import pictures

MEMORY_KB = 300 * 1024


def giant_jpeg(width: int = 20_000, height: int = 10_000) -> bytes:
    """A small JPEG that says it has 200 million pixels."""
    content = bytearray(pictures.photo(64, 64))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(content)


def decodable(width: int, height: int, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (120, 130, 140)).save(buffer, kind)
    return buffer.getvalue()


def many_scans(scans: int) -> bytes:
    """A progressive JPEG of ten million pixels, some 60 KB, whose last scan comes again and again."""
    buffer = io.BytesIO()
    Image.new("L", (4000, 2500), 128).save(buffer, "JPEG", progressive=True)
    content = buffer.getvalue()
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * scans + content[-2:]


def transparent_png(width: int = 10_000, height: int = 5_000) -> bytes:
    """The head of a picture of 50 million transparent pixels on the body of a small one."""
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64), (1, 2, 3, 4)).save(buffer, "PNG")
    content = bytearray(buffer.getvalue())
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def webp(width: int = 10_000, height: int = 5_000) -> bytes:
    """The head of a lossless WebP of 50 million pixels, of which a decoder holds five copies."""
    size = (width - 1 | (height - 1) << 14 | 1 << 28).to_bytes(4, "little")
    body = b"VP8L" + (5 + 11).to_bytes(4, "little") + b"\x2f" + size + bytes(11)
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


HOSTILE = {
    "bomb of 12,000 x 12,000": pictures.png_bomb(),
    "200 million pixels": giant_jpeg(),
    "cut short": pictures.photo(900, 700, seed=5)[:-3000],
    "head only": pictures.photo(900, 700)[:40],
    "HEIC in name only": b"\x00\x00\x00\x18ftypheic" + bytes(200),
    "WebP in name only": b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(200),
    "50 million transparent pixels": transparent_png(),
    "WebP of 50 million pixels": webp(),
    "gone over 2,000 times": many_scans(2000),
    "PNG with a lying length": b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR" + bytes(50),
}


@pytest.fixture
def worker() -> Iterator[Worker]:
    started = Worker()
    yield started
    started.end()


def most_kb(worker: Worker) -> int:
    lines = Path(f"/proc/{worker.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def seconds_of_cpu(worker: Worker) -> float:
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_kept_undecoded_within_bounds(worker: Worker, tmp_path: Path, name: str) -> None:
    hostile, harmless = tmp_path / "hostile", tmp_path / "harmless"
    hostile.write_bytes(HOSTILE[name])
    harmless.write_bytes(pictures.photo())
    worker.develop(harmless)
    before = seconds_of_cpu(worker)
    found = worker.develop(hostile)
    assert found.problem
    assert found.pictures == {}
    assert seconds_of_cpu(worker) - before < 1
    assert most_kb(worker) < MEMORY_KB
    assert set(worker.develop(harmless).pictures) == {320, 1600}  # the same process goes on


@pytest.mark.parametrize(
    ("kind", "pixels"), [("JPEG", MAX_PIXELS["JPEG"]), ("PNG", MAX_PIXELS_WHOLE)], ids=["jpeg", "png"]
)
def test_the_largest_that_is_decoded_stays_within_bounds(
    worker: Worker, tmp_path: Path, kind: str, pixels: int
) -> None:
    width = 10_000
    path = tmp_path / "large"
    path.write_bytes(decodable(width, pixels // width, kind))
    assert set(worker.develop(path).pictures) == {320, 1600}
    assert most_kb(worker) < MEMORY_KB


@pytest.mark.parametrize(
    "hostile", ["gone over 2,000 times", "50 million transparent pixels", "WebP of 50 million pixels"]
)
def test_what_costs_too_much_is_not_even_begun(hostile: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(HOSTILE[hostile])
    with path.open("rb") as source:
        assert "超過上限" in develop(source).problem


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_in_as_many_scans_as_programs_make_is_shown(
    worker: Worker, tmp_path: Path, progressive: bool
) -> None:
    """Also one whose first scan has not all colours, and with bytes before its frame that decoders skip."""
    buffer = io.BytesIO()
    Image.new("RGB", (4000, 3000), (120, 130, 140)).save(buffer, "JPEG", progressive=progressive)
    path = tmp_path / "photo"
    path.write_bytes(buffer.getvalue()[:2] + b"\xff\xe1\x00\x04\xff\xda" + buffer.getvalue()[2:])
    assert set(worker.develop(path).pictures) == {320, 1600}
    with path.open("rb") as source:
        assert (scans_of(source, 50) > 1) is progressive


def test_a_polyglot_is_shown_as_a_picture_made_anew(worker: Worker, tmp_path: Path) -> None:
    path = tmp_path / "both"
    path.write_bytes(pictures.photo() + b"PK\x03\x04<script>alert(1)</script>")
    found = worker.develop(path)
    assert set(found.pictures) == {320, 1600}
    assert all(
        b"<script>" not in content and b"PK\x03\x04" not in content for content in found.pictures.values()
    )
