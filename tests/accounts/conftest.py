from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspect_app.accounts import letters
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.credentials import LETTER
from inspect_app.accounts.permissions import Role
from inspect_app.notifications.mail import FolderMailer, Mail
from inspect_app.notifications.services import deliver_due
from tests.support import factories as make
from tests.support.office import Visitor


class Postbox:
    """Keeps the letters of accounts as they leave."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    def deliver(self) -> list[Mail]:
        """Carry out what is due; answers the letters that left now."""
        before = len(self.mails)
        deliver_due({LETTER: letters.handler(self, "http://localhost")})
        return self.mails[before:]

    def token(self) -> str:
        """The token in the link of the only letter that leaves now."""
        (mail,) = self.deliver()
        return mail.body.split("/office/password/")[1].split()[0]


@pytest.fixture
def postbox(db: Any) -> Postbox:
    return Postbox()


@pytest.fixture
def mail_folder(tmp_path: Path) -> FolderMailer:
    return FolderMailer(tmp_path / "mail", "inspect-app@localhost")


@pytest.fixture
def administrator(db: Any, clock: Any) -> Actor:
    return make.actor(Role.ADMINISTRATOR, login="root", name="林怡君")


@pytest.fixture
def visitor(app: Any) -> Callable[..., Visitor]:
    return lambda address="127.0.0.1": Visitor(app, address)
