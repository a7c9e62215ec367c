"""A backup is whole or it is none; a restore gives back every row and photo, under a new epoch."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from inspect_app import cli_backup, create_app
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.models import Account
from inspect_app.audit import chaining
from inspect_app.audit.models import AuditLine
from inspect_app.cli import main
from inspect_app.errors import Problem
from inspect_app.evidence.verification import verify
from inspect_app.extensions import db as database
from inspect_app.ids import new_id
from inspect_app.installation.services import current
from inspect_app.photos import services as photos
from inspect_app.photos import verification
from inspect_app.photos.models import Photo
from inspect_app.photos.store import original_key, store
from tests.conftest import make_settings, migrate_to_head
from tests.support import databases, factories, small_city
from tests.support.pictures import photo
from tests.support.pictures import sha256 as sha256_of
from tests.support.tablet import Tablet

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def before_it() -> dict[str, list[Any]]:
    """What the database held when the backup was made."""
    return {}


@pytest.fixture
def backed_up(db: Any, tmp_path: Path, before_it: dict[str, list[Any]]) -> Path:
    city = small_city.build(10)
    photos.take_in(city.actor("staff1"), photo(), "a.jpg")
    folder = tmp_path / "backup"
    before_it |= contents()
    assert cli_backup.backup(folder)["photos"] == 1
    return folder


def contents() -> dict[str, list[Any]]:
    """Every row of every table, but the epoch."""
    found = {}
    for table in cli_backup._tables():
        columns = [column for column in table.columns if column.name != "epoch"]
        found[table.name] = [
            tuple(row)
            for row in database.session.execute(select(*columns).order_by(*table.primary_key.columns))
        ]
    return found


def test_a_restore_gives_back_every_row_and_photo(
    backed_up: Path, tmp_path: Path, before_it: dict[str, list[Any]]
) -> None:
    before, epoch, sha256 = before_it, current().epoch, database.session.scalar(select(Photo.sha256))
    home = tmp_path / "second"
    home.mkdir()
    settings = make_settings(home)
    with create_app(settings).app_context():
        from flask_migrate import upgrade

        upgrade()
        cli_backup.restore(backed_up)
        after = contents()
        for grown in ("audit_lines", "audit_waiting"):  # the restore's own line came after
            assert after.pop(grown)[:-1] == before.pop(grown)
        assert after == before
        assert current().epoch != epoch
        assert b"".join(store().open(original_key(sha256))) == photo()
        assert chaining.chain_waiting() > 0
        assert verify().faults == []
        assert (
            database.session.scalars(select(AuditLine.action).order_by(AuditLine.n.desc())).first()
            == "installation.restored"
        )
        with pytest.raises(Problem) as caught:
            cli_backup.restore(backed_up)
        assert caught.value.code == "conflict"


def test_a_restore_goes_into_a_database_of_the_same_kind_and_the_log_counts_on(
    backed_up: Path, tmp_path: Path
) -> None:
    """On PostgreSQL the log's numbers come from a sequence that knows nothing of the rows that were put back."""
    (home := tmp_path / "second").mkdir()
    another = (
        databases.postgres_database
        if databases.KIND == "postgres"
        else partial(databases.sqlite_database, home)
    )
    with another(migrate_to_head) as url, create_app(make_settings(home, DATABASE_URL=url)).app_context():
        told = cli_backup.restore(backed_up)
        assert told["photos"] == 1
        numbers = database.session.scalars(select(AuditLine.n).order_by(AuditLine.n)).all()
        last = database.session.get_one(AuditLine, numbers[-1])
        assert last.action == "installation.restored"
        photos.take_in(
            accounts.actor_for(database.session.scalars(select(Account)).first()), photo(seed=2), "b.jpg"
        )
        assert database.session.scalar(select(func.max(AuditLine.n))) > numbers[-1]
        assert chaining.chain_waiting() > 0
        assert verify().faults == []
        database.session.remove()
        database.engine.dispose()


