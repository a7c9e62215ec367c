"""What a power cut leaves of a browser's profile: `python3 dev.py powercut --count 10` (needs root, Linux).

The profile lies on an ext4 image on a loop device with direct I/O, so that the image holds what was really written through,
and not what the system still keeps in memory. Write and note what the screen calls saved; freeze the browser (SIGSTOP);
copy the image; mount the copy, which replays its journal as after a cut; open a browser on it, without a network; compare.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Playwright, sync_playwright

from tests.support import field as site
from tests.support.field import Device, Promised

SIZE = 1024**3  # of the image; sparse
NEEDED = ("losetup", "mkfs.ext4", "mount", "umount")
MOST_DELAY = 600  # milliseconds between "saved" and the cut


def obstacle() -> str | None:
    """Why no power cut can be tried here, in one sentence; None when it can."""
    if os.geteuid() != 0:
        return "A power-cut trial mounts file systems: run it as root."
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"A power-cut trial needs {', '.join(missing)} (packages mount and e2fsprogs)."
    if not Path("/dev/loop-control").exists():
        return "A power-cut trial needs loop devices; this machine (a container?) has none."
    return None


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def make_image(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SIZE)
    run("mkfs.ext4", "-q", "-F", str(path))


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """The image as a file system whose writes go past the machine's memory into the file."""
    folder.mkdir(exist_ok=True)
    loop = run("losetup", "--direct-io=on", "--find", "--show", str(image))
    try:
        run("mount", loop, str(folder))
        try:
            yield folder
        finally:
            run("umount", str(folder))
    finally:
        run("losetup", "--detach", loop)


def browser_of(profile: Path) -> list[psutil.Process]:
    """Every process of the browser of this profile, parents first."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["cmdline"]):
        if any(str(profile) in part for part in process.info["cmdline"] or []):
            found |= {one.pid: one for one in (process, *process.children(recursive=True))}
    return list(found.values())


@contextmanager
def frozen(profile: Path) -> Iterator[None]:
    """SIGSTOP to the whole browser, SIGCONT at the end."""
    stopped = browser_of(profile)
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(stopped):
            process.send_signal(signal.SIGCONT)


@dataclass
class Cutting:
    """One device, cut off again and again; `faults` names what was lost or doubled."""

    playwright: Playwright
    ground: site.Ground
    folder: Path
    seed: int
    promised: Promised = field(default_factory=Promised)
    faults: list[str] = field(default_factory=list)

    def run(self, count: int) -> list[str]:
        image = self.folder / "disk.img"
        make_image(image)
        with mounted(image, self.folder / "disk") as disk:
            device = Device(self.playwright, self.ground, self.ground.next(), disk / "profile")
            try:
                device.get_ready()
                device.close()
                run(
                    "sync", "-f", str(disk)
                )  # the app was installed long before; its data is what is on trial
                device.offline = True
                device.open(device.findings)
                for number in range(1, count + 1):
                    self._cut(device, image, number)
            finally:
                device.end()
        return self.faults

    def _cut(self, device: Device, image: Path, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        device.begin()
        text, photo = f"斷電前 {number}（{self.seed}）", site.picture(self.seed * 1000 + number, 300_000)
        device.write(text)
        self.promised.texts.append(text)
        device.photograph(photo)
        if chance.random() < 0.7:
            device.shown_photos(1)
            self.promised.photos.append(site.sha256(photo))
        time.sleep(chance.uniform(0, MOST_DELAY) / 1000)
        copy = self.folder / "cut.img"
        with frozen(device.profile):
            run("cp", "--sparse=always", str(image), str(copy))
        self.faults += [f"seed {self.seed}, cut {number}: {it}" for it in self._after(device, copy)]
        copy.unlink()

    def _after(self, device: Device, copy: Path) -> list[str]:
        """What the tablet has after the power came back, still without a network."""
        with mounted(copy, self.folder / "cut") as disk:
            profile = disk / "profile"
            for lock in profile.glob("Singleton*"):
                lock.unlink()  # they name the frozen browser, which is another machine by now
            again = Device(self.playwright, self.ground, device.trial, profile, offline=True, ready=True)
            try:
                again.open(again.findings)
                again.page.get_by_role("button", name="記一項").last.wait_for()
                rows = again.raw()
                kept = {row["sha256"] for row in rows["photos"] if row["kept"]}
                here = site.held_in(rows)
                told = site.missing(self.promised, here)
                return told + [f"photo {it} is kept without whole bytes" for it in sorted(kept - here.whole)]
            finally:
                again.end()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dev.py powercut", description=__doc__)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args(arguments)
    if (why := obstacle()) is not None:
        print(why, file=sys.stderr)
        return 1
    seed = asked.seed if asked.seed is not None else random.randrange(10_000)
    print(f"seed {seed}, {asked.count} cuts", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        ground = site.prepare(Path(folder) / "home", 1)
        try:
            cutting = Cutting(playwright, ground, Path(folder), seed)
            faults = cutting.run(asked.count)
        finally:
            ground.product.stop()
    kept = cutting.promised
    print(
        f"{asked.count} cuts in {time.monotonic() - started:.0f} s; saved {len(kept.texts)} findings and"
        f" {len(kept.photos)} photos; lost or doubled: {len(faults)}"
    )
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
