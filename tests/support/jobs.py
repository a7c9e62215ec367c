"""The jobs process in steps: some of its jobs, once, in the order of the table; also as after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inspect_app import create_app
from inspect_app.extensions import db
from inspect_app.jobs import runner
from inspect_app.jobs.schedule import JOBS


def work(app: Any, *names: str) -> None:
    """Run the named jobs once; what the caller's session read before is old afterwards."""
    for job in JOBS:
        if job.name in names:
            assert runner.run_job(app, job), job.name
    db.session.rollback()


@contextmanager
def restarted(settings: Any) -> Iterator[Any]:
    """Another process of the same installation."""
    app = create_app(settings)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
