"""The town of a walk: one installation, its people, and the browsers in which they sit."""

from __future__ import annotations

import email
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from inspect_app import create_app
from inspect_app.config import Settings
from inspect_app.extensions import db
from tests.support.product import Product

PASSWORD = "walk the bridge 42"
PATIENCE = 60_000  # milliseconds; the machine may be busy
AXE = Path(__file__).parents[3] / "static/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = """async (rules) => {
  const closed = ['details:not([open]) > :not(summary)'];  // not laid out, so without a size
  const found = await axe.run({exclude: closed}, {runOnly: rules, resultTypes: ['violations']});
  return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target} ${node.failureSummary}`));
}"""


@dataclass(frozen=True)
class Person:
    login: str
    name: str
    role: str  # the word of the form
    of_agency: bool = False

    @property
    def address(self) -> str:
        return f"{self.login}@example.test"


ADMIN = Person("admin", "林怡君", "系統管理者")
COORDINATOR = Person("coord", "陳柏翰", "承辦（查核業務）")
CONVENER = Person("convener", "許召集", "召集人")
LEADER = Person("leader", "王領航", "領隊")
MEMBER = Person("chou", "周外聘", "查核委員")
PAPER_MEMBER = Person("wu", "吳紙本", "查核委員")
STAFF = Person("staff", "何助理", "工作人員")
SECRETARY = Person("secretary", "蔡幕僚", "督導會報幕僚")
CHAIR = Person("chair", "鄭主席", "會報主席")
HANDLER = Person("handler", "洪承辦", "機關承辦", of_agency=True)
AUDITOR = Person("auditor", "周稽核", "稽核")
APPROVER = Person("approver", "邱股長", "機關核章", of_agency=True)
COMMISSION = (COORDINATOR, CONVENER, LEADER, MEMBER, PAPER_MEMBER, STAFF, SECRETARY, CHAIR, AUDITOR)


@dataclass
class Town:
    """One installation with the browsers of its people; `grave` collects what axe says of the pages that were seen."""

    product: Product
    open_context: Callable[..., Any]
    open_device: Callable[..., Any]
    folder: Path
    pages: dict[str, Any] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)
    grave: list[str] = field(default_factory=list)

    def office(self, person: Person) -> Any:
        """The person's office browser, signed in, at the to-do list."""
        page = self.pages.get(person.login) or self.visitor(person)
        page.goto(f"{self.product.url}/office/")
        if "/sign-in" in page.url:
            sign_in(page, person)
        return page

    def todo(self, person: Person, button: str) -> Any:
        """Signed in, the person presses the one button of the first thing that waits with this word."""
        page = self.office(person)
        page.get_by_role("main").get_by_role("link", name=re.compile(f"^{button}：")).first.click()
        page.get_by_role("heading", level=1).first.wait_for()
        return page

    def visitor(self, person: Person) -> Any:
        context = self.open_context("desktop", accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        self.pages[person.login] = context.new_page()
        return self.pages[person.login]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The installation's own services, in this process."""
        app = create_app(Settings.from_env(self.product.env))
        with app.app_context():
            yield
            db.session.remove()
            db.engine.dispose()

    def look(self, page: Any, name: str) -> None:
        """Ask axe once about this kind of page."""
        if name not in self.checked:
            self.checked.add(name)
            page.wait_for_load_state("domcontentloaded")  # a click may have begun a page that has no body yet
            page.evaluate(
                "scrollTo(0, document.body.scrollHeight)"
            )  # nothing lies under the bar at the thumb
            page.evaluate(AXE.read_text(encoding="utf-8"))
            self.grave += [f"{name}: {line}" for line in page.evaluate(GRAVE, RULES)]

    def mails(self, to: str) -> list[EmailMessage]:
        found = [
            email.message_from_bytes(path.read_bytes(), policy=default)
            for path in sorted((self.product.home / "mail").glob("*.eml"))
        ]
        return [mail for mail in found if mail["To"] == to]  # type: ignore[misc]  # policy.default makes EmailMessage

    def letter(self, to: str, with_word: str) -> str:
        """The body of the newest mail to this address whose subject has the word; waits for the jobs process."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            found = [mail for mail in self.mails(to) if with_word in mail["Subject"]]
            if found:
                return str(found[-1].get_content())
            time.sleep(0.3)
        raise AssertionError(f"no mail to {to} with {with_word!r} in its subject")

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """What the database really holds, read beside the product."""
        with closing(
            sqlite3.connect(f"file:{self.product.home / 'inspect.sqlite3'}?mode=ro", uri=True)
        ) as link:
            link.row_factory = sqlite3.Row
            return [dict(row) for row in link.execute(sql, values)]

    def one(self, sql: str, *values: Any) -> dict[str, Any]:
        found = self.rows(sql, *values)
        assert len(found) == 1, (sql, found)
        return found[0]

    def until(self, sql: str, *values: Any, seconds: float = 60) -> list[dict[str, Any]]:
        """Wait until the query answers something."""
        deadline = time.monotonic() + seconds
        while not (found := self.rows(sql, *values)):
            assert time.monotonic() < deadline, f"nothing came of {sql}"
            time.sleep(0.3)
        return found


def sign_in(page: Any, person: Person) -> None:
    page.get_by_label("帳號", exact=True).fill(person.login)
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登入", exact=True).click()
    page.wait_for_url(re.compile(r"/office/(?!sign-in)"))


def link_in(text: str) -> str:
    """The first address in a text."""
    found = re.search(r"https?://\S+", text)
    assert found, text
    return found.group()


def as_json(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str | bytes) else text
