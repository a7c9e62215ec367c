"""The day on site: what leader, member and staff do at their tablets, with and without a network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.e2e.steps.founding import TENDER
from tests.e2e.steps.town import PASSWORD, PATIENCE, Person, Town
from tests.support import pictures
from tests.support.browsers import kill_device
from tests.support.field import choose_pin

WORDS = re.compile("^(缺失|建議)內容")
ON_DEVICE = re.compile("已存在本機|伺服器已收妥|已傳送")


@dataclass
class Tablet:
    """One person's tablet: its browser profile outlives the browser."""

    town: Town
    person: Person
    context: Any = None
    page: Any = None
    complaints: list[str] = field(default_factory=list)

    @property
    def profile(self) -> Path:
        return self.town.folder / f"tablet-{self.person.login}"

    def wake(self, *, offline: bool = False) -> None:
        """Open the app, as a tap on its icon does."""
        self.context = self.town.open_device(self.profile)
        self.context.set_default_timeout(PATIENCE)
        self.context.set_offline(offline)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{self.town.product.url}/app/")

    def kill(self) -> None:
        """SIGKILL to every process of this browser."""
        kill_device(self.profile)
        self.context = self.page = None

    def step(self, name: str) -> None:
        """From anywhere to a step of the inspection, by the list of steps."""
        while self.page.get_by_role("navigation", name="步驟").count() == 0:
            self.page.get_by_role("banner").get_by_role("link").first.click()
            self.page.wait_for_timeout(200)
        self.page.get_by_role("navigation", name="步驟").get_by_role("link", name=name).click()
        self.page.get_by_role("heading", level=1).wait_for()

    def saved(self) -> None:
        """The strip under the thumb says that it is on this device."""
        self.page.keyboard.press("Tab")
        expect(self.strip).to_have_text(ON_DEVICE, timeout=PATIENCE)

    @property
    def strip(self) -> Any:
        return self.page.get_by_role("contentinfo").get_by_role("link", name="查看傳送狀況").last

    def choose(self, group: str, text: str) -> None:
        self.page.get_by_role("group", name=group).get_by_text(text, exact=True).click()

    def look(self, name: str) -> None:
        self.town.look(self.page, f"app {name}")


def sign_in(tablet: Tablet) -> None:
    """First sign-in on this tablet; the service worker then holds the whole app."""
    tablet.wake()
    page = tablet.page
    page.get_by_label("帳號").fill(tablet.person.login)
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_label("裝置名稱").fill(f"{tablet.person.name}的平板")
    tablet.look("sign-in")
    page.get_by_role("button", name="登入").click()
    page.get_by_label("再輸入一次").wait_for()
    tablet.look("new pin")
    choose_pin(page)
    page.get_by_role("heading", name="我的查核").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.get_by_role("link", name="出發前檢查").first.click()
    page.get_by_role("heading", name="出發前檢查").wait_for()
    tablet.look("before leaving")
    page.get_by_role("banner").get_by_role("link").click()


def arrive(tablet: Tablet) -> None:
    """到場: from this moment the team sees the visit; the leader's tablet has the whole package."""
    page = tablet.page
    assert page.get_by_text(TENDER).count() == 0  # not open on a list before arrival
    tablet.look("visits")
    page.get_by_role("button", name="到場", exact=True).click()
    page.get_by_role("heading", name=TENDER).wait_for()
    tablet.look("inspection")


def download(tablet: Tablet) -> None:
    page = tablet.page
    page.get_by_role("button", name="更新").click()
    page.get_by_role("button", name="下載", exact=True).click()
    page.get_by_role("link", name="開始查核").click()
    page.get_by_role("heading", name=TENDER).wait_for()


def basics(tablet: Tablet) -> None:
    page = tablet.page
    tablet.step("基本資料與進度")
    page.get_by_role("button", name="晴", exact=True).click()
    page.get_by_label("預定進度").fill("62.35")
    page.get_by_label("實際進度").fill("51")
    page.get_by_text("落後 11.35%").wait_for()
    page.get_by_label("目前施工概況").fill("A2 橋墩混凝土澆置後養護，左側擋土牆模板組立。")
    tablet.saved()
    tablet.look("basics")


