"""Why an answer is what it is: the rule, its article, its edition and the figures used, in words for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from inspect_app.domain.roc import short_date


class Evidence(StrEnum):
    """How sure we are of a rule (see docs: marks of the source)."""

    LAW = "LAW"  # the regulation's full text was read
    SEC = "SEC"  # a secondary source: a local rule, an agency's form
    SYS = "SYS"  # seen as labels in a public-sector system
    NV = "NV"  # not verified: a setting with an effective date


_NOTE = {
    Evidence.NV: "（此項未經查證，為可調整的設定{}）",
    Evidence.SYS: "（此項依機關系統所見，為可調整的設定{}）",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule stands: `article` in words, `edition` = the ISO date from which it applies."""

    article: str
    edition: str
    evidence: Evidence = Evidence.LAW

    @property
    def note(self) -> str:
        """The half sentence that marks a setting, empty for law and secondary sources."""
        since = f"，自 {short_date(date.fromisoformat(self.edition))} 起適用" if self.edition else ""
        return _NOTE.get(self.evidence, "").format(since)


Figure = int | str | bool | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an answer. `rule` is a stable id for tests and links, `text` the sentence for the screen."""

    rule: str
    text: str
    source: Source
    figures: Mapping[str, Figure] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """For JSON: {rule, text, source, edition, evidence, figures}."""
        return {
            "rule": self.rule,
            "text": self.text,
            "source": self.source.article,
            "edition": self.source.edition,
            "evidence": self.source.evidence.value,
            "figures": dict(self.figures),
        }


def because(rule: str, text: str, source: Source, **figures: Figure) -> Reason:
    """A reason; a setting that is not verified says so in its own text."""
    return Reason(rule, text + source.note, source, figures)
