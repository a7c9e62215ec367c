"""Changing the catalogue: the shipped mix, own editions, the city's settings, local days."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import PurePath
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM, Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries
from inspect_app.catalogue.importer import Read, read_catalogue
from inspect_app.catalogue.knob import Knob
from inspect_app.catalogue.knobs import KNOBS
from inspect_app.catalogue.models import Closure, Edition, EditionRow, FieldSetting
from inspect_app.domain import catalogue as domain
from inspect_app.domain.consistency import fault
from inspect_app.domain.roc import format_date
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.intake import ImportResult
from inspect_app.transaction import end_read, transaction

Values = dict[str, Any]


def load_shipped(actor: Actor = SYSTEM) -> Edition:
    """Load the shipped 示範混合版 as a frozen edition; a second time it only answers it."""
    shipped = domain.demo_edition()
    with transaction() as session:
        found = session.get(Edition, shipped.id)
        if found is not None:
            return found
        row = Edition(
            id=shipped.id, label=shipped.label, effective_from=shipped.effective, demo_mix=True,
            source=shipped.source, hash=shipped.hash, faults=[], frozen_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.execute(insert(EditionRow), rows_of(shipped.id, shipped.rows))
        audit.record(actor, "catalogue.shipped_loaded", f"edition:{row.id}", hash=row.hash)
    return row


def rows_of(edition_id: str, rows: Sequence[domain.Row]) -> list[Values]:
    """The rows as they are stored, in the printed order."""
    parents = {row.code: row.parent for row in rows}
    return [
        {
            **row.as_dict(),
            "edition_id": edition_id,
            "place": place,
            "level": _level(row.code, parents),
            "note": row.note,
        }
        for place, row in enumerate(rows, 1)
    ]


def _level(code: str, parents: Mapping[str, str]) -> int:
    level = 1
    while parents.get(code):
        code, level = parents[code], level + 1
    return level


def import_catalogue(actor: Actor, file_name: str, content: bytes, *, check: bool = False) -> ImportResult:
    """Take a defect table in as a draft. A draft with bad rows stands, but cannot be frozen until a mended file replaces it.

    The same table again changes nothing; a file of the same name replaces the draft of that name.
    """
    permit(actor, Permission.MANAGE_CATALOGUE)
    read = read_catalogue(content)
    label = _plain(read.label or PurePath(file_name.replace("\\", "/")).stem)[:100] or "匯入的缺失編號表"
    if check:
        result = _compared(_present(label, read), read)
        end_read()
        return result
    try:
        with transaction():
            draft = _present(label, read)
            result = _compared(draft, read)
            if read.rows and (draft is None or not _same(draft, read)):
                _write_draft(actor, label, read, draft, hashlib.sha256(content).hexdigest())
    except IntegrityError:
        raise Problem("conflict", "同時有人在匯入缺失編號表，這次沒有寫入。請稍後再試。") from None
    return result


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


def _as_edition(read: Read) -> domain.Edition:
    return domain.Edition("", "", date.min, tuple(read.rows))


def _present(label: str, read: Read) -> Edition | None:
    """What this file would become again: any edition with the very same rows, else the draft of that name."""
    same = db.session.scalars(
        select(Edition).where(Edition.hash == _as_edition(read).hash).order_by(Edition.id)
    ).first()
    if same is not None and not read.rejected:
        return same
    return db.session.scalars(
        select(Edition).where(Edition.label == label, Edition.frozen_at.is_(None))
    ).first()


def _same(draft: Edition, read: Read) -> bool:
    return draft.hash == _as_edition(read).hash and draft.faults == _faults(read)


def _faults(read: Read) -> list[Values]:
    return [{"row": bad.row, "field": bad.field, "message": bad.message} for bad in read.rejected]


def _compared(present: Edition | None, read: Read) -> ImportResult:
    old = queries.edition_rows(present.id).by_code if present else {}
    new, changed = (
        [row for row in read.rows if row.code not in old],
        [row for row in read.rows if row.code in old and row != old[row.code]],
    )
    preview = [f"新增：{row.code} {domain.short(row.text)}" for row in new[:20]]
    preview += [f"更新：{row.code} {domain.short(row.text)}" for row in changed[:20]]
    unchanged = len(read.rows) - len(new) - len(changed)
    return ImportResult(len(new), len(changed), unchanged, read.rejected, preview, read.notes)


def _write_draft(actor: Actor, label: str, read: Read, draft: Edition | None, digest: str) -> None:
    row = draft or Edition(id=new_id(), demo_mix=False)
    row.label, row.source = label, read.source or row.source or ""
    row.effective_from = read.effective or row.effective_from or clock.today()
    row.hash, row.faults = _as_edition(read).hash, _faults(read)
    db.session.add(row)
    db.session.flush()
    db.session.execute(delete(EditionRow).where(EditionRow.edition_id == row.id))
    db.session.execute(insert(EditionRow), rows_of(row.id, read.rows))
    audit.record(
        actor,
        "catalogue.imported",
        f"edition:{row.id}",
        sha256=digest,
        rows=len(read.rows),
        faults=len(read.rejected),
    )


def _draft(edition_id: str) -> Edition:
    row = queries.edition(edition_id)
    if row.frozen_at is not None:
        raise Problem("wrong_state", "已凍結的版本不能再改。要更正請匯入新的版本。")
    return row


def freeze(actor: Actor, edition_id: str, *, label: str, effective_from: date, source: str) -> Edition:
    """Freeze a draft: from then on it never changes, and it is in force from its date."""
    permit(actor, Permission.MANAGE_CATALOGUE)
    if not label.strip():
        raise Problem("missing", "請填版本名稱，例如「工程會 113 年版」。", field="label")
    with transaction():
        row = _draft(edition_id)
        if row.faults:
            raise Problem(
                "wrong_state", f"檔案有 {len(row.faults)} 列錯誤，請修正後重新匯入，全部正確才能凍結。"
            )
        row.label, row.effective_from, row.source = _plain(label), effective_from, _plain(source)
        row.hash, row.frozen_at = queries.edition_rows(row.id).hash, clock.now()
        audit.record(
            actor,
            "catalogue.frozen",
            f"edition:{row.id}",
            hash=row.hash,
            effective=effective_from.isoformat(),
        )
    return row


def delete_draft(actor: Actor, edition_id: str) -> None:
    """Throw a draft away."""
    permit(actor, Permission.MANAGE_CATALOGUE)
    with transaction() as session:
        row = _draft(edition_id)
        audit.record(actor, "catalogue.draft_deleted", f"edition:{row.id}", label=row.label)
        session.execute(delete(EditionRow).where(EditionRow.edition_id == row.id))
        session.delete(row)


def set_setting(
    actor: Actor, key: str, effective_from: date, text: str, *, source: str, verified: bool
) -> FieldSetting:
    """Give a rule's value a city's own number from a day on; earlier days keep what they had."""
    permit(actor, Permission.MANAGE_CATALOGUE)
    if key not in KNOBS:
        raise Problem("bad_value", "請選要設定的項目。", field="key")
    value = KNOBS[key].read(text)
    if verified and not source.strip():
        raise Problem("missing", "標示為已查證時，請填依據（函文號、規定名稱）。", field="source")
    with transaction() as session:
        row = session.get(FieldSetting, (key, effective_from)) or FieldSetting(
            key=key, effective_from=effective_from
        )
        before = row.value
        row.value, row.source, row.verified = value, _plain(source), verified
        session.add(row)
        _check_together(KNOBS[key], effective_from)
        audit.record(
            actor,
            "catalogue.setting_set",
            f"setting:{key}",
            effective=effective_from.isoformat(),
            before=before,
            value=value,
        )
    return row


def _check_together(knob: Knob, on: date) -> None:
    """A value that is fine alone may not fit to the others of its rule, on that day or on a later one with another of them."""
    db.session.flush()
    keys = {key for key, one in KNOBS.items() if one.rule == knob.rule}
    days = {row.effective_from for row in queries.all_settings() if row.key in keys}
    for day in sorted({on, *(day for day in days if day > on)}):
        told = fault(knob.rule, queries.rules_on(day).value(knob.rule))
        if told:
            when = "" if day == on else f"（{format_date(day)} 起）"
            raise Problem("bad_value", f"{told}{when}，{knob.mend}。", field="value")


def remove_setting(actor: Actor, key: str, effective_from: date) -> None:
    """Take an own value back; the one before it, or the shipped one, counts again."""
    permit(actor, Permission.MANAGE_CATALOGUE)
    with transaction() as session:
        row = session.get(FieldSetting, (key, effective_from))
        if row is None:
            raise Problem("not_found", "這項設定已經不在了。")
        audit.record(
            actor,
            "catalogue.setting_removed",
            f"setting:{key}",
            effective=effective_from.isoformat(),
            value=row.value,
        )
        session.delete(row)
        _check_together(KNOBS[key], effective_from)


def set_closure(actor: Actor, on: date, *, working: bool, reason: str) -> Closure:
    """Say that a day differs from the government calendar: closed for a typhoon, or worked to make up for one."""
    permit(actor, Permission.MANAGE_CATALOGUE)
    if not reason.strip():
        raise Problem("missing", "請填原因，例如「颱風停止上班」。", field="reason")
    with transaction() as session:
        row = session.get(Closure, on) or Closure(on=on)
        row.working, row.reason = working, _plain(reason)[:100]
        session.add(row)
        audit.record(actor, "catalogue.closure_set", f"day:{on.isoformat()}", working=working)
    return row


def remove_closure(actor: Actor, on: date) -> None:
    """Take a local day back."""
    permit(actor, Permission.MANAGE_CATALOGUE)
    with transaction() as session:
        row = session.get(Closure, on)
        if row is None:
            raise Problem("not_found", "這一天已經不在名單裡。")
        audit.record(actor, "catalogue.closure_removed", f"day:{on.isoformat()}", working=row.working)
        session.delete(row)
