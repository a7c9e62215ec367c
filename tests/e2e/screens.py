"""Pictures of every screen, to look at: `python3 dev.py e2e --screens [DIR]`. Against the demo city, without asserting."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, sync_playwright

from inspect_app.demo.people import PASSWORD
from tests.e2e.steps import tablet as on
from tests.support import pictures
from tests.support.browsers import launch
from tests.support.field import choose_pin, enter_pin
from tests.support.product import Product

SIZES = {
    "portrait": (768, 1024),
    "landscape": (1024, 768),
    "laptop": (1366, 768),
    "phone": (390, 844),
    "desk": (1440, 900),
}
DARK = {"portrait", "laptop", "phone"}  # the choice of sizes that is also made dark
ZOOMED = (320, 512)  # what 400 % leaves of a window of 1280 by 2048
PAPER = (718, 1016)  # A4 without its margins, at 96 dots per inch
GREY = "document.documentElement.style.filter = 'grayscale(1)'"
COLOURED = "document.documentElement.style.filter = ''"
NOTES = (
    ("5.01.01", "A2 橋墩柱面蜂窩長約 30 公分，" * 6 + "請敲除鬆動部分後修補", "中等"),
    ("保護層", "鋼筋保護層墊塊不足", "輕微"),
    ("5.14.01.01", "臨時用電設備未裝設漏電斷路器", "嚴重"),
)
TALLEST = 4000
PATIENCE = 60_000  # milliseconds

Steps = Callable[[Any], None]


def row_of(path: str) -> Steps:
    """Open a list and follow its first row."""

    def go(page: Any) -> None:
        page.goto(path)
        page.locator("tbody .row-link").first.click()
        page.wait_for_load_state("load")

    return go


def then(first: Steps, link: str) -> Steps:
    """After that, follow a link whose name begins so."""

    def go(page: Any) -> None:
        first(page)
        page.get_by_role("link", name=re.compile(f"^{link}")).first.click()
        page.wait_for_load_state("load")

    return go


def answering(page: Any) -> None:
    """The first case in which something is left to answer, at its next item."""
    page.goto("/office/cases")
    for address in page.locator("tbody .row-link").evaluate_all("links => links.map((link) => link.href)"):
        page.goto(address)
        if (link := page.get_by_role("link", name=re.compile("^填報下一項"))).count():
            link.first.click()
            page.wait_for_load_state("load")
            return
    raise Error("no case of this agency waits for an answer")


RECORD = row_of("/office/inspections?state=issued")
CASE = row_of("/office/cases")
MEETING = row_of("/office/meetings")
OFFICE: dict[str, dict[str, str | Steps]] = {
    "": {"sign-in": "/office/sign-in", "forgotten": "/office/forgotten"},
    "coordinator1": {
        "todo": "/office/", "visits": "/office/visits", "visit": row_of("/office/visits"), "plan": "/office/visits/new",
        "tenders": "/office/tenders", "tender": row_of("/office/tenders"), "import": "/office/imports/tenders",
        "inspections": "/office/inspections", "record": RECORD, "scores": then(RECORD, "評分"), "photos": then(RECORD, "照片"),
        "record-open": row_of("/office/inspections?state=closed"),
        "disputes": then(row_of("/office/inspections?state=closed"), "歧異與遲到"), "disputes-none": then(RECORD, "歧異與遲到"),
        "tidy": then(row_of("/office/inspections?state=closed"), "整理"),
        "copy": then(RECORD, "複製頁"), "cases": "/office/cases", "cases-overdue": "/office/cases?state=overdue", "case": CASE,
        "item": then(CASE, "審查下一項|填報下一項"), "experts": "/office/experts", "catalogue": "/office/catalogue",
        "quotas": "/office/quotas", "repeats": "/office/repeats", "rules": "/office/rules", "compare-rules": "/office/rules/compare",
        "quarantine": "/office/quarantine", "help": "/office/help", "me": "/office/me", "second-step": "/office/me/second-step",
        "problem": "/office/nowhere",
    },
    "convener": {
        "todo": "/office/", "approvals": "/office/visit-approvals",
        "approval": then(row_of("/office/inspections?state=approving"), "核定或退回"),
    },
    "agency1": {"todo": "/office/", "cases": "/office/cases", "case": CASE, "rulings": "/office/rulings"},
    "chair": {"page": "/office/chair", "meeting": MEETING},
    "secretary": {"todo": "/office/", "meetings": "/office/meetings", "meeting": MEETING, "new-meeting": "/office/meetings/new",
                  "ruling": then(MEETING, "登錄裁示")},
    "admin": {"accounts": "/office/accounts", "account": row_of("/office/accounts"), "new-account": "/office/accounts/new"},
    "auditor": {"audit": "/office/audit"},
}  # fmt: skip
FIELD = ("", "/basics", "/attendance", "/findings", "/findings/new", "/merits", "/tests", "/score", "/points", "/signatures",
         "/closing", "/late", "/sync")  # fmt: skip


class Camera:
    """Takes each screen in every size and theme, at 400 %, in grey and on paper, without loading it again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.taken, self.missed = folder, 0, list[str]()

    def take(self, page: Any, name: str) -> None:
        for size, (width, height) in SIZES.items():
            for theme in ("light", "dark") if size in DARK else ("light",):
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                self.snap(page, (width, height), f"{name}-{width}x{height}-{theme}")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.snap(page, ZOOMED, f"{name}-zoomed")
        page.evaluate(GREY)
        self.snap(page, SIZES["portrait"], f"{name}-grey")
        page.evaluate(COLOURED)
        page.emulate_media(media="print", color_scheme="light")
        self.snap(page, PAPER, f"{name}-paper")
        page.emulate_media(media="screen")

    def snap(self, page: Any, size: tuple[int, int], name: str) -> None:
        width, height = size
        page.set_viewport_size({"width": width, "height": height})
        tall = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": width, "height": max(tall, height)}
        page.screenshot(path=self.folder / f"{name}.jpg", clip=clip, full_page=True, type="jpeg", quality=70)
        self.taken += 1

    def visit(self, page: Any, name: str, go: Callable[[], Any]) -> None:
        """One screen; what cannot be reached is told at the end and does not stop the others."""
        try:
            go()
            self.take(page, name)
        except Error as error:
            self.missed.append(f"{name}: {str(error).splitlines()[0]}")


