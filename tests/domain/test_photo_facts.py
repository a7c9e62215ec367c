"""What a photo's place and time say: reference distances, and every remark with its counterpart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from inspect_app.domain.photo_facts import Remark, Taken, metres_between, remarks

TAIPEI_101, KAOHSIUNG_85 = (25.033976, 121.564472), (22.611530, 120.300280)
VISIT = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def told(
    at: datetime | None = NOON, place: tuple[float, float] | None = TAIPEI_101, later: float = 1
) -> Taken:
    return Taken(at, place, (at or NOON) + timedelta(hours=later))


def test_distances_are_those_of_a_map() -> None:
    assert metres_between(TAIPEI_101, TAIPEI_101) == 0
    assert 295_000 < metres_between(TAIPEI_101, KAOHSIUNG_85) < 299_000
    one_minute_north = (TAIPEI_101[0] + 1 / 60, TAIPEI_101[1])
    assert abs(metres_between(TAIPEI_101, one_minute_north) - 1853) < 5  # a nautical mile
    assert metres_between((0.0, 180.0), (0.0, -180.0)) == 0


@pytest.mark.parametrize(
    ("taken", "site", "expected"),
    [
        (told(), TAIPEI_101, []),
        (told(), None, []),
        (told(place=KAOHSIUNG_85), TAIPEI_101, [Remark.FAR]),
        (told(place=None), TAIPEI_101, [Remark.NO_POSITION]),
        (told(at=None), TAIPEI_101, [Remark.NO_TIME]),
        (told(later=-0.1), TAIPEI_101, []),  # six minutes: two clocks differ
        (told(later=-1), TAIPEI_101, [Remark.AHEAD]),
        (told(later=73), TAIPEI_101, [Remark.LATE]),
        (told(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)), TAIPEI_101, [Remark.OTHER_DAY]),
        (told(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)), TAIPEI_101, []),  # already the 23rd in Taipei
    ],
)
def test_remarks_on_a_photo_of_the_visit(
    taken: Taken, site: tuple[float, float] | None, expected: list[Remark]
) -> None:
    assert remarks(taken, site, on=VISIT, after=None) == expected


def test_an_improvement_cannot_be_older_than_the_visit() -> None:
    before, same = told(NOON - timedelta(days=1)), told()
    assert remarks(before, None, on=None, after=VISIT) == [Remark.BEFORE_VISIT]
    assert remarks(same, None, on=None, after=VISIT) == []
