"""Reading the tablet's rescue file, `inspect-app-rescue/1` (its description: static/src/data/rescue.ts)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inspect_app.errors import Problem

FORMAT = "inspect-app-rescue/1"
MOST_HEAD = 4096
MOST_BLOCK = 256 * 1024 * 1024
MOST_ITERATIONS = 5_000_000
NONCE = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the tablet: its table, its fields, and the bytes of a photo."""

    table: str
    fields: dict[str, Any]
    content: bytes


class CutShort(Exception):
    """The file ends, or is spoilt, before its last block: what came before it is good."""


def rows(file: IO[bytes], passphrase: str) -> Iterator[Row]:
    """The rows, one in memory at a time. Raises `bad_request` (no rescue file), `bad_value` (passphrase), CutShort."""
    cipher = _cipher(file.readline(MOST_HEAD), passphrase)
    index = 0
    while (block := _block(file)) is not None:
        row = _row(_opened(cipher, block, index))
        if row.table == "end" and row.fields.get("blocks") == index:
            return
        yield row
        index += 1
    raise CutShort


def _cipher(line: bytes, passphrase: str) -> AESGCM:
    try:
        head = json.loads(line)
        salt, iterations = bytes.fromhex(head["salt"]), int(head["iterations"])
        known = head["format"] == FORMAT and 0 < iterations <= MOST_ITERATIONS
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        known = False
    if not known:
        raise Problem("bad_request", "這個檔案不是平板匯出的救援檔，請確認選對檔案。", field="file")
    return AESGCM(hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, iterations, 32))


def _block(file: IO[bytes]) -> bytes | None:
    size = int.from_bytes(file.read(4), "big")
    if not NONCE < size <= MOST_BLOCK:
        return None
    block = file.read(size)
    return block if len(block) == size else None


def _opened(cipher: AESGCM, block: bytes, index: int) -> bytes:
    try:
        return cipher.decrypt(block[:NONCE], block[NONCE:], index.to_bytes(8, "big"))
    except InvalidTag:
        if index:
            raise CutShort from None
        raise Problem(
            "bad_value", "密語不對，打不開這個檔案。請向匯出的人確認密語。", field="passphrase"
        ) from None


def _row(plain: bytes) -> Row:
    line, _, content = plain.partition(b"\n")
    try:
        told = json.loads(line)
        return Row(str(told["table"]), dict(told["row"]), content)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CutShort from None
