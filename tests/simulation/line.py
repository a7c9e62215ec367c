"""The line between a tablet of ring B and the real server: the faults of events.json, by the same names as in ring A."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.simulation.tablet import NoAnswer
from tests.simulation.world import World

BETWEEN = {
    "portal_page": (200, "text/html", "<html>Wi-Fi login</html>"),
    "portal_json": (200, "application/json", '{"ok": true}'),
    "portal_redirect": (302, "text/html", ""),
    "bad_gateway": (502, "text/plain", "bad gateway"),
    "busy": (503, "application/problem+json", '{"code": "busy"}'),
    "slow_down": (429, "application/problem+json", '{"code": "slow_down"}'),
    "crash_page": (500, "text/html", "<h1>oops</h1>"),
}


class Line:
    """Hands requests to the world; `fault` (a name, and at which request from now) strikes once."""

    def __init__(self, world: World, now: Callable[[], int], watch: Callable[[int, str], None]) -> None:
        self._world, self._now, self._watch = world, now, watch
        self._late: list[dict[str, Any]] = []
        self._last: dict[tuple[int, str], dict[str, Any]] = {}
        self.fault: tuple[str, int] | None = None

    def ask(self, person: int, method: str, path: str, **more: Any) -> dict[str, Any]:
        asked = {"account": person, "method": method, "path": path, "headers": more.get("headers", {})}
        if "content" in more:
            asked["bytes"] = base64.b64encode(more["content"]).decode()
        elif "text" in more:
            asked["text"] = more["text"]
        try:
            return self._under(self._struck(), asked)
        finally:
            if self.fault is None:
                self.calm()

    def calm(self) -> None:
        """What was held up on its way arrives."""
        late, self._late = self._late, []
        for asked in late:
            self._deliver(asked)

    def _struck(self) -> str:
        if self.fault is None:
            return ""
        name, left = self.fault
        self.fault = (name, left - 1) if left > 1 else None
        return name if left == 1 else ""

    def _deliver(self, asked: dict[str, Any], **manner: Any) -> dict[str, Any]:
        told = self._world.request({**asked, "now": self._now(), **manner})
        if told.get("killed"):
            raise NoAnswer("the server died")
        self._watch(asked["account"], told["text"])
        if told["status"] == 200:
            self._last[asked["account"], asked["path"]] = told
        return told

    def _under(self, fault: str, asked: dict[str, Any]) -> dict[str, Any]:
        if fault in BETWEEN:
            status, kind, text = BETWEEN[fault]
            return {"status": status, "headers": {"content-type": kind}, "text": text}
        if fault.startswith("server_dies"):
            when, nth = ("after", 99) if fault.endswith("answer") else (fault.split("_")[2], int(fault[-1]))
            return self._deliver(asked, kill=[when, nth])
        if fault.startswith("cut_"):
            return self._cut(fault, asked)
        if fault.startswith("delay"):
            self._late.append(asked)
            raise NoAnswer(fault)
        if fault in ("drop", "tab_dies_before"):
            raise NoAnswer(fault)
        return self._altered(fault, asked)

    def _altered(self, fault: str, asked: dict[str, Any]) -> dict[str, Any]:
        if fault == "duplicate":
            self._deliver(asked)
        if fault == "stale_answer" and (asked["account"], asked["path"]) in self._last:
            return self._last[asked["account"], asked["path"]]
        spoilt = _spoilt(asked) if fault == "corrupt" else asked
        told = self._deliver(spoilt, signed_out=fault == "signed_out")
        if fault in ("drop_answer", "tab_dies_after"):
            raise NoAnswer(fault)
        if fault in ("answer_cut_mid", "answer_cut_last", "corrupt_answer"):
            if not told["text"]:
                raise NoAnswer(fault)
            half = told["text"][: -1 if fault.endswith("last") else len(told["text"]) // 2]
            return {**told, "text": half if fault.startswith("answer") else "x" + told["text"][1:]}
        return told

    def _cut(self, fault: str, asked: dict[str, Any]) -> dict[str, Any]:
        size = (
            len(base64.b64decode(asked["bytes"])) if "bytes" in asked else len(asked.get("text", "").encode())
        )
        arrived = {"cut_0": 0, "cut_1": 1, "cut_mid": size // 2, "cut_last": size - 1}.get(fault)
        if arrived is not None and size:
            self._deliver(asked, cut=arrived)
        raise NoAnswer(fault)


def _spoilt(asked: dict[str, Any]) -> dict[str, Any]:
    """A photo's byte flips; a text comes as no JSON any more (TLS would let neither through)."""
    if "bytes" in asked:
        content = bytearray(base64.b64decode(asked["bytes"]))
        content[len(content) // 2] ^= 1
        return {**asked, "bytes": base64.b64encode(content).decode()}
    return {**asked, "text": "x" + asked["text"][1:]} if asked.get("text") else asked
