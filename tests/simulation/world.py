"""The real application in this process: one inspection, two people with a tablet each, a clock that the story holds.

Requests go in as a web server would hand them over (WSGI), so that bodies can be cut; a backup is a copy of database
and photos, and is put back as an operator would.
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from inspect_app import ROOT, clock, create_app
from inspect_app.accounts.models import Account
from inspect_app.audit import anchor, chaining
from inspect_app.audit.models import AuditLine
from inspect_app.domain.heads import SignedHead
from inspect_app.evidence import heads, verification
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.inspections import judging, state
from inspect_app.inspections.entering import Entries
from inspect_app.inspections.models import Inspection, OperationRow, SetAside
from inspect_app.installation.services import current, new_epoch
from inspect_app.photos import uploads
from inspect_app.photos.models import Photo
from inspect_app.photos.store import original_key
from inspect_app.sync import exchange
from tests.simulation import kills

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PEOPLE = 2
ROLES = (("leader", "inspector"), ("inspector",))
DEVICES = ("d0000001-0000-7000-8000-000000000000", "d0000002-0000-7000-8000-000000000000")
PASSWORD = "long enough 42"
TEMPLATES = ROOT / ".dev"


class World:
    """One installation in `folder`. `request`, `backup`, `put_back`, `state` are what a story can do to it."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.file = Path(database_url.removeprefix("sqlite:///") or self.home / "inspect.sqlite3")
        self.app = create_app(_settings(self.home, database_url or f"sqlite:///{self.file}"))
        if not database_url:
            self._migrated()
        exchange.MOST_PULLED = 7  # so that little stories have pages to turn
        uploads.PATIENCE = 0.0  # nobody else verifies here: whoever held the lease is dead
        kills.install()
        _refuse_marked()
        _let_poison_fail()
        with self._at(T0):
            self.inspection, self.accounts = _found()
            self.devices = DEVICES
            self.cookies = [self._signed_in(person) for person in range(PEOPLE)]
            current()
        self.poison(True)
        self.began = None if database_url else self.backup()

    def _migrated(self) -> None:
        """The real migrations, run once per set of them and kept in .dev as a template."""
        from flask_migrate import upgrade

        template = TEMPLATES / f"simulation-{_digest(ROOT / 'migrations')}.sqlite3"
        if not template.exists():
            with self.app.app_context():
                upgrade(directory=self.app.config["MIGRATIONS"])
                db.engine.dispose()
            TEMPLATES.mkdir(exist_ok=True)
            unfinished = template.with_suffix(f".{os.getpid()}")
            shutil.copyfile(self.file, unfinished)
            unfinished.replace(template)
        shutil.copyfile(template, self.file)

    @contextmanager
    def _at(self, moment: datetime) -> Iterator[None]:
        with clock.set_to(moment), self.app.app_context():
            yield
            db.session.remove()

    def _signed_in(self, person: int) -> str:
        from inspect_app.accounts import sessions

        device = (self.devices[person], "tablet")
        found = sessions.sign_in(self.accounts[person], PASSWORD, device=device, address="", hours=24 * 3650)
        return found.token

    def reset(self) -> None:
        """As it was in the beginning."""
        assert self.began is not None, "only SQLite is copied"
        with self._at(T0):
            anchor.lift()
        self.put_back(self.began, epoch=False)
        self.poison(True)

    def another_visit(self) -> None:
        """The same people go to another site, with tablets of their own: a new story in the same database."""
        with self._at(T0):
            self.inspection = _released(*self.accounts)
            self.devices = (new_id(), new_id())
            self.cookies = [self._signed_in(person) for person in range(PEOPLE)]

    def seal_a_visit(self) -> list[str]:
        """The two are to go to another site, and may not know before their hours: answers the words that would tell."""
        from tests.scheduling.conftest import TeamMember, small_city
        from tests.support import factories

        with self._at(T0):
            city = small_city()
            own = [db.session.get_one(Account, key) for key in self.accounts]
            factories.expert(own[0], external=False, on_roster=False)
            factories.expert(own[1])
            members = (
                TeamMember(own[1].id, "member", external=True),
                TeamMember(city.second_member.id, "member", external=True),
            )
            team = (TeamMember(own[0].id, "leader"), *members, TeamMember(city.staff.id, "staff"))
            visit = city.sealed(team=team)
            return [visit, city.tender.id, city.tender.number, city.tender.name, city.tender.district]

    # What a story does.

    def request(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One request: {account, method, path, headers, text | bytes, now, cut, signed_out, kill: [when, nth]}.

        Answers {status, headers, text}, or {killed: true} where the process died before it could answer.
        """
        environ = self._environ(asked)
        with clock.set_to(datetime.fromtimestamp(asked["now"] / 1000, UTC)):
            if not asked.get("kill"):
                return self._answer(environ)
            try:
                with kills.dying(*asked["kill"]):
                    self._answer(environ)
            except kills.Killed:
                with self.app.app_context():
                    db.session.remove()
            return {"killed": True}

    def _environ(self, asked: dict[str, Any]) -> dict[str, Any]:
        body = base64.b64decode(asked["bytes"]) if "bytes" in asked else asked.get("text", "").encode()
        path, _, query = asked["path"].partition("?")
        arrived = body if asked.get("cut") is None else body[: asked["cut"]]
        cookie = "" if asked.get("signed_out") else f"inspect_session={self.cookies[asked['account']]}"
        environ = {
            "REQUEST_METHOD": asked["method"], "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(arrived), "wsgi.errors": sys.stderr,
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "localhost", "HTTP_COOKIE": cookie, "HTTP_X_INSPECT_APP": "1",
        }  # fmt: skip
        for name, value in asked.get("headers", {}).items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    def _answer(self, environ: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            told.update(
                status=int(status.split()[0]), headers={name.lower(): value for name, value in headers}
            )

        with closing(self.app(environ, start)) as chunks:  # type: ignore[type-var]
            told["text"] = b"".join(chunks).decode()
        return told

    def backup(self) -> dict[str, Any]:
        """A copy of database and photos, as the nightly job would make one."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self.file)) as source:
            source.backup(copy)
        photos = self.home / "photos"
        files = {path.relative_to(photos): path.read_bytes() for path in photos.rglob("*") if path.is_file()}
        return {"database": copy, "files": files}

    def put_back(self, copy: dict[str, Any], *, epoch: bool) -> None:
        """The state of then. With `epoch` as the command `restore` does it, without as somebody behind our back."""
        with closing(sqlite3.connect(self.file)) as target:
            copy["database"].backup(target)
        photos = self.home / "photos"
        shutil.rmtree(photos, ignore_errors=True)
        for place, content in copy["files"].items():
            (photos / place).parent.mkdir(parents=True, exist_ok=True)
            (photos / place).write_bytes(content)
        state._cache.clear()  # processes are started again after a restore
        if epoch:
            with self._at(T0):
                anchor.lift()
                new_epoch()

    def print_a_head(self, now: float) -> SignedHead:
        """The sequencer's turn, and a document that carries the signed head over all that is chained now."""
        with self._at(datetime.fromtimestamp(now / 1000, UTC)):
            chaining.chain_waiting()
            return heads.head_over(heads.chained())

    def clean(self, now: float) -> None:
        """The nightly job of the photos, at this moment."""
        from inspect_app.photos.services import clear_expired

        with self._at(datetime.fromtimestamp(now / 1000, UTC)):
            clear_expired()

    def cure(self) -> None:
        """The operation on which this server fails can be taken from now on."""
        self.poison(False)

    def poison(self, poisoned: bool) -> None:
        """Whether an operation that says `poison` ends its request with 500."""
        self.app.extensions["poisoned"] = poisoned

    # What can be seen of it.

    def state(self) -> dict[str, Any]:
        """What stands on the disk, read from the rows and the files and not from any answer."""
        with self.app.app_context():
            found = {
                "epoch": current().epoch,
                "log": [
                    _operation(row)
                    for row in db.session.scalars(
                        select(OperationRow)
                        .where(OperationRow.inspection_id == self.inspection)
                        .order_by(OperationRow.n)
                    )
                ],
                "aside": [
                    {"id": row.operation_id, "device": row.device_id, "seq": row.seq, "code": row.code}
                    for row in db.session.scalars(
                        select(SetAside)
                        .where(SetAside.inspection_id == self.inspection)
                        .order_by(SetAside.received_at, SetAside.id)
                    )
                ],
                "photos": {row.sha256: self._is_sound(row) for row in db.session.scalars(select(Photo))},
                "sheetsOpen": bool(
                    db.session.scalar(select(Inspection.sheets_open).where(Inspection.id == self.inspection))
                ),
                "audit": db.session.scalar(select(func.count()).select_from(AuditLine)),
            }
            db.session.remove()
        return found

    def _is_sound(self, row: Photo) -> bool:
        path = self.home / "photos" / original_key(row.sha256)
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == row.sha256

    def evidence(self, paper: Iterable[SignedHead]) -> list[str]:
        """What `audit verify` finds wrong, compared with heads on paper: nothing, in a sound installation."""
        with self._at(T0):
            chaining.chain_waiting()
            return [f"{one.row}: {one.says}" for one in verification.verify(paper).faults]

    def score(self) -> int | None:
        """The score as the record would carry it now."""
        from inspect_app.inspections import queries

        with self.app.app_context():
            found: int | None = queries.draft(self.inspection)["result"]["score"]
            db.session.remove()
        return found

    def fold(self) -> dict[str, Any]:
        """What the server shows: {entity:id: {field: [value, other values]}}."""
        from inspect_app.inspections.state import folded

        with self.app.app_context():
            found = folded(self.inspection)
            shown = {
                ":".join(key): {
                    name: [value.value, sorted(repr(other.value) for other in value.others)]
                    for name, value in entity.fields.items()
                }
                for key, entity in found.entities.items()
            }
            db.session.remove()
        return shown


def _operation(row: OperationRow) -> dict[str, Any]:
    return {
        "id": row.id, "device": row.device_id, "seq": row.seq, "n": row.n, "status": row.status, "stamp": row.stamp,
        "received": row.received_at.timestamp() * 1000, "hash": row.content_hash, "body": row.body,
    }  # fmt: skip


def _digest(folder: Path) -> str:
    files = sorted(folder.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _settings(home: Path, database_url: str) -> Any:
    from inspect_app.config import Settings

    given = {
        "HOME": str(home),
        "TESTING": "1",
        "PUBLIC_URL": "http://localhost",
        "DATABASE_URL": database_url,
    }
    return Settings.from_env({f"INSPECT_APP_{name}": value for name, value in given.items()})


def _found() -> tuple[str, list[str]]:
    """People, tender and released visit, with the same ids every time, so that a story tells the same twice."""
    from tests.support import factories

    numbers = itertools.count(1)

    def counted() -> str:
        return f"a{next(numbers):07x}-0000-7000-8000-00000000000a"

    with mock.patch.object(factories, "new_id", counted):
        leader, member = (
            factories.account(*roles, **_named(number)) for number, roles in enumerate(ROLES, 1)
        )
        factories.edition()
        visit = factories.released_visit(factories.tender(), leader, (member,), edition_id="test-edition")
    return visit.id, [leader.id, member.id]


def _named(number: int) -> dict[str, str]:
    """Login and name are the id, as the twin and the tablets of the stories have it."""
    key = f"a{number:07x}-0000-7000-8000-00000000000a"
    return {"login": key, "name": key, "password": PASSWORD}


def _released(leader_id: str, member_id: str) -> str:
    from tests.support import factories

    leader, member = (db.session.get_one(Account, key) for key in (leader_id, member_id))
    visit = factories.released_visit(factories.tender(), leader, (member,), edition_id="test-edition")
    return str(visit.id)


def _refuse_marked() -> None:
    """A rule that the tablet does not know yet: the server refuses what says so."""
    on_visit = judging.on_visit
    if getattr(on_visit, "marked", False):
        return

    def stricter(operation: Any, team: Any) -> Any:
        return "bad_value" if "refuse-me" in str(operation.set) else on_visit(operation, team)

    stricter.marked = True  # type: ignore[attr-defined]
    judging.on_visit = stricter


def _let_poison_fail() -> None:
    """On an operation that says `poison` the server fails each time, whoever stands in the same batch, while it is `poisoned`."""
    write = Entries.write
    if getattr(write, "marked", False):
        return

    def failing(entries: Any) -> None:
        if current_app.extensions.get("poisoned") and "poison" in str(entries._rows):
            raise OperationalError("poison", {}, Exception("no such thing"))
        write(entries)

    failing.marked = True  # type: ignore[attr-defined]
    Entries.write = failing  # type: ignore[method-assign]
