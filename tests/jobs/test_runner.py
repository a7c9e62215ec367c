"""The jobs process: what it runs, that only one runs, that a failure kills nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from inspect_app.extensions import db as database
from inspect_app.jobs import runner, schedule
from inspect_app.jobs.leadership import leadership_of
from inspect_app.notifications.services import enqueue_mail
from tests.support.product import COMMAND, Product


def wait_for(what: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def test_every_job_runs_on_an_empty_database(app: Flask) -> None:
    assert runner.run_pending(app) == {job.name: True for job in schedule.JOBS}


def test_names_are_unique_and_every_outbox_lane_has_its_job() -> None:
    names = [job.name for job in schedule.JOBS]
    assert len(names) == len(set(names))
    assert {f"outbox.{lane}" for lane in schedule.OUTBOX} <= set(names)


def test_the_audit_log_is_chained_every_second() -> None:
    chain = next(job for job in schedule.JOBS if job.name == "audit.chain")
    assert isinstance(chain.trigger, IntervalTrigger)
    assert chain.trigger.interval <= timedelta(seconds=1)


def test_jobs_go_on_at_once_when_the_clock_was_put_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was planned by the clock before it was put back stands a day ahead; nobody waits for that."""
    ran = Event()
    job = schedule.Job("probe", schedule.every(1), lambda _: ran.set())
    monkeypatch.setattr(runner, "JOBS", (job,))
    plan = runner._scheduler

    def planned_a_day_ahead(app: Flask) -> Any:
        scheduler = plan(app)
        scheduler.modify_job("probe", next_run_time=datetime.now(UTC) + timedelta(days=1))
        return scheduler

    monkeypatch.setattr(runner, "_scheduler", planned_a_day_ahead)
    stop = Event()
    thread = Thread(target=runner.run_until, args=(app, stop))
    thread.start()
    try:
        assert ran.wait(60)
    finally:
        stop.set()
        thread.join()


def test_a_clock_put_ahead_by_years_makes_one_run_of_all_that_was_missed() -> None:
    job = BackgroundScheduler().add_job(print, schedule.every(1))
    now = datetime.now(UTC)
    job._modify(next_run_time=now - timedelta(days=5 * 365))
    assert len(job._get_run_times(now)) == 1


def test_a_failing_job_is_told_without_its_text_and_kills_nothing(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Any) -> None:
        raise ValueError("鷺鷥橋耐震補強工程")

    assert runner.run_job(app, schedule.Job("failing", schedule.every(5), fail)) is False
    printed = capsys.readouterr().out
    assert "ValueError" in printed
    assert "鷺鷥橋" not in printed


def test_the_outbox_is_handed_over_once(app: Flask, home: Path) -> None:
    with app.app_context():
        enqueue_mail("case:1", "somebody@example.test", "主旨", "內文")
    for _ in range(3):
        runner.run_pending(app)
    assert len(list((home / "mail").glob("*.eml"))) == 1


def test_only_one_leads_and_the_lead_is_handed_over(app: Flask) -> None:
    with app.app_context():
        first, second = leadership_of(database.engine), leadership_of(database.engine)
        assert (first.acquire(), second.acquire()) == (True, False)
        assert (first.held(), second.held()) == (True, False)
        first.release()
        wait_for(second.acquire)  # PostgreSQL notices a closed session a moment later
        assert not first.held()
        second.release()


@pytest.fixture
def start_jobs(home: Path, database_url: str) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Start `inspect-app jobs` as a process of its own, with a log by name."""
    product = Product(home, settings={"DATABASE_URL": database_url})
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        with (home / f"{name}.log").open("wb") as log:
            started.append(subprocess.Popen([COMMAND, "jobs"], env=product.env, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def leads(home: Path, name: str) -> bool:
    return "jobs.leading" in (home / f"{name}.log").read_text()


def test_of_two_processes_one_runs_and_the_other_takes_over_when_it_is_killed(
    app: Flask, home: Path, start_jobs: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    first = start_jobs("first")
    wait_for(lambda: leads(home, "first"))
    second = start_jobs("second")
    wait_for(lambda: "standing_by" in (home / "second.log").read_text())
    with app.app_context():
        enqueue_mail("case:1", "somebody@example.test", "主旨", "內文")
    wait_for(lambda: list((home / "mail").glob("*.eml")))
    assert not leads(home, "second")
    first.send_signal(signal.SIGKILL)
    first.wait()
    wait_for(lambda: leads(home, "second"))
    with app.app_context():
        enqueue_mail("case:2", "somebody@example.test", "主旨", "內文")
    wait_for(lambda: len(list((home / "mail").glob("*.eml"))) == 2)
    second.terminate()
    assert second.wait(timeout=20) == 0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [deeper for child in children for deeper in descendants(child)]


@pytest.fixture
def product(home: Path, database_url: str) -> Iterator[Product]:
    made = Product(home, settings={"DATABASE_URL": database_url})
    yield made
    made.stop()


def test_run_serves_and_ends_cleanly(product: Product) -> None:
    product.start("run")
    assert product.process is not None
    family = descendants(product.process.pid)
    assert len(family) >= 2
    product.process.terminate()
    assert product.process.wait(timeout=30) == 0
    wait_for(lambda: not any(alive(pid) for pid in family))


def test_the_children_of_run_die_with_it(product: Product) -> None:
    product.start("run")
    assert product.process is not None
    family = descendants(product.process.pid)
    os.kill(product.process.pid, signal.SIGKILL)
    wait_for(lambda: not any(alive(pid) for pid in family))


def test_a_busy_port_is_told_in_one_sentence(product: Product) -> None:
    product.start("run")
    second = product.cli("run", check=False)
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.startswith(f"Cannot listen on 127.0.0.1:{product.port}")
    assert len(second.stderr.strip().splitlines()) == 1


def test_web_alone_answers(product: Product) -> None:
    product.start("web")
    assert product.process is not None


def test_a_wrong_address_is_told(product: Product) -> None:
    product.settings["BIND"] = "nowhere"
    answer = product.cli("run", check=False)
    assert (answer.returncode, "host:port" in answer.stderr) == (1, True)
