"""Two people at one form: the second is told what the first one saved, keeps what was typed, and may then save knowingly.

    form = bind(ThingForm(), request.form) if request.method == "POST" else opened(_stored(row))
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _stored(hold(Thing, row.id))):
                services.change_thing(actor(), row.id, **form.data)
            return redirect(...)

The form carries `version`, a digest of the values that it showed, empty where nothing was stored yet. A sender that names
no version asks nothing (a program; every page of ours does). Where rows count their versions themselves, `lay_beside` does
the same for the form. Where a service holds what was read against what stands, it takes `seen=seen(form)` and refuses itself:
no page opens a transaction for that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.office.forms import Form
from inspect_app.transaction import transaction

Row = TypeVar("Row")
Stored = Mapping[str, Any]
CHANGED = "這筆資料在您開啟表單之後被改過，或先前已經登錄過；目前存的內容列在各欄。您填的還在，再按一次就以您的為準。"


def version_of(stored: Stored | None) -> str:
    """A digest of what a form shows; empty where nothing is stored yet."""
    if stored is None:
        return ""
    text = json.dumps({name: _plain(value) for name, value in stored.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """A value so that the typed and the stored one can be compared: blanks are one, the order of choices is none."""
    if value is None or value is False or value == []:
        return ""
    return sorted(str(item) for item in value) if isinstance(value, list) else str(value).strip()


def opened(stored: Stored | None) -> Form:
    """A form on its first view, with what is stored."""
    return Form(stored or {}, version=version_of(stored))


def hold(model: type[Row], key: Any) -> Row:
    """A row as it stands now, nobody else's until the transaction ends. Raises `not_found`."""
    row = db.session.get(model, key, with_for_update={"of": model}, populate_existing=True)
    if row is None:
        raise Problem("not_found", "這筆資料已經不在了，可能剛被刪除。")
    return row


@contextmanager
def unless_changed(form: Form, read: Callable[[], Stored | None]) -> Iterator[None]:
    """Run the block as one transaction. Raises `stale` when what `read` answers is no longer what the form showed.

    Nothing stored (`None`) is nothing that could be lost. `read` locks what it reads (`hold`).
    """
    with transaction():
        now = read()
        if now is not None and _is_other(form, now):
            raise Problem("stale", CHANGED)
        yield


def _is_other(form: Form, now: Stored) -> bool:
    version = version_of(now)
    return saw_other(form, version) and lay_beside(form, now, version)


def saw_other(form: Form, version: str | int) -> bool:
    """Whether the form was opened over another version than this one."""
    return "version" in form.typed and form.value("version") != str(version)


def seen(form: Form) -> str | None:
    """What the page showed, for a service that holds it against what stands; None from a sender that names nothing."""
    return form.value("version") if "version" in form.typed else None


def lay_beside(form: Form, now: Stored, version: str | int) -> bool:
    """Show at each field what somebody else saved in it; answers whether anything differs. The next save is meant."""
    form.version = str(version)
    form.theirs = {name: value for name, value in now.items() if not _is_same(form, name, now)}
    return bool(form.theirs)


def _is_same(form: Form, name: str, now: Stored) -> bool:
    """Alike as values or as they are typed: 1,234 and 1234, 09:00 and a time."""
    mine = form.data.get(name, form.value(name))
    return _plain(mine) == _plain(now[name]) or form.value(name) == Form(now).value(name)
