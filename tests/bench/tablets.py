"""Tablets that pour findings: each has its own person, device and sequence."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from inspect_app.ids import new_id
from tests.bench.measure import Caller

BATCH = 20


class Tablet:
    """Sends batches of findings in order, as the protocol wants: seq 1, 2, 3 ... without gaps."""

    def __init__(self, caller: Caller, account: str, inspection: str) -> None:
        self._caller, self._account, self._inspection = caller, account, inspection
        self._device, self._seq = new_id(), 0

    def finding(self) -> dict[str, Any]:
        self._seq += 1
        change = {"kind": "defect", "text": f"混凝土表面蜂窩，第 {self._seq} 處", "severity": "L"}
        return {
            "id": new_id(),
            "device": self._device,
            "seq": self._seq,
            "inspection": self._inspection,
            "entity": "finding",
            "entity_id": str(uuid.uuid4()),
            "set": change,
            "base": dict.fromkeys(change),
            "hlc": f"{int(time.time() * 1000):012x}-{self._seq % 65536:04x}",
            "author": self._account,
            "schema": 1,
            "on_behalf": None,
        }

    def push(self, count: int = BATCH) -> int:
        """One batch; answers the bytes sent. Every operation must be taken in."""
        body = {"schema": 1, "device": self._device, "cursor": None, "inspections": [self._inspection]}
        sent = json.dumps({**body, "operations": [self.finding() for _ in range(count)]}).encode()
        answer = self._caller.call("POST", "/api/v1/sync", sent, Content_Type="application/json")
        assert answer.status == 200, answer.status
        statuses = {item["status"] for item in json.loads(answer.content)["results"]}
        assert statuses <= {"applied", "late"}, statuses
        return len(sent)


def tablets_of(port: int, tokens: list[str]) -> list[Tablet]:
    """One tablet per person for each released visit of which the person is a member."""
    made = []
    for token in tokens:
        caller = Caller(port, token)
        account = json.loads(caller.call("GET", "/api/v1/session").content)["account"]["id"]
        listed = json.loads(caller.call("GET", "/api/v1/packages").content)["packages"]
        made += [
            Tablet(caller, account, line["inspection"]) for line in listed if line["phase"] == "released"
        ]
    return made
