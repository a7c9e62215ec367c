"""What a batch has just added is answered from memory, and it is what a look into the log would have answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.inspections import log, reading
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.judging import Result, Sender
from inspect_app.sync import cursor as cursors
from inspect_app.sync.exchange import exchange
from inspect_app.sync.wire import SyncRequest
from tests.support import inspected


class Tablets:
    """Every device's own cursor; each batch is sent as an exchange, and the same is pulled once more without it."""

    def __init__(self, db: Any) -> None:
        self.db, self.cursors = db, dict[str, str | None]()
        self.pages, self.fetched = 0, 0

    def send(self, sender: Sender, items: Sequence[Incoming]) -> list[Result]:
        account = self.db.session.scalar(select(Account).where(Account.id == sender.account_id))
        actor = accounts.actor_for(account)
        before = self.cursors.get(sender.device_id)
        asked = SyncRequest(schema=1, device=sender.device_id, cursor=before)
        told = self.exchanged(actor, asked, list(items))
        assert told["operations"] == self.exchanged(actor, asked, [])["operations"]
        again = self.exchanged(actor, asked, [])
        assert (told["sheets"], told["more"]) == (again["sheets"], again["more"])
        assert cursors.read(actor.id, told["cursor"]) == cursors.read(actor.id, again["cursor"])
        self.cursors[sender.device_id] = told["cursor"]
        self.pages += 1
        return [Result(**one) for one in told["results"]]

    def exchanged(self, actor: Actor, asked: SyncRequest, items: list[Incoming]) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(orjson.dumps(exchange(actor, asked, items)))
        return answer


@pytest.fixture
def tablets(db: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Tablets:
    made = Tablets(db)
    monkeypatch.setattr(log, "append", made.send)
    return made


@pytest.mark.parametrize(
    "told",
    [
        inspected.Told(),
        inspected.Told(scores=(80, None, 70), closed=False),
        inspected.Told(judgement="safety", test="concrete_core"),
    ],
    ids=["closed", "a sheet is missing", "judged"],
)
def test_an_answer_from_memory_is_the_answer_from_the_log(tablets: Tablets, told: inspected.Told) -> None:
    visit = inspected.inspection_with_log(told)
    for who in (visit.members[0], visit.leader, visit.members[0], visit.staff):
        visit.write(who, "finding", visit.findings[0], text=f"{who.name}改寫")
        visit.send()
    inspected.hand_in(visit, visit.members[0], 75)
    visit.send()
    assert tablets.pages >= 8


def test_the_log_is_not_asked_for_what_was_just_written(
    tablets: Tablets, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = inspected.inspection_with_log(inspected.Told(scores=(None, None), closed=False))
    leader, device = visit.leader, visit.devices[visit.leader.id]
    begun = tablets.cursors[device]
    read = exchange(leader, SyncRequest(schema=1, device=device, cursor=begun), [])
    visit.write(leader, "finding", visit.log.new_entity(), kind="advice", code="8.01", text="再一項")
    (items,) = (items for sender, items in visit.log.batches() if sender.device_id == device)

    def asked(**_given: Any) -> None:
        raise AssertionError("the log was read")

    monkeypatch.setattr(reading._OPEN, "rows", asked)
    request = SyncRequest(schema=1, device=device, cursor=read["cursor"])
    told = exchange(leader, request, items[-1:])
    assert [result["status"] for result in told["results"]] == ["applied"]
    assert len(told["operations"]) == 1
    with pytest.raises(AssertionError, match="the log was read"):
        exchange(leader, SyncRequest(schema=1, device=device, cursor=begun), [])
