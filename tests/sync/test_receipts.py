"""The receipt: signed, complete or saying what is missing, for the own device only."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspect_app.audit.models import AuditLine
from inspect_app.domain.canonical import canonical
from inspect_app.domain.operations import Operation, digest
from inspect_app.ids import new_id
from inspect_app.inspections.models import Inspection, OperationRow
from inspect_app.photos import services as photos
from inspect_app.photos.store import original_key, store
from inspect_app.sync import earlier
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.at_once import two_at_once
from tests.support.tablet import Tablet
from tests.sync.conftest import Site


def receipt(tablet: Tablet, **changes: str) -> Any:
    inspection, device = changes.get("inspection", tablet.inspection), changes.get("device", tablet.device)
    return tablet.client.get(
        f"/api/v1/inspections/{inspection}/receipt?device={device}", headers=tablet.headers
    )


def check(content: dict[str, Any]) -> None:
    signed = {name: value for name, value in content.items() if name != "signature"}
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(content["key"]))
    key.verify(bytes.fromhex(content["signature"]), canonical(signed).encode())


def test_says_what_is_held_and_is_signed(site: Site, db: Any) -> None:
    member = site.member
    content = pictures.photo()
    photos.take_in(factories.account_queries.actor_for(member.account), content)
    sent = [member.finding(), member.operation("photo", new_id(), {"sha256": pictures.sha256(content)})]
    refused = member.operation("visit", site.inspection, {"points_agreed": True})
    member.push(*sent, refused)
    site.leader.push(site.leader.finding())
    answer = receipt(member).json
    check(answer)
    assert answer["operations"] == {
        "count": 2, "through": 2, "late": [], "refused": [{"id": refused["id"], "seq": 3, "code": "leader_only"}],
        "received": [{"through": 2, "at": "2026-11-23T01:00:00.000Z"}],
        "digest": digest([Operation.from_dict(item) for item in sent], {member.device: 2}),
    }  # fmt: skip
    assert answer["photos"] == [{"sha256": pictures.sha256(content), "size": len(content)}]
    assert (answer["complete"], answer["missing"], answer["archived"]) == (True, [], False)
    answer["operations"]["count"] = 3
    with pytest.raises(InvalidSignature):
        check(answer)


def test_late_ones_are_named_and_gaps_and_lost_photos_are_missing(site: Site, db: Any) -> None:
    member = site.member
    content = pictures.photo()
    digest_ = photos.take_in(factories.account_queries.actor_for(member.account), content)
    first = member.operation("photo", new_id(), {"sha256": digest_})
    member.finding()  # never sent
    member.push(first)
    site.leader.push(site.leader.closing({member.device: 1}))
    late = member.finding()
    member.push(late)
    store().delete(original_key(digest_))
    answer = receipt(member).json
    assert answer["operations"]["late"] == [{"id": late["id"], "seq": 3}]
    assert (answer["complete"], answer["missing"]) == (False, [digest_, "seq:2"])
    assert answer["photos"] == []


def test_a_device_that_counts_as_it_likes_gets_a_short_receipt(site: Site, db: Any) -> None:
    site.member.push(site.member.finding(seq=2**53 - 1))
    answer = receipt(site.member)
    assert (answer.json["complete"], answer.json["missing"][:2]) == (False, ["seq:1", "seq:2"])
    assert len(answer.data) < 30_000


def test_only_own_devices_and_own_inspections(site: Site, db: Any) -> None:
    site.member.push(site.member.finding())
    site.leader.push(site.leader.finding())
    for answer in (
        receipt(site.member, device=site.leader.device),
        receipt(site.stranger),
        receipt(site.member, inspection=new_id()),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert receipt(site.member, device="x").status_code == 422


def show(tablet: Tablet, old: Any, inspection: str = "") -> Any:
    place = f"/api/v1/inspections/{inspection or tablet.inspection}/receipt"
    return tablet.client.post(place, json={"receipt": old}, headers=tablet.headers)


@pytest.fixture
def restored(site: Site, db: Any, clock: Any) -> tuple[Tablet, list[Any], Any]:
    """A tablet whose five operations came at two moments, its receipt, and a server that was put back behind all but the first."""
    member = site.member
    sent = [member.finding(str(number)) for number in range(5)]
    member.push(*sent[:2])
    clock.advance(minutes=7)
    member.push(*sent[2:])
    old = receipt(member).json
    with transaction() as session:
        session.query(OperationRow).filter(OperationRow.n > 1).delete()
        session.query(Inspection).update({"log_n": 1})
    clock.advance(days=1)
    return member, sent, old


def times(tablet: Tablet) -> list[tuple[int, str]]:
    return [(run["through"], run["at"][:16]) for run in receipt(tablet).json["operations"]["received"]]


def lines(db: Any) -> list[Any]:
    db.session.rollback()
    return [row.detail for row in db.session.query(AuditLine).filter_by(action="sync.receipt_shown")]


def test_after_a_restore_what_is_sent_again_keeps_the_moment_at_which_it_first_came(
    restored: tuple[Tablet, list[Any], Any], db: Any
) -> None:
    tablet, sent, old = restored
    assert show(tablet, old).json["code"] == "wrong_state", "not before it is here again"
    tablet.push(*sent)
    assert times(tablet) == [(1, "2026-11-23T01:00"), (5, "2026-11-24T01:07")]
    for _ in range(2):
        assert show(tablet, old).json["operations"] == receipt(tablet).json["operations"]
        assert times(tablet) == [(2, "2026-11-23T01:00"), (5, "2026-11-23T01:07")]
    (line,) = lines(db)
    assert (line["device"], line["count"], line["issued_at"]) == (tablet.device, 4, old["issued_at"])
    tablet.push(tablet.finding("之後"))
    assert times(tablet)[-1] == (6, "2026-11-24T01:07")
    check(receipt(tablet).json)
    assert show(tablet, receipt(tablet).json).status_code == 200, "one of today tells nothing new"
    assert len(lines(db)) == 1


def test_shown_from_two_tabs_at_once_it_is_entered_once(
    restored: tuple[Tablet, list[Any], Any], app: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet, sent, old = restored
    tablet.push(*sent)
    actor = factories.account_queries.actor_for(tablet.account)

    def stand(_: int) -> Any:
        with app.app_context():
            return earlier.stand(actor, tablet.inspection, old)["operations"]["received"]

    db.session.rollback()
    first, second = two_at_once(monkeypatch, earlier, "_covered", stand)
    assert first == second == old["operations"]["received"]
    assert len(lines(db)) == 1


def test_no_moment_comes_from_a_receipt_that_is_not_ours_or_of_something_else(
    restored: tuple[Tablet, list[Any], Any], site: Site, db: Any
) -> None:
    tablet, sent, old = restored
    tablet.push(*sent)
    runs = [{"through": 5, "at": "2020-01-01T00:00:00.000Z"}]
    forged = {**old, "operations": {**old["operations"], "received": runs}}
    for wrong in (
        forged,
        {**old, "signature": "00" * 64},
        {**old, "key": "00" * 32},
        {},
        {"x": 1.5},
        {"signature": 5},
    ):
        answer = show(tablet, wrong)
        assert (answer.status_code, answer.json["code"]) == (422, "bad_value"), wrong
    other = factories.released_visit(factories.tender(), site.leader.account, (tablet.account,))
    assert show(tablet, old, other.id).json["code"] == "bad_value"
    assert show(site.leader, old).status_code == 404, "another person's device"
    assert times(tablet)[-1] == (5, "2026-11-24T01:07")
    assert lines(db) == []


def test_other_content_under_the_numbers_of_a_receipt_gets_no_moment_of_it(
    restored: tuple[Tablet, list[Any], Any], db: Any
) -> None:
    tablet, sent, old = restored
    changed = {**sent[4], "id": new_id(), "set": {**sent[4]["set"], "text": "事後改的"}}
    tablet.push(*sent[:4], changed)
    assert show(tablet, old).json["code"] == "wrong_state"
    assert lines(db) == []
