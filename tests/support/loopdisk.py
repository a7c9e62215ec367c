"""A disk that holds what was really written through, and not what the system still keeps in memory (needs root, Linux).

An ext4 image on a loop device with direct I/O. A copy of the image, taken while whoever writes is frozen, is what a power cut
leaves; mounting the copy replays its journal as after a cut.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = 1024**3  # of the image; sparse
NEEDED = ("losetup", "mkfs.ext4", "mount", "umount")


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


def copy_image(image: Path, copy: Path) -> None:
    """What a cut at this moment leaves of the disk."""
    run("cp", "--sparse=always", str(image), str(copy))


@dataclass
class Disk:
    """The image as the file system at `folder`, between `attach()` and `detach()`."""

    image: Path
    folder: Path
    _loop: str = ""

    def attach(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self._loop = run("losetup", "--direct-io=on", "--find", "--show", str(self.image))
        try:
            run("mount", self._loop, str(self.folder))
        except SystemExit:
            run("losetup", "--detach", self._loop)
            raise

    def detach(self) -> None:
        run("umount", str(self.folder))
        run("losetup", "--detach", self._loop)

    def become(self, copy: Path) -> None:
        """The power is back, and this is what is left."""
        self.detach()
        copy.replace(self.image)
        self.attach()


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """The image, attached for a while."""
    disk = Disk(image, folder)
    disk.attach()
    try:
        yield folder
    finally:
        disk.detach()