def attendance(tablet: Tablet) -> None:
    """Who came, and an absence with its reason."""
    page = tablet.page
    tablet.step("出席簽到")
    for role, name in (("主辦機關承辦人", "洪承辦"), ("監造技師／建築師", "方技師")):
        page.get_by_role("button", name=re.compile(f"^{role}")).click()
        tablet.choose("是否到場", "出席")
        page.get_by_label("姓名").last.fill(name)
        tablet.saved()
        page.get_by_role("button", name=re.compile(f"^{role}")).click()
    page.get_by_role("button", name=re.compile("^專任工程人員")).click()
    tablet.choose("是否到場", "缺席")
    page.get_by_label("缺席原因").fill("未經同意缺席")
    tablet.saved()
    tablet.look("attendance")


def compose(tablet: Tablet, label: str, syllables: str, found: str) -> None:
    """Half a word in 注音, as the input method shows it before it is a word: the list already has the code. Then it is given up."""
    box, keyboard = tablet.page.get_by_label(label), tablet.page.context.new_cdp_session(tablet.page)
    box.click()
    for length in range(1, len(syllables) + 1):
        typed = {"text": syllables[:length], "selectionStart": length, "selectionEnd": length}
        keyboard.send("Input.imeSetComposition", typed)
    expect(box).to_have_value(syllables)
    options = tablet.page.get_by_role("listbox", name="找到的編號").get_by_role("option")
    expect(options.filter(has_text=found)).to_have_count(1)
    keyboard.send("Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0})
    keyboard.detach()


def finding(
    tablet: Tablet,
    *,
    search: str,
    text: str,
    severity: str,
    place: str,
    photo: Path | None,
    composed: tuple[str, str] | None = None,
) -> None:
    """One finding: code by number or word (or first by half a word in 注音), severity, place, words, photo."""
    page = tablet.page
    tablet.step("缺失與建議")
    page.get_by_role("button", name="記一項缺失").click()
    if composed:
        compose(tablet, "缺失編號", *composed)
    page.get_by_label("缺失編號").fill(search)
    page.get_by_role("listbox", name="找到的編號").get_by_role("option").first.click()
    page.get_by_role("button", name="改編號").wait_for()  # a code, not a heading
    page.get_by_role("textbox", name=WORDS).fill(text)
    if severity:
        tablet.choose("缺失情節", severity)
    page.get_by_label("位置").fill(place)
    if photo:
        page.get_by_role("region", name="照片").get_by_label("拍照").set_input_files(photo)
        page.get_by_role("region", name="照片").get_by_text("1 張", exact=True).wait_for()
    tablet.saved()
    tablet.look("finding")


def merit(tablet: Tablet, text: str) -> None:
    page = tablet.page
    tablet.step("優點")
    page.get_by_role("region", name="施工品質", exact=True).get_by_role("button", name="加一項").click()
    page.get_by_role("textbox", name="施工品質優點 1").fill(text)
    tablet.saved()
    tablet.look("merits")


def core_test(tablet: Tablet) -> None:
    page = tablet.page
    tablet.step("抽驗")
    page.get_by_role("button", name="混凝土鑽心", exact=True).click()
    page.get_by_label("取樣位置").fill("A2 橋墩")
    page.get_by_label("數量").fill("3 顆")
    page.get_by_label("試驗室").fill("示範材料試驗室")
    tablet.saved()
    tablet.look("tests")


SHEET = {
    "工程主辦機關": 4,
    "監造單位": 4,
    "承攬廠商": 8,
    "混凝土、鋼筋": 32,
    "材料設備檢驗": 8,
    "施工安全衛生": 8,
    "施工進度": 16,
}  # 80


def fill_sheet(tablet: Tablet, structure: int) -> None:
    for label, points in (SHEET | {"混凝土、鋼筋": structure}).items():
        tablet.page.get_by_role("textbox", name=re.compile(f"^{label}(?!評語).*$")).first.fill(str(points))
    tablet.page.get_by_label("施工品質評語").fill("結構體尚可，養護不足。")
    tablet.saved()


def score(tablet: Tablet, structure: int) -> None:
    """The own sheet, for nobody else's eyes; handed in."""
    page = tablet.page
    tablet.step("我的評分")
    page.get_by_role("button", name="顯示").click()
    fill_sheet(tablet, structure)
    tablet.look("score")
    page.get_by_role("button", name="交卷", exact=True).click()
    page.get_by_text("已交卷").first.wait_for()
    tablet.saved()


def copy_paper_sheet(tablet: Tablet, member: Person, paper: Path) -> None:
    """代登: the photo of the signed paper first, then its numbers."""
    page = tablet.page
    tablet.step("代登")
    page.get_by_role("link", name=member.name).click()
    page.get_by_label("拍評分表").set_input_files(paper)
    page.get_by_role("status", name="合計").wait_for()
    fill_sheet(tablet, 32)
    tablet.look("on behalf")
    page.get_by_role("button", name="代登交卷").click()
    page.get_by_text("已代登交卷").first.wait_for()
    tablet.saved()


def clear_the_room(tablet: Tablet) -> None:
    tablet.step("扣點會議")
    tablet.page.get_by_role("button", name="已清場，開始議定").click()
    tablet.page.get_by_text("清場。").wait_for()


def agree_points(tablet: Tablet, findings: dict[str, tuple[int, str]]) -> None:
    """Per finding (a piece of its text) the agreed points and the party charged."""
    page = tablet.page
    for text, (points, party) in findings.items():
        tablet.step("扣點會議")
        page.get_by_role("list", name="缺失").get_by_role("link", name=re.compile(text)).click()
        page.get_by_text(text).last.wait_for()
        page.get_by_role("textbox", name="扣點").fill(str(points))
        tablet.choose("記點對象", party)
        tablet.saved()
        tablet.look("points")
        page.get_by_role("button", name="議定這一項").click()
        tablet.saved()


def set_deadline(tablet: Tablet) -> None:
    page = tablet.page
    tablet.step("扣點會議")
    page.get_by_role("button", name="21 天後").click()
    tablet.saved()
    tablet.look("points result")


def all_agreed(tablet: Tablet) -> None:
    tablet.step("扣點會議")
    tablet.page.get_by_label("扣點已全部議定").check()
    tablet.saved()


def sign(tablet: Tablet, title: str) -> None:
    """By finger on the glass."""
    page = tablet.page
    tablet.step("簽名")
    page.get_by_role("link", name=re.compile(title)).click()
    pad = page.get_by_role("img", name="簽名處")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 90)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 40 + step * 20, box["y"] + (60 if step % 2 else 120))
    page.mouse.up()
    tablet.look("signature")
    page.get_by_role("button", name="完成簽名").click()
    page.get_by_text(re.compile("^已簽 [1-9]")).wait_for()
    tablet.saved()


