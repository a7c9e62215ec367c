"""Mail at the edge of the world: a folder of .eml files by default, SMTP by setting."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
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


class Away(Exception):
    """No letter leaves at the moment, whichever it is: its text names nobody. `amid`: it broke off in the middle of a letter, and
    perhaps because of that one.
    """

    def __init__(self, error: BaseException, *, amid: bool = False) -> None:
        super().__init__(f"郵件伺服器目前不收信（{_kind(error)}），系統會繼續重試")
        self.amid = amid


def _kind(error: BaseException) -> str:
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"


class Mailer(Protocol):
    """Sends one mail or raises: `Away`, or anything else for what became of this one."""

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
        message = _message(mail, self.sender).as_bytes()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{new_id()}.eml").write_bytes(message)
        except OSError as error:
            raise Away(error) from error


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Sends by SMTP, with STARTTLS and sign-in when the URL says so."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    starttls: bool = False
    patience: float = 30  # seconds without a byte

    def send(self, mail: Mail) -> None:
        message = _message(mail, self.sender)
        with self._ready() as server, _told_apart():
            server.send_message(message)

    @contextmanager
    def _ready(self) -> Iterator[smtplib.SMTP]:
        """A connection that takes letters. How it ends says nothing of the letter any more: it was taken, or it was not."""
        try:
            server = self._opened()
        except (smtplib.SMTPException, OSError) as error:
            raise Away(error) from error
        with closing(server):
            yield server
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _opened(self) -> smtplib.SMTP:
        server = smtplib.SMTP(self.host, self.port, timeout=self.patience)
        try:
            if self.starttls:
                server.starttls(context=create_default_context())  # without it anybody on the way may answer
            if self.user:
                server.login(self.user, self.password)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server


@contextmanager
def _told_apart() -> Iterator[None]:
    """What is wrong with the server, or with us as its sender, is no letter's fault."""
    try:
        yield
    except smtplib.SMTPSenderRefused as error:
        raise Away(error) from error
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
        if SERVICE_CLOSES in _codes(error):
            raise Away(error) from error
        raise
    except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError) as error:
        raise Away(error, amid=True) from error


SERVICE_CLOSES = 421


def _codes(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> list[int]:
    if isinstance(error, smtplib.SMTPDataError):
        return [error.smtp_code]
    return [code for code, _ in error.recipients.values()]


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
