"""A tablet as the protocol sees it: mints operations, pushes, pulls, keeps a cursor."""

from __future__ import annotations

import uuid
from typing import Any

from inspect_app.domain.operations import entity_uuid
from inspect_app.ids import new_id
from tests.support import factories

T0 = 1_795_395_600_000  # 2026-11-23 09:00 in Taipei, where the held clock stands
MOST_PAGES = 100  # of a log that a test reads


class Tablet:
    """One person's device. `client` is Flask's test client; `inspection` is where it writes."""

    def __init__(
        self, client: Any, account: Any, inspection: str, headers: dict[str, str] | None = None
    ) -> None:
        self.client, self.account, self.inspection = client, account, inspection
        self.device = new_id()
        self.headers = headers or factories.bearer(account)
        self.seq, self.tick = 0, 0
        self.cursor: str | None = None
        self.seen: list[dict[str, Any]] = []

    def operation(self, entity: str, entity_id: str, set_: dict[str, Any], **changes: Any) -> dict[str, Any]:
        self.seq += 1
        self.tick += 1
        return {
            "id": new_id(), "device": self.device, "seq": self.seq, "inspection": self.inspection, "entity": entity,
            "entity_id": entity_id, "set": set_, "base": dict.fromkeys(set_), "hlc": f"{T0 + self.tick:012x}-0000",
            "author": self.account.id, "schema": 1, "on_behalf": None, **changes,
        }  # fmt: skip

    def finding(self, text: str = "蜂窩", **changes: Any) -> dict[str, Any]:
        return self.operation(
            "finding", str(uuid.uuid4()), {"kind": "defect", "text": text, "severity": "L"}, **changes
        )

    def sheet(self, member: str | None = None, **set_: Any) -> dict[str, Any]:
        behalf = set_.pop("on_behalf", None)
        key = entity_uuid(self.inspection, f"score_sheet:{member or self.account.id}")
        return self.operation("score_sheet", key, set_, on_behalf=behalf)

    def closing(self, frontier: dict[str, int], **set_: Any) -> dict[str, Any]:
        return self.operation(
            "closing", entity_uuid(self.inspection, "closing"), {"frontier": frontier, **set_}
        )

    def post(self, *operations: Any, **changes: Any) -> Any:
        body = {
            "schema": 1,
            "device": self.device,
            "cursor": self.cursor,
            "inspections": None,
            "operations": list(operations),
        }
        return self.client.post("/api/v1/sync", json={**body, **changes}, headers=self.headers)

    def push(self, *operations: Any, **changes: Any) -> list[tuple[str, str | None]]:
        """Send without reading on; [(status, code)]."""
        answer = self.post(*operations, **changes)
        assert answer.status_code == 200, answer.text
        return [(item["status"], item["code"]) for item in answer.json["results"]]

    def pull(self) -> list[dict[str, Any]]:
        """Read on to the end; what was new."""
        new: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            answer = self.post()
            assert answer.status_code == 200, answer.text
            self.cursor = answer.json["cursor"]
            new += answer.json["operations"]
            if not answer.json["more"]:
                self.seen += new
                return new
        raise AssertionError("there is always more to read")
