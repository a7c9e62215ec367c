"""Settings: read once from the environment, frozen, every one explained on its own line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "INSPECT_APP_"
MAX_ADDRESS = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between installations; none is required."""

    home: Path  # HOME: the data folder (database, photos, keys, mail folder); may be moved as a whole
    database_url: str  # DATABASE_URL: SQLAlchemy URL; default is a SQLite file in HOME
    database_role: str  # DATABASE_ROLE: PostgreSQL's role of web and jobs, to which `migrate` (as the owner) gives its rights
    storage_url: (
        str  # STORAGE_URL: file:///folder or s3://bucket?endpoint=http://...; default a folder in HOME
    )
    mail_url: str  # MAIL_URL: folder:///folder or smtp://[user:password@]host:port[?tls=starttls]
    mail_from: str  # MAIL_FROM: the sender of every mail
    head_mail_to: tuple[
        str, ...
    ]  # HEAD_MAIL_TO: who gets each day's signed head of the log; empty sends none
    tsa_url: str  # TSA_URL: time-stamp authority (RFC 3161) over http or https; empty asks none
    tsa_ca_file: str  # TSA_CA_FILE: certificates (PEM) that its signer must lead to; empty checks no signer
    tsa_alarm_hours: (
        int  # TSA_ALARM_HOURS: a head without its time stamp after so long is told to administrators
    )
    bind: str  # BIND: host:port of the web processes
    public_url: str  # PUBLIC_URL: what stands in the links of mails
    workers: int  # WORKERS: web processes (more than one wants PostgreSQL or a short SQLite queue)
    threads: int  # THREADS: blocking threads per web process; slow uploads hold one each
    secure_cookies: bool  # SECURE_COOKIES: 1 behind TLS; the default follows PUBLIC_URL
    trusted_proxies: int  # TRUSTED_PROXIES: how many proxies in front may set X-Forwarded-For
    second_step_roles: tuple[
        str, ...
    ]  # SECOND_STEP_ROLES: roles that sign in with an authenticator's code only, between commas; empty leaves it to each
    session_hours: int  # SESSION_HOURS: a sign-in's longest life
    idle_minutes: int  # IDLE_MINUTES: office sign-ins end after so long without a request
    max_photo_bytes: int  # MAX_PHOTO_BYTES: largest photo that is taken in
    testing: bool  # TESTING: 1 only in automatic tests
    failpoint: str  # FAILPOINT: name:count, where a test ends the process; nothing without TESTING
    clock_offset: int  # CLOCK_OFFSET: seconds that a test moves the clock by; nothing without TESTING

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; `env` defaults to the process environment. Raises `WrongSetting`."""
        given = _Given(os.environ if env is None else env)
        home = Path(given.text("HOME", "instance")).absolute()
        bind = given.text("BIND", "127.0.0.1:8000")
        public_url = _web_address("PUBLIC_URL", given.text("PUBLIC_URL", f"http://{bind}").rstrip("/"))
        return cls(
            home=home,
            database_url=given.text("DATABASE_URL", f"sqlite:///{home / 'inspect.sqlite3'}"),
            database_role=given.text("DATABASE_ROLE"),
            storage_url=given.text("STORAGE_URL", f"file://{home / 'photos'}"),
            mail_url=given.text("MAIL_URL", f"folder://{home / 'mail'}"),
            mail_from=given.text("MAIL_FROM", "inspect-app@localhost"),
            head_mail_to=_addresses(given.text("HEAD_MAIL_TO")),
            tsa_url=_web_address("TSA_URL", given.text("TSA_URL")),
            tsa_ca_file=given.text("TSA_CA_FILE"),
            tsa_alarm_hours=given.number("TSA_ALARM_HOURS", 24),
            bind=bind,
            public_url=public_url,
            workers=given.number("WORKERS", 1),
            threads=given.number("THREADS", 32),
            secure_cookies=given.switch("SECURE_COOKIES", public_url.startswith("https:")),
            trusted_proxies=given.number("TRUSTED_PROXIES", 0, least=0),
            second_step_roles=tuple(dict.fromkeys(given.text("SECOND_STEP_ROLES").replace(",", " ").split())),
            session_hours=given.number("SESSION_HOURS", 12),
            idle_minutes=given.number("IDLE_MINUTES", 30),
            max_photo_bytes=given.number("MAX_PHOTO_BYTES", 100 * 1024 * 1024),
            testing=given.switch("TESTING", False),
            failpoint=given.text("FAILPOINT"),
            clock_offset=given.number("CLOCK_OFFSET", 0, least=None),
        )


class WrongSetting(ValueError):
    """A setting that cannot be meant; the text is one sentence that names it and says what it may be."""

    def __init__(self, name: str, says: str) -> None:
        super().__init__(f"{PREFIX}{name} {says}")


@dataclass(frozen=True, slots=True)
class _Given:
    """The environment, read by the settings' short names; an empty value is none."""

    source: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        return self.source.get(PREFIX + name, "") or default

    def number(self, name: str, default: int, least: int | None = 1) -> int:
        text = self.text(name, str(default))
        if not re.fullmatch(r"-?[0-9]{1,15}", text) or (least is not None and int(text) < least):
            bound = "" if least is None else f" of at least {least}"
            raise WrongSetting(name, f"must be a whole number{bound}, not {text!r}.")
        return int(text)

    def switch(self, name: str, default: bool) -> bool:
        text = self.text(name, str(int(default)))
        if text not in ("0", "1"):
            raise WrongSetting(name, f"must be 0 or 1, not {text!r}.")
        return text == "1"


def _addresses(text: str) -> tuple[str, ...]:
    """Mail addresses between commas or white space, each once. Raises `WrongSetting` for what is none."""
    found = tuple(dict.fromkeys(text.replace(",", " ").split()))
    wrong = [one for one in found if not re.fullmatch(r"[^@\s]+@[^@\s]+", one) or len(one) > MAX_ADDRESS]
    if wrong:
        raise WrongSetting("HEAD_MAIL_TO", f"must be mail addresses between commas; {wrong[0]!r} is none.")
    return found


def _web_address(name: str, text: str) -> str:
    """The address as it was given, empty for none. Raises `WrongSetting`."""
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username):
        raise WrongSetting(
            name, "must be http://host or https://host, with a port and a path where there are any."
        )
    return text
