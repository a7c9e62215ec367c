"""系統狀況: what stands still without anybody noticing, read from what is stored already. Nothing of a visit is in it: calls
before a release are counted nowhere here. The day's head, its letters and stamps, and the clock tell of themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from inspect_app import audit, clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.credentials import LETTER
from inspect_app.accounts.permissions import Permission, Role
from inspect_app.accounts.todos import Todo
from inspect_app.audit import queries as log
from inspect_app.domain.roc import format_date
from inspect_app.evidence import heads, verified
from inspect_app.evidence.letters import LATE, begun
from inspect_app.evidence.models import ClockMark
from inspect_app.extensions import db
from inspect_app.installation.services import is_demo
from inspect_app.notifications import services as outbox
from inspect_app.notifications.models import OutboxRow
from inspect_app.photos import verification as originals
from inspect_app.photos.models import Photo
from inspect_app.photos.originals import PROCESS
from inspect_app.scheduling.models import CALL
from inspect_app.transaction import transaction

SILENT = timedelta(minutes=10)  # the jobs process marks the moment four times a minute
UNSAVED = timedelta(days=2)  # a backup is made every night
UNREAD = timedelta(days=14)  # each original is read again within a week
RULE = "condition"
SUBJECT = "【工程施工查核】系統狀況需要處理"
BODY = (
    "系統管理者您好：\n\n{what}。\n\n登入後的首頁列有目前的系統狀況：\n{link}\n\n情況持續時，每天寄一封。\n"
)
LETTERS = ("mail", LETTER)
OF_LETTERS = timedelta(days=14)  # what is older went by telephone long ago
LATE_LETTER, LATE_PHOTO = timedelta(hours=1), timedelta(hours=6)


def todos(actor: Actor, today: date) -> list[Todo]:
    """Administrators see what stands still, each with what to do."""
    return list(standing_still().values()) if actor.may(Permission.MANAGE_ACCOUNTS) else []


def standing_still() -> dict[str, Todo]:
    """{kind: line} of what stands still now."""
    asked: dict[str, Callable[[], Todo | None]] = {
        "jobs": _jobs,
        "head": _head,
        "backup": _backup,
        "verified": _verified,
        "letters": _letters,
        "photos": _photos,
        "spoilt": _spoilt,
        "unread": _unread,
    }
    return {kind: line for kind, ask in asked.items() if (line := ask()) is not None}


def call(public_url: str) -> int:
    """The job: who does not sign in every day learns it by mail, each kind once a day while it lasts; answers how many letters."""
    if is_demo():
        return 0
    day, queued = clock.today(), 0
    for kind, line in standing_still().items():
        body = BODY.format(what=line.what, link=f"{public_url}/office/")
        for person in accounts.to_tell(Role.ADMINISTRATOR):
            once = f"{RULE}:{kind}:{day}:{person.id}"
            if person.email and not outbox.is_queued(once):
                queued += outbox.enqueue_mail(
                    RULE, person.email, SUBJECT, body, once=once, needed=(RULE, kind)
                )
    return queued


def lasts(about: list[str]) -> bool:
    """Whether it stands still even now, asked before the letter leaves."""
    return about[0] in standing_still()


def _line(what: str, endpoint: str = "office.evidence_page", button: str = "查看", **args: str) -> Todo:
    return Todo(what, None, endpoint, args, button, "system", overdue=True)


def _seen() -> datetime | None:
    """When the jobs process last marked the moment."""
    mark = db.session.get(ClockMark, 1, populate_existing=True)
    return mark.latest if mark is not None else None


def _jobs() -> Todo | None:
    seen, now = _seen(), clock.now()
    since = seen or log.first_at()
    if since is None or since > now - SILENT:
        return None
    told = f"已經 {_length(now - since)}沒有執行" if seen else "還沒有執行過"
    return _line(
        f"背景工作（jobs）{told}：到時解密、通知信、照片處理和每日紀錄首都停著；請在主機上啟動 inspect-app jobs，並查看它的紀錄"
    )


def _head() -> Todo | None:
    """Where letters or stamps wait for it, they tell (evidence.letters); where no jobs run, that is what is told."""
    settings, now, today = current_app.config["SETTINGS"], clock.now(), clock.today()
    seen = _seen()
    told = settings.head_mail_to or settings.tsa_url or seen is None or seen <= now - SILENT
    if told or now < begun(today) + LATE or heads.first_of(today) is not None:
        return None
    return _line(
        "今天還沒有稽核紀錄首；請查看背景工作（jobs）的紀錄，並檢查簽章金鑰 keys/head.key 是否在原處、可以讀取"
    )


def _backup() -> Todo | None:
    last = log.latest_at("installation.backed_up")
    since = last or log.first_at()
    if since is None or is_demo() or since > clock.now() - UNSAVED:
        return None
    told = f"已經 {_length(clock.now() - since)}沒有完成備份" if last else "還沒有完成過備份"
    return _line(
        f"{told}：平板會一直留著資料，等備份後才釋出空間；請檢查主機上每晚的備份工作和備份磁碟的空間，改善後執行一次 inspect-app backup",
        "office.audit_log", "查看備份紀錄", action="installation.",
    )  # fmt: skip


def _verified() -> Todo | None:
    """What the last check of everything found, and that there was none for long."""
    last, now = verified.last(), clock.now()
    if last is not None and last.faults:
        day = format_date(last.at.astimezone(clock.TAIPEI).date())
        told = (
            f"{day}由 {last.by} 執行的完整檢核，發現 {last.faults} 處與稽核紀錄不符，第一處是「{last.first}」"
        )
        what = f"{told}；請保留現場與備份、通知政風單位，查明後再執行一次 inspect-app audit verify"
        return _line(what, "office.audit_log", "查看檢核紀錄", action=verified.ACTION)
    since = last.at if last is not None else log.first_at()
    if since is None or is_demo() or since > now - UNSAVED:
        return None
    told = f"已經 {_length(now - since)}沒有做完整檢核" if last else "還沒有做過完整檢核"
    return _line(f"{told}：資料庫或照片被人更動也不會知道；請檢查主機上每晚的 inspect-app audit verify")


def _letters() -> Todo | None:
    count = len(late_letters())
    if not count:
        return None
    return _line(
        f"有 {count} 封通知信沒有寄出；請檢查郵件伺服器與收件位址，再按重新寄送",
        "office.late_letters",
        "查看信件",
    )


def _photos() -> Todo | None:
    count = len(outbox.late((PROCESS,), LATE_PHOTO))
    if not count:
        return None
    return _line(
        f"有 {count} 張照片收下後超過 {_length(LATE_PHOTO)}還沒有處理好，原檔都在；請檢查主機的磁碟空間和背景工作的紀錄，系統會一直重試",
        "office.audit_log", "查看照片紀錄", action="photos.",
    )  # fmt: skip


def _spoilt() -> Todo | None:
    """The round's finding, until the photo is sound again."""
    count = db.session.scalar(select(func.count()).where(Photo.state == "quarantined")) or 0
    if not count:
        return None
    return _line(
        f"有 {count} 張照片的原檔遺失或與雜湊值不符，已經隔離；請檢查儲存空間，從備份的 originals 取回同名的檔案，一天內查驗無誤後自動解除",
        "office.audit_log", "查看照片", action="photos.quarantined",
    )  # fmt: skip


