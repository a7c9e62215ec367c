"""One released inspection with three tablets, a server that starts in milliseconds, and a bad line before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.processes.city import Ground, ground


@pytest.fixture
def field(settings: Any, db: Any) -> Iterator[Ground]:
    with ground(settings, seed=1) as made:
        yield made
