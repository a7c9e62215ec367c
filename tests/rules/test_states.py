"""A row's object that only the collector frees may go at any moment, also while its session ends: nothing crashes.

In a process of its own: a crash would take the others along, and what matters is what was loaded first.
"""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import gc
from inspect_app.extensions import Base
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Mapped, Session, mapped_column

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with engine.begin() as connection:
    connection.execute(Thing.__table__.insert(), [{"id": number} for number in range(120)])

first = Session(engine)
kept = list(first.scalars(select(Thing)))  # fixes the names that states share ...
first.rollback()  # ... with the last one, `expired`, in its place

for number in range(150):
    with Session(engine) as session:
        gc.disable()
        for thing in session.scalars(select(Thing)):
            thing.itself = thing
        del thing
        gc.enable()
        gc.set_threshold(gc.get_count()[0] + 1 + number, 10**6, 10**6)  # collects a little later in the end each time

print("ended")
"""


def test_a_session_ends_whenever_the_collector_comes() -> None:
    """The allocator's own checks make a crash of what would otherwise be one some time."""
    checked = {**os.environ, "PYTHONMALLOC": "debug"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=checked, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr
