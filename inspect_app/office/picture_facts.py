"""What a reviewer is told about each picture: whether it can be shown, how far from the site and when it was taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from inspect_app.domain.photo_facts import Position, Remark, Taken, metres_between, remarks
from inspect_app.extensions import db
from inspect_app.inspections.showing import Shown
from inspect_app.inspections.state import folded
from inspect_app.notices.models import CaseItem, Reply
from inspect_app.office.filters import roc_date, roc_stamp
from inspect_app.photos import queries as photos
from inspect_app.photos import witnesses
from inspect_app.photos.models import Photo, PhotoWitness
from inspect_app.photos.sniff import DOCUMENT
from inspect_app.photos.witnesses import Verdict, facts_of
from inspect_app.projects.models import Tender

IMPROVED = ("during", "after")  # the slots of a reply whose pictures must be younger than the visit


@dataclass(frozen=True, slots=True)
class Facts:
    """One picture. `metres`: from the site; `lines`: what to look at, in words; `trouble`: why it cannot be shown;
    `witness`: what the device signed of it, in words."""

    scan: bool
    trouble: str
    metres: int | None
    taken_at: datetime | None
    arrived_at: datetime
    lines: tuple[str, ...]
    witness: str = ""


def of_record(one: Shown, listed: Iterable[Mapping[str, Any]]) -> dict[str, Facts]:
    """{entity_id: facts} of an inspection's photos; what the camera did not write, the tablet did."""
    lines = list(listed)
    rows, state = photos.by_hashes(line["sha256"] for line in lines), folded(one.inspection.id)
    signed = witnesses.by_hashes(rows)
    site, day = _site(one.inspection.tender_id), one.inspection.inspected_on
    found = {}
    for line in lines:
        if (row := rows.get(line["sha256"])) is not None:
            told = state.entity("photo", line["entity_id"]).values()
            facts = _facts(row, told, site, on=day, after=None)
            said = "" if facts.scan else _witnessed(signed.get(row.sha256), told, one.inspection.id)
            found[line["entity_id"]] = replace(facts, witness=said)
    return found


def of_reply(entry: CaseItem, reply: Reply) -> dict[str, Facts]:
    """{id of the reply's photo: facts}."""
    rows = photos.by_hashes(photo.sha256 for photo in reply.photos)
    site, visited = _site(entry.case.tender_id), _visited(entry)
    return {
        photo.id: _facts(
            rows[photo.sha256], {}, site, on=None, after=visited if photo.slot in IMPROVED else None
        )
        for photo in reply.photos
        if photo.sha256 in rows
    }


def _visited(entry: CaseItem) -> date:
    from inspect_app.inspections.models import Inspection

    return db.session.get_one(Inspection, entry.case.inspection_id).inspected_on


def _site(tender_id: str) -> Position | None:
    tender = db.session.get_one(Tender, tender_id)
    return None if tender.lat is None or tender.lon is None else (tender.lat, tender.lon)


def _facts(
    row: Photo, told: Mapping[str, Any], site: Position | None, *, on: date | None, after: date | None
) -> Facts:
    scan = row.media_type == DOCUMENT
    taken = Taken(row.taken_at or _moment(told.get("taken_at")), _position(row, told), row.stored_at)
    metres = metres_between(taken.position, site) if taken.position and site else None
    odd = [] if scan else remarks(taken, site, on=on, after=after)
    trouble = row.problem if row.state in ("unreadable", "quarantined") else ""
    return Facts(
        scan,
        trouble,
        metres,
        taken.at,
        taken.arrived_at,
        tuple(_words(remark, taken, metres) for remark in odd),
    )


def _witnessed(row: PhotoWitness | None, told: Mapping[str, Any], inspection: str) -> str:
    """Whether the device signed the photo when it was saved; where it does not fit the finding now, both are there to see. One
    that was saved in another inspection is said to be: a picture of the site has no finding that could tell.
    """
    if row is None:
        return "沒有裝置簽章"
    if row.verdict != Verdict.GOOD:
        return "裝置簽章不符" if row.verdict == Verdict.WRONG else "裝置簽章的金鑰沒有登記"
    facts = facts_of(row.facts)
    moved = "，當時記在另一處" if facts.get("finding") != told.get("finding") else ""
    moved = moved if facts.get("inspection") == inspection else "，當時記在另一次查核"
    return (
        f"裝置簽章相符（裝置存檔 {roc_stamp(_moment(facts.get('at')))}，第 {facts.get('count')} 張{moved}）"
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _position(row: Photo, told: Mapping[str, Any]) -> Position | None:
    for lat, lon in ((row.lat_e7, row.lon_e7), (told.get("lat_e7"), told.get("lon_e7"))):
        if lat is not None and lon is not None:
            return lat / 1e7, lon / 1e7
    return None


def _words(remark: Remark, taken: Taken, metres: int | None) -> str:
    day = roc_date(taken.at)
    days = (taken.arrived_at - taken.at).days if taken.at else 0
    return {
        Remark.NO_POSITION: "沒有定位",
        Remark.FAR: f"距工址 {(metres or 0) / 1000:.1f} 公里",
        Remark.NO_TIME: "沒有拍攝時間",
        Remark.AHEAD: "拍攝時間晚於送達時間",
        Remark.LATE: f"拍攝後 {days} 天才送達",
        Remark.OTHER_DAY: f"不是查核當日拍攝（{day}）",
        Remark.BEFORE_VISIT: f"拍攝於查核之前（{day}）",
    }[remark]
