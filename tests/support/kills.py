"""A browser that is killed again and again, 0-600 ms after the screen said "saved", with photos on their way to the server.

`python3 dev.py kills browser --count 300 --seed 7`. The seed decides what is written, when the kill comes and where the
line is slow; the machine's own timing stays the machine's.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import field as site
from tests.support.field import Device, Promised

MOST_DELAY = 600  # milliseconds between "saved" and the kill
SLOW = 400_000  # bytes per second: a photo of 900 kB is under way when the kill comes
DRAIN_EVERY = 25  # kills after which the line is good until everything has arrived


@dataclass
class Killing:
    """One device and one seed; `faults` stays empty, or names what was lost or doubled."""

    device: Device
    seed: int
    promised: Promised = field(default_factory=Promised)
    faults: list[str] = field(default_factory=list)
    flying: int = 0  # kills that met a photo half sent

    def run(self, count: int) -> list[str]:
        self.device.get_ready().close()  # an orderly end puts the cookie on the disk
        for number in range(1, count + 1):
            self._round(number, random.Random(f"{self.seed}/{number}"))
            if number % DRAIN_EVERY == 0 and number < count:
                self._arrived(number)
            if self.faults:
                return self.faults
        self._arrived(count)
        return self.faults

    def _round(self, number: int, chance: random.Random) -> None:
        device = self.device
        device.upload = SLOW
        device.open(device.findings)
        self._check(f"after kill {number - 1}")
        device.begin()
        text = f"第 {number} 次（{self.seed}）"
        photos = [
            site.picture(self.seed * 100_000 + number * 10 + place) for place in range(chance.randint(1, 2))
        ]
        self._write(chance, text, photos)
        time.sleep(chance.uniform(0, MOST_DELAY) / 1000)
        device.kill()

    def _write(self, chance: random.Random, text: str, photos: list[bytes]) -> None:
        """Text and photos in either order; the last photo may still be on its way to the disk when the kill comes."""
        device, waits = self.device, chance.random() < 0.7
        if chance.random() < 0.5:
            device.photograph(*photos)
            device.write(text)
        else:
            device.write(text)
            device.photograph(*photos)
        self.promised.texts.append(text)
        if waits:
            device.shown_photos(len(photos))
            self.promised.photos += map(site.sha256, photos)

    def _check(self, when: str) -> None:
        rows = self.device.raw()
        here, there = site.held_in(rows), self.device.ground.holds(self.device.trial)
        self.flying += any(row["state"] == "uploading" for row in rows["photos"])
        kept = {row["sha256"] for row in rows["photos"] if row["kept"]}
        told = site.missing(self.promised, here, there)
        told += [f"photo {sha256} is kept without whole bytes" for sha256 in sorted(kept - here.whole)]
        told += ["bytes that are not what their hash says"] if rows["broken"] else []
        told += self.device.complaints
        self.faults += [f"seed {self.seed}, {when}: {fault}" for fault in told]

    def _arrived(self, number: int) -> None:
        """Everything goes out; the server then has all that was promised, once."""
        device = self.device
        device.open("sync")
        device.drain()
        there = device.ground.holds(device.trial)
        self.faults += [
            f"seed {self.seed}, sent after {number}: {it}" for it in site.missing(self.promised, there)
        ]
        device.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dev.py kills browser", description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args(arguments)
    seed = asked.seed if asked.seed is not None else random.randrange(10_000)
    print(f"seed {seed}, {asked.count} kills", flush=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        ground = site.prepare(Path(folder) / "home", 1)
        killing = Killing(Device(playwright, ground, ground.next(), Path(folder) / "profile"), seed)
        started = time.monotonic()
        try:
            faults = killing.run(asked.count)
        finally:
            killing.device.end()
            ground.product.stop()
    kept = killing.promised
    print(
        f"{asked.count} kills in {time.monotonic() - started:.0f} s, {killing.flying} with a photo half sent;"
        f" saved {len(kept.texts)} findings and {len(kept.photos)} photos; lost or doubled: {len(faults)}"
    )
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
