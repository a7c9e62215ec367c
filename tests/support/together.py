"""Many callers at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Answer = TypeVar("Answer")


def at_once(count: int, call: Callable[[], Answer]) -> list[Answer]:
    """What `call` answers to `count` threads that start together; a failure of one is raised."""
    barrier = Barrier(count)

    def one() -> Answer:
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(timeout=60) for future in [pool.submit(one) for _ in range(count)]]
