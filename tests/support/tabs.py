"""Forms opened in a browser's tab: they stay as they were opened until they are sent, however the world goes on."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict

from tests.support.office import Visitor


class Page(HTMLParser):
    """The fields of one form, as a browser would send them; `action` is the end of its address, empty for the page's own."""

    def __init__(self, html: str, action: str = "") -> None:
        super().__init__()
        self.fields: MultiDict[str, str] = MultiDict()
        self._action, self._inside, self._area, self._select = action, False, "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method") == "post" and given.get("action", "").endswith(self._action)
            self._inside &= "form" in given.get("class", "").split()
        if not self._inside:
            return
        if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.fields.add(given.get("name", ""), given.get("value", ""))
        if tag == "textarea":
            self._area = given["name"]
            self.fields.add(self._area, "")
        if tag == "select":
            self._select = given["name"]
            self.fields.add(self._select, "")
        if tag == "option" and "selected" in given:
            self.fields[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area
        self._inside &= tag != "form"


class Tab:
    """A form opened in a tab: it stays as it was opened until it is sent."""

    def __init__(self, browser: Visitor, path: str, action: str = "", send_to: str = "") -> None:
        whole = path.split("?")[0] + action if action.startswith("/") else path
        self.browser, self.path, self.action = browser, send_to or whole, action
        self.opened = Page(browser.get(path).text, action).fields

    def send(self, **typed: Any) -> Any:
        answer = self.browser.send(self.path, **(self.opened.to_dict(flat=False) | typed))
        if answer.status_code == 422:  # the form is shown again
            self.opened = Page(answer.text, self.action).fields
        return answer


def clash(browser: Visitor, path: str, name: str, first: str, second: str, action: str = "") -> str:
    """Two tabs change the same field; answers the page that the second one gets. Sent again it is meant, and counts."""
    one, other = Tab(browser, path, action), Tab(browser, path, action)
    assert "version" in other.opened, path
    assert one.send(**{name: first}).status_code == 303, path
    told = other.send(**{name: second})
    assert (told.status_code, other.opened[name].strip()) == (422, second), path
    assert Tab(browser, path, action).opened[name].strip() == first.replace(",", ""), path
    assert other.send().status_code == 303, path
    assert Tab(browser, path, action).opened[name].strip() == second.replace(",", ""), path
    return str(told.text)
