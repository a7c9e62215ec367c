"""The key that wraps the keys of sealed visits. Without the saved copy of its file open plans cannot be read."""

from __future__ import annotations

from inspect_app.installation.keys import secret


def seal_key() -> bytes:
    """The installation's 32-byte sealing key; made on first use, readable by the product's own user only."""
    return secret("seal.key")
