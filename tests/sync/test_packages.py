"""What may be taken along, when, and by whom; arrival; the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from inspect_app import clock as product_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.catalogue import services as settings
from inspect_app.domain import packages as parts
from inspect_app.domain.canonical import exact
from inspect_app.domain.editions import by_id, ids
from inspect_app.domain.sheets import maxima
from inspect_app.extensions import db as database
from inspect_app.ids import new_id
from inspect_app.inspections import quarantine, services_open
from inspect_app.inspections.models import Inspection
from inspect_app.inspections.queries import content_of
from inspect_app.photos import services as photos
from inspect_app.transaction import transaction
from tests.scheduling.conftest import City
from tests.support import factories, pictures
from tests.support.tablet import Tablet

SHIPPED_SHEET = maxima(by_id(ids()[-1]).value("score_sheet"))
DAY = {"days": 8, "hours": 1}  # from the held clock to the planned morning


def headers_of(actor: Any) -> dict[str, str]:
    return factories.bearer(factories.account_queries.get(actor.id))  # type: ignore[arg-type]


def test_before_release_members_know_date_and_district_and_all_packages_have_one_size(
    client: Any,
    city: City,
    clock: Any,
) -> None:
    visit = city.sealed()
    member, leader = headers_of(city.member), headers_of(city.leader)
    for headers in (member, leader, headers_of(city.stranger)):
        assert client.get("/api/v1/packages", headers=headers).json == {"packages": []}
    clock.advance(days=7, hours=8)
    (line,) = client.get("/api/v1/packages", headers=member).json["packages"]
    assert (line["date"], line["district"], line["phase"]) == ("2026-12-01", "白鷺區", "before")
    own = client.get(f"/api/v1/packages/{visit}", headers=member)
    whole = client.get(f"/api/v1/packages/{visit}", headers=leader)
    assert (own.json["tender"], own.json["visit"]["team"]) == ({}, [])
    assert "鷺鷥橋" not in own.text
    assert whole.json["tender"]["name"] == "鷺鷥橋耐震補強工程"
    assert len(own.data) == len(whole.data) == 64 * 1024
    unknown = client.get(
        "/api/v1/packages/01900000-0000-7000-8000-000000000000", headers=headers_of(city.stranger)
    )
    refused = client.get(f"/api/v1/packages/{visit}", headers=headers_of(city.stranger))
    assert (refused.status_code, refused.data) == (unknown.status_code, unknown.data) == (404, unknown.data)


def test_arrival_opens_the_log_and_takes_up_what_was_sent_too_early(
    client: Any, city: City, clock: Any, db: Any
) -> None:
    visit = city.sealed()
    clock.advance(**DAY)
    leader = Tablet(client, factories.account_queries.get(city.leader.id), visit)
    early = leader.finding("到場前離線記的")
    assert leader.push(early) == [("quarantined", "unknown_inspection")]
    member = headers_of(city.member)
    assert client.post(f"/api/v1/packages/{visit}/arrival", headers=member).status_code == 403
    assert (
        client.post(f"/api/v1/packages/{visit}/arrival", headers=headers_of(city.stranger)).status_code == 404
    )
    for _ in range(2):
        answer = client.post(f"/api/v1/packages/{visit}/arrival", headers=leader.headers)
        assert (answer.status_code, answer.json["phase"]) == (200, "released")
    assert leader.push(early) == [("applied", None)]
    package = client.get(f"/api/v1/packages/{visit}", headers=member).json
    assert package["tender"]["number"] == "-112XQ77"
    assert [person["role"] for person in package["visit"]["team"]] == ["leader", "member", "member", "staff"]
    assert package["edition"] == "test-edition"
    assert "filling" not in package


def test_the_clocks_release_is_followed_by_the_job(client: Any, city: City, clock: Any, db: Any) -> None:
    from inspect_app.scheduling import services

    visit = city.sealed()
    clock.advance(**DAY)
    leader = Tablet(client, factories.account_queries.get(city.leader.id), visit)
    leader.push(leader.finding())
    clock.advance(hours=2)
    services.release_due(product_clock.now())
    assert (services_open.open_released(), quarantine.take_up_released()) == (1, 1)
    assert (services_open.open_released(), quarantine.take_up_released()) == (0, 0)
    assert db.session.get(Inspection, visit, populate_existing=True).log_n == 1


def test_what_came_before_the_release_from_somebody_not_on_the_team_is_judged_anew_once(
    client: Any, city: City, clock: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can never enter; judged every fifteen seconds for ever it would keep the writer busy."""
    from inspect_app.scheduling import services

    visit = city.sealed()
    clock.advance(**DAY)
    stranger = Tablet(client, factories.account_queries.get(city.stranger.id), visit)
    sent = stranger.finding()
    assert stranger.push(sent) == [("quarantined", "unknown_inspection")]
    clock.advance(hours=2)
    services.release_due(product_clock.now())
    assert (services_open.open_released(), quarantine.take_up_released()) == (1, 0)
    assert stranger.push(sent) == [("quarantined", "not_on_team")]
    waiting = [row.code for row in quarantine.waiting(factories.actor("administrator"))]
    assert waiting == ["not_on_team"], "there for a person's look, once"
    monkeypatch.setattr(quarantine, "_judged", None)
    assert quarantine.take_up_released() == 0


