"""The one table of entities and fields: types, ranges, who may write (docs/sync-protocol.md section 2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspect_app.domain.canonical import MAX_INT

LONGEST_TEXT = 200_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID = re.compile(UUID)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?Z")

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """`check` judges a value that is not null; `required` fields cannot be emptied by null."""

    check: Check
    leader: bool = False
    required: bool = False


def is_uuid(value: Any) -> bool:
    """A UUID in its lower-case text form."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    """A text that has a UTF-8 form, at most LONGEST_TEXT characters."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return False
    return value.isascii() or not _has_surrogate(value)


def _has_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def is_sha256(value: Any) -> bool:
    """A SHA-256 as 64 lower-case hex digits."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def is_bool(value: Any) -> bool:
    """True or false, nothing that merely looks like it."""
    return isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """A whole number within +-2^53."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INT


def is_day(value: Any) -> bool:
    """A real day as YYYY-MM-DD."""
    return isinstance(value, str) and _DAY.fullmatch(value) is not None and _parses(date, value)


def is_moment(value: Any) -> bool:
    """A real moment in UTC as ISO text that ends in Z."""
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None and _parses(datetime, value)


def _parses(kind: type[date], value: str) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True


def between(low: int, high: int) -> Check:
    """A whole number from low to high, both included."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def one_of(choices: str) -> Check:
    """One of the words, separated by spaces."""
    allowed = frozenset(choices.split())
    return lambda value: isinstance(value, str) and value in allowed


def is_ticks(value: Any) -> bool:
    """A list of different alternative indexes, 0-99."""
    return (
        isinstance(value, list | tuple) and all(map(between(0, 99), value)) and len(set(value)) == len(value)
    )


def is_frontier(value: Any) -> bool:
    """{device: seq}, seq from 0."""
    return (
        isinstance(value, Mapping)
        and all(map(is_uuid, value))
        and all(map(between(0, MAX_INT), value.values()))
    )


ATTENDANCE_ROLES = (
    "owner_head owner_handler supervision_head supervision_engineer contractor_engineer contractor_qc"
    " contractor_site_head contractor_safety pcm integrity other"
)
_PARTY = one_of("owner supervision contractor pcm")
_SEVERITY = one_of("L M S")
_POINTS = between(0, 1000)
_BASIS_POINTS = between(0, 10_000)
_SIZE = between(0, MAX_INT)
_PERCENT = between(0, 100)

_VISIT = {
    "arrived_at": Field(is_moment),
    "weather": Field(is_text),
    "progress_planned_bp": Field(_BASIS_POINTS),
    "progress_actual_bp": Field(_BASIS_POINTS),
    "works_now": Field(is_text),
    "room_cleared_at": Field(is_moment, leader=True),
    "improvement_deadline": Field(is_day, leader=True),
    "points_agreed": Field(is_bool, leader=True),
    "remarks": Field(is_text),
}
_ATTENDANCE = {
    "role": Field(one_of(ATTENDANCE_ROLES), required=True),
    "name": Field(is_text),
    "title": Field(is_text),
    "organisation": Field(is_text),
    "present": Field(is_bool),
    "absence_reason": Field(is_text),
    "deleted": Field(is_bool),
}
_FINDING = {
    "kind": Field(one_of("defect design advice"), required=True),
    "code": Field(is_text),
    "ticks": Field(is_ticks),
    "text": Field(is_text),
    "severity": Field(_SEVERITY),
    "party": Field(_PARTY),
    "location": Field(is_text),
    "aspect": Field(one_of("safety constructability maintainability")),
    "noted_by": Field(is_text),
    "deleted": Field(is_bool),
    "agreed_severity": Field(_SEVERITY, leader=True),
    "agreed_party": Field(_PARTY, leader=True),
    "points": Field(_POINTS, leader=True),
    "also_supervision": Field(is_bool, leader=True),
    "also_pcm": Field(is_bool, leader=True),
    "supervision_points": Field(_POINTS, leader=True),  # null: the same as `points`
    "pcm_points": Field(_POINTS, leader=True),
    "agreed": Field(is_bool, leader=True),
}
_MERIT = {"code": Field(is_text), "text": Field(is_text), "deleted": Field(is_bool)}
_PHOTO = {
    "sha256": Field(is_sha256, required=True),
    "size": Field(_SIZE),
    "type": Field(is_text),
    "width": Field(_SIZE),
    "height": Field(_SIZE),
    "taken_at": Field(is_moment),
    "lat_e7": Field(between(-900_000_000, 900_000_000)),
    "lon_e7": Field(between(-1_800_000_000, 1_800_000_000)),
    "accuracy_m": Field(_SIZE),
    "caption": Field(is_text),
    "finding": Field(is_uuid),
    "use": Field(one_of("evidence site signed_paper score_paper")),
    "retake": Field(is_bool),
    "deleted": Field(is_bool),
}
_TEST = {
    "kind": Field(one_of("concrete_core asphalt_core subgrade_compaction rebar other"), required=True),
    "item": Field(is_text),
    "place": Field(is_text),
    "quantity": Field(is_text),
    "method": Field(is_text),
    "laboratory": Field(is_text),
    "deleted": Field(is_bool),
}
JUDGEMENTS = "main_structure main_material safety"
_JUDGEMENT = {
    "kind": Field(one_of(JUDGEMENTS), leader=True, required=True),
    "failed": Field(is_bool, leader=True),
    "reason": Field(is_text, leader=True),
}
_SCORE_SHEET = {
    "q_owner": Field(_PERCENT),  # the most of each is a rule: see sheet.py
    "q_supervision": Field(_PERCENT),
    "q_contractor": Field(_PERCENT),
    "w_structure": Field(_PERCENT),
    "w_materials": Field(_PERCENT),
    "w_safety": Field(_PERCENT),
    "p": Field(_PERCENT),
    "comment_q": Field(is_text),
    "comment_w": Field(is_text),
    "comment_p": Field(is_text),
    "progress_basis": Field(is_text),
    "env": Field(_PERCENT),
    "safety": Field(_PERCENT),
    "strength": Field(_PERCENT),
    "looks": Field(_PERCENT),
    "function": Field(_PERCENT),
    "handed_in_at": Field(is_moment),
}
_SIGNATURE = {
    "name": Field(is_text),
    "role": Field(is_text),
    "strokes": Field(is_text),
    "photo": Field(is_sha256),
    "signed_at": Field(is_moment),
    "frontier": Field(is_frontier),
    "digest": Field(is_sha256),
}
_CLOSING = {
    "frontier": Field(is_frontier, leader=True),
    "digest": Field(is_sha256, leader=True),
    "closed_at": Field(is_moment, leader=True),
    "deleted": Field(is_bool, leader=True),
}
_LATE_DECISION = {
    "operation": Field(is_uuid, leader=True, required=True),
    "decision": Field(one_of("accept reject"), leader=True, required=True),
    "reason": Field(is_text, leader=True),
}
ENTITIES: Mapping[str, Mapping[str, Field]] = {
    "visit": _VISIT,
    "attendance": _ATTENDANCE,
    "finding": _FINDING,
    "merit": _MERIT,
    "photo": _PHOTO,
    "test": _TEST,
    "judgement": _JUDGEMENT,
    "score_sheet": _SCORE_SHEET,
    "signature": _SIGNATURE,
    "closing": _CLOSING,
    "late_decision": _LATE_DECISION,
}
