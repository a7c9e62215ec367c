"""Accounts, tenders and the roster come in: the administrator and the coordinator at their office pages."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from inspect_app.accounts.permissions import ROLE_NAMES
from inspect_app.extensions import db
from inspect_app.projects.models import Agency
from tests.e2e.steps.town import (
    ADMIN,
    APPROVER,
    COMMISSION,
    COORDINATOR,
    HANDLER,
    MEMBER,
    PAPER_MEMBER,
    PASSWORD,
    Person,
    Town,
    link_in,
)
from tests.support import factories as make
from tests.support.tender_files import tender_xml, xml_file

AGENCY_NAME = "工務局新建工程處"
TENDER = "示範路拓寬工程"
ROLES = {name: role for role, name in ROLE_NAMES.items()}
NUMBER = "-B-12-25-F-059-00-00"


def open_the_office(town: Town) -> None:
    """The command line makes the administrator, who invites by mail; whoever comes the same way stands there already."""
    made = town.product.cli(
        "accounts",
        "create",
        ADMIN.login,
        "--name",
        ADMIN.name,
        "--role",
        "administrator",
        "--email",
        ADMIN.address,
    )
    set_first_password(town, ADMIN, link_in(made.stdout))
    invite(town, (COORDINATOR,))
    with town.inside():
        for person in COMMISSION:
            if person is not COORDINATOR:
                make.account(ROLES[person.role], login=person.login, name=person.name, password=PASSWORD)


def invite(town: Town, people: tuple[Person, ...]) -> None:
    for person in people:
        page = town.office(ADMIN)
        page.goto(f"{town.product.url}/office/accounts/new")
        page.get_by_label("帳號", exact=True).fill(person.login)
        page.get_by_label("姓名", exact=True).fill(person.name)
        page.get_by_label("電子郵件").fill(person.address)
        page.get_by_role("group", name="角色").get_by_label(person.role).check()
        if person.of_agency:
            page.get_by_label("所屬機關").select_option(label=AGENCY_NAME)
        page.get_by_role("button", name="建立並寄邀請").click()
        page.get_by_role("heading", name=person.name).first.wait_for()
    for person in people:
        set_first_password(town, person, link_in(town.letter(person.address, "帳號邀請")))


def set_first_password(town: Town, person: Person, link: str) -> None:
    page = town.pages.get(person.login) or town.visitor(person)
    page.goto(link)
    page.get_by_label("新密碼").fill(PASSWORD)
    page.get_by_label("再輸入一次").fill(PASSWORD)
    page.get_by_role("button", name="設定密碼").click()
    page.get_by_text("密碼設定好了").first.wait_for()


def write_tender_file(folder: Path) -> Path:
    """The tender system's XML: one tender that is behind, one bad row."""
    path = folder / "標案.xml"
    good = tender_xml(
        number=NUMBER, name=TENDER, agency=AGENCY_NAME, awarded="1140301", cause="管線未遷，用地未取得"
    )
    path.write_bytes(xml_file(good, tender_xml(number="C-2", name="", agency=AGENCY_NAME)))
    return path


def import_tenders(town: Town) -> None:
    """Dry run first, then the very same bytes; the same file again changes nothing."""
    path, page = write_tender_file(town.folder), town.office(COORDINATOR)
    page.get_by_role("link", name="標案", exact=True).click()
    page.get_by_role("link", name="匯入標案").click()
    town.look(page, "import")
    page.get_by_label("檔案").set_input_files(path)
    page.get_by_role("button", name="試算").click()
    page.get_by_text("還沒有寫入任何資料").first.wait_for()
    town.look(page, "import preview")
    assert page.get_by_role("row").filter(has_text="標案名稱").count() == 1  # the bad row is told
    assert town.rows("SELECT id FROM tenders") == []
    page.get_by_role("button", name="確認匯入").click()
    page.get_by_role("heading", name="已完成").wait_for()
    page.get_by_role("link", name="再匯入一個檔案").click()
    page.get_by_label("檔案").set_input_files(path)
    page.get_by_role("button", name="試算").click()
    page.get_by_text("不需要匯入").first.wait_for()
    found = town.one("SELECT number, name, award_amount, state FROM tenders")
    assert found == {"number": NUMBER, "name": TENDER, "award_amount": 58_000_500, "state": "施工中"}


def enter_experts(town: Town) -> None:
    """The two external members, by hand, with the accounts by which they use a tablet."""
    for person in (MEMBER, PAPER_MEMBER):
        page = town.office(COORDINATOR)
        page.goto(f"{town.product.url}/office/experts/new")
        page.get_by_label("姓名", exact=True).fill(person.name)
        page.get_by_role("radio", name="外聘", exact=False).check()
        page.get_by_label("服務單位").fill("示範大學土木工程學系")
        page.get_by_label("專長").fill("土木、結構")
        page.get_by_label("專家編號").fill(f"R-{person.login}")
        page.get_by_label("列名工程會專家名單").check()
        page.get_by_label("登入帳號").select_option(label=f"{person.name}（{person.login}）")
        page.get_by_label("現用，可以排入小組").check()
        page.get_by_role("button", name="儲存").click()
        page.get_by_text(person.name).first.wait_for()
    assert town.one("SELECT COUNT(*) AS n FROM experts WHERE account_id IS NOT NULL AND external")["n"] == 2


def invite_the_agency(town: Town) -> None:
    """The agency has come with its tender; now its people can be invited."""
    invite(town, (HANDLER,))
    with town.inside():
        agency = db.session.scalars(select(Agency).where(Agency.name == AGENCY_NAME)).one()
        make.account(
            "agency_approver",
            login=APPROVER.login,
            name=APPROVER.name,
            password=PASSWORD,
            agency_id=agency.id,
        )
