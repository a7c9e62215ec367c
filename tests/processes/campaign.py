"""Kill the server again and again while tablets pour, and look after each kill whether every promise stands."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from inspect_app.failpoints import NAMES
from tests.processes.ledger import Ledger
from tests.processes.proxy import Proxy
from tests.processes.server import PATIENCE, Server
from tests.processes.tablets import Tablet

STEP = 45  # seconds that the product's clock moves on per start: what a dead sender held is free again
BACK = 3600  # and now and then it stands an hour back


@dataclass
class Outcome:
    """What a campaign found."""

    kills: Counter[str] = field(default_factory=Counter)  # fail-point, or "random"
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Campaign:
    """Rounds of: start, pour, kill, look. All chance comes from the seed; threads and the kernel add their own."""

    def __init__(
        self, server: Server, proxy: Proxy, tablets: list[Tablet], ledger: Ledger, seed: int
    ) -> None:
        self._server, self._proxy, self._tablets, self._ledger = server, proxy, tablets, ledger
        self._chance = random.Random(seed)
        self._starts = 0
        self.outcome = Outcome()

    def run(self, count: int, told: Callable[[int, Outcome], None] = lambda *_: None) -> Outcome:
        """`count` kills, then everything is brought to its end on a good line. Stops at the first broken promise."""
        started = time.monotonic()
        for number in range(count):
            self._round()
            self.outcome.faults += self._ledger.check_all() if number % 100 == 99 else self._ledger.check()
            self.outcome.seconds = time.monotonic() - started
            told(number + 1, self.outcome)
            if self.outcome.faults:
                return self.outcome
        self._heal()
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def _round(self) -> None:
        failpoint = self._point()
        self._start(failpoint)
        stop = threading.Event()
        senders = self._pour(stop)
        reached = self._wait(failpoint)
        self._server.kill()
        stop.set()
        for sender in senders:
            sender.join()
        self.outcome.kills[failpoint.partition(":")[0] if reached else "random"] += 1

    def _point(self) -> str:
        """Each named place once, then by chance; empty: at a random moment."""
        if self._starts < len(NAMES):
            return f"{NAMES[self._starts]}:1"
        name = self._chance.choice(("", "", *NAMES))
        most = 8 if name.startswith(("commit", "reply")) else 2  # photos are fewer than answers
        return name and f"{name}:{self._chance.randint(1, most)}"

    def _start(self, failpoint: str = "") -> None:
        self._starts += 1
        back = BACK if self._chance.random() < 0.1 else 0
        self._server.start(failpoint=failpoint, offset=self._starts * STEP - back)

    def _pour(self, stop: threading.Event, *, new: bool = True) -> list[threading.Thread]:
        for tablet in self._tablets:
            tablet.port = self._proxy.port
        work = {"new": new}
        senders = [threading.Thread(target=tablet.run, args=(stop,), kwargs=work) for tablet in self._tablets]
        for sender in senders:
            sender.start()
        return senders

    def _wait(self, failpoint: str) -> bool:
        """Until the fail-point was reached (true) or the moment of a random kill has come."""
        first = self._starts <= len(NAMES)  # these are waited for, however slow the machine is
        deadline = time.monotonic() + (
            60.0 if first else 1.0 if failpoint else self._chance.uniform(0.0, 0.3)
        )
        while time.monotonic() < deadline:
            if failpoint and self._server.lost_a_worker():
                time.sleep(self._chance.choice((0.0, 0.02)))  # the other worker goes on for a moment, or not
                return True
            time.sleep(0.005)
        return False

    def _acknowledges(self) -> bool:
        """Whether something new is acknowledged; at the end of `PATIENCE` it is not."""
        before, deadline = self._ledger.figures, time.monotonic() + PATIENCE
        while self._ledger.figures == before and time.monotonic() < deadline:
            time.sleep(0.02)
        return self._ledger.figures != before

    def _heal(self) -> None:
        """A good line, no kills: everything that was offered arrives, and every tablet reads all of it."""
        self._proxy.faulty = False
        self._start()
        stop = threading.Event()
        for sender in self._pour(stop, new=False):
            sender.join(timeout=120)
        stop.set()
        if any(tablet.waiting for tablet in self._tablets):
            self.outcome.faults.append("something offered never arrived on a good line")
        for tablet in self._tablets:
            tablet.read_on()
        self._server.kill()
        self.outcome.faults += self._ledger.check_all() + self._ledger.reading_is_whole()
