"""Tablets that pour operations and photos through a bad line and remember what they were told, word for word."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import random
import threading
import uuid
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from functools import partial
from typing import Any

import orjson

from inspect_app.ids import new_id

HEAD = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"  # a JPEG as far as the server looks before it stores
TAKEN = {"applied", "conflict", "late"}
BUSY = {503, 507}
TRANSFER = "application/offset+octet-stream"


@dataclass
class Batch:
    """Operations that were frozen before their first byte left."""

    operations: list[dict[str, Any]]
    results: list[Any] | None = None  # what the server answered: from then on it is acknowledged

    @property
    def hashes(self) -> dict[str, str]:
        """{operation id: content hash}."""
        return {
            one["id"]: hashlib.sha256(orjson.dumps(one, option=orjson.OPT_SORT_KEYS)).hexdigest()
            for one in self.operations
        }


@dataclass
class Picture:
    """One photo on its way: `offset` is the highest that the server acknowledged."""

    content: bytes
    place: str = ""
    offset: int = 0
    stored: bool = False
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.content).hexdigest()


class Broken(Exception):
    """The server broke a promise."""


class Tablet:
    """One device of one account. `run(stop)` works until told to stop; what it holds survives the server's death."""

    def __init__(self, account: str, token: str, inspection: str, shared: list[str], seed: int) -> None:
        self.account, self._token, self._inspection, self._shared = account, token, inspection, shared
        self._chance = random.Random(seed)
        self.device = new_id()
        self._seq = 0
        self.batches: list[Batch] = []
        self.pictures: list[Picture] = []
        self._cursor: str | None = None
        self.pulled: list[tuple[int, str]] = []  # (n, operation id) in the order of reading
        self._unused: list[Picture] = []
        self.port = 0
        self.unsound: list[str] = []
        self.database_dies = False  # with it may go how far an unfinished photo had come (decision 0021)

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def waiting(self) -> bool:
        """Whether something was offered and is not yet acknowledged."""
        pending = self.batches and self.batches[-1].results is None
        return bool(pending) or any(not picture.stored for picture in self.pictures)

    def run(self, stop: threading.Event, *, new: bool = True) -> None:
        """Work until `stop`; with `new` false only to the end of what was begun."""
        while not stop.is_set() and (new or self.waiting):
            try:
                self._step(new)
                stop.wait(0 if new else 0.01)
            except Broken as broken:
                self.unsound.append(str(broken))
                return
            except (OSError, http.client.HTTPException, ValueError):
                stop.wait(0.01)  # no answer is no acknowledgement

    def _step(self, new: bool) -> None:
        if self._chance.random() < 0.5:
            self.push(new=new, again=new and self._chance.random() < 0.1)
        else:
            self._send_picture(new)

    # operations

    def push(self, *, new: bool = True, again: bool = False) -> int:
        """Offer the batch that waits or a new one (`again`: one of the last once more); answers the status."""
        again = again and bool(self.batches)
        if not again and (not self.batches or self.batches[-1].results is not None):
            if not new:
                return 0
            self.batches.append(self._batch())
        batch = self._chance.choice(self.batches[-5:]) if again else self.batches[-1]
        status, _, answer = self._ask("POST", "/api/v1/sync", self._envelope(batch))
        if status == 200:
            self._settle(batch, json.loads(answer))
        elif status not in BUSY:
            raise Broken(f"a sound batch was answered {status} {answer!r:.200}")
        return int(status)

    def read_on(self) -> None:
        """Read to the end of the log."""
        more = True
        while more:
            _, _, answer = self._ask("POST", "/api/v1/sync", self._envelope(Batch([])))
            told = json.loads(answer)
            self._settle(Batch([]), told)
            more = told["more"]

    def _envelope(self, batch: Batch) -> bytes:
        return json.dumps(
            {"schema": 1, "device": self.device, "cursor": self._cursor, "operations": batch.operations}
        ).encode()

    def _settle(self, batch: Batch, told: dict[str, Any]) -> None:
        results = [(one["id"], one["status"], one["code"]) for one in told["results"]]
        if [one[0] for one in results] != [one["id"] for one in batch.operations]:
            raise Broken("the answer names other operations")
        if any(status not in TAKEN for _, status, _ in results):
            raise Broken(f"an own operation was not taken: {results}")
        if batch.results is not None and batch.results != results:
            raise Broken(f"the same batch got {batch.results} and then {results}")
        batch.results = results
        self.pulled += [(one["n"], one["id"]) for one in told["operations"]]
        self._cursor = told["cursor"]

    def _batch(self) -> Batch:
        operations = [self._finding() for _ in range(self._chance.randint(1, 6))]
        if self._unused:
            operations.append(self._photo(self._unused.pop()))
        return Batch(operations)

    def _finding(self) -> dict[str, Any]:
        shared = self._chance.random() < 0.2
        entity = self._chance.choice(self._shared) if shared else str(uuid.uuid4())
        return self._operation(
            "finding", entity, {"kind": "defect", "text": f"蜂窩 {self._seq}", "severity": "L"}
        )

    def _photo(self, picture: Picture) -> dict[str, Any]:
        facts = {"sha256": picture.sha256, "size": len(picture.content), "type": "image/jpeg", "use": "site"}
        return self._operation("photo", new_id(), facts)

    def _operation(self, entity: str, entity_id: str, set_: dict[str, Any]) -> dict[str, Any]:
        self._seq += 1
        return {
            "id": new_id(), "device": self.device, "seq": self._seq, "inspection": self._inspection, "entity": entity,
            "entity_id": entity_id, "set": set_, "base": dict.fromkeys(set_), "hlc": f"{1_795_395_600_000 + self._seq:012x}-0000",
            "author": self.account, "schema": 1, "on_behalf": None,
        }  # fmt: skip

    # photos

    def photos_begin_anew(self) -> None:
        """How far an unfinished photo had come is promised for no power cut (decision 0021): the server is asked again."""
        for picture in self.pictures:
            if not picture.stored:
                picture.place, picture.offset = "", 0

    def _send_picture(self, new: bool) -> None:
        under_way = [picture for picture in self.pictures if not picture.stored]
        if new and len(under_way) < 2:
            size = self._chance.choice((1, 100, 5_000, 60_000, 300_000))
            under_way.append(Picture(HEAD + self.device.encode() + self._chance.randbytes(size)))
            self.pictures.append(under_way[-1])
        if not under_way:
            return
        picture = self._chance.choice(under_way)
        if self._chance.random() < 0.2 or not picture.place:
            self.resume(picture)
        else:
            self._patch(picture)

    def resume(self, picture: Picture) -> None:
        coded = base64.b64encode(picture.sha256.encode()).decode()
        facts = {"Upload-Length": str(len(picture.content)), "Upload-Metadata": f"sha256 {coded}"}
        status, headers, answer = self._ask("POST", "/api/v1/uploads", b"", facts)
        if status in (*BUSY, 423):
            return
        if status != 201:
            raise Broken(f"an own photo's POST was answered {status} {answer!r:.200}")
        picture.place = headers["Location"]
        self._moved(picture, int(headers["Upload-Offset"]))

    def _patch(self, picture: Picture) -> None:
        status, headers, answer = self.send(picture)
        if status == 204:
            self._moved(picture, int(headers["Upload-Offset"]))
        elif status == 409 or (status == 404 and self.database_dies):
            self.resume(picture)
        elif status not in (*BUSY, 423, 460, 400):
            raise Broken(f"an own photo's PATCH was answered {status} {answer!r:.200}")

    def send(self, picture: Picture, most: int = 0) -> Any:
        """One PATCH of the next bytes (`most`: how many), checked or not; (status, headers, body)."""
        size = most or self._chance.choice((1, 4_000, 70_000, 400_000))
        chunk = picture.content[picture.offset : picture.offset + size]
        facts = {"Upload-Offset": str(picture.offset), "Content-Type": TRANSFER}
        if self._chance.random() < 0.6:
            facts["Upload-Checksum"] = f"sha256 {base64.b64encode(hashlib.sha256(chunk).digest()).decode()}"
        return self._ask("PATCH", picture.place, chunk, facts)

    def _moved(self, picture: Picture, offset: int) -> None:
        if offset < picture.offset and not self.database_dies:
            raise Broken(f"acknowledged {picture.offset} bytes of a photo, then says {offset}")
        picture.offset = offset
        if offset == len(picture.content):
            picture.stored = True
            self._unused.append(picture)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
        """(status, headers, body) of a whole answer; anything less raises."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        own = {**self.authorization, "Tus-Resumable": "1.0.0", "Connection": "close",
               "Content-Type": "application/json", **(headers or {})}  # fmt: skip
        try:
            line.request(method, path, body, own)
            return _whole(b"".join(iter(partial(line.sock.recv, 65536), b"")))
        finally:
            line.close()


def _whole(answer: bytes) -> tuple[int, Message, bytes]:
    """http.client takes a head that was cut in the middle of a line for a head: this does not."""
    head, end, body = answer.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    headers = message_from_bytes(rest)
    if not end or len(body) < int(headers["Content-Length"] or 0):
        raise OSError("the answer was cut")
    return int(first.split()[1]), headers, body