def test_a_drill_restores_somewhere_else_and_verifies(backed_up: Path, home: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("INSPECT_APP_HOME", str(home))
    done = CliRunner().invoke(main, ["drill", str(backed_up), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["ok"], found["photos"], found["waiting"]) == (True, 1, 0)
    assert found["lines"] > 0


def test_a_spoilt_photo_stops_a_backup_until_it_is_known(backed_up: Path, tmp_path: Path) -> None:
    sha256 = database.session.scalar(select(Photo.sha256))
    store().delete(original_key(sha256))
    with pytest.raises(Problem) as caught:
        cli_backup.backup(tmp_path / "second")
    assert caught.value.code == "hash_mismatch"
    verification.quarantine_spoilt()
    assert cli_backup.backup(tmp_path / "third")["photos"] == 0
    assert json.loads((tmp_path / "third/manifest.json").read_text())["spoilt"] == [sha256]


def test_receipts_say_what_a_backup_holds_and_nothing_later(
    client: Any, db: Any, clock: Any, tmp_path: Path
) -> None:
    person = factories.account("leader", "inspector")
    visit = factories.released_visit(factories.tender(), person)
    tablet, other = (Tablet(client, person, visit.id) for _ in range(2))

    def archived(of: Tablet) -> bool:
        answer = client.get(f"/api/v1/inspections/{visit.id}/receipt?device={of.device}", headers=of.headers)
        return bool(answer.json["archived"])

    def send(of: Tablet, seed: int) -> None:
        content = photo(seed=seed)
        photos.take_in(accounts.actor_for(person), content, "a.jpg")
        assert of.push(of.operation("photo", new_id(), {"sha256": sha256_of(content)})) == [("applied", None)]

    send(tablet, 1)
    assert not archived(tablet)
    cli_backup.backup(tmp_path / "first")
    send(other, 2)
    assert (archived(tablet), archived(other)) == (True, False)
    send(tablet, 3)
    assert not archived(tablet), "one later operation is enough"
    cli_backup.backup(tmp_path / "second")
    assert (archived(tablet), archived(other)) == (True, True)
    assert (
        database.session.scalars(select(AuditLine.action).order_by(AuditLine.n.desc())).first()
        == "installation.backed_up"
    )


def test_a_backups_names_are_on_the_disk_before_anybody_is_told_of_it(
    db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tablet deletes its photo once it is archived: a power cut may not take the folder's entry then."""
    synced: list[str] = []
    sync, note = os.fsync, cli_backup._note

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    def noted(*facts: Any) -> None:
        folder = tmp_path / "backup"
        assert {str(one) for one in (folder / "tables", folder / "originals", folder, tmp_path)} <= set(
            synced
        )
        note(*facts)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(cli_backup, "_note", noted)
    cli_backup.backup(tmp_path / "backup")


@pytest.mark.parametrize("spoilt", ["tables/tenders.jsonl", "originals", "manifest.json"])
def test_a_changed_backup_is_refused(backed_up: Path, spoilt: str) -> None:
    path = backed_up / spoilt
    path = next(path.iterdir()) if path.is_dir() else path
    path.write_bytes(path.read_bytes()[:-2] + b"??")
    with pytest.raises(Problem) as caught:
        cli_backup.restore(backed_up)
    assert caught.value.code == "bad_file"


def test_a_backup_does_not_mix_with_another(backed_up: Path) -> None:
    with pytest.raises(Problem) as caught:
        cli_backup.backup(backed_up)
    assert caught.value.code == "conflict"


def test_keys_and_sign_ins_are_not_in_it(backed_up: Path, home: Path) -> None:
    names = json.loads((backed_up / "manifest.json").read_text())["tables"]
    assert not set(names) & cli_backup.EPHEMERAL
    keys = [path.read_bytes() for path in (home / "keys").iterdir()]
    assert keys
    for path in backed_up.rglob("*"):
        if path.is_file():
            assert not any(key in path.read_bytes() for key in keys if len(key) >= 16)
