"""A backup is whole or it is none; a restore gives back every row and photo, under a new epoch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app import cli_backup, create_app
from inspect_app.errors import Problem
from inspect_app.extensions import db as database
from inspect_app.installation.services import current
from inspect_app.photos import services as photos
from inspect_app.photos.models import Photo
from inspect_app.photos.store import original_key, store
from tests.conftest import make_settings
from tests.support import small_city
from tests.support.pictures import photo

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def backed_up(db: Any, tmp_path: Path) -> Path:
    city = small_city.build(10)
    photos.take_in(city.actor("staff1"), photo(), "a.jpg")
    folder = tmp_path / "backup"
    assert cli_backup.backup(folder)["photos"] == 1
    return folder


def contents() -> dict[str, list[Any]]:
    """Every row of every table but the epoch and the line that tells of the restore."""
    found = {}
    for table in cli_backup._tables():
        columns = [column for column in table.columns if column.name != "epoch"]
        found[table.name] = [
            tuple(row)
            for row in database.session.execute(select(*columns).order_by(*table.primary_key.columns))
        ]
    return found


def test_a_restore_gives_back_every_row_and_photo(backed_up: Path, tmp_path: Path) -> None:
    before, epoch, sha256 = contents(), current().epoch, database.session.scalar(select(Photo.sha256))
    home = tmp_path / "second"
    home.mkdir()
    settings = make_settings(home)
    with create_app(settings).app_context():
        from flask_migrate import upgrade

        upgrade()
        cli_backup.restore(backed_up)
        after = contents()
        for grown in ("audit_lines", "audit_waiting"):
            assert after.pop(grown)[:-1] == before.pop(grown)
        assert after == before
        assert current().epoch != epoch
        assert b"".join(store().open(original_key(sha256))) == photo()
        with pytest.raises(Problem) as caught:
            cli_backup.restore(backed_up)
        assert caught.value.code == "conflict"


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
