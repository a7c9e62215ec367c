"""The demo's accounts and roster: at least one person for every role, one password for all, printed on start."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from inspect_app.accounts import services as accounts
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.models import Account
from inspect_app.accounts.passwords import hash_password
from inspect_app.accounts.permissions import ROLE_NAMES, Role
from inspect_app.experts import services as experts
from inspect_app.experts.models import Expert
from inspect_app.extensions import db
from inspect_app.projects.models import Agency
from inspect_app.transaction import transaction

PASSWORD = "demo-city-115"  # nosec B105: a demo's; its accounts are refused outside a demo
COMMISSION = (
    ("coordinator1", "林承示", "查核科 科員", Role.COORDINATOR),
    ("coordinator2", "陳辦範", "查核科 科員", Role.COORDINATOR),
    ("convener", "王召模", "副秘書長", Role.CONVENER),
    ("secretary", "吳會例", "管考科 股長", Role.SECRETARY),
    ("chair", "李主樣", "副市長", Role.CHAIR),
    ("auditor", "周稽核", "政風處", Role.AUDITOR),
    ("admin", "許管系", "資訊科", Role.ADMINISTRATOR),
    ("leader1", "黃領隊", "專門委員", Role.LEADER),
    ("leader2", "張領航", "技正", Role.LEADER),
    ("staff1", "劉工作", "查核科 辦事員", Role.STAFF),
    ("staff2", "蔡佐理", "查核科 辦事員", Role.STAFF),
    ("staff3", "鄭協辦", "查核科 約聘人員", Role.STAFF),
)
EXPERTS = (
    ("expert1", "曾外聘", "土木技師公會", ("土木",)),
    ("expert2", "廖委員", "結構技師公會", ("結構",)),
    ("expert3", "賴水利", "水利技師公會", ("水利",)),
    ("expert4", "葉建築", "建築師公會", ("建築",)),
    ("expert5", "蘇機電", "電機技師公會", ("機電",)),
    ("expert6", "潘大地", "大地技師公會", ("土木", "大地")),
    ("expert7", "簡道路", "示範大學土木系", ("土木", "道路")),
    ("expert8", "范環工", "環工技師公會", ("下水道", "環工")),
    ("expert9", "方景觀", "景觀學會", ("景觀",)),
    ("expert10", "石職安", "工安技師公會", ("職業安全",)),
    ("expert11", "康結構", "岱禾工程顧問有限公司", ("結構",)),
    ("expert12", "凌港灣", "示範大學海工系", ("港灣", "水利")),
)
AGENCY_PEOPLE = 6  # how many agencies have a handler and an approver who can sign in


@dataclass(frozen=True, slots=True)
class SignIn:
    """One line of the table that is printed on start."""

    login: str
    role: str
    name: str


def load_people() -> None:
    """Create the accounts and the roster that are not there yet."""
    with transaction():
        password = hash_password(PASSWORD)
        for login, name, title, role in COMMISSION:
            _account(login, name, title, role, password)
        for login, name, employer, specialities in EXPERTS:
            account = _account(login, name, employer, Role.INSPECTOR, password)
            _expert(account, employer, specialities)
        for login in ("leader1", "leader2"):
            _expert(by_login(login), "示範市政府", ("土木",), external=False)
        _agency_people(password)
        _ties()


def by_login(login: str) -> Account:
    return db.session.scalars(select(Account).where(Account.login == login)).one()


def _account(
    login: str, name: str, title: str, role: Role, password: str, agency_id: str | None = None
) -> Account:
    account = accounts.create_account(
        SYSTEM, login=login, name=name, email=f"{login}@example.invalid", roles=frozenset({role}), title=title,
        agency_id=agency_id, invite=False,
    )  # fmt: skip
    account.demo, account.password_hash, account.password_changed_at = True, password, account.created_at
    return account


def _expert(account: Account, employer: str, specialities: tuple[str, ...], *, external: bool = True) -> None:
    experts.save_expert(
        SYSTEM,
        experts.Person(
            name=account.name, employer=employer, specialities=list(specialities), external=external, on_roster=external,
            off_roster_reason="", disqualified="", email=account.email, active=True, account_id=account.id,
            roster_no=f"D-{account.login}" if external else "",
        ),
    )  # fmt: skip


def _agency_people(password: str) -> None:
    agencies = db.session.scalars(
        select(Agency).where(Agency.code.is_not(None)).order_by(Agency.code).limit(AGENCY_PEOPLE)
    )
    for number, agency in enumerate(agencies, start=1):
        _account(
            f"agency{number}",
            f"承辦{'一二三四五六'[number - 1]}",
            agency.short_name or "承辦",
            Role.AGENCY_HANDLER,
            password,
            agency.id,
        )
        _account(
            f"approver{number}",
            f"核章{'一二三四五六'[number - 1]}",
            "科長",
            Role.AGENCY_APPROVER,
            password,
            agency.id,
        )


def _ties() -> None:
    """One expert is employed by a firm that supervises: a case of recusal to try."""
    account = by_login("expert11")
    expert = db.session.scalars(select(Expert).where(Expert.account_id == account.id)).one()
    experts.add_tie(SYSTEM, expert.id, experts.TieFact(kind="employed", party="岱禾工程顧問有限公司"))


def sign_ins() -> list[SignIn]:
    """Everybody who can sign in, for printing."""
    rows = db.session.scalars(select(Account).where(Account.demo.is_(True)).order_by(Account.created_at))
    return [
        SignIn(row.login, "、".join(ROLE_NAMES[Role(one.role)] for one in row.role_rows), row.name)
        for row in rows
    ]
