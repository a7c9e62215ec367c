"""The meeting's pages by every role: what opens, what is refused, what the book holds."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.meetings import queries, services
from inspect_app.meetings.sentences import sentences
from tests.support import small_city
from tests.support.office import Visitor

pytestmark = pytest.mark.timeout(300)


def signed_in(app: Any, login: str) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(login, "demo-city-115").status_code == 303
    return visitor


@pytest.fixture
def city(db: Any) -> small_city.City:
    city = small_city.build(30)
    today = app_clock.today()
    for number in range(3):
        city.inspect(number, today - timedelta(days=30 + number), level=78 + number, office="issued")
    secretary = city.actor("secretary")
    services.create_meeting(
        secretary, services.NewMeeting("第 4 季會報", today, today - timedelta(days=90), today)
    )
    return city


def test_the_whole_page_and_every_number_on_it_opens(city: small_city.City, app: Any) -> None:
    visitor = signed_in(app, "secretary")
    row = queries.meetings()[0]
    page = visitor.get(f"/meetings/{row.id}")
    assert page.status_code == 200
    links = set(re.findall(rf'href="(/office/meetings/{row.id}/behind/[^"]+)"', page.text))
    assert len(links) >= 6
    for link in links:
        opened = visitor.get(link.removeprefix("/office").replace("&amp;", "&"))
        assert opened.status_code == 200, link
    assert visitor.get(f"/meetings/{row.id}/behind/nothing").status_code == 404


def test_a_number_and_the_page_behind_it_say_the_same(city: small_city.City, app: Any) -> None:
    visitor = signed_in(app, "secretary")
    row = queries.meetings()[0]
    shown = visitor.get(f"/meetings/{row.id}").text
    pattern = rf'href="/office(/meetings/{row.id}/behind/[^"]+)">(?:NT\$ )?([\d,]+)'
    numbers = re.findall(pattern, shown)
    kinds = {link.split("/behind/")[1].split("?")[0] for link, _ in numbers}
    assert kinds >= {
        "inspections",
        "year",
        "grade",
        "agency",
        "agency_grade",
        "agency_findings",
        "agency_points",
    }
    assert kinds >= {"severity", "points", "money", "defect", "block", "district", "district_behind"}
    for link, number in numbers:
        opened = visitor.get(link.replace("&amp;", "&")).text
        told = re.search(r"共 ([\d,]+) ", opened)
        assert told is not None, link
        assert told.group(1).replace(",", "") == number.replace(",", ""), link


def test_every_picture_stands_above_a_table_and_its_marks_open(city: small_city.City, app: Any) -> None:
    visitor = signed_in(app, "secretary")
    shown = visitor.get(f"/meetings/{queries.meetings()[0].id}").text
    charts = [json.loads(html.unescape(text)) for text in re.findall(r"data-chart='([^']+)'", shown)]
    assert [spec["type"] for spec in charts] == ["bar", "stack", "map", "bar", "heat", "bar"]
    addresses = {url for spec in charts for url in addresses_of(spec)}
    assert addresses
    for url in addresses:
        assert visitor.get(url.removeprefix("/office")).status_code == 200, url
    for figure in re.findall(r"</figure>\s*(<[^>]+>)", shown):
        assert 'class="table-wrap"' in figure


def addresses_of(spec: dict[str, Any]) -> list[str]:
    """The address of every mark that shows something."""
    marks = [point["url"] for point in spec.get("points", [])]
    for series in spec["series"]:
        marks += [url for value, url in zip(series["values"], series["urls"], strict=True) if value]
    return marks


def test_the_book_is_an_odt_with_the_figures(city: small_city.City, app: Any) -> None:
    visitor = signed_in(app, "secretary")
    row = queries.meetings()[0]
    book = visitor.get(f"/meetings/{row.id}/book.odt")
    assert book.mimetype == "application/vnd.oasis.opendocument.text"
    content = zipfile.ZipFile(io.BytesIO(book.data)).read("content.xml").decode()
    assert "根雜湊" in content, "the day's signed head stands on it"
    for words in ("上次會議裁示事項", "查核概況", "常見缺失", "進度落後標案", "主席裁示", "示範"):
        assert words in content
    assert visitor.get(f"/meetings/{row.id}/book.pdf").data.startswith(b"%PDF-")
    assert visitor.get(f"/meetings/{row.id}/book.exe").status_code == 404


def test_the_chair_has_three_sentences_five_figures_and_what_needs_a_ruling(
    city: small_city.City, app: Any
) -> None:
    visitor = signed_in(app, "chair")
    page = visitor.get("/chair")
    assert page.status_code == 200
    figures = queries.shown_figures(queries.meetings()[0], app_clock.today())
    told = sentences(figures)
    assert len(told) == 3
    for sentence in told:
        assert sentence in page.text
    assert page.text.count('class="figure-value"') == 5
    assert "需要裁示" in page.text


def test_a_sitting_is_corrected_until_it_is_frozen(city: small_city.City, app: Any) -> None:
    visitor, row, today = signed_in(app, "secretary"), queries.meetings()[0], app_clock.today()
    path = f"/meetings/{row.id}/edit"
    assert path in visitor.get(f"/meetings/{row.id}").text
    assert "第 4 季會報" in visitor.get(path).text
    typed = {"title": "第 4 季督導會報", "held_on": today.isoformat(), "period_to": today.isoformat()}
    begin = (today - timedelta(days=31)).isoformat()
    assert visitor.post(path, **typed, period_from="2099-01-01").status_code == 422
    assert visitor.post(path, **typed, period_from=begin).status_code == 303
    assert "第 4 季督導會報" in visitor.get(f"/meetings/{row.id}").text
    assert queries.shown_figures(queries.meeting(row.id), today)["inspections"] == 2, "the third was before"
    chair, unit = city.actor("chair"), city.tenders[0].agency_id
    services.add_ruling(chair, row.id, services.NewRuling("趕工", unit, today))
    later = typed | {"held_on": (today + timedelta(days=7)).isoformat(), "period_from": begin}
    assert "晚於已登錄裁示的辦理期限" in visitor.post(path, **later).text
    services.freeze_meeting(city.actor("secretary"), row.id)
    assert path not in visitor.get(f"/meetings/{row.id}").text
    assert "已經定稿" in visitor.post(path, **typed, period_from=begin).text
    assert signed_in(app, "chair").get(path).status_code == 403


def test_a_refused_ruling_keeps_what_was_typed(city: small_city.City, app: Any) -> None:
    visitor = signed_in(app, "chair")
    row = queries.meetings()[0]
    typed = {"text": "請儘速趕工", "unit_id": "", "due_on": "115.13.40"}
    page = visitor.post(f"/meetings/{row.id}/rulings/new", **typed)
    assert page.status_code == 422
    assert "請儘速趕工" in page.text
    assert "115.13.40" in page.text


def test_a_merged_ruling_leads_to_the_one_that_stays_and_has_a_way_back(
    city: small_city.City, app: Any
) -> None:
    chair, row = city.actor("chair"), queries.meetings()[0]
    unit = city.actor("agency1").agency_id
    other = next(tender.agency_id for tender in city.tenders if tender.agency_id != unit)
    one, kept = (
        services.add_ruling(chair, row.id, services.NewRuling(text, agency, row.held_on))
        for text, agency in (("甲案趕工", unit), ("乙案併辦", other))
    )
    services.decide_ruling(chair, one.id, "merged", into=kept.id)
    assert "乙案併辦" not in signed_in(app, "agency1").get(f"/rulings/{one.id}").text  # another unit's
    visitor, path = signed_in(app, "chair"), f"/rulings/{one.id}"
    page = visitor.get(path).text
    assert ("乙案併辦" in page, "恢復列管" in page) == (True, True)
    later = (row.held_on + timedelta(days=9)).isoformat()
    assert visitor.post(f"{path}/decide", path, decision="released").status_code == 422
    again = visitor.post(f"{path}/decide", path, decision="continued", text="登錄錯誤", due_on=later)
    assert again.status_code == 303
    assert "恢復列管" not in visitor.get(path).text


def test_others_do_not_reach_the_meeting(city: small_city.City, app: Any) -> None:
    row = queries.meetings()[0]
    for login in ("agency1", "expert1", "admin"):
        visitor = signed_in(app, login)
        assert visitor.get(f"/meetings/{row.id}").status_code == 403
        assert visitor.get("/chair").status_code == 403
