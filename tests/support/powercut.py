"""What a power cut leaves of a browser's profile: `python3 dev.py powercut browser --count 10` (needs root, Linux).

The profile lies on a disk of `loopdisk`. Write and note what the screen calls saved; freeze the browser (SIGSTOP); copy the
image; mount the copy; open a browser on it, without a network; compare.
"""

from __future__ import annotations

import argparse
import random
import signal
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
from tests.support.loopdisk import copy_image, make_image, mounted, obstacle, run

MOST_DELAY = 600  # milliseconds between "saved" and the cut


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
            copy_image(image, copy)
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
    parser = argparse.ArgumentParser(prog="dev.py powercut browser", description=__doc__)
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
