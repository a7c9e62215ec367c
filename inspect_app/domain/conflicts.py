"""Recusal of an expert for a tender, and whether a team is composed as the rules want it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from .editions import RuleSet
from .reasons import Evidence, Reason, Source, because
from .roc import format_date

_RECUSAL = Source("工程施工查核小組組織準則第7條、政府採購法第15條", "2023-08-17", Evidence.LAW)
_MEMBERS = Source("工程施工查核小組組織準則第5條", "2023-08-17", Evidence.LAW)
_UNFIT = Source("工程施工查核小組組織準則第8條、第9條", "2023-08-17", Evidence.LAW)
_COVER = Source("查核委員專長應涵蓋工程類別", "", Evidence.NV)
_SUFFIX = re.compile(r"(股份有限公司|有限公司|公司)$")


@dataclass(frozen=True, slots=True)
class Tie:
    """Employment by or service for an organisation, as `post`; open ends are None."""

    organisation: str
    post: str = ""
    since: date | None = None
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it counts on a day."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Relative:
    """Family at an organisation. `degree` 0 is a spouse or somebody of the same household."""

    relation: str
    degree: int
    organisation: str


@dataclass(frozen=True, slots=True)
class Disqualification:
    """Why somebody may not serve, and how long."""

    ground: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Expert:
    """One person of the roster (or off it). `earlier_work` and `declared` hold tender keys or organisations."""

    name: str
    external: bool = True
    ties: tuple[Tie, ...] = ()
    relatives: tuple[Relative, ...] = ()
    earlier_work: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    disqualifications: tuple[Disqualification, ...] = ()
    on_roster: bool = True
    approved_reason: str = ""


@dataclass(frozen=True, slots=True)
class TenderParties:
    """`parties`: {role label: organisations}; `posts`: {person: post} of the people who serve there."""

    key: str
    parties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    posts: Mapping[str, str] = field(default_factory=dict)

    def role_of(self, organisation: str) -> str | None:
        """The role of an organisation in this tender, None where it has none."""
        wanted = plain_name(organisation)
        return next((role for role, names in self.parties.items() if wanted in map(plain_name, names)), None)


@dataclass(frozen=True, slots=True)
class Conflict:
    """`kind`: disqualified, off_roster, employed, post, family, earlier_work, declared."""

    kind: str
    reason: Reason


def plain_name(name: str) -> str:
    """An organisation's name for comparison: half-width, 台 for 臺, without spaces and the company's form."""
    half = re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).replace("臺", "台")
    return _SUFFIX.sub("", half)


def conflicts(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> tuple[Conflict, ...]:
    """Every reason why the expert may not inspect the tender on a day; empty when there is none."""
    found: list[Conflict] = []
    for check in (_disqualified, _off_roster, _employed, _post, _family, _earlier_work, _declared):
        found += check(expert, tender, on, rules)
    return tuple(found)


def _conflict(kind: str, text: str, source: Source, **figures: int | str | bool | None) -> Conflict:
    return Conflict(kind, because(f"conflict.{kind}", text, source, **figures))


def _disqualified(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    for item in expert.disqualifications:
        if item.since <= on and (item.until is None or on <= item.until):
            end = f"至 {format_date(item.until)}" if item.until else "未定期限"
            yield _conflict("disqualified", f"{expert.name}因{item.ground}不得擔任查核委員，{end}", _UNFIT)


def _off_roster(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    if expert.external and not expert.on_roster and not expert.approved_reason.strip():
        text = f"{expert.name}不在工程會專家名單內，也沒有機關首長核可的理由"
        yield _conflict("off_roster", text, _MEMBERS)


def _employed(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    for tie in expert.ties:
        role = tender.role_of(tie.organisation)
        if role is not None and tie.holds(on):
            post = f"，擔任{tie.post}" if tie.post else ""
            yield _conflict(
                "employed", f"{expert.name}任職或服務於{role}「{tie.organisation}」{post}", _RECUSAL
            )


def _post(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    if expert.name in tender.posts:
        text = f"{expert.name}與本標案的{tender.posts[expert.name]}同名，應迴避或查證"
        yield _conflict("post", text, _RECUSAL)


def _family(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    degree, source = rules.value("recusal_degree"), rules.source_of("recusal_degree")
    for relative in expert.relatives:
        role = tender.role_of(relative.organisation)
        if role is not None and relative.degree <= degree:
            who = f"{expert.name}的{relative.relation}（{_degree(relative.degree)}）"
            text = f"{who}在{role}「{relative.organisation}」，迴避範圍為{degree}親等以內"
            yield _conflict("family", text, source, degree=relative.degree, limit=degree)


def _degree(degree: int) -> str:
    return f"{degree}親等" if degree else "配偶或共同生活家屬"


def _earlier_work(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    for item in expert.earlier_work:
        role = tender.role_of(item)
        if role is not None:
            text = f"{expert.name}曾在{role}「{item}」參與設計或監造，應迴避或查證"
            yield _conflict("earlier_work", text, _RECUSAL)
        elif item == tender.key:
            yield _conflict("earlier_work", f"{expert.name}曾參與本標案的設計或監造", _RECUSAL)


def _declared(expert: Expert, tender: TenderParties, on: date, rules: RuleSet) -> Iterator[Conflict]:
    for item in expert.declared:
        role = tender.role_of(item)
        if role is not None or item == tender.key:
            what = f"{role}「{item}」" if role else "本標案"
            yield _conflict("declared", f"{expert.name}自行聲明與{what}有利害關係", _RECUSAL)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a team for one case."""

    name: str
    external: bool
    leader: bool = False
    specialities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Composition:
    """`faults` refuse a team, `hints` only remind; both carry kinds empty, outside_share, leader, leader_in_house, speciality."""

    faults: tuple[Conflict, ...]
    hints: tuple[Conflict, ...]
    reasons: tuple[Reason, ...]


