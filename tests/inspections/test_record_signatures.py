"""Whose signature the record prints: the team's own names, whatever a tablet calls its signer; and what staff entered says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspect_app.domain.operations import OnBehalf
from inspect_app.inspections import queries, services
from inspect_app.inspections.showing import shown
from inspect_app.office.record_tabs import confirmations
from inspect_app.photos import services as photos
from inspect_app.reports.model import Signatures
from inspect_app.reports.record import record_document
from tests.support import pictures
from tests.support.inspected import SIGNED, Inspected, inspection_with_log


def printed(one: Inspected) -> list[tuple[str, str, bool]]:
    """(role, name, whether there are strokes) of each signer."""
    content = queries.draft(one.id)
    document = record_document(content, {}, lambda _hash: None, government="示範市政府", demo=False)
    (block,) = [block for block in document.blocks if isinstance(block, Signatures)]
    return [(signer.role, signer.name, bool(signer.strokes)) for signer in block.signers]


def test_nobody_signs_under_a_colleagues_name_and_what_staff_entered_says_so(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    usual = printed(one)
    first, second = one.members
    assert usual[1:3] == [("查核委員", first.name, True), ("查核委員", second.name, True)]
    key = one.log.own(f"signature:{second.id}")
    one.write(second, "signature", key, name=first.name, role="領隊")
    assert one.send() == ["applied"]
    assert printed(one) == usual

    paper = photos.take_in(one.staff, pictures.photo(), "paper.jpg")
    one.write(one.staff, "signature", key, name=second.name, strokes=SIGNED)
    one.log.operations[-1] = replace(one.log.operations[-1], on_behalf=OnBehalf(second.id, paper))
    assert one.send() == ["applied"]
    assert printed(one)[2] == ("查核委員", f"{second.name}（代登，依簽名紙本）", False)
    services.send_for_confirmation(one.coordinator, one.id)
    told = [confirmations(who, shown(who, one.id))["entered"] for who in (first, second)]
    assert told == [[], ["簽名"]]
