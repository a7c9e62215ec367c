"""Money: whole NT$ in storage, thousands of NT$ (千元) in the files of agencies, NT$ 1,234,567 on screens."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_NUMBER = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")


def format_money(amount: int) -> str:
    """NT$ 1,234,567."""
    return f"NT$ {amount:,}"


def from_thousands(text: str) -> int:
    """Whole NT$ of a text in thousands, exactly (`12,345.678` -> 12345678). ValueError: no number, negative, part of a dollar."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if _NUMBER.fullmatch(plain) is None:
        raise ValueError(f"「{text}」不是金額，請填千元為單位的數字")
    amount = Decimal(plain.replace(",", "")) * 1000
    if amount < 0:
        raise ValueError(f"「{text}」是負數，金額不可為負")
    if amount != amount.to_integral_value():
        raise ValueError(f"「{text}」不足一元，千元最多寫到小數三位")
    return int(amount)


def to_thousands(amount: int) -> str:
    """The text in thousands, without needless zeros (12345678 -> `12345.678`, 5000 -> `5`)."""
    whole, rest = divmod(abs(amount), 1000)
    text = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    return f"-{text}" if amount < 0 else text
