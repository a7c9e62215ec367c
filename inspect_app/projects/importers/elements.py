"""Walking the tender system's XML: outermost 標案, children by name, whatever the name space."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element  # nosec B405: the type only; parsing is defusedxml's

from defusedxml.ElementTree import iterparse


def outermost_tenders(content: bytes) -> Iterator[Element]:
    """Each outermost 標案, let go of after use."""
    outer = 0
    for event, element in iterparse(BytesIO(content), events=("start", "end"), forbid_dtd=True):
        if _name(element) != "標案":
            continue
        outer += 1 if event == "start" else -1
        if event == "end" and outer == 0:
            yield element
            element.clear()


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
