"""Ring 4: the browser dies at any moment after the screen said "saved". 300 by hand: `python3 dev.py kills browser`."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.kills import Killing

KILLS = 10


@pytest.mark.timeout(600)
def test_what_was_shown_as_saved_outlives_a_killed_browser(new_device: Callable[..., Any]) -> None:
    seed = random.randrange(10_000)
    print(f"python3 dev.py kills browser --count {KILLS} --seed {seed}")
    killing = Killing(new_device(), seed)
    assert killing.run(KILLS) == []
    assert len(killing.promised.texts) == KILLS
