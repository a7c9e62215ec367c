"""A byte that flips in storage is found, told, and mended by sending the photo again (fault 34)."""

from __future__ import annotations

from typing import Any

import pytest

from inspect_app.photos import queries, verification
from inspect_app.photos.store import original_key, store
from tests.support import factories, pictures
from tests.support.tus import Sender

pytestmark = pytest.mark.s3


def test_spoilt_and_missing_originals_are_found_and_mended_by_their_sender(client: Any, db: Any) -> None:
    person = factories.account("inspector")
    sender = Sender(client, factories.bearer(person))
    sent = [pictures.photo(seed=seed) for seed in (1, 2, 3)]
    fine, flipped, lost = (sender.send(content) for content in sent)
    assert verification.quarantine_spoilt() == 0
    store().put(original_key(flipped), [sent[1][:-1] + b"\x00"])
    store().delete(original_key(lost))
    assert list(verification.spoilt()) == sorted([flipped, lost])
    assert (verification.quarantine_spoilt(), verification.quarantine_spoilt()) == (2, 0)
    assert queries.possessed(person.id, [fine, flipped, lost]) == {fine}
    for content in sent[1:]:
        sender.send(content)
    assert list(verification.spoilt()) == []
    assert queries.possessed(person.id, [fine, flipped, lost]) == {fine, flipped, lost}
