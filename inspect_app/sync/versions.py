"""Versions of the protocol: what an older app says is understood, and it is answered as it expects (decision 0023).

A version is accepted in the release that replaces it and in the one after that. To make version N + 1: put the old
number here with the release that replaced it and its two translations, then raise PRESENT in the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from inspect_app.errors import Problem

PRESENT = 1
RELEASES = 2  # how many an old version outlives
Translation = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Old:
    """`replaced_in`: the release (0.N) that replaced it. `asked`: its request into the next version's; `answered`: back."""

    replaced_in: int
    asked: Translation
    answered: Translation

    def is_over(self, release: int) -> bool:
        return release >= self.replaced_in + RELEASES


OLD: Mapping[int, Old] = {}
"""{version: how it is understood}; empty, since version 1 is the first that was ever released."""


def release() -> int:
    """The N of 0.N."""
    return int(version("inspect-app").split(".")[1])


def is_accepted(number: int) -> bool:
    """The present version, or an old one from which translations lead here and whose time is not over."""
    if number >= PRESENT:
        return number == PRESENT
    return all(step in OLD and not OLD[step].is_over(release()) for step in range(number, PRESENT))


def asked(number: int, request: dict[str, Any]) -> dict[str, Any]:
    """The request of an accepted version in the present one. Raises `bad_value` when it is not of its own form."""
    for step in range(number, PRESENT):
        try:
            request = {**OLD[step].asked(request), "schema": step + 1}
        except (KeyError, TypeError, ValueError):
            raise Problem("bad_value", "要求的內容不符這個版本的格式。") from None
    return request


def answered(number: int, answer: dict[str, Any]) -> dict[str, Any]:
    """The present answer as an accepted version expects it."""
    for step in reversed(range(number, PRESENT)):
        answer = OLD[step].answered(answer)
    return answer
