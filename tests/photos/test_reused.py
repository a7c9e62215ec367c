"""Pictures that were used before are shown to the reviewer, both side by side; what they say of themselves, too."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Role
from inspect_app.extensions import db as database
from inspect_app.notices import services
from inspect_app.notices.models import CaseItem, Reply
from inspect_app.notices.rules import SLOT_NAMES
from inspect_app.office import picture_facts, reused
from inspect_app.photos import processing
from inspect_app.photos import services as photos
from tests.notices.conftest import Scene, city, issued, scene
from tests.support import factories, pictures
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

__all__ = ["city", "scene"]
pytestmark = pytest.mark.timeout(300)


def smaller(content: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(content)).resize((700, 525)).save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def taken(who: Actor, content: bytes) -> str:
    sha256 = photos.take_in(who, content)
    processing.process(sha256)
    return sha256


def answered(scene: Scene, number: int, content: bytes, slot: str = "after") -> tuple[CaseItem, Reply]:
    """An item with one picture, handed over and sent."""
    entry = [one for one in scene.fresh().items if one.evidence == "photos"][number]
    version = services.begin_reply(scene.handler, entry.id).version
    missing = {name: "工地已封閉" for name in ("before", "during", "after") if name != slot}
    draft = services.Draft(version, "未依圖施工", "已修補", None, "工地已封閉，下月完成", missing, {})
    services.save_draft(scene.handler, entry.id, draft)
    services.add_file(scene.handler, entry.id, slot, taken(scene.handler, content))
    reply = services.begin_reply(scene.handler, entry.id)
    return entry, reply


def found(app: Any, who: Actor, entry: CaseItem, reply: Reply) -> list[reused.Match]:
    with app.test_request_context():
        return reused.in_reply(who, entry, reply, SLOT_NAMES)


def sent(reply: Reply) -> Reply:
    from inspect_app import clock
    from inspect_app.transaction import transaction

    with transaction():
        reply.sent_at = clock.now()
    return reply


def test_the_same_and_a_near_equal_picture_of_another_project_are_shown_beside_it(
    app: Any, city: Any, scene: Scene
) -> None:
    content = pictures.photo(1600, 1200, seed=21)
    other = issued(city, 1, days_ago=30)
    there, first = answered(other, 0, content)
    sent(first)
    here, reply = answered(scene, 0, smaller(content))
    (match,) = found(app, scene.coordinator, here, reply)
    assert (match.other, match.hidden) == (pictures.sha256(content), False)
    assert "畫面" in match.how
    assert [place.url for place in match.places] == [f"/office/cases/{there.case_id}/items/{there.id}"]
    sent(reply)
    second, same = answered(scene, 1, smaller(content))
    told = {
        match.how: [place.url for place in match.places]
        for match in found(app, scene.coordinator, second, same)
    }
    assert told["同一個檔案"] == [f"/office/cases/{here.case_id}/items/{here.id}"]
    assert len(told) == 2


def test_where_the_reviewer_may_not_look_only_the_fact_is_told(app: Any, city: Any, scene: Scene) -> None:
    content = pictures.photo(1600, 1200, seed=22)
    other = issued(city, 1, days_ago=30)
    answered(other, 0, content)  # a draft: the agency's own affair until it is sent
    here, reply = answered(scene, 0, smaller(content))
    (match,) = found(app, scene.coordinator, here, reply)
    assert (match.other, match.places, match.hidden) == (None, (), True)


def test_the_inspections_own_picture_belongs_before_and_nowhere_else(app: Any, scene: Scene) -> None:
    content = pictures.photo(1600, 1200, seed=23)
    digest = taken(scene.handler, content)
    photos.refer(digest, f"inspection:{scene.case.inspection_id}")
    here, reply = answered(scene, 0, content, slot="before")
    assert found(app, scene.coordinator, here, reply) == []
    services.add_file(scene.handler, here.id, "after", digest)
    reply = services.begin_reply(scene.handler, here.id)
    assert [match.label for match in found(app, scene.coordinator, here, reply)] == [SLOT_NAMES["after"]]


def test_the_reviewers_page_shows_both_and_what_the_pictures_say(app: Any, city: Any, scene: Scene) -> None:
    content = pictures.photo(1600, 1200, seed=24)
    sent(answered(issued(city, 1, days_ago=30), 0, content)[1])
    here, reply = answered(scene, 0, smaller(content))
    services.add_file(scene.handler, here.id, "during", taken(scene.handler, pictures.photo(seed=9)[:-900]))
    sent(reply)
    account = factories.account(Role.COORDINATOR, password=PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in(account.login, PASSWORD)
    page = visitor.get(f"/cases/{here.case_id}/items/{here.id}").text
    assert "照片曾用於別處" in page
    assert page.count(f"/photos/{pictures.sha256(content)}/320") == 1
    assert page.count(f"/photos/{pictures.sha256(smaller(content))}/320") == 2
    assert "沒有定位" in page
    assert "不能顯示" in page
    assert "原檔保留為證物" in page


@pytest.fixture
def record_page(app: Any, city: Any, scene: Scene) -> Callable[[Role], str]:
    def read(role: Role) -> str:
        account = factories.account(role, password=PASSWORD)
        visitor = Visitor(app)
        visitor.sign_in(account.login, PASSWORD)
        return visitor.get(f"/inspections/{scene.case.inspection_id}?tab=photos").text

    return read


def test_the_records_photo_tab_flags_what_was_used_before(
    app: Any, city: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch, record_page: Callable[[Role], str]
) -> None:
    content = pictures.photo(1600, 1200, seed=25)
    one, copy = taken(scene.handler, content), taken(scene.handler, smaller(content))
    other = issued(city, 1, days_ago=30)
    photos.refer(one, f"inspection:{scene.case.inspection_id}")
    photos.refer(copy, f"inspection:{other.case.inspection_id}")
    lines = [
        {
            "sha256": one,
            "entity_id": f"e{number}",
            "caption": "近照",
            "taken_at": None,
            "of": f"缺失 {number}",
        }
        for number in (1, 2)
    ]
    monkeypatch.setattr("inspect_app.office.record_tabs.all_photos", lambda _: lines)
    page = record_page(Role.COORDINATOR)
    assert "本次查核　缺失 2" in page
    assert f"/office/inspections/{other.case.inspection_id}?tab=photos" in page
    assert "沒有拍攝時間" in page
    assert re.search(r"送達 115[.]\d\d[.]\d\d \d\d:\d\d", page)
    assert "照片曾用於別處" not in record_page(Role.CHAIR)


def test_a_near_equal_picture_at_another_finding_of_the_same_visit_is_flagged_with_both(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, record_page: Callable[[Role], str]
) -> None:
    content = pictures.photo(1600, 1200, seed=26)
    pair = [taken(scene.handler, content), taken(scene.handler, smaller(content))]
    lines = []
    for number, sha256 in enumerate(pair, 1):
        photos.refer(sha256, f"inspection:{scene.case.inspection_id}")
        lines.append(
            {
                "sha256": sha256,
                "entity_id": f"e{number}",
                "caption": "",
                "taken_at": None,
                "of": f"缺失 {number}",
            }
        )
    monkeypatch.setattr("inspect_app.office.record_tabs.all_photos", lambda _: lines)
    flagged = record_page(Role.COORDINATOR).split('id="reused"')[1].split("</section>")[0]
    assert ("本次查核　缺失 1" in flagged, "本次查核　缺失 2" in flagged, "畫面" in flagged) == (
        True,
        True,
        True,
    )
    assert [flagged.count(f"/photos/{sha256}/320") for sha256 in pair] == [2, 2], (
        "side by side, at each of the two"
    )


def test_distance_and_time_are_measured_against_the_site_and_the_visit(scene: Scene) -> None:
    from inspect_app.projects.models import Tender
    from inspect_app.transaction import transaction

    with transaction() as session:
        tender = session.get_one(Tender, scene.case.tender_id)
        tender.lat, tender.lon = 22.625, 120.3
    here, reply = answered(scene, 0, pictures.with_exif("2020:01:01 10:00:00"))
    (facts,) = picture_facts.of_reply(here, database.session.get_one(Reply, reply.id)).values()
    assert facts.metres == 0
    assert len(facts.lines) == 2
    assert "天才送達" in facts.lines[0]
    assert facts.lines[1].startswith("拍攝於查核之前")
