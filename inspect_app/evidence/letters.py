"""The day's signed head by mail to offices that we do not control: one copy that is kept pins the whole history before it.

The letter is made of the head alone: no line of the log, no visit, nobody's name. Each address is a row of the outbox, once
per head; what could not be sent is tried again for a week, and administrators see it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import current_app

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.heads import SignedHead, grouped
from inspect_app.domain.roc import format_date
from inspect_app.evidence import heads, outgoing
from inspect_app.evidence.models import Head
from inspect_app.extensions import db
from inspect_app.notifications.mail import Mail, Mailer
from inspect_app.notifications.services import Handler
from inspect_app.transaction import end_read

KIND = "head.mail"
LATE = timedelta(hours=1)  # what is not there by then is shown

BODY = """這是「工程施工查核」系統（{address}）每天一次的稽核紀錄首。
請列印或另存這封信。只要留著一份，就能證明這一刻以前的稽核紀錄沒有被更動；不必回信。
信中沒有任何查核的內容。

日期　　　{day}
簽章時間　{time}（世界協調時間）
涵蓋筆數　{size}
根雜湊
{root}
公鑰
{key}
簽章
{signature}

怎樣檢核
一、在系統的主機上（附件存成 {file}）：
    inspect-app audit verify --head {file}
二、不必連線，也不必信任主機：向稽核人員索取任何一次查核的證據檔和檢核程式，
    python3 verify_evidence.py 證據檔.json --head {file}
    或在「離線檢核頁」的 QR 碼文字欄貼上下面整段文字。
三、和當天列印文件最後一頁的「稽核紀錄首」逐組比對；涵蓋筆數相同，就必須完全一致。

以下整段供程式讀取，內容與附件相同：
{block}
"""


def call_due(addresses: Iterable[str]) -> int:
    """The job: queue the first head of today for each address that has not got it yet; answers how many."""
    head = heads.first_of(clock.today())
    if head is None:
        return 0
    return sum(outgoing.queue(KIND, head, address, to=address) for address in addresses)


def handler(mailer: Mailer, public_url: str) -> Handler:
    """The outbox handler of `KIND`; payload {n, to}."""

    def deliver(payload: dict[str, Any]) -> None:
        head = heads.signed(db.session.get_one(Head, payload["n"]))
        end_read()
        mailer.send(letter(head, payload["to"], public_url))

    return deliver


def letter(head: SignedHead, to: str, public_url: str) -> Mail:
    """The mail: to be read, to be typed off, and to be handed to a verifier as it is."""
    day, file = date.fromisoformat(head.day), f"head-{head.day}.txt"
    body = BODY.format(
        address=public_url, day=format_date(day), time=head.time, size=head.size, root=_lines(head.root), key=_lines(head.key),
        signature=_lines(head.signature), file=file, block=_block(head),
    )  # fmt: skip
    subject = f"【工程施工查核】稽核紀錄首　{format_date(day)}　共 {head.size} 筆"
    return Mail(to, subject, body, (file, f"{head.text()}\n"))


def _block(head: SignedHead) -> str:
    """The head's text in lines that no mail program breaks."""
    *begins, root, key, signature = head.text().split(" ")
    return "\n".join((" ".join(begins), _lines(root), _lines(key), _lines(signature)))


def _lines(digest: str) -> str:
    """Groups as on the documents, eight to a line."""
    return "\n".join(grouped(digest[n : n + 64]) for n in range(0, len(digest), 64))


def begun(today: date) -> datetime:
    """The moment at which the day began."""
    return datetime.combine(today, time(), clock.TAIPEI)


def _no_head(today: date) -> list[Todo]:
    """Where somebody outside waits for the day's head. Without one no letter is queued, and none could be late."""
    settings = current_app.config["SETTINGS"]
    wanted = settings.head_mail_to or settings.tsa_url
    if not wanted or clock.now() < begun(today) + LATE or heads.first_of(today) is not None:
        return []
    what = "今天還沒有稽核紀錄首，無法寄出，也無法蓋時戳；請檢查背景工作（jobs）是否在執行，以及簽章金鑰"
    return [Todo(what, None, "office.evidence_page", {}, "查看簽章首", "system", overdue=True)]


def todos(actor: Actor, today: date) -> list[Todo]:
    """Administrators see which letters have not left after an hour, and why; and that there is no head that could leave."""
    if not actor.may(Permission.MANAGE_ACCOUNTS):
        return []
    return _no_head(today) + [
        Todo(
            f"稽核紀錄首沒有寄達 {row.payload['to']}：{row.error or '尚未寄出'}；系統會繼續重試，請檢查收件位址與郵件設定",
            None, "office.evidence_page", {}, "查看簽章首", "system", overdue=True,
        )
        for row in outgoing.unfinished(KIND, LATE)
    ]  # fmt: skip
