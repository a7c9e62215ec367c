"""What /api/v1 answers is a promise to tablets in the field that were not updated yet."""

from __future__ import annotations

from tests.support import contracts


def test_answers_are_as_frozen() -> None:
    """Changed on purpose? `python3 dev.py freeze`, and look at the difference before you commit it."""
    now, then = contracts.present(), contracts.frozen()
    assert sorted(now) == sorted(then)
    for name, content in now.items():
        assert content == then[name], f"{name} changed"
