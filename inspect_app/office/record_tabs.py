"""What each tab of an inspection shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.catalogue import Edition, block_of
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Reason
from inspect_app.domain.repeats import RELATIONS
from inspect_app.domain.scoring import grade_of
from inspect_app.domain.scoring import spread as spread_of
from inspect_app.domain.sheets import block_maxima, reference_score, total_reason
from inspect_app.extensions import db
from inspect_app.inspections import queries, repeating, services
from inspect_app.inspections.on_behalf import WORDS, entered_for
from inspect_app.inspections.showing import Shown, history
from inspect_app.inspections.state import folded
from inspect_app.inspections.team import members_of
from inspect_app.office import dispute_pages, picture_facts, reused, under_way
from inspect_app.office.forms import Form
from inspect_app.office.record_words import FIELDS, KINDS, came_later, moment_of, said
from inspect_app.office.versions import opened
from inspect_app.scheduling import queries as scheduling
from inspect_app.scheduling.models import Visit

Context = dict[str, Any]
TabLine = tuple[str, str, int | None]


def tabs_of(who: Actor, one: Shown) -> list[TabLine]:
    """(key, label, count) of the tabs that this person may open."""
    photos = len(all_photos(one.content))
    found: list[TabLine] = [("record", "紀錄", None)]
    if one.inside:
        found += [
            ("tidy", "整理", None), ("confirm", "委員確認", None), ("scores", "評分", None),
            ("tests", "檢驗", len(one.content["tests"])),
        ]  # fmt: skip
    if _calibrates(who, one):
        found.append(("calibration", "校準", None))
    found.append(("photos", "照片", photos))
    if one.inside:
        waiting = dispute_pages.waiting(who, one)
        found += [("disputes", "歧異與遲到", waiting or None), ("history", "操作歷程", None)]
    return found


def all_photos(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Photos of the site, then of each finding with its number."""
    found = [photo | {"of": "現場"} for photo in content["photos"]]
    for part, name in (("defects", "缺失"), ("design", "規劃設計"), ("advice", "建議")):
        for line in content[part]:
            found += [photo | {"of": f"{name} {line['no']}　{line['code']}"} for photo in line["photos"]]
    return found


def record(who: Actor, one: Shown) -> Context:
    """The record with what had been found before; an agency is told of its own inspections only."""
    own = (who.agency_id or "") if who.of_agency else ""
    found = repeating.of_content(one.content, one.inspection.id, one.inspection.inspected_on, own)
    return {"repeats": found, "relations": RELATIONS}


def photos(who: Actor, one: Shown) -> Context:
    """Every photo; who was there or works on the record also sees what its facts say and where it was used before."""
    found = all_photos(one.content)
    if not one.inside:
        return {"photos": found, "facts": {}, "reused": [], "under_way": []}
    return {
        "photos": found,
        "facts": picture_facts.of_record(one, found),
        "reused": reused.in_record(who, one.inspection, found),
        "under_way": under_way.in_record(one),
    }


def tidying(who: Actor, one: Shown) -> Context:
    """Every text that may be put in order, with its original and the words of its code."""
    key = one.inspection.id
    table = _table(key)
    cards = [_card(card, table, key) for card in _cards(one)]
    editable = one.inspection.state in ("closed", "confirming") and who.may(Permission.TIDY_RECORDS)
    lacking = services.what_is_missing(key) if one.inspection.state in ("open", "closed") else []
    return {"cards": cards, "editable": editable, "lacking": lacking}


def _table(inspection_id: str) -> Edition | None:
    visit = db.session.get_one(Visit, inspection_id)
    return catalogue.edition_rows(visit.edition_id) if visit.edition_id else None


def _cards(one: Shown) -> Iterable[Context]:
    content = one.content
    yield {
        "entity": "visit",
        "entity_id": one.inspection.id,
        "title": "目前施工概況",
        "fields": ["works_now"],
    }
    for number, line in enumerate(content["merits"], start=1):
        yield {"entity": "merit", "title": f"優點 {number}", "fields": ["text"], **line}
    for part, name in (("defects", "缺失"), ("design", "規劃設計問題"), ("advice", "其他建議")):
        for line in content[part]:
            title = f"{name} {line['no']}"
            yield {"entity": "finding", "fields": ["text", "location"], **line, "title": title}
    for number, line in enumerate(content["tests"], start=1):
        yield {"entity": "test", "title": f"檢驗 {number}", "fields": ["item", "place"], **line}


LABELS = {"text": "內容", "location": "位置", "works_now": "目前施工概況", "item": "項目", "place": "位置"}


def _card(card: Context, table: Edition | None, key: str) -> Context:
    """One entity with {name, label, original, current} per field."""
    item = folded(key).entity(card["entity"], card["entity_id"])
    wordings = queries.wordings_of(key)
    lines = []
    for name in card["fields"]:
        original = item.value(name) or ""
        current = wordings.get((card["entity"], card["entity_id"], name), original)
        lines.append({"name": name, "label": LABELS[name], "original": original, "current": current})
    row = table.by_code.get(card.get("code", "")) if table else None
    hint = row.text if row is not None else ""
    kept = {name: card.get(name, "") for name in ("entity", "entity_id", "title", "code", "severity")}
    return kept | {"lines": lines, "hint": hint}