def test_a_photo_sent_before_the_release_is_shown_to_nobody_who_places_lost_things(
    client: Any, city: City, clock: Any
) -> None:
    """Administrators read its hash in the log, and would see the site."""
    visit = city.sealed()
    clock.advance(**DAY)
    leader = Tablet(client, factories.account_queries.get(city.leader.id), visit)
    administrator = factories.bearer(factories.account("administrator"))
    content = pictures.photo()
    sha256 = photos.take_in(city.leader, content)
    stray, told = (
        leader.operation("photo", new_id(), {"sha256": sha256, "use": "evidence"}) for _ in range(2)
    )
    address = f"/api/v1/photos/{sha256}/original"
    assert leader.push(told) == [("quarantined", "unknown_inspection")]
    assert [client.get(address, headers=who).status_code for who in (leader.headers, administrator)] == [
        200,
        404,
    ]
    elsewhere = Tablet(client, leader.account, new_id())
    assert elsewhere.push({**stray, "inspection": elsewhere.inspection, "device": elsewhere.device}) == [
        ("quarantined", "unknown_inspection")
    ]
    assert client.get(address, headers=administrator).status_code == 200, (
        "what belongs to no visit is looked at"
    )


def test_catalogue_is_immutable_and_complete(client: Any, db: Any) -> None:
    factories.edition()
    headers = factories.bearer(factories.account("inspector"))
    answer = client.get("/api/v1/catalogue/test-edition", headers=headers)
    assert [row["code"] for row in answer.json["rows"]] == ["5.01", "5.01.01"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.json["score_sheet"]["items"][0]["field"] == "q_owner"
    assert answer.json["rates"][0]["contractor"] == 8000
    assert client.get("/api/v1/catalogue/none", headers=headers).status_code == 404


def test_released_visit_that_never_was_sealed_brings_earlier_results_along(
    client: Any, city: City, db: Any, clock: Any
) -> None:
    from inspect_app.inspections.models import RollupFinding

    earlier = factories.issued_inspection(city.tender, factories.account("leader"))
    with transaction() as session:
        session.add(
            RollupFinding(inspection_id=earlier, no=1, entity_id="x", kind="defect", code="5.01.01", severity="M", party="contractor",
                          points=2, text="蜂窩")
        )  # fmt: skip
    visit = city.sealed(override_reason="追蹤前次缺失", kind_reason="首長指定")
    clock.advance(**DAY)
    leader = headers_of(city.leader)
    client.post(f"/api/v1/packages/{visit}/arrival", headers=leader)
    (history,) = client.get(f"/api/v1/packages/{visit}", headers=leader).json["history"]
    assert (history["inspection"], history["score"], history["findings"][0]["points"]) == (earlier, 82, 2)


def test_the_package_carries_the_rules_with_the_city_s_own_values(
    client: Any, city: City, clock: Any
) -> None:
    def rules(headers: Any) -> Any:
        return client.get(f"/api/v1/packages/{visit}", headers=headers).json["visit"]["rules"]

    visit, first = city.sealed(), product_clock.today()
    settings.set_setting(SYSTEM, "grave_judgement_score", first, "60", source="", verified=False)
    clock.advance(days=7, hours=8)
    assert rules(headers_of(city.member))["forced_judgements"]["score"] == 60
    clock.advance(hours=17)
    leader = headers_of(city.leader)
    assert client.post(f"/api/v1/packages/{visit}/arrival", headers=leader).status_code == 200
    settings.set_setting(SYSTEM, "grave_judgement_score", first, "50", source="", verified=False)
    assert rules(leader)["forced_judgements"]["score"] == 60, "pinned at the release"
    assert rules(leader)["rates"][0]["contractor"] == 8000


def test_a_visit_is_scored_on_the_sheet_that_it_pinned(client: Any, city: City, clock: Any, db: Any) -> None:
    """Package, log and record go by the same maxima; what is set after the release changes nothing."""

    def own_sheet(**most: int) -> None:
        first = product_clock.today().replace(month=1, day=1)
        words = " ".join(f"{name}={value}" for name, value in {**SHIPPED_SHEET, **most}.items())
        settings.set_setting(SYSTEM, "score_sheet", first, words, source="", verified=False)

    own_sheet(w_structure=50, p=10)
    visit = city.sealed()
    clock.advance(**DAY)
    leader = Tablet(client, factories.account_queries.get(city.leader.id), visit)
    assert client.post(f"/api/v1/packages/{visit}/arrival", headers=leader.headers).status_code == 200
    own_sheet(w_structure=30, p=30)
    package = client.get(f"/api/v1/packages/{visit}", headers=leader.headers).json
    most = {line["field"]: line["max"] for line in package["visit"]["rules"]["score_sheet"]["items"]}
    assert (most["w_structure"], most["p"], sum(most.values())) == (50, 10, 100)
    assert leader.push(leader.sheet(p=11)) == [("refused", "bad_value")]
    assert leader.push(leader.sheet(w_structure=51)) == [("refused", "bad_value")]
    assert leader.push(leader.sheet(**most)) == [("applied", None)]
    sheet = next(one for one in content_of(visit)["internal"]["sheets"] if one["account"] == city.leader.id)
    assert (sheet["q"], sheet["w"], sheet["p"], sheet["total"]) == (20, 70, 10, 100)


def test_a_long_history_does_not_make_a_sealed_package_larger_than_the_others(
    client: Any, city: City, db: Any, clock: Any
) -> None:
    from inspect_app.sync import packages

    past = [
        {"date": f"2026-{month:02}-01", "findings": [{"text": "蜂" * 6000}]} for month in range(12, 0, -1)
    ]
    content = {"inspection": "x", "history": past}
    answer = packages.sealed_answer(content)
    assert len(answer.data) == packages.SEALED_BYTES
    assert answer.json is not None
    assert answer.json["history"] == past[: len(answer.json["history"])]
    assert 0 < len(answer.json["history"]) < len(past)


def changes_of(client: Any, visit: str, headers: Any, held: dict[str, Any]) -> Any:
    body = {"held": parts.marks(held)}
    return client.post(f"/api/v1/packages/{visit}/changes", json=body, headers=headers)


def test_after_the_release_only_what_changed_travels(client: Any, city: City, clock: Any, db: Any) -> None:
    visit = city.sealed()
    clock.advance(**DAY)
    leader, member = headers_of(city.leader), headers_of(city.member)
    held = {who: client.get(f"/api/v1/packages/{visit}", headers=who_).json for who, who_ in
            (("leader", leader), ("member", member))}  # fmt: skip
    assert client.post(f"/api/v1/packages/{visit}/arrival", headers=leader).status_code == 200
    whole = {"leader": client.get(f"/api/v1/packages/{visit}", headers=leader).json,
             "member": client.get(f"/api/v1/packages/{visit}", headers=member).json}  # fmt: skip
    first = changes_of(client, visit, leader, held["leader"])
    assert first.status_code == 200
    assert "tender/name" not in first.json["set"], "the leader had it in the sealed package"
    assert "filling" in first.json["drop"]
    opened = changes_of(client, visit, member, held["member"])
    assert opened.json["set"]["tender/name"] == "鷺鷥橋耐震補強工程"
    for who, answer in (("leader", first), ("member", opened)):
        assert exact(parts.applied(held[who], answer.json)) == exact(whole[who])
    again = changes_of(client, visit, member, whole["member"])
    assert (again.json["set"], again.json["drop"]) == ({}, [])
    with transaction() as session:
        session.get_one(type(city.tender), city.tender.id).progress_actual_bp = 4_321
    database.session.expire_all()
    moved = changes_of(client, visit, member, whole["member"])
    assert (moved.json["set"], moved.json["drop"]) == ({"tender/progress_actual_bp": 4_321}, [])
    assert len(moved.data) < len(client.get(f"/api/v1/packages/{visit}", headers=member).data) / 20
    nothing_held = changes_of(client, visit, member, {})
    renewed = client.get(f"/api/v1/packages/{visit}", headers=member).json
    assert exact(parts.applied({}, nothing_held.json)) == exact(renewed)
    unknown = {"held": {"visit/team": "no mark at all", "of another time": "0" * 16}}
    other = client.post(f"/api/v1/packages/{visit}/changes", json=unknown, headers=member).json
    assert other["drop"] == ["of another time"]
    assert other["set"] == parts.parts(renewed), "an unknown base brings everything"


def test_before_the_release_no_change_is_told_to_anybody(client: Any, city: City, clock: Any) -> None:
    visit = city.sealed()
    clock.advance(days=7, hours=8)
    unknown = "01900000-0000-7000-8000-000000000000"
    leader = headers_of(city.leader)
    held = client.get(f"/api/v1/packages/{visit}", headers=leader).json
    asked = [(who, key) for who in (city.leader, city.member, city.stranger) for key in (visit, unknown)]
    answers = [changes_of(client, key, headers_of(who), held) for who, key in asked]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}
    for address in (f"/api/v1/packages/{visit}", f"/api/v1/packages/{visit}/changes"):
        assert not {"ETag", "Last-Modified"} & set(dict(client.get(address, headers=leader).headers))


def test_what_is_no_base_is_told_at_its_field(client: Any, city: City, clock: Any) -> None:
    headers = headers_of(city.leader)
    address = "/api/v1/packages/01900000-0000-7000-8000-000000000000/changes"
    for body in ({}, {"held": [1]}, {"held": {"a": 1}}, {"held": {str(at): "" for at in range(1001)}}):
        answer = client.post(address, json=body, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (422, "bad_value"), body
        assert answer.json["field"].startswith("held")