def office(camera: Camera, browser: Any, url: str) -> None:
    for login, screens in OFFICE.items():
        page = at_desk(browser, url, login)
        for name, where in screens.items():
            camera.visit(page, f"office-{login or 'nobody'}-{name}", going(page, where))
        page.context.close()
    camera.visit(*replying(browser, url))


def at_desk(browser: Any, url: str, login: str) -> Any:
    context = browser.new_context(base_url=url, locale="zh-TW", timezone_id="Asia/Taipei")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    if login:
        page.goto("/office/sign-in")
        enter(page, login)
        page.wait_for_url("**/office/**")
    return page


def replying(browser: Any, url: str) -> tuple[Any, str, Callable[[], Any]]:
    """An agency that has something to answer: which one that is differs from city to city."""
    for number in range(1, 7):
        page = at_desk(browser, url, f"agency{number}")
        with suppress(Error):
            answering(page)
            break
    return page, "office-agency-reply", lambda: answering(page)


def going(page: Any, where: str | Steps) -> Callable[[], Any]:
    return (lambda: page.goto(where)) if isinstance(where, str) else (lambda: where(page))


def enter(page: Any, login: str) -> None:
    page.get_by_label("帳號", exact=True).fill(login)
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登入", exact=True).click()


def field(camera: Camera, browser: Any, url: str) -> None:
    """The leader's tablet: the first inspection that can be opened, all of its screens."""
    context = browser.new_context(base_url=url, locale="zh-TW", timezone_id="Asia/Taipei", has_touch=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    camera.visit(page, "app-sign-in", lambda: (page.goto("/app/"), page.get_by_label("帳號").wait_for()))
    enter(page, "leader1")
    camera.visit(page, "app-new-pin", lambda: page.get_by_label("再輸入一次").wait_for())
    choose_pin(page)
    page.get_by_role("heading", name="我的查核").wait_for()
    camera.visit(page, "app-pin", lambda: page.get_by_role("button", name="鎖定").click())
    camera.visit(page, "app-pin-forgotten", lambda: page.get_by_role("button", name="忘記開啟密碼").click())
    page.get_by_role("button", name="回到開啟密碼").click()
    enter_pin(page)
    camera.visit(page, "app-visits", lambda: page.get_by_role("button", name="更新").wait_for())
    camera.visit(page, "app-before-leaving", lambda: at(page, "/app/before-leaving"))
    camera.visit(page, "app-change-pin", lambda: at(page, "/app/pin"))
    camera.visit(page, "app-rescue", lambda: page.goto("/app/rescue"))
    try:
        inside = open_inspection(page)
    except Error as error:
        camera.missed.append(f"app inspection: {str(error).splitlines()[0]}")
        return
    for path in FIELD:
        camera.visit(page, f"app{(path or '/inspection').replace('/', '-')}", screen_of(page, inside + path))
    camera.visit(page, "app-filled-inspection", partial(fill, camera, page, inside))
    context.close()


def at(page: Any, path: str) -> None:
    """A place in the app: a page loaded anew asks for the PIN."""
    page.goto(path)
    enter_pin(page)


class Pictured(on.Tablet):
    """A tablet whose steps have their pictures taken where the walk through the product looks at them."""

    def __init__(self, camera: Camera, page: Any) -> None:
        self.page, self.camera = page, camera

    def look(self, name: str) -> None:
        self.camera.take(self.page, f"app-filled-{name.replace(' ', '-')}")


def fill(camera: Camera, page: Any, inside: str) -> None:
    """An afternoon's notes, with the longest words there are, so that full screens are seen as well as empty ones."""
    tablet = Pictured(camera, page)
    at(page, inside)
    page.get_by_role("navigation", name="步驟").wait_for()
    on.basics(tablet)
    photo = camera.folder / "app-camera.jpg"
    photo.write_bytes(pictures.photo(1600, 1200, 7))
    for search, text, severity in NOTES:
        on.finding(tablet, search=search, text=text, severity=severity, place="A2 橋墩", photo=photo)
    on.merit(tablet, "施工便道保持清潔，圍籬完整，交通維持人員配置確實。")
    on.core_test(tablet)
    on.score(tablet, 32)
    on.clear_the_room(tablet)
    on.agree_points(tablet, {NOTES[0][1]: (2, "承攬廠商")})
    on.set_deadline(tablet)
    tablet.step("缺失與建議")
    tablet.look("findings")
    at(page, inside)
    page.get_by_role("navigation", name="步驟").wait_for()


def open_inspection(page: Any) -> str:
    """Download or arrive, as a leader would; answers the inspection's address."""
    at(page, "/app/visits")
    page.get_by_role("list", name="待辦").wait_for()
    opened = page.get_by_role("link", name=re.compile("開始查核|查看$"))
    fetched = page.get_by_role("button", name="下載", exact=True)
    opened.or_(fetched).or_(page.get_by_role("button", name="到場")).first.wait_for()
    if not opened.count() and fetched.count():
        fetched.first.click()
        opened.first.wait_for()
    (opened if opened.count() else page.get_by_role("button", name="到場")).first.click()
    page.wait_for_url(re.compile(r"/app/visits/[0-9a-f-]{36}$"))
    return str(page.url)


def screen_of(page: Any, path: str) -> Callable[[], Any]:
    def go() -> None:
        at(page, path)
        page.get_by_role("heading", level=1).wait_for()
        show = page.get_by_role("button", name="顯示", exact=True)
        if show.count():
            show.click()

    return go


def main(arguments: Iterable[str]) -> int:
    folder = Path(next(iter(arguments), "screens"))
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="inspect-app-screens-"))
    product, camera = Product(home / "home"), Camera(folder)
    product.home.mkdir()
    try:
        print("loading the demo city ...", flush=True)
        product.cli("demo")
        product.start()
        with sync_playwright() as driver:
            browser = launch(driver)
            field(camera, browser, product.url)
            office(camera, browser, product.url)
            browser.close()
    finally:
        product.stop()
        shutil.rmtree(home, ignore_errors=True)
    print(
        "\n".join(
            [f"{camera.taken} pictures in {folder}", *(f"not reached: {line}" for line in camera.missed)]
        )
    )
    return 1 if camera.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
