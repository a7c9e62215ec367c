"""The installation's birth and its epoch."""

from __future__ import annotations

from sqlalchemy import select

from inspect_app import clock
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.installation.models import Installation
from inspect_app.prepared import Prepared, insert_new
from inspect_app.transaction import transaction

_EPOCH = Prepared(select(Installation.__table__.c.epoch).where(Installation.__table__.c.id == 1))
GOVERNMENT = "示範市政府"
COMMISSION = "研究發展考核委員會"


def current() -> Installation:
    """The installation's row; made with neutral names on first use."""
    found = db.session.get(Installation, 1)
    return found if found is not None else create(GOVERNMENT, COMMISSION, demo=False)


def epoch() -> str:
    """The present epoch, asked at every exchange."""
    row = _EPOCH.row()
    return row[0] if row else current().epoch


def create(government: str, commission: str, *, demo: bool) -> Installation:
    """Write the row on first use. Raises `not_demo` when a demo is asked of a real installation."""
    with transaction() as session:
        row = {"id": 1, "government": government, "commission": commission, "demo": demo, "epoch": new_id()}
        new = insert_new(Installation, [{**row, "created_at": clock.now()}])  # two that begin at once agree
        found = session.get_one(Installation, 1)
        if not new and demo and not found.demo:
            raise Problem("not_demo", "這個資料庫已經是正式環境，不能載入示範資料。請另外指定資料夾。")
    return found


def is_demo() -> bool:
    """Whether screens and prints carry 示範."""
    found = db.session.get(Installation, 1)
    return found is not None and found.demo


def government() -> str:
    """In whose name screens and letters speak; empty before the installation's birth."""
    found = db.session.get(Installation, 1)
    return found.government if found is not None else ""


def new_epoch() -> str:
    """Begin a new epoch (after a restore); devices then offer again what the server lacks."""
    with transaction():
        row = current()
        row.epoch = new_id()
    return row.epoch
