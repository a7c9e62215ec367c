"""Letters of accounts: invitation and forgotten password. The token is made when the letter leaves, so that no
database, backup or queue ever holds a usable one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from inspect_app import clock
from inspect_app.accounts import mail_changes, queries
from inspect_app.accounts.credentials import new_one_time_token
from inspect_app.accounts.models import Account
from inspect_app.notifications.mail import Mail, Mailer
from inspect_app.notifications.services import Needless

SUBJECTS = {"invitation": "【工程施工查核】帳號邀請", "reset": "【工程施工查核】重設密碼"}
BODIES = {
    "invitation": "{name} 您好：\n\n您的帳號是 {login}。請在 7 天內開啟下面的連結，設定第一組密碼：\n\n{link}\n\n"
    "連結只能使用一次。逾期請洽系統管理者再寄一次。\n",
    "reset": "{name} 您好：\n\n有人替帳號 {login} 申請重設密碼。若是您本人，請在 1 小時內開啟下面的連結：\n\n{link}\n\n"
    "連結只能使用一次。若不是您申請的，不必理會，密碼不會變動。\n",
}


def handler(mailer: Mailer, public_url: str) -> Callable[[dict[str, Any]], None]:
    """The outbox handler of `credentials.LETTER`; payload {login, purpose: invitation | reset, until}: nobody waits for days for a
    link that was asked for.
    """

    def deliver(payload: dict[str, Any]) -> None:
        if "until" in payload and clock.now() > datetime.fromisoformat(payload["until"]):
            raise Needless
        account = queries.by_login(payload["login"])
        if account is not None and _may_get(account):
            mailer.send(_letter(account, payload["purpose"], public_url))

    return deliver


def _may_get(account: Account) -> bool:
    return queries.usable(account) and bool(account.email) and mail_changes.takes_links(account)


def _letter(account: Account, purpose: str, public_url: str) -> Mail:
    link = f"{public_url}/office/password/{new_one_time_token(account.id, purpose)}"
    body = BODIES[purpose].format(name=account.name, login=account.login, link=link)
    return Mail(account.email, SUBJECTS[purpose], body)
