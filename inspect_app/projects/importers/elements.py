"""Walking the tender system's XML: outermost 標案, children by name, whatever the name space."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element  # nosec B405: the type only; parsing is defusedxml's

from defusedxml.ElementTree import iterparse

MOST_DEPTH = 100
MOST_OUTSIDE = 500_000  # elements around the tenders
MOST_INSIDE = 200_000  # elements of one tender: a century of months is a tenth of it


def outermost_tenders(content: bytes) -> Iterator[Element]:
    """Each outermost 標案; nothing read before it is kept. ValueError for what no download looks like."""
    around: list[Element] = []
    outer = inside = outside = 0
    for event, element in iterparse(BytesIO(content), events=("start", "end"), forbid_dtd=True):
        inside, outside = (inside + 1, outside) if outer else (0, outside + 1)
        if _name(element) == "標案":
            outer += 1 if event == "start" else -1
            if event == "end" and outer == 0:
                yield element
                _let_go(around, element)
        elif outer == 0:
            _around(around, event, element)
        if len(around) > MOST_DEPTH or inside > 2 * MOST_INSIDE or outside > 2 * MOST_OUTSIDE:
            raise ValueError("too deep or too much")


def _around(around: list[Element], event: str, element: Element) -> None:
    if event == "start":
        around.append(element)
        return
    around.pop()
    _let_go(around, element)


def _let_go(around: list[Element], element: Element) -> None:
    """Empty the element, and take it out of the one around it."""
    element.clear()
    if around:
        around[-1].clear()


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def child_of(element: Element, name: str) -> Element | None:
    """The first child of a name, whatever its name space."""
    return next((inner for inner in element if _name(inner) == name), None)


def texts_of(element: Element | None) -> dict[str, str]:
    """The texts of an element's children by name, and of their children as `設計/費用`; the first of a name counts."""
    found: dict[str, str] = {}
    for inner in element if element is not None else ():
        name = _name(inner)
        found.setdefault(name, (inner.text or "").strip())
        for leaf in inner:
            found.setdefault(f"{name}/{_name(leaf)}", (leaf.text or "").strip())
    return found
