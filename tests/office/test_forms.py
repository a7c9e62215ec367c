"""How forms read what was typed, and how they say what is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask, render_template_string
from marshmallow import fields, validate
from werkzeug.datastructures import MultiDict

from inspect_app.errors import Problem
from inspect_app.office.filters import percent_bp, roc_datetime, roc_short
from inspect_app.office.forms import Day, Form, FormSchema, Money, Secret, Whole, bind
from inspect_app.office.listing import listing


class Sample(FormSchema):
    name = fields.String(required=True, validate=validate.Length(max=5))
    due = Day()
    amount = Money()
    points = Whole(validate=validate.Range(0, 9))
    kinds = fields.List(fields.String(validate=validate.OneOf(["a", "b"])))
    agreed = fields.Boolean()
    secret = fields.String()


def sent(**values: Any) -> MultiDict[str, str]:
    return MultiDict({"name": "甲", **values})


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("name", "  甲乙 \r\n丙", "甲乙 \n丙"),
        ("name", "甲\x00乙", "甲乙"),
        ("due", "2026-11-23", date(2026, 11, 23)),
        ("due", "115.11.23", date(2026, 11, 23)),
        ("due", "115-11-23", date(2026, 11, 23)),
        ("due", "1151123", date(2026, 11, 23)),
        ("due", "0115-11-23", date(2026, 11, 23)),  # somebody types 115 as the year of a date input
        ("amount", "1,234,567", 1234567),
        ("amount", "NT$ 1,234,567", 1234567),
        ("amount", "0", 0),
        ("points", "3", 3),
    ],
)
def test_what_is_typed_is_understood(name: str, typed: str, value: object) -> None:
    form = bind(Sample(), sent(**{name: typed}))
    assert form.errors == {}
    assert form.data[name] == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("name", "   "),
        ("name", "六個字的名字"),
        ("due", "2026-02-30"),
        ("due", "明天"),
        ("amount", "1,23"),
        ("amount", "-5"),
        ("amount", "1.5"),
        ("amount", "一百"),
        ("points", "2.6"),
        ("points", "10"),
        ("kinds", "c"),
    ],
)
def test_what_cannot_be_meant_is_told_in_chinese_and_stays_typed(name: str, typed: str) -> None:
    form = bind(Sample(), sent(**{name: typed}))
    assert list(form.errors) == [name]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in form.error(name))
    assert form.value(name) == typed


def test_blanks_are_missing_and_boxes_are_false_when_not_ticked() -> None:
    form = bind(
        Sample(), MultiDict([("name", "甲"), ("due", ""), ("kinds", "a"), ("kinds", "b"), ("evil", "x")])
    )
    assert form.data == {"name": "甲", "kinds": ["a", "b"], "agreed": False}
    assert form.values("kinds") == ["a", "b"]


def test_a_password_is_taken_as_typed() -> None:
    class Door(FormSchema):
        password = Secret()

    assert bind(Door(), MultiDict({"password": "  two blanks "})).data == {"password": "  two blanks "}
    assert list(bind(Door(), MultiDict({"password": ""})).errors) == ["password"]
    assert list(bind(Door(), MultiDict({"password": "x" * 1001})).errors) == ["password"]


def test_a_services_problem_goes_to_its_field_a_serious_one_goes_on() -> None:
    form = bind(Sample(), sent())
    with form.problems():
        raise Problem("reason_required", "請填寫理由。", field="reason")
    assert form.errors == {"reason": "請填寫理由。"}
    with pytest.raises(Problem), form.problems():
        raise Problem("forbidden")


FIELDS = """{% import "office/macros.html" as ui with context %}{% call ui.form(form, draft="x", version=7) %}
{{ ui.text(form, "name", "名稱", hint="照契約填") }}{{ ui.textarea(form, "text", "說明") }}{{ ui.date(form, "due", "期限") }}
{{ ui.select(form, "k", "類別", [("a", "甲"), ("b", "乙")]) }}{{ ui.radios(form, "r", "結果", [("y", "可"), ("n", "否")]) }}
{{ ui.checks(form, "c", "項目", [("1", "一"), ("2", "二")]) }}{{ ui.check(form, "ok", "已核對") }}{% endcall %}"""


def test_fields_keep_everything_typed_escaped_and_point_at_their_message(app: Flask, db: Any) -> None:
    typed = MultiDict(
        [("name", '<b>"x"'), ("text", "第一行\n<script>"), ("k", "b"), ("r", "n"), ("c", "2"), ("ok", "1")]
    )
    form = Form(typed=typed, errors={"name": "太長。", "r": "請選。"}, sent=True)
    with app.test_request_context("/office/"):
        page = render_template_string(FIELDS, form=form)
    assert 'value="&lt;b&gt;&#34;x&#34;"' in page
    assert "第一行\n&lt;script&gt;</textarea>" in page
    assert '<option value="b" selected>' in page
    assert page.count(" checked") == 3
    assert 'aria-describedby="h-name e-name" aria-invalid="true"' in page
    assert '<a href="#f-r">請選。</a>' in page


def test_the_first_view_shows_what_is_stored(app: Flask, db: Any) -> None:
    form = Form({"name": "舊名", "due": date(2026, 11, 23), "c": ["1"], "ok": False, "k": "a"})
    with app.test_request_context("/office/"):
        page = render_template_string(FIELDS, form=form)
    assert 'value="舊名"' in page
    assert 'value="2026-11-23"' in page
    assert page.count(" checked") == 1
    assert 'name="version" value="7"' in page


TABLE = """{% import "office/macros.html" as ui with context %}
{% call(row) ui.table("標案", [col("名稱", "name"), col("金額", "amount", num=True)], rows, total=["合計", 3|money],
                        empty="匯入後會列在這裡。") %}
