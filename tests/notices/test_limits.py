"""What a case refuses: days that cannot be, and decisions about what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.notices import pinned, queries, services
from inspect_app.notices.models import Sanction
from inspect_app.notices.rules import SANCTIONS
from inspect_app.transaction import transaction
from tests.notices.conftest import Scene
from tests.notices.test_cases import answer_all, code_of, mails, write

pytestmark = pytest.mark.timeout(300)
DAY = timedelta(days=1)


def test_letters_that_cannot_be(scene: Scene) -> None:
    """民國 105 typed for 115: ledger and picture would begin ten years ago. Nobody is reminded of what was sent."""
    before = scene.case.issued_on - DAY
    line = services.LetterLine("reply", before, "局工字第1號", incoming=True)
    assert code_of(services.add_letter, scene.coordinator, scene.case.id, line) == "bad_value"
    item = scene.case.items[0]
    write(scene, item)
    services.mark_ready(scene.handler, item.id)
    assert code_of(services.send_replies, scene.approver, scene.case.id, letter_on=before) == "bad_value"
    assert scene.fresh().items[0].state == "ready"
    assert [line.kind for line in queries.letters(scene.case.id)] == ["record"]
    answer_all(scene)
    assert code_of(services.remind, scene.coordinator, scene.case.id) == "wrong_state"
    assert not mails(f"case:{scene.case.id}", "稽催")
    sent = scene.fresh().items[0].id
    assert code_of(services.set_evidence, scene.coordinator, sent, "short") == "wrong_state"


def test_a_case_closes_when_its_extension_is_decided_and_its_deadline_stays(scene: Scene) -> None:
    kind = next(iter(SANCTIONS))
    with transaction() as session:
        session.add(Sanction(case_id=scene.case.id, kind=kind))
    done: dict[str, Any] = {"done": True, "on": app_clock.today() + DAY, "note": ""}
    assert code_of(services.record_sanction, scene.handler, scene.case.id, kind, **done) == "bad_value"
    asked = services.ask_extension(scene.approver, scene.case.id, scene.case.due_on + 9 * DAY, "缺料")
    answer_all(scene)
    for item in scene.fresh().items:
        services.accept_item(scene.coordinator, item.id)
    closing: dict[str, Any] = {"number": "府1", "on": app_clock.today()}
    assert code_of(services.close_case, scene.coordinator, scene.case.id, **closing) == "wrong_state"
    decision: dict[str, Any] = {"granted": False, "until": None, "reason": "已如期完成"}
    services.decide_extension(scene.coordinator, asked.id, **decision)
    services.close_case(scene.coordinator, scene.case.id, **closing)
    assert scene.fresh().due_on == scene.case.first_due_on


def test_a_closed_case_comes_back(scene: Scene) -> None:
    """備查 entered for the wrong case: with a reason it is open again, its letters stay, and closing is told once more."""
    answer_all(scene)
    key, today = scene.case.id, app_clock.today()
    chosen = [(item.id, item.round) for item in scene.fresh().items]
    assert code_of(services.accept_items, scene.coordinator, key, [("other", 1)]) == "not_found"
    assert services.accept_items(scene.coordinator, key, [*chosen, (chosen[0][0], 9)]) == len(chosen) - 1
    assert services.accept_items(scene.coordinator, key, chosen) == 1
    again: dict[str, Any] = {"reason": "查無改善事實", "number": "府3", "on": today}
    assert code_of(services.reopen_case, scene.coordinator, key, **again) == "wrong_state"
    services.close_case(scene.coordinator, key, number="府1", on=today)
    assert code_of(services.reopen_case, scene.handler, key, **again) == "forbidden"
    assert (
        code_of(services.reopen_case, scene.coordinator, key, **again | {"reason": " "}) == "reason_required"
    )
    services.reopen_case(scene.coordinator, key, **again)
    case = scene.fresh()
    assert (case.state, case.closed_on, case.closing_no) == ("open", None, "")
    assert [item.state for item in case.items] == ["accepted"] * len(chosen)
    assert [line.kind for line in queries.letters(key)] == ["record", "reply", "closing", "reopened"]
    assert "府1" in queries.letters(key)[-1].note
    assert list(pinned.faults()) == []
    services.reconsider_item(scene.coordinator, chosen[0][0])
    services.return_item(scene.coordinator, chosen[0][0], "現場沒有改善")
    answer_all(scene)
    services.accept_item(scene.coordinator, chosen[0][0])
    services.close_case(scene.coordinator, key, number="府4", on=today)
    assert list(pinned.faults()) == []
    people = len(mails(f"case:{key}", "撤銷備查"))
    assert people
    assert len(mails(f"case:{key}", "同意備查結案")) == 2 * people
