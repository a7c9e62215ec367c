"""Which figures of an office page stand there without their reasons: what `ui.told` marks wants a 「為什麼？」 beside it."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
BESIDE = frozenset(("tr", "li", "section", "article"))
BOXES = frozenset(("figure", "lead", "result"))


@dataclass(slots=True)
class Part:
    """An element: what it is, what it says, what lies in it."""

    tag: str
    given: dict[str, str]
    above: Part | None
    text: str = ""
    why: bool = False

    @property
    def ends_here(self) -> bool:
        """A row, a figure, a section: reasons outside of it are not beside."""
        return self.tag in BESIDE or not BOXES.isdisjoint(self.given.get("class", "").split())


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[Part] = []
        self.here = Part("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        part = Part(tag, {name: value or "" for name, value in attrs}, self.here)
        if "why" in part.given.get("class", "").split():
            self._mark()
        if "data-told" in part.given:
            self.told.append(part)
        if tag not in VOID:
            self.here = part

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Shapes of a picture hold nothing."""

    def handle_endtag(self, tag: str) -> None:
        part: Part | None = self.here
        while part is not None and part.tag != tag:
            part = part.above
        if part is not None and part.above is not None:
            self.here = part.above

    def handle_data(self, data: str) -> None:
        self.here.text += data.strip()

    def _mark(self) -> None:
        part: Part | None = self.here
        while part is not None:
            part.why = True
            part = part.above


def _beside(part: Part) -> Part:
    while part.above is not None and not part.ends_here:
        part = part.above
    return part


def told(html: str) -> list[str]:
    """The figures that the page marks, as `kind text`."""
    page = _Page()
    page.feed(html)
    return [f"{part.given['data-told']} {part.text}" for part in page.told]


def bare(html: str) -> list[str]:
    """Those of them that have no reasons in their row, figure, line or section."""
    page = _Page()
    page.feed(html)
    return [f"{part.given['data-told']} {part.text}" for part in page.told if not _beside(part).why]
