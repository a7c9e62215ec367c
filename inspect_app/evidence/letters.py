"""The day's signed head by mail to offices that we do not control: one copy that is kept pins the whole history before it.

The letter is made of the head alone: no line of the log, no visit, nobody's name. Each address is a row of the outbox, once
per head; what could not be sent is tried again for a week, and administrators see it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.heads import SignedHead, grouped
from inspect_app.domain.roc import format_date
from inspect_app.evidence import heads
from inspect_app.evidence.models import Head
from inspect_app.extensions import db
from inspect_app.notifications import services as outbox
from inspect_app.notifications.mail import Mail, Mailer
from inspect_app.notifications.models import OutboxRow
from inspect_app.transaction import end_read

KIND = "head.mail"
LATE = timedelta(hours=1)  # what is not there by then is shown
GIVEN_UP = timedelta(days=7)

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
三、和當天任何一份列印文件最後一頁的「稽核紀錄首」逐組比對。

以下整段供程式讀取，內容與附件相同：
{block}
"""


def call_due(addresses: Iterable[str]) -> int:
    """The job: queue the first head of today for each address that has not got it yet; answers how many."""
    head = heads.first_of(clock.today())
    if head is None:
        return 0
    wanted = [(one, f"{KIND}:{head.n}:{head.root[:16]}:{one}") for one in addresses]
    known = set(
        db.session.scalars(select(OutboxRow.once).where(OutboxRow.once.in_([key for _, key in wanted])))
    )
    return sum(_queue(head, address, once) for address, once in wanted if once not in known)


def _queue(head: Head, address: str, once: str) -> bool:
    return outbox.enqueue(KIND, reference(head.n), {"n": head.n, "to": address}, once=once)


def reference(n: int) -> str:
    """What the outbox's rows about a head refer to."""
    return f"head:{n}"


def handler(mailer: Mailer, public_url: str) -> outbox.Handler:
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


def try_again() -> int:
    """The job: what was given up on is tried again for a week; answers for how many heads."""
    failed = [row.ref for row in _recent() if row.state == "failed"]
    for ref in dict.fromkeys(failed):
        outbox.retry(ref)
    return len(set(failed))


def _recent() -> list[OutboxRow]:
    """The outbox's rows about heads that are not carried out, of the last week."""
    since = clock.now() - GIVEN_UP
    query = select(OutboxRow).where(OutboxRow.ref.startswith("head:"), OutboxRow.created_at > since)
    return list(db.session.scalars(query.where(OutboxRow.state != "done").order_by(OutboxRow.created_at)))


def todos(actor: Actor, today: date) -> list[Todo]:
    """Administrators see which letters have not left after an hour, and why."""
    if not actor.may(Permission.MANAGE_ACCOUNTS):
        return []
    late = [row for row in _recent() if row.kind == KIND and row.created_at < clock.now() - LATE]
    return [
        Todo(
            f"稽核紀錄首沒有寄達 {row.payload['to']}：{row.error or '尚未寄出'}；系統會繼續重試，請檢查收件位址與郵件設定",
            None, "office.evidence_page", {}, "查看簽章首", "account", overdue=True,
        )
        for row in late
    ]  # fmt: skip
