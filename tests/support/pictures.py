"""Pictures that look like photos to a decoder, and files that only pretend."""

from __future__ import annotations

import hashlib
import io
import random
import zlib
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


def photo(width: int = 800, height: int = 600, seed: int = 1, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture with large shapes and noise; another seed is another scene."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (12, 9), bytes(chance.randrange(256) for _ in range(12 * 9 * 3)))
    image = small.resize((width, height), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_exif(taken: str = "2026:11:23 09:30:00", orientation: int = 6) -> bytes:
    """A lying photo that says to be turned, taken at 22°37'30"N 120°18'0"E."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Camera"
    exif.get_ifd(0x8769)[0x9003] = taken
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (22.0, 37.0, 30.0), "E", (120.0, 18.0, 0.0)
    return photo(800, 600, exif=exif)


def png_bomb(width: int = 12_000, height: int = 12_000) -> bytes:
    """A small file of very many pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")
        )

    row = b"\x00" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
