"""The SMTP server of the tests is a real one: it takes mail, and it can refuse."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.mail


def send(url: str) -> None:
    message = EmailMessage()
    message["Subject"] = "查核通知"
    message["From"], message["To"] = "a@example.test", "b@example.test"
    message.set_content("內容")
    parts = urlsplit(url)
    with smtplib.SMTP(parts.hostname or "", parts.port or 0, timeout=5) as smtp:
        smtp.send_message(message)


def test_takes_mail(smtp_server: Any) -> None:
    send(smtp_server.url)
    assert [message["Subject"] for message in smtp_server.messages] == ["查核通知"]


def test_can_refuse(smtp_server: Any) -> None:
    smtp_server.refuse = "550 mailbox unavailable"
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_server.url)
