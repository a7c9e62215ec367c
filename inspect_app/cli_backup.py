"""Backup and restore: one consistent read of every table and every photo, verified both ways.

The format does not depend on the database: `tables/<name>.jsonl`, `originals/<hash>`, and a manifest that is written last.
Keys are never in it (see docs/operations.md).
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from flask_migrate import upgrade
from sqlalchemy import Column, Date, LargeBinary, Table, func, insert, select, text
from sqlalchemy.orm import Session

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit import anchor, chaining
from inspect_app.config import PREFIX, Settings
from inspect_app.errors import Problem
from inspect_app.evidence import archive
from inspect_app.evidence.verification import verify
from inspect_app.extensions import UtcDateTime, db
from inspect_app.folders import sync_folder
from inspect_app.inspections.models import Inspection
from inspect_app.installation.services import new_epoch
from inspect_app.notices import pinned
from inspect_app.photos.models import Photo
from inspect_app.photos.store import original_key, store
from inspect_app.photos.verification import look_soon
from inspect_app.transaction import one_read, transaction

FORMAT = "inspect-app-backup/1"
BATCH = 500
EPHEMERAL = {
    "sign_ins",
    "half_sign_ins",
    "sign_in_failures",
    "one_time_tokens",
}  # nobody is signed in by a backup
Manifest = dict[str, Any]


class SpoiltPhoto(Problem):
    """`hash_mismatch`: an original that is not known to be so."""

    def __init__(self, sha256: str, how: str) -> None:
        says = f"The stored photo {sha256} is {how}. The jobs process judges it within the hour, and backups go on without it; "
        super().__init__("hash_mismatch", says + "`inspect-app audit verify` names all that are so.")
        self.sha256 = sha256


def backup(folder: Path) -> Manifest:
    """Write a backup into a new folder, read every byte of it again, note what it holds, and answer its manifest.

    Raises `conflict` when the folder holds something, `hash_mismatch` for a spoilt photo that is not known to be so.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Problem("conflict", f"{folder} is not empty; name a new folder for the backup.")
    (folder / "tables").mkdir(parents=True)
    (folder / "originals").mkdir()
    try:
        with one_read() as session:
            _one_snapshot(session)
            logs, manifest = _written(folder, session)
    except SpoiltPhoto as error:
        look_soon([error.sha256])
        raise
    with (folder / "manifest.json").open("wb") as file:
        _write(file, json.dumps(manifest, indent=1).encode())
    _sync_names(folder)
    told = _told(_checked(folder))
    _note(folder, logs, manifest["photos"], told)
    return told


def _written(folder: Path, session: Session) -> tuple[dict[str, int], Manifest]:
    """Write tables and originals; answers the length of each inspection's log, and the manifest."""
    tables = {table.name: _write_table(folder, table) for table in _tables()}
    photos, spoilt = _write_photos(folder)
    logs = {row.id: row.log_n for row in session.execute(select(Inspection.id, Inspection.log_n))}
    return logs, {
        "format": FORMAT,
        "at": clock.now().isoformat(),
        "schema": session.scalar(text("SELECT version_num FROM alembic_version")),
        "tables": tables,
        "photos": photos,
        "spoilt": spoilt,
    }


def _told(manifest: Manifest) -> Manifest:
    rows = sum(one["rows"] for one in manifest["tables"].values())
    return {"at": manifest["at"], "rows": rows, "photos": len(manifest["photos"])}


def _note(folder: Path, logs: dict[str, int], photos: Iterable[str], told: Manifest) -> None:
    """From now on receipts may say that this much is archived; the log names the manifest."""
    with transaction():
        archive.note_backup(logs, photos, clock.now())
        digest = _digest(folder / "manifest.json")
        facts = {"rows": told["rows"], "photos": told["photos"], "manifest": digest}
        audit.record(SYSTEM, "installation.backed_up", "installation:1", **facts)


def _write(file: IO[bytes], data: bytes) -> None:
    """On the disk when it returns."""
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _sync_names(folder: Path) -> None:
    """The files' names, too, are on the disk when it returns: tablets delete what a backup is said to hold."""
    for named in (folder / "tables", folder / "originals", folder, folder.absolute().parent):
        try:
            sync_folder(named)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a share knows no such thing
                raise


def _write_photos(folder: Path) -> tuple[dict[str, int], list[str]]:
    """{hash: size} of the originals written, and those that are known to be spoilt and stay away."""
    rows = db.session.execute(select(Photo.sha256, Photo.state).order_by(Photo.sha256)).all()
    spoilt = [row.sha256 for row in rows if row.state == "quarantined"]
    return {
        row.sha256: _write_photo(folder, row.sha256) for row in rows if row.state != "quarantined"
    }, spoilt


def _tables() -> list[Table]:
    return [table for table in db.metadata.sorted_tables if table.name not in EPHEMERAL]


