"""What runs by itself: one table of jobs, one table of outbox handlers. A feature adds its line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from inspect_app import clock
from inspect_app.accounts import credentials, sessions, submissions
from inspect_app.accounts import letters as account_letters
from inspect_app.accounts import services as accounts
from inspect_app.accounts.credentials import LETTER
from inspect_app.audit import chaining
from inspect_app.config import Settings
from inspect_app.evidence import clocks, condition, heads, outgoing, stamping, stamps
from inspect_app.evidence import letters as head_letters
from inspect_app.inspections import quarantine, services_open
from inspect_app.intake import held
from inspect_app.notices import services as notices
from inspect_app.notifications.mail import mailer_from_url
from inspect_app.notifications.services import (
    Handler,
    deliver_due,
    deliver_side_by_side,
    forget_done,
    mail_handler,
    once_more,
    retry_all,
)
from inspect_app.photos import processing, verification
from inspect_app.photos import services as photos
from inspect_app.photos.workers import POOL
from inspect_app.scheduling import services as scheduling
from inspect_app.scheduling.models import CALL
from inspect_app.storage import storage_from_url
from inspect_app.sync import previews

OUTBOX: dict[str, dict[str, Callable[[Settings], Handler]]] = {
    "letters": {
        "mail": lambda settings: mail_handler(
            mailer_from_url(settings.mail_url, settings.mail_from),
            {notices.RULE: notices.wanted, condition.RULE: condition.lasts},
        ),
        LETTER: lambda settings: account_letters.handler(
            mailer_from_url(settings.mail_url, settings.mail_from), settings.public_url
        ),
        "visit.call": lambda settings: scheduling.call_handler(
            mailer_from_url(settings.mail_url, settings.mail_from), settings.public_url
        ),
        head_letters.KIND: lambda settings: head_letters.handler(
            mailer_from_url(settings.mail_url, settings.mail_from), settings.public_url
        ),
    },
    "stamps": {stamps.KIND: stamping.handler},
    "work": {"photo.process": lambda _: processing.handle},
}
"""Lane -> kind of outbox row -> how to make its handler. Slow work has a lane of its own, so that mail never waits."""

DEVELOPED = timedelta(days=90)
"""How long the row of a developed photo stays; letters stay for good, they say on a case's page that they went out."""


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the table: a name for the log, when it runs, which service it calls."""

    name: str
    trigger: BaseTrigger
    run: Callable[[Settings], object]


class Every(IntervalTrigger):  # type: ignore[misc]  # apscheduler tells no types
    """Again and again, once for all that was missed: a clock put ahead by a year makes no list of every second of it."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now if previous is None else max(previous, now) + self.interval


def every(seconds: int) -> Every:
    return Every(seconds=seconds, timezone=UTC)


def deliver(lane: str) -> Callable[[Settings], int]:
    """The job that carries out what is due in a lane of the outbox."""
    return lambda settings: deliver_due({kind: make(settings) for kind, make in OUTBOX[lane].items()})


def develop(settings: Settings) -> int:
    """The job of the lane `work`: as many photos at once as there are processors, each in a small process. More lines than
    that, so that no processor waits while another photo is read, stored and entered.
    """
    handlers = {kind: make(settings) for kind, make in OUTBOX["work"].items()}
    with POOL.kept():
        return deliver_side_by_side(handlers, 3 * POOL.size)


def look_after_heads(settings: Settings) -> None:
    """The job: letters and time stamps that were given up on are due again; days without a stamp are told."""
    outgoing.try_again(head_letters.KIND)
    outgoing.try_again(stamps.KIND)
    stamping.watch(settings.tsa_alarm_hours)


def try_letters_again(_: Settings) -> None:
    """The job: letters that were given up on get one attempt more, for a week. Not those of passwords: nobody waits so long."""
    for kind in ("mail", CALL):
        once_more(kind, outgoing.GIVEN_UP)


JOBS: tuple[Job, ...] = (
    Job("audit.chain", every(1), lambda _: chaining.chain_waiting()),
    Job("clock.watch", every(15), lambda _: clocks.watch()),
    Job("audit.head", every(60), lambda _: heads.begin_day()),
    Job("audit.mail", every(60), lambda settings: head_letters.call_due(settings.head_mail_to)),
    Job("audit.stamp", every(60), lambda settings: stamping.call_due(settings.tsa_url)),
    Job("audit.again", every(3600), look_after_heads),
    Job("condition.call", every(900), lambda settings: condition.call(settings.public_url)),
    Job("visits.release", every(15), lambda _: scheduling.release_due(clock.now())),
    Job(
        "inspections.open",
        every(15),
        lambda _: (services_open.open_released(), quarantine.take_up_released()),
    ),
    Job("visits.call", every(15), lambda _: scheduling.call_due(clock.now())),
    Job("photos.verify", every(3600), lambda _: verification.quarantine_spoilt()),
    Job("photos.again", every(3600), lambda _: retry_all("photo.process")),
    Job("letters.again", every(6 * 3600), try_letters_again),
    Job("photos.forget", every(6 * 3600), lambda _: forget_done("photo.process", DEVELOPED)),
    Job("photos.clear", every(6 * 3600), lambda _: photos.clear_expired()),
    Job(
        "imports.clear",
        every(6 * 3600),
        lambda settings: held.clear(storage_from_url(settings.storage_url), clock.now()),
    ),
    Job("previews.clear", every(6 * 3600), lambda _: previews.clear()),
    Job("cases.handed", every(300), lambda _: notices.tell_new_agencies()),
    Job("cases.remind", every(3600), lambda _: notices.remind_due()),
    Job("accounts.idle", every(6 * 3600), lambda _: accounts.disable_idle_accounts()),
    Job("accounts.sessions", every(6 * 3600), lambda _: sessions.forget_ended()),
    Job("accounts.links", every(6 * 3600), lambda _: credentials.forget_ended()),
    Job("accounts.forms", every(6 * 3600), lambda _: submissions.forget_old()),
    Job("outbox.letters", every(5), deliver("letters")),
    Job("outbox.stamps", every(15), deliver("stamps")),
    Job("outbox.work", every(2), develop),
)
