"""Two sittings of the supervision meeting: one held and frozen with rulings in every state, one to come."""

from __future__ import annotations

from datetime import date, timedelta

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.demo.followups import agency_actor
from inspect_app.demo.history import begun_on
from inspect_app.meetings import services as meetings
from inspect_app.meetings.figures import Scope, figures

TEXTS = (
    "落後 10% 以上標案，請主辦機關於一個月內提出趕工計畫並逐週回報。",
    "混凝土施工缺失一再發生，請加強施工前教育訓練並提報改善成效。",
    "管線遷移協調請由交通局召集，於期限前完成會勘並確認遷移期程。",
)


def hold(secretary: Actor, today: date) -> None:
    """The last quarter's sitting with its rulings, and the next one in two weeks."""
    held = today - timedelta(days=40)
    begin = date(held.year, 1, 1)
    with clock.set_to(begun_on(held)):
        last = meetings.create_meeting(
            secretary, meetings.NewMeeting(_title(held), held, begin, held - timedelta(days=10))
        )
        units = _units(begin, held)
        rulings = [
            meetings.add_ruling(
                secretary, last.id, meetings.NewRuling(text, unit, held + timedelta(days=20 + 20 * n))
            )
            for n, (text, unit) in enumerate(zip(TEXTS, units, strict=True))
        ]
        meetings.freeze_meeting(secretary, last.id)
    with clock.set_to(begun_on(today - timedelta(days=8))):
        meetings.report_ruling(
            agency_actor(units[0]),
            rulings[0].id,
            "趕工計畫已核定，增加工班二組，預計下月趕上進度。",
            ask_release=True,
        )
        meetings.report_ruling(
            agency_actor(units[1]),
            rulings[1].id,
            "已辦理教育訓練兩場，改善成效將於下次會議提報。",
            ask_release=False,
        )
    coming = today + timedelta(days=14)
    meetings.create_meeting(
        secretary, meetings.NewMeeting(_title(coming), coming, date(today.year, 1, 1), today)
    )


def _title(day: date) -> str:
    return f"{day.year - 1911} 年第 {(day.month - 1) // 3 + 1} 季公共工程督導會報"


def _units(begin: date, held: date) -> list[str]:
    """The three agencies with the most tenders behind schedule."""
    behind = figures(Scope(begin, held, held))["behind"]
    found = list(dict.fromkeys(line["agency_id"] for line in behind))
    return found[: len(TEXTS)]
