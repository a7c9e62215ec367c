"""What waits for somebody: the line that every feature offers for the 待辦 page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from inspect_app.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: what, until when, one button.

    `what` is the sentence for the screen and never names the target of a sealed visit; `endpoint` and `args` make the
    button's address; `button` is a verb; `kind` groups lines (inspection, record, case, meeting, account, system ...); `why`: the
    reasons of the day, which every line with a day has.
    """

    what: str
    until: date | None
    endpoint: str
    args: dict[str, str] = field(default_factory=dict)
    button: str = "前往"
    kind: str = ""
    overdue: bool = False
    why: tuple[Reason, ...] = ()

    @property
    def order(self) -> tuple[bool, date, str]:
        """Overdue first, then the nearest day; things without a day at the end."""
        return (not self.overdue, self.until or date.max, self.what)
