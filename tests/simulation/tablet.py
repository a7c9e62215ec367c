"""A tablet that keeps to docs/sync-protocol.md, for stories against the real server: an outbox, photos, a cursor.

It keeps what a device must keep (what was offered, byte for byte; what was acknowledged; the epoch) and nothing more.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inspect_app.domain.operations import entity_uuid
from inspect_app.ids import new_id

Ask = Callable[..., dict[str, Any]]
ACKNOWLEDGED = {"applied", "duplicate", "late", "conflict"}


class NoAnswer(Exception):
    """The line is bad, or what answered is not our server: the run ends, everything is kept."""


class Rejected(NoAnswer):
    """Our server cannot take this request: it is about what stands in it."""


BUSY = {408, 425, 429, 502, 503, 504, 507}
ABOUT_THE_SESSION = {401, 403}
MOST = 500


@dataclass
class Item:
    """An operation with its frozen text and what became of it."""

    operation: dict[str, Any]
    text: str
    photos: list[str]
    state: str = "offered"


@dataclass
class Tablet:
    """`ask` sends one request and answers {status, headers, text}, or raises NoAnswer."""

    person: int
    account: str
    device: str
    inspection: str
    ask: Ask
    items: dict[str, Item] = field(default_factory=dict)
    photos: dict[str, bytes] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    heads: dict[tuple[str, str], str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    cursor: str | None = None
    epoch: str = ""
    receipt: dict[str, Any] | None = None
    held: set[str] = field(default_factory=set)
    tick: int = 0

    def write(self, entity: str, entity_id: str, moment: int, **set_: Any) -> dict[str, Any]:
        """A person saves something; it replaces what this tablet showed there."""
        self.tick += 1
        base = {name: self.heads.get((entity_id, name)) for name in set_}
        operation = {
            "id": new_id(), "device": self.device, "seq": self.tick, "inspection": self.inspection, "entity": entity,
            "entity_id": entity_id, "set": set_, "base": base, "hlc": f"{moment:012x}-{self.tick:04x}",
            "author": self.account, "schema": 1, "on_behalf": None,
        }  # fmt: skip
        text = json.dumps(operation, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        photos = [set_["sha256"]] if "sha256" in set_ else []
        self.items[operation["id"]] = Item(operation, text, photos)
        for name in set_:
            self.heads[entity_id, name] = operation["id"]
        return operation

    def named(self, name: str) -> str:
        """The id of the entity of which there is one per name."""
        return entity_uuid(self.inspection, name)

    def photograph(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self.photos[sha256] = content
        return sha256

    def send(self) -> None:
        """One run, asked for by a person: text, photos, the text that waited for them, the receipt."""
        for item in self.items.values():
            item.state = "offered" if item.state == "parked" else item.state
        self._json("GET", "/api/v1/session")
        self._text()
        for sha256 in [key for key in self.photos if key not in self.stored]:
            self._upload(sha256)
        self._text()
        if any(item.state == "acknowledged" for item in self.items.values()):
            path = f"/api/v1/inspections/{self.inspection}/receipt?device={self.device}"
            self.receipt = self._json("GET", path)

    def _text(self) -> None:
        most = MOST
        for _ in range(80):
            batch = self._ready()[:most]
            try:
                more = self._exchange(batch)
            except Rejected:
                most = self._fewer(batch)
                continue
            most = min(MOST, most * 4)
            if not more and not self._ready():
                return

    def _exchange(self, batch: list[Item]) -> bool:
        """One request, and what its answer changes here; whether there is more to read."""
        body = {"schema": 1, "device": self.device, "cursor": self.cursor, "inspections": [self.inspection]}
        text = json.dumps(body)[:-1] + ', "operations": [' + ",".join(item.text for item in batch) + "]}"
        told = self._json("POST", "/api/v1/sync", text=text, headers={"Content-Type": "application/json"})
        if [result["id"] for result in told["results"]] != [item.operation["id"] for item in batch]:
            raise NoAnswer("an answer to something else")
        return self._settle(told) or bool(told["more"])

    def _fewer(self, batch: list[Item]) -> int:
        """How many to send next: half finds the item at fault, which is parked where the server is sound without it."""
        if not batch:
            raise NoAnswer("not even nothing")
        if len(batch) > 1:
            return len(batch) // 2
        self._exchange([])
        batch[0].state = "parked"
        self.held.add(batch[0].operation["id"])
        return MOST

    def _ready(self) -> list[Item]:
        waiting = (item for item in self.items.values() if item.state == "offered")
        return sorted(
            (item for item in waiting if self.stored.issuperset(item.photos)),
            key=lambda item: item.operation["seq"],
        )

    def _settle(self, told: dict[str, Any]) -> bool:
        new_epoch = self.epoch not in ("", told["epoch"])
        self.epoch = told["epoch"]
        if new_epoch:
            self._begin_anew()
        for result in told["results"]:
            self._take(result)
        for operation in told["operations"]:
            self._see(operation)
        self.cursor = None if new_epoch else told["cursor"]
        return new_epoch

    def _begin_anew(self) -> None:
        self.stored, self.seen, self.receipt = set(), [], None
        for item in self.items.values():
            item.state = "offered"

    def _take(self, result: dict[str, Any]) -> None:
        item = self.items[result["id"]]
        if result["code"] == "photo_missing":
            self.stored.difference_update(item.photos)
        elif result["code"] not in ("foreign_author", "foreign_device"):
            item.state = "acknowledged" if result["status"] in ACKNOWLEDGED else result["status"]

    def _see(self, operation: dict[str, Any]) -> None:
        self.seen.append(operation["id"])
        own = self.items.get(operation["id"])
        if own is not None:
            own.state = "acknowledged"
            return
        for name in operation["set"]:
            self.heads[operation["entity_id"], name] = operation["id"]

    def _upload(self, sha256: str) -> None:
        content = self.photos[sha256]
        place, offset = self._create(sha256, len(content))
        for _ in range(6):
            if offset >= len(content):
                break
            chunk = content[offset : offset + 64 * 1024]
            told = self.ask("PATCH", place, content=chunk, headers=_patch_headers(offset, chunk))
            if told["status"] == 204:
                offset = int(told["headers"]["upload-offset"])
            elif told["status"] in (404, 409, 422, 460):
                place, offset = self._create(sha256, len(content))
            else:
                raise NoAnswer(told["status"])
        if offset >= len(content):
            self.stored.add(sha256)

    def _create(self, sha256: str, length: int) -> tuple[str, int]:
        coded = base64.b64encode(sha256.encode()).decode()
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(length),
            "Upload-Metadata": f"sha256 {coded}",
        }
        told = self.ask("POST", "/api/v1/uploads", headers=headers)
        if told["status"] != 201:
            raise NoAnswer(told["status"])
        return told["headers"]["location"], int(told["headers"]["upload-offset"])

    def _json(self, method: str, path: str, **more: Any) -> Any:
        told = self.ask(method, path, **more)
        if told["status"] != 200 or not told["headers"].get("content-type", "").startswith(
            "application/json"
        ):
            raise _failure(told)
        try:
            return json.loads(told["text"])
        except ValueError:
            raise NoAnswer("no JSON") from None


def _failure(told: dict[str, Any]) -> NoAnswer:
    ours = told["headers"].get("content-type", "").startswith("application/problem+json")
    about_the_item = told["status"] not in BUSY | ABOUT_THE_SESSION
    return (Rejected if ours and about_the_item else NoAnswer)(told["status"])


def _patch_headers(offset: int, chunk: bytes) -> dict[str, str]:
    checksum = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
    return {
        "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {checksum}",
    }  # fmt: skip
