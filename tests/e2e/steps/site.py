"""The day on site as one story: three tablets, a network that goes away, a browser that dies."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from playwright.sync_api import expect

from tests.e2e.steps import tablet as on
from tests.e2e.steps.founding import TENDER
from tests.e2e.steps.tablet import Tablet, take_photo
from tests.e2e.steps.town import LEADER, MEMBER, PAPER_MEMBER, STAFF, Town, as_json
from tests.support.field import enter_pin

HONEYCOMB = "A2 橋墩柱面蜂窩長約 30 公分"
LITTER = "鋼筋保護層墊塊不足"
DESIGN = "排水溝轉角未設清掃口，維護不便"


def tablets(town: Town) -> dict[str, Tablet]:
    return {person.login: Tablet(town, person) for person in (LEADER, MEMBER, STAFF)}


def get_ready(town: Town) -> dict[str, Tablet]:
    """All sign in while there is a network; the leader arrives, the others download."""
    found = tablets(town)
    for tablet in found.values():
        on.sign_in(tablet)
    on.arrive(found[LEADER.login])
    assert town.one("SELECT state FROM visits")["state"] == "released"
    for person in (MEMBER, STAFF):
        on.download(found[person.login])
    return found


def cut(town: Town, found: dict[str, Tablet]) -> None:
    """No network on the tablets and no server anywhere."""
    for tablet in found.values():
        tablet.context.set_offline(True)
    town.product.stop()


def record(town: Town, found: dict[str, Tablet]) -> None:
    """Everything that is written on site without a network."""
    leader, member, staff = (found[person.login] for person in (LEADER, MEMBER, STAFF))
    on.basics(leader)
    on.attendance(leader)
    on.finding(
        leader,
        search="5.01.01",
        text=HONEYCOMB,
        severity="中等",
        place="A2 橋墩",
        photo=take_photo(town, "蜂窩", 1),
    )
    on.finding(leader, search="7.03.01", text=DESIGN, severity="", place="1K+200", photo=None)
    on.core_test(leader)
    on.score(leader, 32)
    on.clear_the_room(leader)
    on.agree_points(leader, {HONEYCOMB: (2, "承攬廠商")})
    on.set_deadline(leader)
    on.finding(
        member,
        search="保護層",
        text=LITTER,
        severity="輕微",
        place="左側擋土牆",
        photo=take_photo(town, "保護層", 2),
        composed=("ㄅㄠㄏㄨˋㄘ", "5.02.05"),
    )
    on.score(member, 31)
    on.merit(staff, "施工便道保持清潔，圍籬完整。")
    on.copy_paper_sheet(staff, PAPER_MEMBER, take_photo(town, "評分表", 3))


def die_and_come_back(leader: Tablet) -> None:
    """The browser is killed and opened again without a network: everything is there."""
    leader.kill()
    leader.wake(offline=True)
    leader.context.clear_cookies()  # its session ends, too: whether it outlived the kill is the browser's luck
    page = leader.page
    leader.look("pin")
    enter_pin(page)
    page.get_by_role("link", name="開始查核").click()
    page.get_by_role("heading", name=TENDER).wait_for()
    leader.step("缺失與建議")
    page.get_by_role("link", name=re.compile(HONEYCOMB)).click()
    expect(page.get_by_role("textbox", name="缺失內容")).to_have_value(HONEYCOMB)
    expect(page.get_by_label("位置")).to_have_value("A2 橋墩")
    shown = page.get_by_role("region", name="照片").get_by_role("img")
    expect(shown).to_have_count(1)
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth > 0)")
    leader.step("基本資料與進度")
    expect(page.get_by_label("預定進度")).to_have_value("62.35")
    leader.step("抽驗")
    expect(page.get_by_label("取樣位置")).to_have_value("A2 橋墩")
    leader.step("我的評分")
    expect(page.get_by_role("status", name="合計")).to_contain_text("80")
    leader.step("扣點會議")
    expect(page.get_by_role("link", name=re.compile(HONEYCOMB))).to_contain_text("承攬廠商 2 點")


def restore(town: Town, found: dict[str, Tablet]) -> None:
    """The network is back; what waits goes out, and everybody has what the others wrote."""
    town.product.start()
    for tablet in found.values():
        tablet.context.set_offline(False)
    for person in (MEMBER, STAFF):
        on.send(found[person.login])
    on.sign_in_again(found[LEADER.login])
    on.send(found[LEADER.login])


def finish(town: Town, found: dict[str, Tablet]) -> None:
    """Points for the others' findings, all sign, the leader closes, every tablet has its receipt."""
    leader, member, staff = (found[person.login] for person in (LEADER, MEMBER, STAFF))
    leader.step("扣點會議")
    expect(leader.page.get_by_role("link", name=re.compile(LITTER))).to_be_visible(timeout=90_000)
    on.agree_points(leader, {LITTER: (1, "承攬廠商")})
    on.all_agreed(leader)
    on.send(leader)
    on.sign(member, MEMBER.name)
    on.sign_on_paper(staff, PAPER_MEMBER, take_photo(town, "簽到單", 4))
    on.sign(staff, STAFF.name)
    on.sign(leader, "主辦機關承辦人")
    for tablet in (member, staff):
        on.send(tablet)
    on.sign(leader, LEADER.name)
    leader.step("簽名")
    expect(leader.page.get_by_role("region", name="查核小組").get_by_text("尚未簽名")).to_have_count(
        0, timeout=90_000
    )
    on.close(leader)
    for tablet in (leader, member, staff):
        on.send(tablet)
        on.receipt(tablet)
        assert tablet.complaints == []


def check_the_server(town: Town) -> None:
    """Exactly once, in every row: operations by device and sequence, photos byte by byte."""
    operations = town.rows("SELECT * FROM operations")
    assert len({row["id"] for row in operations}) == len(operations)
    for device in {row["device_id"] for row in operations}:
        seqs = sorted(row["seq"] for row in operations if row["device_id"] == device)
        assert seqs == list(range(1, len(seqs) + 1))
    assert {row["status"] for row in operations} == {"applied"}
    assert town.rows("SELECT * FROM set_aside") == []
    wanted = {hashlib.sha256(take_photo(town, name, seed).read_bytes()).hexdigest() for name, seed in
              (("蜂窩", 1), ("保護層", 2), ("評分表", 3), ("簽到單", 4))}  # fmt: skip
    assert {row["sha256"] for row in town.rows("SELECT sha256 FROM photos")} == wanted
    assert stored_hashes(town) == wanted
    signed = {
        row["sha256"]: row["verdict"] for row in town.rows("SELECT sha256, verdict FROM photo_witnesses")
    }
    assert signed == dict.fromkeys(wanted, "good")
    assert len(texts(operations, HONEYCOMB)) == 1
    assert town.one("SELECT state FROM inspections")["state"] == "closed"


def stored_hashes(town: Town) -> set[str]:
    """The hashes of the stored originals, computed from their bytes."""
    names = {row["sha256"] for row in town.rows("SELECT sha256 FROM photos")}
    files = [path for path in (town.product.home / "photos").rglob("*") if path.is_file()]
    return {digest for path in files if (digest := hashlib.sha256(path.read_bytes()).hexdigest()) in names}


def texts(operations: list[dict[str, Any]], text: str) -> set[str]:
    """The findings that say this."""
    return {row["entity_id"] for row in operations if as_json(row["body"])["set"].get("text") == text}
