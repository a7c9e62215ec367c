"""Where a photo's bytes live: keys in storage, and the storage that the settings name."""

from __future__ import annotations

from functools import lru_cache

from flask import current_app

from inspect_app.photos.developing import WIDTHS
from inspect_app.storage import Storage, storage_from_url

__all__ = ["WIDTHS", "derived_key", "original_key", "part_key", "part_prefix", "store"]


@lru_cache(maxsize=8)
def _opened(url: str) -> Storage:
    return storage_from_url(url)


def store() -> Storage:
    """The storage of this application."""
    return _opened(current_app.config["SETTINGS"].storage_url)


def original_key(sha256: str) -> str:
    return f"originals/{sha256[:2]}/{sha256}"


def derived_key(sha256: str, width: int) -> str:
    return f"derived/{width}/{sha256[:2]}/{sha256}.jpg"


def part_prefix(upload_id: str) -> str:
    return f"parts/{upload_id}/"


def part_key(upload_id: str, start: int, lease: str) -> str:
    """The lease stands in the key, so that a dead sender cannot overwrite what its successor stored."""
    return f"{part_prefix(upload_id)}{start:012d}-{lease}"