def _one_snapshot(session: Session) -> None:
    """Everything is read as of one moment; SQLite's read transaction is one already."""
    if db.engine.dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _write_table(folder: Path, table: Table) -> Manifest:
    digest, count = hashlib.sha256(), 0
    with (folder / "tables" / f"{table.name}.jsonl").open("wb") as file:
        for row in db.session.execute(select(table).order_by(*table.primary_key.columns)).yield_per(BATCH):
            line = json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
        _write(file, b"")
    return {"rows": count, "columns": [column.name for column in table.columns], "sha256": digest.hexdigest()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | datetime) else value


def _write_photo(folder: Path, sha256: str) -> int:
    """Copy an original and compare it with its hash; a spoilt one stops the backup with its name."""
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / "originals" / sha256).open("wb") as file:
            for chunk in store().open(original_key(sha256)):
                digest.update(chunk)
                size += file.write(chunk)
            _write(file, b"")
    except KeyError:
        raise SpoiltPhoto(sha256, "missing") from None
    if digest.hexdigest() != sha256:
        raise SpoiltPhoto(sha256, "spoilt")
    return size


def restore(folder: Path) -> Manifest:
    """Put a backup into a database that was only just made by `upgrade`, begin a new epoch; answers what was put back.

    Raises `bad_file` (not a whole backup, changed bytes, another schema) and `conflict` (the database holds something).
    """
    manifest = _checked(folder)
    with transaction() as session:
        _refuse_full()
        for table in _tables():
            for batch in _batches(_rows(folder, table, manifest)):
                session.execute(insert(table), batch)
        for sha256 in manifest["photos"]:
            store().put(original_key(sha256), _chunks(folder / "originals" / sha256))
        new_epoch()
        _move_sequences(session)  # before anything is written that takes a number from one
        audit.record(SYSTEM, "installation.restored", "installation:1", backup=manifest["at"])
    anchor.lift()
    return _told(manifest)


def drill(folder: Path) -> Manifest:
    """Restore into a throw-away installation (SQLite, a folder) and verify everything there; answers what was found.

    The keys of this HOME are used, so that signed heads can be checked. It stands in TMPDIR, else in HOME: all photos want a
    disk, and /tmp may be memory. Raises as `restore` does.
    """
    from inspect_app import create_app

    settings = Settings.from_env()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR") or settings.home) as name:
        home = Path(name)
        if (settings.home / "keys").exists():
            shutil.copytree(settings.home / "keys", home / "keys")
        app = create_app(Settings.from_env({f"{PREFIX}HOME": name}))
        with app.app_context():
            upgrade(directory=app.config["MIGRATIONS"])
            told = restore(folder)
            chaining.chain_waiting()
            report = verify(more=pinned.CHECKS).as_dict()
            db.session.remove()
            db.engine.dispose()
    return {**told, **report}


def _checked(folder: Path) -> Manifest:
    try:
        manifest: Manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise Problem("bad_file", f"{folder} holds no whole backup: manifest.json cannot be read.") from None
    if manifest.get("format") != FORMAT:
        raise Problem("bad_file", f"{folder} is not a backup in the format {FORMAT}.")
    if manifest["schema"] != db.session.scalar(text("SELECT version_num FROM alembic_version")):
        raise Problem(
            "bad_file",
            f"The backup has schema {manifest['schema']}; use the version that made it, then migrate.",
        )
    for name, told in manifest["tables"].items():
        if _digest(folder / "tables" / f"{name}.jsonl") != told["sha256"]:
            raise Problem("bad_file", f"tables/{name}.jsonl is not what was backed up.")
    for sha256 in manifest["photos"]:
        if _digest(folder / "originals" / sha256) != sha256:
            raise Problem("bad_file", f"originals/{sha256} is not what was backed up.")
    return manifest


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                yield chunk
    except FileNotFoundError:
        raise Problem("bad_file", f"{path.name} is missing from the backup.") from None


def _refuse_full() -> None:
    """Only a database that was just made takes a backup: nothing is mixed, nothing is lost."""
    for table in _tables():
        if db.session.scalar(select(func.count()).select_from(table)):
            raise Problem("conflict", f"The database is not empty ({table.name}). Restore into a new one.")


def _rows(folder: Path, table: Table, manifest: Manifest) -> Iterator[dict[str, Any]]:
    columns = [table.columns[name] for name in manifest["tables"][table.name]["columns"]]
    with (folder / "tables" / f"{table.name}.jsonl").open(encoding="utf-8") as file:
        for line in file:
            yield {
                column.name: _typed(column, value)
                for column, value in zip(columns, json.loads(line), strict=True)
            }


def _typed(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(column.type, LargeBinary) else value


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _move_sequences(session: Session) -> None:
    """PostgreSQL counts on from what was put back."""
    if db.engine.dialect.name == "postgresql":
        last = "(SELECT coalesce(max(n), 1) FROM audit_lines)"
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('audit_lines', 'n'), {last})")  # nosec B608  # fixed words
        )
