"""Another mail address, and roles that plan: what gives somebody a planner's eyes is told to whoever loses by it.

Letters that set a password go to the address. Whoever changes an address could ask for one and sign in as that person, and
administrators see nothing of a sealed visit. So the old address is told, earlier links end, and of people who may know of a
sealed visit the new address takes no link before the person or a planner has confirmed it (decision 0055).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from inspect_app import audit
from inspect_app.accounts import queries
from inspect_app.accounts.actor import SYSTEM, Actor, permit
from inspect_app.accounts.credentials import end_links
from inspect_app.accounts.models import Account, AccountRole
from inspect_app.accounts.permissions import ROLE_NAMES, Permission, Role
from inspect_app.accounts.todos import Todo
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.notifications.services import enqueue_mail
from inspect_app.transaction import transaction

PLANNING = frozenset({Role.COORDINATOR, Role.CONVENER})
KNOWING = PLANNING | {Role.LEADER}
SUBJECT = "【工程施工查核】帳號變更通知"
MOVED = (
    "{name} 您好：\n\n帳號 {login} 的電子郵件已由系統管理者{who}改為另一個地址，這是寄到原地址的最後一封信。\n"
    "若您不知情，請立即登入變更密碼，並聯絡承辦與召集人。\n"
)
TOLD = (
    "{name} 您好：\n\n{who}{what}：{person}（{login}）。這個帳號可以看到未公開的查核。\n"
    "若您不知情，請立即聯絡召集人與政風單位。\n"
)
LIFTED = (
    "{name} 您好：\n\n{who}解除了帳號 {login} 的兩步驟驗證，網頁版已經登出。下次登入只要密碼；請在「我的資料」重新設定。\n"
    "若您不知情，請立即登入變更密碼，並聯絡承辦與召集人。\n"
)
SET = (
    "{name} 您好：\n\n帳號 {login} 剛設定了兩步驟驗證，之後登入要輸入驗證器上的驗證碼。\n"
    "若不是您設定的，請立即聯絡系統管理者解除，並變更密碼。\n"
)


def change(actor: Actor, account: Account, email: str) -> None:
    """In a transaction that holds the account: write the change down, tell the old address, and end the links that have left."""
    if account.email == email:
        return
    body = MOVED.format(name=account.name, login=account.login, who=actor.name)
    enqueue_mail(f"account:{account.id}", account.email, SUBJECT, body)
    end_links(account.id)
    audit.record(actor, "accounts.mail_changed", f"account:{account.id}")
    account.email, account.mail_changed_by = email, actor.id
    if queries.own_roles(account) & KNOWING:
        _tell_planners(actor, account, "變更了電子郵件")


def tell_of_roles(actor: Actor, account: Account, gained: frozenset[Role]) -> None:
    """In a transaction: every other planner learns of a new one, and of a leader whose address nobody has confirmed. The
    command line is the host's root, who sets up the first.
    """
    watched = KNOWING if account.mail_changed_by is not None else PLANNING
    if (named := sorted(gained & watched)) and actor.id != SYSTEM.id:
        _tell_planners(actor, account, f"給予了{'、'.join(ROLE_NAMES[role] for role in named)}的角色")


def tell_of_own_second_step(account: Account) -> None:
    """In a transaction: the person set one up; if it was somebody else in their session, they learn of it."""
    _tell(account, SET.format(name=account.name, login=account.login))


def tell_of_second_step(actor: Actor, account: Account) -> None:
    """In a transaction: the second step was taken away. The person learns of it, and every planner where they know of sealed visits."""
    _tell(account, LIFTED.format(name=account.name, login=account.login, who=actor.name))
    if queries.own_roles(account) & KNOWING:
        _tell_planners(actor, account, "解除了兩步驟驗證")


def _tell(account: Account, body: str) -> None:
    """Who was made on the command line may have no address."""
    if account.email:
        enqueue_mail(f"account:{account.id}", account.email, SUBJECT, body)


def _tell_planners(actor: Actor, account: Account, what: str) -> None:
    for planner in queries.with_role(*PLANNING):
        if planner.id != account.id:
            body = TOLD.format(
                name=planner.name, who=actor.name, what=what, person=account.name, login=account.login
            )
            enqueue_mail(f"account:{account.id}", planner.email, SUBJECT, body)


def takes_links(account: Account) -> bool:
    """Whether a letter that sets the password may go to the address. Where none was ever set nobody can be taken over."""
    confirmed = account.mail_changed_by is None or not account.password_hash
    return confirmed or not queries.own_roles(account) & KNOWING


def waiting_for(actor: Actor) -> list[Account]:
    """Whose new address the actor may confirm: one's own, and for planners everybody's; never one that oneself has set."""
    query = select(Account).join(AccountRole).where(AccountRole.role.in_(KNOWING))
    query = query.where(Account.mail_changed_by != actor.id).distinct().order_by(Account.login)
    return [account for account in db.session.scalars(query) if _may_confirm(actor, account)]


def _may_confirm(actor: Actor, account: Account) -> bool:
    planner = actor.may(Permission.PLAN_VISITS) or actor.may(Permission.APPROVE_VISITS)
    return account.mail_changed_by not in (None, actor.id) and (planner or actor.id == account.id)


def confirm(actor: Actor, account_id: str) -> None:
    """Say that the new address is the person's: the second one to say so. The other planners are told who it was."""
    permit(actor, Permission.SIGNED_IN)
    with transaction() as session:
        account = session.get(Account, account_id, with_for_update=True, populate_existing=True)
        if account is None or not _may_confirm(actor, account):
            raise Problem("not_found", "這個電子郵件已經確認過，或不能由您確認。")
        account.mail_changed_by = None
        audit.record(actor, "accounts.mail_confirmed", f"account:{account_id}")
        _tell_planners(actor, account, "確認了新的電子郵件")


def todos(actor: Actor, today: date) -> list[Todo]:
    """New addresses that wait for a second person."""
    if not (count := len(waiting_for(actor))):
        return []
    what = f"有 {count} 個帳號的新電子郵件等您確認，確認前不會寄出重設密碼的連結"
    return [Todo(what, None, "office.mail_changes_page", {}, "確認", "account")]
