"""A city small enough for one device: a leader per trial, each with a released visit, and their tablet in a real browser.

What a person saw as saved is written down by the trial (`Promised`); afterwards `Device.holds` and `Ground.holds` say what
is really there, read from IndexedDB and from the server's own database, beside the product.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Playwright, expect

from tests.support import factories, pictures
from tests.support.browsers import kill_device, launch_device
from tests.support.product import Product

PATIENCE = 90_000  # milliseconds; the machine may be busy
PIN = "314159"
OPEN_PAGES = ("/rescue", "/sign-in")  # before these nobody has to stand at the door
HELD = (Path(__file__).parent / "held.js").read_text()


@dataclass(frozen=True)
class Trial:
    """One leader with one visit."""

    account: str
    login: str
    visit: str


@dataclass
class Promised:
    """What the screen called saved: texts of findings, and hashes of photos."""

    texts: list[str] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Held:
    """What is really there: (operation id, entity id) by text, operation ids by photo, hashes whose bytes are whole."""

    texts: dict[str, set[tuple[str, str]]]
    references: dict[str, set[str]]
    whole: set[str]


def held(operations: list[dict[str, Any]], whole: set[str]) -> Held:
    texts: dict[str, set[tuple[str, str]]] = {}
    references: dict[str, set[str]] = {}
    for operation in operations:
        text, sha256 = operation["set"].get("text"), operation["set"].get("sha256")
        if operation["entity"] == "finding" and text:
            texts.setdefault(text, set()).add((operation["id"], operation["entity_id"]))
        if operation["entity"] == "photo" and sha256:
            references.setdefault(sha256, set()).add(operation["id"])
    return Held(texts, references, whole)


def held_in(rows: dict[str, Any]) -> Held:
    return held(rows["operations"], set(rows["whole"]))


@dataclass
class Ground:
    """The installation under the trials."""

    product: Product
    trials: list[Trial]

    def next(self) -> Trial:
        return self.trials.pop()

    def inside(self) -> AbstractContextManager[None]:
        return inside(self.product)

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        path = self.product.home / "inspect.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as link:
            link.row_factory = sqlite3.Row
            return [dict(row) for row in link.execute(sql, values)]

    def holds(self, trial: Trial) -> Held:
        bodies = self.rows("SELECT body FROM operations WHERE inspection_id = ?", trial.visit)
        photos = self.rows(
            "SELECT p.sha256 FROM photos p JOIN photo_possessions o USING (sha256) WHERE account_id = ?",
            trial.account,
        )
        return held([json.loads(row["body"]) for row in bodies], {row["sha256"] for row in photos})


def prepare(home: Path, trials: int) -> Ground:
    """A migrated installation with so many leaders and visits, its web server started."""
    home.mkdir(parents=True, exist_ok=True)
    product = Product(home)
    product.cli("migrate")
    made = _people(product, trials)
    return Ground(product.start("web"), made)


@contextmanager
def inside(product: Product) -> Iterator[None]:
    """The installation's own services, in this process."""
    from inspect_app import create_app
    from inspect_app.config import Settings
    from inspect_app.extensions import db

    app = create_app(Settings.from_env(product.env))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def _people(product: Product, count: int) -> list[Trial]:
    with inside(product):
        owner, found = factories.agency(), []
        for number in range(count):
            login, password = f"leader{number}", factories.PASSWORD
            leader = factories.account("leader", "inspector", login=login, password=password)
            visit = factories.released_visit(factories.tender(owner), leader)
            found.append(Trial(leader.id, leader.login, visit.id))
    return found


