"""Near-equal pictures are found by an index: none within the distance is missed, few others are looked at."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspect_app import clock as app_clock
from inspect_app.photos import queries
from inspect_app.photos.likeness import NEAR, bands, distance, probes, telling
from inspect_app.photos.models import Photo
from inspect_app.transaction import transaction

BITS = st.integers(0, 63)


def text(number: int) -> str:
    return f"{number:016x}"


@given(st.integers(0, 2**64 - 1), st.sets(BITS, max_size=NEAR))
def test_every_hash_within_the_distance_shares_a_probed_band(number: int, flipped: set[int]) -> None:
    one, other = text(number), text(number ^ sum(1 << bit for bit in flipped))
    if telling(one) and telling(other):
        assert any(band in values for band, values in zip(bands(other), probes(one), strict=True))


def test_the_probes_are_few_and_name_each_value_once() -> None:
    found = probes("0f1e2d3c4b5a6978")
    assert [len(values) for values in found] == [137, 17, 17, 17]
    assert all(len(set(values)) == len(values) for values in found)


def test_a_flat_picture_has_no_bands() -> None:
    assert bands("0000000000000000") == bands(None) == (None,) * 4


def photo_of(number: int, dhash: str) -> dict[str, Any]:
    found = {f"band{place}": band for place, band in enumerate(bands(dhash))}
    return {"sha256": f"{number:064x}", "size": 1, "media_type": "image/jpeg", "state": "ready", "problem": "",
            "exif": {}, "dhash": dhash, "stored_at": app_clock.now(),
            "looked_at": app_clock.now(), **found}  # fmt: skip


def test_the_index_answers_as_a_look_at_every_row_would(db: Any) -> None:
    chance = random.Random(7)
    numbers = [chance.getrandbits(64) for _ in range(2000)]
    close = [numbers[0] ^ sum(1 << bit for bit in chance.sample(range(64), count)) for count in range(13)]
    hashes = [text(number) for number in [*numbers, *close]]
    with transaction() as session:
        session.execute(Photo.__table__.insert(), [photo_of(*pair) for pair in enumerate(hashes)])
    found = {like.sha256: like.bits for like in queries.lookalikes(f"{0:064x}")}
    expected = {
        f"{number:064x}": bits
        for number, dhash in enumerate(hashes)
        if telling(dhash) and (bits := distance(hashes[0], dhash)) <= NEAR
    }
    assert found == expected
    assert len(found) >= NEAR


def test_the_database_uses_the_index(db: Any) -> None:
    """On SQLite the plan can be read without statistics: four index look-ups, no scan."""
    query = queries.near_query(Photo(sha256="0" * 64, dhash="0f1e2d3c4b5a6978"))
    if db.engine.dialect.name == "sqlite":
        sql = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
        with db.engine.connect() as connection:
            plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
        assert all(f"ix_photos_band{place}" in plan for place in range(4))
        assert "SCAN" not in plan
