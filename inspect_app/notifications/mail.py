"""Mail at the edge of the world: a folder of .eml files by default, SMTP by setting."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from ssl import create_default_context
from typing import Protocol
from urllib.parse import unquote, urlsplit

from inspect_app import clock
from inspect_app.config import WrongSetting
from inspect_app.ids import new_id


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in plain text; `file`: name and text of what is attached. `key`: the same for whatever may leave twice because
    its process was killed, so that mailboxes show it once.
    """

    to: str
    subject: str
    body: str
    file: tuple[str, str] | None = None
    key: str = ""


class Mailer(Protocol):
    """Sends one mail or raises."""

    def send(self, mail: Mail) -> None: ...


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = (
        f"<{mail.key or new_id()}@{parseaddr(sender)[1].partition('@')[2] or 'localhost'}>"
    )
    message["Auto-Submitted"] = "auto-generated"  # answered by no mailbox while its owner is away
    message.set_content(mail.body)
    if mail.file is not None:
        name, text = mail.file
        message.add_attachment(text, filename=name)
    return message


@dataclass(frozen=True, slots=True)
class FolderMailer:
    """Writes each mail as a file: the embedded default, and what a demo looks at."""

    folder: Path
    sender: str

    def send(self, mail: Mail) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{new_id()}.eml").write_bytes(_message(mail, self.sender).as_bytes())


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Sends by SMTP, with STARTTLS and sign-in when the URL says so."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    starttls: bool = False

    def send(self, mail: Mail) -> None:
        with smtplib.SMTP(self.host, self.port, timeout=30) as server:
            if self.starttls:
                server.starttls(context=create_default_context())  # without it anybody on the way may answer
            if self.user:
                server.login(self.user, self.password)
            server.send_message(_message(mail, self.sender))


def mailer_from_url(url: str, sender: str) -> Mailer:
    """`folder:///path` or `smtp://[user:password@]host:port[?tls=starttls]`. Raises `WrongSetting` for anything else: a slip in
    `tls` would send passwords in clear.
    """
    parts = urlsplit(url)
    if parts.scheme == "folder" and parts.path.startswith("/") and not parts.netloc:
        return FolderMailer(Path(unquote(parts.path)), sender)
    if (
        parts.scheme == "smtp"
        and parts.hostname
        and parts.query in ("", "tls=starttls")
        and not parts.fragment
    ):
        with suppress(ValueError):  # a port that is none
            return SmtpMailer(
                parts.hostname,
                parts.port or 25,
                sender,
                unquote(parts.username or ""),
                unquote(parts.password or ""),
                parts.query == "tls=starttls",
            )
    raise WrongSetting(
        "MAIL_URL",
        "must be folder:///folder or smtp://[user:password@]host:port[?tls=starttls]; what is not a letter or digit in user or "
        "password is written as %40.",
    )