def confirmations(who: Actor, one: Shown) -> Context:
    """Who agreed to the present version, who objected, and what was said about earlier ones."""
    key, version = one.inspection.id, one.record.version if one.record else 1
    answers = queries.answers_of(key)
    now = {row.account_id: row for row in answers if row.version == version}
    members = [row for row in members_of(key) if row.role != "staff"]
    names = {row.account_id: row.name for row in members}
    texts = queries.tidied_texts(key)
    return {
        "version": version, "members": members, "answers": now, "names": names,
        "earlier": [row for row in answers if row.version != version and row.note],
        "texts": texts, "people": accounts.names(row.by for row in texts), "labels": LABELS,
        "entered": entered_for(key).get(who.id, []) if who.id in names else [],
        "asked": who.id in names and one.inspection.state == "confirming",
        "waiting": [row for row in members if row.account_id not in now or not now[row.account_id].agreed],
        "for_leader": services.for_leader(key) if one.inspection.state in ("confirming", "approving") else [],
    }  # fmt: skip


def scores(who: Actor, one: Shown) -> Context:
    """The sheets that this person may read, how far apart they lie, and why the grade is what it is."""
    rules = scheduling.rules_of(one.inspection.id)
    sheets = [
        sheet | {"reasons": _why_total(sheet, rules)}
        for sheet in one.content.get("internal", {}).get("sheets", [])
    ]
    handed_in = [sheet for sheet in sheets if sheet["handed_in_at"] and sheet["total"] is not None]
    totals = [sheet["total"] for sheet in handed_in]
    open_ = one.inspection.sheets_open and bool(totals)
    return {
        "sheets": sheets, "sheets_open": one.inspection.sheets_open, "remarks": _remarks(one, sheets),
        "spread": spread_of(totals, rules) if open_ else None, "bar": _bar(handed_in, one) if open_ else None,
        "most": block_maxima(rules), "bands": rules.value("grades"), "grade_of": lambda total: grade_of(total, rules),
        "on_behalf": _sheets_entered(one) if one.inside else set(),
    }  # fmt: skip


def _remarks(one: Shown, sheets: Iterable[Mapping[str, Any]]) -> dict[str, Form]:
    """A form per member: the remark as it stands."""
    there = queries.remarks_of(one.inspection.id)
    return {sheet["account"]: opened({"text": there.get(sheet["account"], "")}) for sheet in sheets}


def _why_total(sheet: Mapping[str, Any], rules: RuleSet) -> list[Reason]:
    """How the sheet adds up; nothing while it is hidden or empty."""
    return (
        [total_reason(sheet["q"], sheet["w"], sheet["p"], rules)]
        if not sheet.get("hidden") and sheet["total"] is not None
        else []
    )


def _calibrates(who: Actor, one: Shown) -> bool:
    """Who works on the record and was not there, once every sheet is handed in: never a member, never beside a sheet."""
    there = queries.is_on_team(who, one.inspection.id)
    return one.inside and one.inspection.sheets_open and who.may(Permission.ISSUE_RECORDS) and not there


def calibration(who: Actor, one: Shown) -> Context:
    """The reference score from the findings beside the team's score, and what it was made from."""
    rules = scheduling.rules_of(one.inspection.id)
    blocks = [
        (block_of(line["code"]), line["severity"]) for line in one.content["defects"] if line["severity"]
    ]
    pairs = [(block.value, severity) for block, severity in blocks if block is not None]
    counts = {block: {level: pairs.count((block, level)) for level in "LMS"} for block in "QWP"}
    return {
        "reference": reference_score(pairs, rules),
        "counts": counts,
        "rule": rules.value("reference_score"),
    }


def _sheets_entered(one: Shown) -> set[str]:
    """Accounts whose sheet staff entered from the signed paper (代登)."""
    sheet = WORDS["score_sheet"]
    return {account for account, told in entered_for(one.inspection.id).items() if sheet in told}


def _bar(sheets: list[Mapping[str, Any]], one: Shown) -> Context:
    """Places on a scale from 50 to 100, in thousandths of its width; each dot leads to its member's row."""
    result = one.content["result"]
    dots = [
        {
            "x": _place(sheet["total"]),
            "account": sheet["account"],
            "label": f"{sheet['name']} {sheet['total']} 分",
        }
        for sheet in sorted(sheets, key=lambda sheet: sheet["total"])
    ]
    return {
        "low": dots[0]["x"], "high": dots[-1]["x"], "dots": dots, "mean": _place(float(result.get("raw_mean") or 0)),
        "score": _place(result["score"]) if result["score"] is not None else None,
    }  # fmt: skip


def _place(total: float) -> float:
    return round((max(50.0, min(100.0, total)) - 50) * 20, 1)


def tests(who: Actor, one: Shown) -> Context:
    """The tests taken on site with their judgements."""
    results = queries.results_of(one.inspection.id)
    people = accounts.names(row.entered_by for row in results.values())
    return {"results": results, "people": people, "may_enter": who.may(Permission.ENTER_TEST_RESULTS)}


def histories(who: Actor, one: Shown) -> Context:
    """Who wrote what when, entity by entity; what waits for the leader has its own tab."""
    found = history(who, one.inspection.id)
    lines = [line.operation for item in found for line in item.lines]
    noted = (str(line.set.get("noted_by", "")) for line in lines)
    people = accounts.names({*(line.author for line in lines), *noted})
    return {
        "histories": found, "people": people, "moment": moment_of, "came_later": came_later,
        "received": queries.received_of(one.inspection.id), "kinds": KINDS, "labels": FIELDS,
        "said": lambda name, value: said(name, value, people),
        "waiting": dispute_pages.waiting(who, one),
    }  # fmt: skip


CONTEXTS: Mapping[str, Callable[[Actor, Shown], Context]] = {
    "record": record, "tidy": tidying, "confirm": confirmations, "scores": scores, "tests": tests, "photos": photos, "history": histories,
    "disputes": dispute_pages.context,
    "calibration": calibration,
}  # fmt: skip
