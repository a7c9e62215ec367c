"""What a visit's score sheet takes at most in each field: a rule with an effective date, so the fold is told it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from inspect_app.domain.editions import by_id, ids
from inspect_app.domain.sheets import maxima

from .model import OperationLike, Team

Maxima = Mapping[str, int]


@lru_cache(maxsize=64)
def _most(own: tuple[tuple[str, int], ...]) -> Maxima:
    return {**maxima(by_id(ids()[-1]).value("score_sheet")), **dict(own)}


def fits_sheet(operation: OperationLike, team: Team) -> bool:
    """Whether every score of a sheet lies within what the visit's form gives. Other operations always do."""
    if operation.entity != "score_sheet":
        return True
    most = _most(team.sheet)
    return all(
        name not in most or value is None or value <= most[name] for name, value in operation.set.items()
    )
