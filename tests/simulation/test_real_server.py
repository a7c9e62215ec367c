"""Ring B: the real application under hypothesis' state machine, with ring A's events; a failure shrinks to a short story."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inspect_app.domain.heads import SignedHead
from inspect_app.ids import new_id
from tests.simulation import promises
from tests.simulation.line import Line
from tests.simulation.quiet import no_logs
from tests.simulation.tablet import NoAnswer, Tablet
from tests.simulation.world import T0, World
from tests.support import databases

SHARED = json.loads(Path(__file__).with_name("events.json").read_text())
DRAWN, FAULTS = SHARED["drawn"], SHARED["request_faults"]
STORIES = 12 if databases.KIND == "sqlite" else 6
STEPS = 22
people = strategies.sampled_from(DRAWN["edit"]["who"])
troubles = strategies.none() | strategies.tuples(strategies.sampled_from(FAULTS), strategies.integers(1, 9))


class RealServer(RuleBasedStateMachine):
    """Two people, two tablets, one inspection; every story has an inspection of its own."""

    world: World
    secrets: list[str]

    @initialize()
    def begin(self) -> None:
        self.world.another_visit()
        self.world.poison(True)
        self.now = int(T0.timestamp() * 1000)
        self.marks = 0
        self.paper: list[SignedHead] = []
        self.copy: Any = None
        self.audited = 0
        self.line = Line(self.world, lambda: self.now, self.nothing_secret)
        self.tablets = [
            Tablet(person, account, self.world.devices[person], self.world.inspection, self.ask_as(person))
            for person, account in enumerate(self.world.accounts)
        ]
        self.shared = [new_id() for _ in range(4)]

    def ask_as(self, person: int) -> Any:
        return lambda method, path, **more: self.line.ask(person, method, path, **more)

    def nothing_secret(self, _person: int, text: str) -> None:
        found = [word for word in self.secrets if word in text]
        assert not found, f"8: {found} before its hour"

    @rule(
        who=people,
        entity=strategies.sampled_from(DRAWN["edit"]["entity"]),
        flavour=strategies.sampled_from(DRAWN["edit"]["flavour"]),
    )
    def edit(self, who: int, entity: int, flavour: str) -> None:
        self.marks += 1
        key = self.shared[entity] if entity < 2 else self.tablets[who].named(f"own {entity} {who}")
        self.tablets[who].write("finding", key, self.now, kind="defect", text=f"{flavour} {self.marks}")

    @rule(who=people, size=strategies.sampled_from(DRAWN["photo"]["size"]))
    def photo(self, who: int, size: int) -> None:
        self.marks += 1
        content = (
            b"\xff\xd8\xff" + self.marks.to_bytes(2, "big") + self.tablets[who].device.encode() + b"x" * size
        )
        sha256 = self.tablets[who].photograph(content)
        self.tablets[who].write("photo", new_id(), self.now, sha256=sha256, size=len(content), use="evidence")

    @rule(who=people, points=strategies.sampled_from(DRAWN["hand_in"]["points"]))
    def hand_in(self, who: int, points: int) -> None:
        tablet = self.tablets[who]
        key = tablet.named(f"score_sheet:{tablet.account}")
        handed_in_at = "2026-11-23T02:00:00.000Z"
        tablet.write("score_sheet", key, self.now, **promises.sheet(points), handed_in_at=handed_in_at)

    @rule(deleted=strategies.booleans())
    def close(self, deleted: bool) -> None:
        """The leader closes over what the tablet knows, or reopens."""
        leader = self.tablets[0]
        frontier = {leader.device: leader.tick}
        set_ = {"deleted": True} if deleted else {"frontier": frontier, "deleted": False}
        leader.write("closing", leader.named("closing"), self.now, **set_)

    @rule(who=people, trouble=troubles)
    def send(self, who: int, trouble: tuple[str, int] | None) -> None:
        self.line.fault = trouble
        tablet = self.tablets[who]
        try:
            tablet.send()
        except NoAnswer:
            if trouble is None:
                raise
        else:
            promises.read_everything(self.world.state(), tablet)
            if trouble is None:
                promises.only_poison_waits(tablet)
        self.line.fault = None
        self.line.calm()

    @rule(who=people)
    def look_for_packages(self, who: int) -> None:
        """The list of visits tells nothing of the sealed one."""
        self.line.ask(who, "GET", "/api/v1/packages")

    @rule()
    def print_a_document(self) -> None:
        """Paper that nobody can change later pins the log as it is now."""
        self.paper.append(self.world.print_a_head(self.now))

    @precondition(lambda self: databases.KIND == "sqlite")
    @rule()
    def back_up(self) -> None:
        self.copy = self.world.backup(), len(self.paper)

    @precondition(lambda self: getattr(self, "copy", None) is not None)
    @rule()
    def restore(self) -> None:
        """As the command does it: under a new epoch. What was printed since is of a log that is no more."""
        copy, printed = self.copy
        self.world.put_back(copy, epoch=True)
        del self.paper[printed:]
        self.audited = 0

    @rule(seconds=strategies.sampled_from(DRAWN["wait"]["seconds"]))
    def wait(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule()
    def clock_back(self) -> None:
        """The server's clock is put back by a minute."""
        self.now -= 60_000

    @invariant()
    def promises_hold(self) -> None:
        if hasattr(self, "tablets"):
            promises.check(self.world, self.tablets)
            self.audited = promises.only_grows(self.world.state(), self.audited)
            for tablet in self.tablets:
                promises.in_order(self.world.state(), tablet)

    def teardown(self) -> None:
        """After healing both have sent everything, what the server failed on last of all, and have read everything."""
        if not hasattr(self, "tablets"):
            return
        self.now += 60_000  # a dead sender's lease has run out
        self.both_send_twice()
        for tablet in self.tablets:
            promises.only_poison_waits(tablet)
        self.world.cure()
        self.both_send_twice()
        state = self.world.state()
        for tablet in self.tablets:
            waiting = [item.text for item in tablet.items.values() if item.state in ("offered", "parked")]
            assert not waiting, f"10: still waits: {waiting}"
            promises.read_everything(state, tablet)
        wrong = self.world.evidence(self.paper)
        assert not wrong, f"6: {wrong}"

    def both_send_twice(self) -> None:
        for _ in range(2):
            for tablet in self.tablets:
                tablet.send()


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> World:
    return World(tmp_path / "world", database_url)


@pytest.mark.timeout(900)
def test_the_real_server_keeps_its_promises_in_every_story(world: World, clock: Any) -> None:
    no_logs()
    told = type("Told", (RealServer,), {"world": world, "secrets": world.seal_a_visit()})
    run_state_machine_as_test(
        told,
        settings=settings(
            max_examples=STORIES, stateful_step_count=STEPS, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        ),
    )  # fmt: skip
