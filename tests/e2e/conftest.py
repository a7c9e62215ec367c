"""The ground of the device trials: one installation for all of them, a leader and a visit for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import field

TRIALS = 14


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[field.Ground]:
    made = field.prepare(tmp_path_factory.mktemp("ground") / "home", TRIALS)
    yield made
    made.product.stop()


@pytest.fixture
def new_device(
    playwright: Any, ground: field.Ground, tmp_path: Path
) -> Iterator[Callable[..., field.Device]]:
    """`new_device(**fields)`: a tablet of somebody who has a visit today, not yet opened."""
    made: list[field.Device] = []

    def make(**given: Any) -> field.Device:
        made.append(
            field.Device(playwright, ground, ground.next(), tmp_path / f"profile{len(made)}", **given)
        )
        return made[-1]

    yield make
    for device in made:
        device.end()
