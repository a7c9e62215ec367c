"""A sheet handed in after the closing: everybody is told whose, nobody its values, and opening again makes it count."""

from __future__ import annotations

from typing import Any

from inspect_app.domain.operations import entity_uuid
from tests.sync.conftest import Site


def told(site: Site) -> dict[str, tuple[bool, bool]]:
    """{account: (handed in, late)} as the leader's tablet is told."""
    sheets = site.leader.post().json["sheets"]
    return {one["member"]: (one["handed_in"], one["late"]) for one in sheets}


def test_who_hands_in_after_the_closing_is_named_without_a_value(site: Site, db: Any) -> None:
    leader, member = site.leader, site.member
    leader.push(leader.sheet(q_owner=3, handed_in_at="2026-11-23T08:00:00Z"))
    leader.push(leader.closing({leader.device: leader.seq}))
    assert told(site) == {leader.account.id: (True, False), member.account.id: (False, False)}
    member.push(member.sheet(q_owner=4, handed_in_at="2026-11-23T09:00:00Z"))
    assert told(site) == {leader.account.id: (True, False), member.account.id: (False, True)}
    assert {item["author"] for item in leader.pull()} == {leader.account.id}
    leader.push(leader.operation("closing", entity_uuid(site.inspection, "closing"), {"deleted": True}))
    assert told(site) == {}
    assert member.account.id in {item["author"] for item in leader.pull()}
