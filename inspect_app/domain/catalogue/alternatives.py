"""The □ alternatives in a row's text: offered as ticks, built into a sentence, rebuilt letter by letter."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

BOX = "□"
_JOIN = "，,；;。、或 \u3000"
_FAULTS = "未無不錯缺"
_FAULT = re.compile("有無|[未無不錯缺]")
BARE = 6


@dataclass(frozen=True, slots=True)
class Option:
    """One alternative. `before` and `after` are the joining words around it, kept so that the text can be rebuilt."""

    text: str
    before: str = ""
    after: str = ""
    boxed: bool = True

    def rebuild(self) -> str:
        """The letters as printed."""
        return f"{BOX if self.boxed else ''}{self.before}{self.text}{self.after}"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """`lead` is the subject that all alternatives share; `joint` the joining word after it."""

    lead: str
    joint: str
    options: tuple[Option, ...]

    def rebuild(self) -> str:
        """The printed text, exactly."""
        return self.lead + self.joint + "".join(option.rebuild() for option in self.options)


def alternatives(text: str) -> Alternatives:
    """The parts of a row's text; a text without □ is all lead and has no options.

    A fault before the first □ that is joined by 或 is an alternative, too, only printed without its box.
    """
    first, *boxed = text.split(BOX)
    options = tuple(map(_option, boxed))
    if not options:
        return Alternatives(text, "", ())
    lead, joint = _cut_end(first) if _joins(first) else (first, "")
    if lead and ("或" in joint or options[0].before) and any(mark in lead for mark in _FAULTS):
        return Alternatives("", "", (Option(lead, after=joint, boxed=False), *options))
    return Alternatives(lead, joint, options)


def _joins(lead: str) -> bool:
    """`甲，或□` or `甲，□或`: the lead's end is a joining word; `管線或□道路` has no comma and stays whole unless it is a fault."""
    end = _cut_end(lead)[1]
    return bool(end) and (end != "或" or any(mark in lead for mark in _FAULTS))


def _cut_end(text: str) -> tuple[str, str]:
    kept = text.rstrip(_JOIN)
    return kept, text[len(kept) :]


def _option(part: str) -> Option:
    before = "或" if part.startswith("或") else ""
    kept, after = _cut_end(part[len(before) :])
    return Option(kept, before, after)


def sentence(text: str, ticks: Collection[int]) -> str:
    """The finding's sentence from the ticked alternatives (indexes from 0); none or unknown ones alone give the lead.

    It is a proposal that the inspector may edit. A text without □ is its own sentence.
    """
    parts = alternatives(text)
    if not parts.options:
        return text
    chosen = [index for index in range(len(parts.options)) if index in ticks]
    text = "，".join(parts.options[index].text for index in chosen)
    return (_subject(parts, chosen) + text).strip(_JOIN)


def _subject(parts: Alternatives, chosen: list[int]) -> str:
    """The shared lead; or, where the unboxed first alternative holds the subject and a bare `未符合規定` is ticked, its beginning."""
    first = parts.options[0]
    if not chosen or first.boxed:
        return parts.lead + ("，" if chosen and parts.joint.startswith("，") else "")
    bare = chosen[0] > 0 and len(parts.options[chosen[0]].text) <= BARE
    return _FAULT.split(first.text, maxsplit=1)[0] if bare else ""


def short(text: str, width: int = 24) -> str:
    """The short form for lists: the lead with the first alternative, cut to `width` characters, and how many more there are."""
    parts = alternatives(text)
    whole = sentence(text, {0}) if parts.options else text
    shown = whole if len(whole) <= width else whole[: width - 1] + "…"
    more = len(parts.options) - 1
    return f"{shown}等{more + 1}項" if more > 0 else shown
