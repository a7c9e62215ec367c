"""Places in the log are given in the order of commits: whoever comes second waits for the first to be durable."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from inspect_app.inspections import log
from inspect_app.inspections.incoming import read
from inspect_app.inspections.judging import Sender
from inspect_app.inspections.models import OperationRow
from inspect_app.transaction import transaction
from tests.support import databases
from tests.support.tablet import Tablet
from tests.sync.conftest import Site

PATIENCE = 90


def test_a_second_writer_gets_no_place_before_the_first_has_committed(app: Any, site: Site, db: Any) -> None:
    other = Tablet(app.test_client(), site.leader.account, site.inspection)
    first, second = site.member.finding("先到"), other.finding("後到")
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction():
            sender = Sender(site.member.account.id, first["device"])
            (item,) = [read(json.dumps(first).encode())]
            assert item is not None
            log.append(sender, [item])
            pushed = elsewhere.submit(other.push, second)
            wait_for(pushed, db)
            assert not pushed.done()
        assert pushed.result(PATIENCE) == [("applied", None)]
    places = db.session.query(OperationRow.id).order_by(OperationRow.n)
    assert [key for (key,) in places] == [first["id"], second["id"]]


def wait_for(pushed: Future[Any], db: Any) -> None:
    """Until the second stands before the lock of the first, or has passed it. SQLite has one lock, which the first holds."""
    deadline = time.monotonic() + PATIENCE
    while databases.KIND == "postgres" and not pushed.done() and time.monotonic() < deadline:
        with db.engine.connect() as looking:
            if looking.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
                return
        time.sleep(0.02)