<td>{{ row }}</td><td class="num">1</td>{% endcall %}"""


def test_a_table_sorts_by_its_address_and_keeps_the_filters(app: Flask, db: Any) -> None:
    with app.test_request_context("/office/x?q=橋&sort=-amount&page=3"):
        page = render_template_string(TABLE, rows=["甲"])
    assert 'aria-sort="descending"' in page
    assert "/office/x?q=%E6%A9%8B&amp;sort=name" in page
    assert "page=" not in page
    assert "NT$ 3" in page
    assert "<caption>標案</caption>" in page


def test_an_empty_table_says_what_will_appear(app: Flask, db: Any) -> None:
    with app.test_request_context("/office/x"):
        page = render_template_string(TABLE, rows=[])
    assert "匯入後會列在這裡。" in page
    assert "<table" not in page


def test_severity_is_letter_shape_and_word(app: Flask, db: Any) -> None:
    """The shapes are the tablet's (SeverityMark.vue): circle, diamond, triangle."""
    source = '{% import "office/macros.html" as ui %}{{ ui.severity("L") }}|{{ ui.severity("M") }}|{{ ui.severity("S") }}'
    with app.test_request_context("/office/x"):
        badges = render_template_string(source).split("|")
    drawn = ("<circle", 'd="M12 .5 23.500 12 12 23.500 .5 12z"', 'd="M12 1.500 23.500 22.500H.5z"')
    for badge, word, shape, letter in zip(badges, ("輕微", "中等", "嚴重"), drawn, "LMS", strict=True):
        assert (word in badge, shape in badge, f">{letter}<" in badge) == (True, True, True)


@pytest.mark.parametrize(
    ("bp", "text"),
    [
        (1234, "12.3%"),
        (1235, "12.4%"),
        (-1235, "-12.4%"),
        (0, "0.0%"),
        (-4, "0.0%"),
        (10000, "100.0%"),
        (None, "—"),
    ],
)
def test_basis_points_are_rounded_half_up(bp: int | None, text: str) -> None:
    assert percent_bp(bp) == text


def test_a_moment_has_taipeis_day() -> None:
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert roc_datetime(late) == "民國115年11月24日（二）00:30"
    assert roc_short(late) == "115.11.24"
    assert roc_short(None) == "—"


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999", "٣"])
def test_a_nonsense_page_is_the_first(page: str) -> None:
    assert listing({"page": page, "sort": "evil"}, ("name",), "-name").page == 1
    assert listing({"sort": "evil"}, ("name",), "-name").descending
