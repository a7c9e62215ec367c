from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from inspect_app.extensions import UtcDateTime, db


class OutboxRow(db.Model):  # type: ignore[name-defined,misc]
    """One effect to carry out: `kind` chooses the handler, `ref` (kind:id) says on which page its failure shows.

    `once` makes a row unique (a reminder of one stage is sent once, however often the job runs).

    Nearly every row is done and stays: a photo and a letter each for years. The jobs ask every few seconds what is not, by
    the index that begins with the state; one of the kind alone would lead them through all that ever was.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_open", "state", "kind", "due_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    ref: Mapped[str] = mapped_column(String(120), index=True)
    once: Mapped[str | None] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10))  # waiting, running, done, failed, dropped
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
