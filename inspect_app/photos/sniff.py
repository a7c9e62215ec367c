"""What a file is by its first bytes; its name and what the sender calls it count for nothing."""

from __future__ import annotations

HEAD = 32
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})
DOCUMENT = "application/pdf"
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def media_type(head: bytes) -> str | None:
    """image/jpeg, image/png, image/webp, image/heic, application/pdf (a scan), or None for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "image/heic"
    return DOCUMENT if head.startswith(b"%PDF-") else None