def _unread() -> Todo | None:
    """The round of the originals: each is read once a week."""
    oldest = originals.oldest_look()
    if oldest is None or oldest > clock.now() - UNREAD:
        return None
    told = f"最久的一張照片原檔已經 {_length(clock.now() - oldest)}沒有重新查驗（應每週輪完一次）"
    return _line(f"{told}；請檢查儲存空間是否都讀得到，並查看背景工作紀錄裡的 photos.not_looked_at")


def late_letters() -> list[OutboxRow]:
    """The letters that should have left, the newest first. Calls to inspectors are not among them: they tell of a visit."""
    return outbox.late(LETTERS, LATE_LETTER, OF_LETTERS)


def send_again(actor: Actor) -> int:
    """Letters that were given up on are due at once; answers how many. Calls go along, and are not counted."""
    permit(actor, Permission.MANAGE_ACCOUNTS)
    with transaction():
        count = sum(row.state == "failed" for row in late_letters())
        for kind in (*LETTERS, CALL):
            outbox.retry_all(kind, OF_LETTERS)
        audit.record(actor, "notifications.sent_again", "installation:1", letters=count)
    return count


def _length(span: timedelta) -> str:
    """3 天, 7 小時, 12 分鐘."""
    if span >= timedelta(days=2):
        return f"{span.days} 天"
    hours, minutes = int(span.total_seconds() // 3600), int(span.total_seconds() // 60)
    return f"{hours} 小時" if hours else f"{minutes} 分鐘"