def composition(
    members: Sequence[Member], rules: RuleSet, letter: str = "", needed: Iterable[str] = ()
) -> Composition:
    """Outside members at least a third (or PCC's letter), exactly one leader, in-house where the setting wants it."""
    share = _share_reason(members, letter, rules)
    faults = [*_size(members), *_outside(members, letter, rules), *_leader(members, rules)]
    return Composition(tuple(faults), tuple(_uncovered(members, needed)), (share,))


def _outside_enough(members: Sequence[Member], rules: RuleSet) -> bool:
    part, whole = rules.value("outside_share")
    return sum(member.external for member in members) * int(whole) >= len(members) * int(part)


def _share_reason(members: Sequence[Member], letter: str, rules: RuleSet) -> Reason:
    outside, (part, whole) = sum(member.external for member in members), rules.value("outside_share")
    text = f"委員 {len(members)} 位，外聘 {outside} 位，外聘不得少於 {whole} 分之 {part}"
    if letter.strip() and not _outside_enough(members, rules):
        text += f"；工程會以 {letter.strip()} 函同意"
    return because(
        "team.share", text, rules.source_of("outside_share"), members=len(members), outside=outside
    )


def _size(members: Sequence[Member]) -> Iterator[Conflict]:
    if not members:
        yield Conflict("empty", because("team.empty", "小組還沒有委員", _MEMBERS))


def _outside(members: Sequence[Member], letter: str, rules: RuleSet) -> Iterator[Conflict]:
    if not _outside_enough(members, rules) and not letter.strip():
        outside, (part, whole) = sum(member.external for member in members), rules.value("outside_share")
        text = f"外聘 {outside} 位，少於 {len(members)} 位的 {whole} 分之 {part}，請增聘外聘委員或填工程會同意函文號"
        yield Conflict("outside_share", because("team.outside_share", text, rules.source_of("outside_share")))


def _leader(members: Sequence[Member], rules: RuleSet) -> Iterator[Conflict]:
    leaders = [member for member in members if member.leader]
    source = rules.source_of("leader_in_house")
    if members and len(leaders) != 1:
        yield Conflict("leader", because("team.leader", f"領隊要有一位，目前 {len(leaders)} 位", source))
    elif rules.value("leader_in_house") and any(member.external for member in leaders):
        text = f"領隊{leaders[0].name}是外聘委員，設定為由內聘委員擔任"
        yield Conflict("leader_in_house", because("team.leader_in_house", text, source))


def _uncovered(members: Sequence[Member], needed: Iterable[str]) -> Iterator[Conflict]:
    covered = {speciality for member in members for speciality in member.specialities}
    for speciality in needed:
        if speciality not in covered:
            text = f"沒有「{speciality}」專長的委員"
            yield Conflict("speciality", because("team.speciality", text, _COVER, speciality=speciality))
