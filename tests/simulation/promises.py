"""What must hold after every step of a story of ring B (docs/proof.md numbers the invariants)."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable
from typing import Any

from tests.simulation.tablet import Tablet
from tests.simulation.world import World

SHEET = ("q_owner", "q_supervision", "q_contractor", "w_structure", "w_materials", "w_safety", "p")
MOST = (5, 5, 10, 40, 10, 10, 20)


def sheet(points: int) -> dict[str, int]:
    """A score sheet of so many points, filled from the top."""
    found: dict[str, int] = {}
    for name, most in zip(SHEET, MOST, strict=True):
        found[name] = min(most, points)
        points -= found[name]
    return found


def check(world: World, tablets: Iterable[Tablet]) -> None:
    """Raises AssertionError with the promise that is broken."""
    state = world.state()
    for tablet in tablets:
        acknowledged_is_there(state, tablet)
        read_once_each(state, tablet)
        if tablet.receipt is not None and tablet.receipt["epoch"] == state["epoch"]:
            receipt_is_true(state, tablet, tablet.receipt)
    nothing_twice_and_in_order(state)
    assert all(state["photos"].values()), "5: a stored photo has other bytes than its hash says"
    both_values_are_shown(world, state)
    score_is_the_recomputed(world, state)


def acknowledged_is_there(state: dict[str, Any], tablet: Tablet) -> None:
    known = {line["id"] for line in state["log"]}
    for key, item in tablet.items.items():
        if item.state == "acknowledged" and tablet.epoch == state["epoch"]:
            assert key in known, f"2: acknowledged, but not on the server: {key}"
            assert all(state["photos"].get(photo) for photo in item.photos), (
                "2: acknowledged without its photo"
            )


def read_once_each(state: dict[str, Any], tablet: Tablet) -> None:
    assert len(tablet.seen) == len(set(tablet.seen)), "the cursor repeats"
    if tablet.epoch != state["epoch"]:
        return
    opened = state["sheetsOpen"]
    bodies = {line["id"]: json.loads(line["body"]) for line in state["log"]}
    hidden = {
        key
        for key, body in bodies.items()
        if body["entity"] == "score_sheet" and body["author"] != tablet.account
    }
    assert opened or not hidden.intersection(tablet.seen), (
        "8: another's sheet was given before all were handed in"
    )


def read_everything(state: dict[str, Any], tablet: Tablet) -> None:
    """After a run to the end: the cursor has missed nothing that this person may read."""
    bodies = {line["id"]: json.loads(line["body"]) for line in state["log"]}
    readable = {
        key
        for key, body in bodies.items()
        if state["sheetsOpen"] or body["entity"] != "score_sheet" or body["author"] == tablet.account
    }
    assert readable == set(tablet.seen), f"the cursor missed {readable.symmetric_difference(tablet.seen)}"


def nothing_twice_and_in_order(state: dict[str, Any]) -> None:
    log = state["log"]
    assert [line["n"] for line in log] == list(range(1, len(log) + 1)), "3: places with gaps"
    numbered = {(line["device"], line["seq"], line["id"]) for line in [*log, *state["aside"]]}
    assert len({(device, seq) for device, seq, _ in numbered}) == len(numbered), "3: a number twice"
    assert all(one["received"] <= other["received"] for one, other in itertools.pairwise(log)), "11"


def only_grows(state: dict[str, Any], before: int) -> int:
    """The audit log never has fewer lines than before; answers how many it has."""
    assert state["audit"] >= before, "6: the audit log shrank"
    return int(state["audit"])


def in_order(state: dict[str, Any], tablet: Tablet) -> None:
    """Text waits for no text that the server takes: but for photos and restores each device's log is in its own order."""
    waited = tablet.held | {key for key, item in tablet.items.items() if item.photos}
    own = [
        line["seq"] for line in state["log"] if line["device"] == tablet.device and line["id"] not in waited
    ]
    assert own == sorted(own), f"3: out of order {own}"


def only_poison_waits(tablet: Tablet) -> None:
    """10: after a run to the end an operation on which the server fails has held up no other."""
    waiting = [item.text for item in tablet.items.values() if item.state in ("offered", "parked")]
    assert all("poison" in text for text in waiting), f"10: waits behind a poisoned one: {waiting}"


def receipt_is_true(state: dict[str, Any], tablet: Tablet, receipt: dict[str, Any]) -> None:
    """At the time it was given: what it counts stands in the log, what it lists is stored."""
    own = [line for line in state["log"] if line["device"] == tablet.device]
    told = receipt["operations"]
    covered = sorted(
        (line for line in own if line["seq"] <= told["through"]), key=lambda line: (line["seq"], line["id"])
    )
    lines = "".join(
        f"{line['device']}:{line['seq']}:{line['id']}:{line['hash']}\n" for line in covered[: told["count"]]
    )
    if len(covered) == told["count"]:
        assert told["digest"] == hashlib.sha256(lines.encode()).hexdigest(), "the receipt's digest is wrong"
    assert len(covered) >= told["count"], "the receipt counts what is not there"
    assert all(state["photos"].get(photo["sha256"]) for photo in receipt["photos"]), (
        "the receipt lists a lost photo"
    )
    if receipt["complete"]:
        referred = {
            photo for key, item in tablet.items.items() for photo in item.photos if key in _ids(covered)
        }
        assert referred <= {photo["sha256"] for photo in receipt["photos"]}, (
            "complete, but a photo is not listed"
        )


def _ids(lines: list[dict[str, Any]]) -> set[str]:
    return {line["id"] for line in lines}


def both_values_are_shown(world: World, state: dict[str, Any]) -> None:
    """4: whatever applied text no other operation has replaced is shown, or shown beside."""
    bodies = [json.loads(line["body"]) for line in state["log"] if line["status"] != "late"]
    texts = [body for body in bodies if body["entity"] == "finding" and "text" in body["set"]]
    replaced = {body["base"].get("text") for body in texts}
    shown = world.fold()
    late = _late(world)
    for body in texts:
        if body["id"] in replaced or body["id"] in late:
            continue
        value, others = shown[f"finding:{body['entity_id']}"]["text"]
        text = body["set"]["text"]
        assert text == value or repr(text) in others, f"4: a value in conflict is not shown: {text}"


def _late(world: World) -> frozenset[str]:
    from inspect_app.inspections.state import folded

    with world.app.app_context():
        return folded(world.inspection).late


def score_is_the_recomputed(world: World, state: dict[str, Any]) -> None:
    """7: the mean of the sheets handed in, half up, told from the rows alone; 70 and more needs no test here."""
    late = _late(world)
    fields: dict[str, dict[str, tuple[Any, ...]]] = {}
    for line in state["log"]:
        body = json.loads(line["body"])
        if body["entity"] != "score_sheet" or line["id"] in late:
            continue
        for name, value in body["set"].items():
            place = (line["stamp"], line["device"], line["seq"], value)
            fields.setdefault(body["entity_id"], {}).setdefault(name, place)
            fields[body["entity_id"]][name] = max(
                fields[body["entity_id"]][name], place, key=lambda it: it[:3]
            )
    handed_in = [found for found in fields.values() if "handed_in_at" in found]
    if handed_in:
        totals = [sum(found[name][3] for name in SHEET) for found in handed_in]
        assert world.score() == (2 * sum(totals) + len(totals)) // (2 * len(totals)), "7: the score"
