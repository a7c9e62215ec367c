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
    session_hours: int  # SESSION_HOURS: a sign-in's longest life
    idle_minutes: int  # IDLE_MINUTES: office sign-ins end after so long without a request
    max_photo_bytes: int  # MAX_PHOTO_BYTES: largest photo that is taken in
    testing: bool  # TESTING: 1 only in automatic tests
    failpoint: str  # FAILPOINT: name:count, where a test ends the process; nothing without TESTING
    clock_offset: int  # CLOCK_OFFSET: seconds that a test moves the clock by; nothing without TESTING

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; `env` defaults to the process environment."""
        source = os.environ if env is None else env

        def get(name: str, default: str) -> str:
            return source.get(PREFIX + name, "") or default

        home = Path(get("HOME", "instance")).absolute()
        bind = get("BIND", "127.0.0.1:8000")
        public_url = get("PUBLIC_URL", f"http://{bind}").rstrip("/")
        return cls(
            home=home,
            database_url=get("DATABASE_URL", f"sqlite:///{home / 'inspect.sqlite3'}"),
            database_role=get("DATABASE_ROLE", ""),
            storage_url=get("STORAGE_URL", f"file://{home / 'photos'}"),
            mail_url=get("MAIL_URL", f"folder://{home / 'mail'}"),
            mail_from=get("MAIL_FROM", "inspect-app@localhost"),
            head_mail_to=_addresses(get("HEAD_MAIL_TO", "")),
            tsa_url=_web_address(get("TSA_URL", "")),
            tsa_ca_file=get("TSA_CA_FILE", ""),
            tsa_alarm_hours=int(get("TSA_ALARM_HOURS", "24")),
            bind=bind,
            public_url=public_url,
            workers=int(get("WORKERS", "1")),
            threads=int(get("THREADS", "32")),
            secure_cookies=get("SECURE_COOKIES", "1" if public_url.startswith("https:") else "0") == "1",
            trusted_proxies=int(get("TRUSTED_PROXIES", "0")),
            session_hours=int(get("SESSION_HOURS", "12")),
            idle_minutes=int(get("IDLE_MINUTES", "30")),
            max_photo_bytes=int(get("MAX_PHOTO_BYTES", str(100 * 1024 * 1024))),
            testing=get("TESTING", "0") == "1",
            failpoint=get("FAILPOINT", ""),
            clock_offset=int(get("CLOCK_OFFSET", "0")),
        )


def _addresses(text: str) -> tuple[str, ...]:
    """Mail addresses between commas or white space, each once. ValueError for what is none."""
    found = tuple(dict.fromkeys(text.replace(",", " ").split()))
    wrong = [one for one in found if not re.fullmatch(r"[^@\s]+@[^@\s]+", one) or len(one) > MAX_ADDRESS]
    if wrong:
        raise ValueError(f"HEAD_MAIL_TO: not a mail address: {wrong[0]}")
    return found


def _web_address(text: str) -> str:
    """The address of an authority, empty for none. ValueError for what cannot be asked."""
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username):
        raise ValueError("TSA_URL must be http://host/path or https://host/path")
    return text
