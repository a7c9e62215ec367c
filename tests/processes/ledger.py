"""Holds what was acknowledged against what stands in database and storage. Asked while the server is dead."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from tests.processes.tablets import Batch, Picture, Tablet


class Ledger:
    """`check()` after each kill looks at what is new; `check_all()` at everything."""

    def __init__(self, database_url: str, photos: Path, inspection: str, tablets: list[Tablet]) -> None:
        self._engine = create_engine(database_url, poolclass=NullPool)
        self._photos, self._inspection, self._tablets = photos, inspection, tablets
        self._seen: dict[str, int] = {}  # operation id -> n
        self._last_seq: dict[str, int] = {}
        self._last_audit = 0
        self._hashes: dict[str, str] = {}
        self._open: list[Batch] = []
        self._known = {tablet.device: 0 for tablet in tablets}
        self._sound: set[str] = set()  # stored photos whose bytes were read

    def check(self) -> list[str]:
        """What is wrong now, in words; nothing when every promise stands."""
        with self._snapshot() as connection:
            found = self._log(connection) + self._batches() + self._uploads(connection)
        return found + [f"a tablet was told: {one}" for tablet in self._tablets for one in tablet.unsound]

    def check_all(self) -> list[str]:
        """Everything once more from the start: nothing that was there has gone."""
        self._sound.clear()
        found = self.check()
        with self._snapshot() as connection:
            rows = connection.execute(
                text("SELECT id, n FROM operations WHERE inspection_id = :key"), self._key
            )
            held = {row.id: row.n for row in rows}
            sound = self._engine.dialect.name != "sqlite" or (
                connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            )
        if held != self._seen:
            found.append(
                f"{len(self._seen.items() - held.items())} operations of the log have changed or gone"
            )
        return found if sound else [*found, "the database file is damaged"]

    def reading_is_whole(self) -> list[str]:
        """Each tablet read on to the end: it has every operation once, in the order of the log."""
        whole = sorted((n, key) for key, n in self._seen.items())
        return [f"a cursor missed or repeated something: {len(tablet.pulled)} read of {len(whole)}"
                for tablet in self._tablets if tablet.pulled != whole]  # fmt: skip

    @property
    def figures(self) -> dict[str, int]:
        batches = [batch for tablet in self._tablets for batch in tablet.batches if batch.results is not None]
        pictures = [picture for tablet in self._tablets for picture in tablet.pictures if picture.stored]
        return {"operations": sum(len(batch.operations) for batch in batches), "photos": len(pictures)}

    def _snapshot(self) -> Connection:
        """One state of the database: a PostgreSQL backend may still finish the commit of a client that is dead."""
        connection = self._engine.connect()
        if self._engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        return connection

    @property
    def _key(self) -> dict[str, str]:
        return {"key": self._inspection}

    def _log(self, connection: Any) -> list[str]:
        """New rows: known, unaltered, each once, in order without gaps, and each in one audit line."""
        self._learn()
        last = len(self._seen)
        rows = connection.execute(
            text(
                "SELECT id, n, seq, device_id, content_hash FROM operations WHERE inspection_id = :key AND n > :last ORDER BY n"
            ),
            {**self._key, "last": last},
        ).all()
        found = [
            f"place {row.n} follows {last + index}"
            for index, row in enumerate(rows)
            if row.n != last + index + 1
        ]
        for row in rows:
            found += self._row(row)
        head = (
            connection.execute(text("SELECT log_n FROM inspections WHERE id = :key"), self._key).scalar() or 0
        )
        if head != len(self._seen):
            found.append(f"the log says that it ends at {head} and ends at {len(self._seen)}")
        return found + self._audit(connection, last, len(self._seen))

    def _row(self, row: Any) -> list[str]:
        found = []
        if self._hashes.get(row.id) != row.content_hash:
            found.append(f"operation {row.id} is stored with other content")
        if row.id in self._seen:
            found.append(f"operation {row.id} stands in the log twice")
        if row.seq <= self._last_seq.get(row.device_id, 0):
            found.append(f"device {row.device_id}: {row.seq} came after {self._last_seq[row.device_id]}")
        self._seen[row.id], self._last_seq[row.device_id] = row.n, row.seq
        return found

    def _audit(self, connection: Any, before: int, after: int) -> list[str]:
        """The audit lines of this round cover exactly the places that it gave out."""
        lines = connection.execute(
            text(
                "SELECT n, detail FROM audit_lines WHERE n > :last AND subject = :about "
                "AND action = 'inspections.operations_taken' ORDER BY n"
            ),
            {"last": self._last_audit, "about": f"inspection:{self._inspection}"},
        ).all()
        covered: list[int] = []
        for line in lines:
            detail = line.detail if isinstance(line.detail, dict) else json.loads(line.detail)
            covered += range(detail["first"], detail["first"] + detail["count"])
            self._last_audit = line.n
        return (
            []
            if sorted(covered) == list(range(before + 1, after + 1))
            else ["operations stand without their audit line"]
        )

    def _learn(self) -> None:
        """The batches that the tablets froze since the last look."""
        for tablet in self._tablets:
            for batch in tablet.batches[self._known[tablet.device] :]:
                self._hashes |= batch.hashes
                self._open.append(batch)
            self._known[tablet.device] = len(tablet.batches)

    def _batches(self) -> list[str]:
        """Acknowledged: there. Not acknowledged: whole or absent."""
        found, still = [], []
        for batch in self._open:
            held = sum(one["id"] in self._seen for one in batch.operations)
            if held not in (0, len(batch.operations)):
                found.append(f"a batch of {len(batch.operations)} is there in part: {held}")
            if batch.results is None:
                still.append(batch)
            elif held != len(batch.operations):
                found.append(f"{len(batch.operations) - held} acknowledged operations are lost")
        self._open = still
        return found

    def _uploads(self, connection: Any) -> list[str]:
        pictures = [picture for tablet in self._tablets for picture in tablet.pictures if picture.place]
        return [
            one
            for picture in pictures
            if picture.sha256 not in self._sound
            for one in self._upload(connection, picture)
        ]

    def _upload(self, connection: Any, picture: Picture) -> list[str]:
        key = picture.place.rpartition("/")[2]
        row = connection.execute(
            text("SELECT received, length, finished_at FROM uploads WHERE id = :id"), {"id": key}
        ).one_or_none()
        if row is None:
            return ["an upload that was acknowledged is gone"]
        found = (
            [f"acknowledged {picture.offset} bytes of a photo, {row.received} are entered"]
            if row.received < picture.offset
            else []
        )
        if row.finished_at is not None:
            return found + self._stored(connection, picture)
        return found + self._parts(connection, key, row.received, picture.content)

    def _parts(self, connection: Any, key: str, received: int, content: bytes) -> list[str]:
        """What is entered of the parts, read from storage, is the beginning of the photo. A part may hold more than that."""
        parts = connection.execute(
            text("SELECT key, size FROM upload_parts WHERE upload_id = :id ORDER BY start"), {"id": key}
        )
        try:
            held = b"".join((self._photos / part.key).read_bytes()[: part.size] for part in parts)
        except FileNotFoundError:
            return ["an entered part has no bytes"]
        return [] if held == content[:received] else ["the entered parts are not the beginning of the photo"]

    def _stored(self, connection: Any, picture: Picture) -> list[str]:
        """Under its hash, whole, read-only, with its row and one audit line."""
        path = self._photos / "originals" / picture.sha256[:2] / picture.sha256
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != picture.sha256:
            return ["a stored photo is not there as it was sent"]
        self._sound.add(picture.sha256)
        about = {"about": f"photo:{picture.sha256}"}
        lines = connection.execute(
            text("SELECT count(*) FROM audit_lines WHERE action = 'photos.stored' AND subject = :about"),
            about,
        ).scalar_one()
        found = [] if lines == 1 else [f"a stored photo has {lines} audit lines"]
        return found if path.stat().st_mode & 0o222 == 0 else [*found, "a stored photo can be written"]
