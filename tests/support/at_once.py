"""Two who do the same in the same instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def two_at_once(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, work: Callable[[int], T]) -> list[T]:
    """What `work` answers to both. Whoever has got through `module.name` first goes on when the other has, too, or visibly
    waits before it.
    """
    through, whole = [Event(), Event()], getattr(module, name)
    places = iter(through)

    def told(*given: Any) -> Any:
        found = whole(*given)
        next(places).set()
        through[1].wait(0.5)
        return found

    monkeypatch.setattr(module, name, told)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, range(2)))
