"""The one APScheduler process: memory store, `coalesce`, one instance of each job. What is due stands in the database,
so that nothing is lost with the process, and of several processes only one runs (leadership.py)."""

from __future__ import annotations

import logging
import signal
import traceback
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from inspect_app.extensions import db
from inspect_app.jobs.leadership import Leadership, leadership_of
from inspect_app.jobs.schedule import JOBS, Job

log = structlog.get_logger()


def serve(app: Flask) -> None:
    """Run until SIGTERM or SIGINT: stand by, lead, hand over."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_until(app, stop)


def run_until(app: Flask, stop: Event) -> None:
    """Stand by until no other process leads, then run the jobs until `stop` is set or the lead is lost."""
    with app.app_context():
        leadership = leadership_of(db.engine)
    log.info("jobs.standing_by")
    told = ""
    while not stop.is_set():
        if leadership.acquire():
            _lead(app, leadership, stop)
        if leadership.trouble != told:
            told = leadership.trouble
            log.warning("jobs.cannot_lead", why=told or "another process leads")
        stop.wait(1)


def _lead(app: Flask, leadership: Leadership, stop: Event) -> None:
    scheduler = _scheduler(app)
    log.info("jobs.leading", jobs=len(JOBS))
    scheduler.start()
    try:
        while leadership.held() and not stop.wait(1):
            _wake_put_off(scheduler)
    finally:
        scheduler.shutdown(wait=True)
        leadership.release()
        log.info("jobs.stopped")


def _scheduler(app: Flask) -> BackgroundScheduler:
    logging.getLogger("apscheduler").setLevel(
        logging.ERROR
    )  # a run that a longer one leaves no room for is no news
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in JOBS:
        scheduler.add_job(run_job, job.trigger, args=[app, job], id=job.name, next_run_time=datetime.now(UTC))
    return scheduler


def _wake_put_off(scheduler: BackgroundScheduler) -> None:
    """What is due later than one interval from now was planned by a clock that has been put back since: it is due at once.
    Else everything would stand still until the clock is there again, and so would what tells of it.
    """
    now = datetime.now(UTC)
    for job in scheduler.get_jobs():
        if job.next_run_time > now + job.trigger.interval:
            job.modify(next_run_time=now)


def run_job(app: Flask, job: Job) -> bool:
    """Run one job in its own context. A failure is logged by kind and place only (its text may name what is sealed)."""
    with app.app_context():
        try:
            job.run(app.config["SETTINGS"])
        except Exception as error:  # whatever it is, the next job and the next time must come
            log.error("job.failed", job=job.name, error=type(error).__name__, at=_place(error))  # noqa: TRY400
            return False
        return True


def _place(error: Exception) -> str:
    """The innermost line of our own."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "inspect_app" in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def run_pending(app: Flask) -> dict[str, bool]:
    """Run every job once, now, in the order of the table (for tests and drills); answers which succeeded."""
    return {job.name: run_job(app, job) for job in JOBS}
