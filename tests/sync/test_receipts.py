"""The receipt: signed, complete or saying what is missing, for the own device only."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspect_app.domain.canonical import canonical
from inspect_app.domain.operations import Operation, digest
from inspect_app.ids import new_id
from inspect_app.photos import services as photos
from inspect_app.photos.store import original_key, store
from tests.support import factories, pictures
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
