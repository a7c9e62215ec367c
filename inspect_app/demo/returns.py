"""The quarterly returns that the demo city has sent to PCC: every one whose day is past."""

from __future__ import annotations

from datetime import date, timedelta

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.demo.history import YEARS, begun_on
from inspect_app.domain.quotas import quarterly_return
from inspect_app.scheduling import services


def send(coordinator: Actor, today: date) -> None:
    """Six days before each was due; the one that is still to come waits."""
    dues = [
        quarterly_return(year, quarter)
        for year in range(today.year - YEARS, today.year + 1)
        for quarter in range(1, 5)
    ]
    for number, due in enumerate((one for one in dues if one.due < today), 1):
        sent = due.due - timedelta(days=6)
        with clock.set_to(begun_on(sent)):
            services.file_return(
                coordinator, due.year, due.quarter, on=sent, letter=f"研查字第 {1000 + number} 號"
            )