@dataclass
class Device:
    """A tablet of one leader. The browser's profile outlives the browser."""

    playwright: Playwright
    ground: Ground
    trial: Trial
    profile: Path
    context: Any = None
    page: Any = None
    url: str = ""  # where the app is, if not at the product itself
    offline: bool = False
    upload: int | None = None  # bytes per second, None for what the machine gives
    options: dict[str, Any] = field(default_factory=dict)  # of the browser: another time zone, say
    complaints: list[str] = field(default_factory=list)
    ready: bool = False  # somebody has signed in and set a PIN
    pin: str = PIN

    def open(self, path: str | None = "") -> Device:
        """A tap on the icon, or a link to a place in the app; None: an empty window."""
        self.context = launch_device(self.playwright, self.profile, **self.options)
        self.context.set_default_timeout(PATIENCE)
        self.context.set_offline(self.offline)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if self.upload is not None:
            self.throttle(self.page)
        if path is not None:
            self.goto(self.page, path)
        return self

    def goto(self, page: Any, path: str = "") -> None:
        """A page loaded anew stands before the door; whoever has set a PIN enters it."""
        page.goto(f"{self.url or self.ground.product.url}/app/{path}", wait_until="domcontentloaded")
        self.come_in(page)

    def reload(self) -> None:
        self.page.reload(wait_until="domcontentloaded")
        self.come_in(self.page)

    def come_in(self, page: Any) -> None:
        if self.ready and not page.url.endswith(OPEN_PAGES):
            enter_pin(page, self.pin)

    def throttle(self, page: Any) -> None:
        line = {
            "offline": self.offline,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": self.upload or -1,
        }
        self.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)

    def get_ready(self) -> Device:
        """First sign-in, the package taken along, the app installed."""
        self.open()
        page = self.page
        page.get_by_label("帳號").fill(self.trial.login)
        page.get_by_label("密碼").fill(factories.PASSWORD)
        page.get_by_role("button", name="登入").click()
        choose_pin(page)
        page.get_by_role("button", name="下載", exact=True).click()
        begin, trouble = page.get_by_role("link", name="開始查核"), page.get_by_role("alert")
        begin.or_(trouble).first.wait_for()
        assert trouble.all_inner_texts() == []
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.ready = True
        return self

    def close(self) -> None:
        self.context.close()
        self.context = self.page = None

    def kill(self) -> None:
        """SIGKILL to every process of this browser."""
        kill_device(self.profile)
        self.context = self.page = None

    def end(self) -> None:
        """Whatever it is doing, it is over."""
        if self.context is not None:
            try:
                self.context.close()
            except Error:
                kill_device(self.profile)
        self.context = self.page = None

    @property
    def findings(self) -> str:
        return f"visits/{self.trial.visit}/findings/"

    def form(self, page: Any = None) -> Any:
        return (page or self.page).get_by_role("region", name="缺失內容")

    def begin(self) -> None:
        """An empty finding on the screen."""
        self.page.get_by_role("button", name="記一項").last.click()
        expect(self.form().get_by_role("textbox", name="缺失內容")).to_have_value("", timeout=PATIENCE)

    def write(self, text: str) -> None:
        """Type; returns when the form says 已存."""
        box = self.form().get_by_role("textbox", name="缺失內容")
        box.fill(text)
        box.press("Tab")
        self.form().get_by_text("已存", exact=True).wait_for()

    def photograph(self, *photos: bytes) -> None:
        """Take pictures; does not wait."""
        files = [
            {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": photo}
            for number, photo in enumerate(photos)
        ]
        self.form().get_by_label("從相簿選").set_input_files(files)

    def shown_photos(self, count: int) -> None:
        """Wait until so many pictures stand in the finding: each was read back."""
        self.form().get_by_role("region", name="照片").get_by_text(f"{count} 張", exact=True).wait_for()

    def raw(self) -> dict[str, Any]:
        """The rows of IndexedDB, as they are."""
        found: dict[str, Any] = self.page.evaluate(HELD, {"account": self.trial.account, "pin": self.pin})
        assert found["plain"] == 0, "rows that anybody could read"
        return found

    def holds(self) -> Held:
        return held_in(self.raw())

    def drain(self) -> None:
        """Good line, then: everything goes out. Signs in again where a kill took the cookie."""
        self.upload, self.offline = None, False
        self.context.set_offline(False)
        self.throttle(self.page)
        self.goto(self.page, "sync")
        panel = self.page.get_by_role("region", name="傳送", exact=True)
        again, safe = panel.get_by_label("的密碼"), panel.get_by_text("伺服器已收妥")
        panel.get_by_role("button", name="傳送").click()
        again.or_(safe).wait_for()
        if again.is_visible():
            again.fill(factories.PASSWORD)
            panel.get_by_role("button", name="重新登入並傳送").click()
        safe.wait_for()


def choose_pin(page: Any) -> None:
    """After the first sign-in on a tablet, before anything is downloaded."""
    page.get_by_label("開啟密碼", exact=True).fill(PIN)
    page.get_by_label("再輸入一次").fill(PIN)
    page.get_by_role("button", name="設定開啟密碼").click()


def enter_pin(page: Any, pin: str = PIN) -> None:
    """At every start; returns when the door is open, since a page that goes meanwhile leaves a try behind."""
    page.get_by_label("開啟密碼", exact=True).fill(pin)
    page.get_by_role("button", name="開啟", exact=True).click()
    page.get_by_role("button", name="忘記開啟密碼").wait_for(state="detached")


def picture(seed: int, size: int = 900_000) -> bytes:
    """A photo of about so many bytes: what a camera adds after the end of a JPEG is kept like the rest."""
    return pictures.photo(640, 480, seed=seed) + random.Random(seed).randbytes(size)


def missing(promised: Promised, *places: Held) -> list[str]:
    """What was called saved and is nowhere, or is there twice."""
    faults = []
    for text in promised.texts:
        found = {key for place in places for key in place.texts.get(text, ())}
        if len({entity for _, entity in found}) != 1:
            faults.append(f"finding {text!r} is there {len(found)} times")
    for sha256 in promised.photos:
        if not any(sha256 in place.whole for place in places):
            faults.append(f"the bytes of photo {sha256} are nowhere")
        references = {key for place in places for key in place.references.get(sha256, ())}
        if len(references) != 1:
            faults.append(f"photo {sha256} is referred to {len(references)} times")
    return faults


def sha256(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()
