"""The text of a case: JSON that says everything once, and the sentence about one that does not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

LONGEST_NUMBER = 30


class CaseError(ValueError):
    """A malformed case: `field` (a path such as `members[2]`) and a sentence for people."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = _one_line(field), _one_line(message)
        super().__init__(f"{self.field}：{self.message}")


def _one_line(text: str) -> str:
    """Whatever was in the case, the sentence stays one line that can be printed."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def parse(content: bytes) -> Any:
    """The case in a JSON text, in UTF-8. Ratios come as Decimal, so that 0.2 is a fifth. CaseError for anything else."""
    try:
        return json.loads(
            content.decode("utf-8-sig"), parse_int=_number, parse_float=Decimal, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        raise CaseError("case", f"不是 JSON，第 {error.lineno} 列第 {error.colno} 字起讀不懂") from None
    except UnicodeDecodeError:
        raise CaseError("case", "不是 UTF-8 的文字") from None
    except RecursionError:
        raise CaseError("case", "括號一層包一層，太深了") from None


def _number(digits: str) -> int:
    """A number of thousands of digits is no number of the field: it is refused later, where its name is known."""
    return int(digits[: LONGEST_NUMBER + 1])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise CaseError(name or "case", "同一個欄位出現兩次")
        found[name] = value
    return found
