"""What signs receipts and what authenticates cursors."""

from __future__ import annotations

from inspect_app.installation.keys import SigningKey, secret


def cursor_key() -> bytes:
    """Authenticates cursors. A lost one only makes devices read from the start."""
    return secret("cursor.key")


def receipt_public_key() -> str:
    """The key that receipts are checked with, 64 hex digits."""
    return SigningKey("receipt.key").public


def sign(content: dict[str, object]) -> str:
    """Ed25519 (hex) over the canonical JSON of `content`."""
    return SigningKey("receipt.key").sign(content)