def sign_on_paper(tablet: Tablet, member: Person, paper: Path) -> None:
    page = tablet.page
    tablet.step("簽名")
    page.get_by_role("link", name=re.compile(member.name)).click()
    page.get_by_label("拍簽名紙本").set_input_files(paper)
    page.get_by_role("img", name="簽名的紙本").wait_for()
    page.get_by_role("button", name="完成簽名").click()
    page.get_by_text(re.compile("^已簽 [1-9]")).wait_for()
    tablet.saved()


def close(tablet: Tablet) -> None:
    """結束查核, when nothing is missing any more."""
    page = tablet.page
    tablet.step("簽名")
    page.get_by_role("link", name="下一步：結束查核").click()
    tablet.look("closing")
    page.get_by_role("button", name="結束查核").click()
    page.get_by_text("查核已結束").first.wait_for()


def send(tablet: Tablet) -> None:
    """Send now, and wait until everything that this tablet knows of is on the server."""
    tablet.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(tablet.strip).to_have_text(re.compile("伺服器已收妥|已傳送"), timeout=120_000)


def sign_in_again(tablet: Tablet) -> None:
    """The session ended while there was no network: the work waits here, and goes out after the password."""
    page = tablet.page
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(tablet.strip).to_contain_text("請重新登入", timeout=60_000)
    tablet.strip.click()
    page.get_by_label(f"{tablet.person.name}的密碼").fill(PASSWORD)
    tablet.look("sync signed out")
    page.get_by_role("button", name="重新登入並傳送").click()
    expect(page.get_by_label(f"{tablet.person.name}的密碼")).to_have_count(0)


def receipt(tablet: Tablet) -> None:
    """The server's signed receipt covers everything."""
    page = tablet.page
    tablet.strip.click()
    paper = page.get_by_role("region", name="伺服器收據")
    expect(paper.get_by_text("全部收妥")).to_be_visible(timeout=120_000)
    expect(paper.get_by_text("相符", exact=True)).to_be_visible()
    expect(paper.get_by_text("簽章有效")).to_be_visible()
    tablet.look("receipt")


def take_photo(town: Town, name: str, seed: int) -> Path:
    path = town.folder / f"{name}.jpg"
    if not path.exists():
        path.write_bytes(pictures.photo(1600, 1200, seed))
    return path
