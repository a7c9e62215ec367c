"""Penalty points and money: a statement per party in which every line is explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from .catalogue.rows import Edition
from .editions import RuleSet
from .money import format_money
from .reasons import Evidence, Reason, Source, because
from .rounding import decimal_text


class Party(StrEnum):
    """Who is charged: 主辦, 承攬, 監造, PCM."""

    OWNER = "owner"
    CONTRACTOR = "contractor"
    SUPERVISION = "supervision"
    PCM = "pcm"


PARTY_LABELS = {
    Party.OWNER: "主辦機關",
    Party.CONTRACTOR: "承攬廠商",
    Party.SUPERVISION: "監造單位",
    Party.PCM: "專案管理廠商",
}
PAYERS = tuple(
    (party.value, PARTY_LABELS[party]) for party in (Party.CONTRACTOR, Party.SUPERVISION, Party.PCM)
)
"""Whose points cost money, with their names."""
_CONTRACT = Source("契約約定", "", Evidence.SEC)


@dataclass(frozen=True, slots=True)
class Charge:
    """The agreed points of one finding. "Also" charges the same points to that party; its own number overrides it."""

    code: str
    party: Party
    points: int
    also_supervision: bool = False
    also_pcm: bool = False
    supervision_points: int | None = None
    pcm_points: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What the contract of the works says. `amounts`: contract amounts in NT$ by party (a cap counts on the party's own).

    `multipliers`: {code: factor} for the contractor only. `rates`: NT$ per point by party where the contract differs.
    `cap_source`: where the cap stands, when it is not in the contract.
    """

    procurement_amount: int
    amounts: Mapping[Party, int] = field(default_factory=dict)
    cap_ratio: Fraction | None = None
    multipliers: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[Party, int] = field(default_factory=dict)
    cap_source: Source | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement; `points` already multiplied. `code` is None for the line that the cap takes off."""

    code: str | None
    text: str
    base_points: int
    multiplier: int
    points: int
    amount: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What one party owes: points and amount are the sums of the lines. `rate` is NT$ per point."""

    party: Party
    points: int
    rate: int
    amount: int
    capped: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Penalties:
    """Statements of all four parties, the reasons, and the warnings (never blocks) about points outside printed ranges."""

    statements: Mapping[Party, Statement]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...] = ()


def penalties(
    charges: Sequence[Charge], contract: Contract, rules: RuleSet, table: Edition | None = None
) -> Penalties:
    """The statements. ValueError for negative points or a procurement amount below 0. `table` gives printed ranges."""
    for charge in charges:
        _check(charge)
    band, rate_reason = _band(contract.procurement_amount, rules)
    rates = {**band, **contract.rates, Party.OWNER: 0}
    statements = {party: _statement(party, rates[party], charges, contract) for party in Party}
    reasons = [rate_reason, *_contract_rates(contract), *_multiplied(charges, contract), *_also(charges)]
    reasons += [_cap_reason(statement, contract) for statement in statements.values() if statement.capped]
    return Penalties(statements, (*reasons, _owner_reason(rules)), tuple(_warnings(charges, table)))


def _check(charge: Charge) -> None:
    for points in (charge.points, charge.supervision_points, charge.pcm_points):
        if points is not None and points < 0:
            raise ValueError(f"{charge.code} 的扣點 {points} 是負數，扣點不可為負")


def _band(amount: int, rules: RuleSet) -> tuple[dict[Party, int], Reason]:
    if amount < 0:
        raise ValueError("採購金額不可為負")
    band = next(line for line in rules.value("rates") if amount >= line["from"])
    each = f"承攬廠商每點 {format_money(band['contractor'])}，監造單位 {format_money(band['supervision'])}"
    text = (
        f"採購金額 {format_money(amount)} 屬{band['label']}：{each}，專案管理廠商 {format_money(band['pcm'])}"
    )
    reason = because(
        "penalty.rate", text, rules.source_of("rates"), procurement_amount=amount, band_from=band["from"]
    )
    return {party: band[party] for party in Party if party in band}, reason


def _statement(party: Party, rate: int, charges: Iterable[Charge], contract: Contract) -> Statement:
    lines = [line for charge in charges if (line := _line(party, rate, charge, contract)) is not None]
    points, owed = sum(line.points for line in lines), sum(line.amount for line in lines)
    limit = cap(party, contract)
    if limit is None or owed <= limit:
        return Statement(party, points, rate, owed, False, tuple(lines))
    lines.append(Line(None, f"超過上限 {format_money(limit)} 的部分不計", 0, 1, 0, limit - owed))
    return Statement(party, points, rate, limit, True, tuple(lines))


def cap(party: Party, contract: Contract) -> int | None:
    """The most that a party owes: a share of its own contract, whole NT$ downwards; None without ratio or amount."""
    amount = contract.amounts.get(party)
    return None if contract.cap_ratio is None or amount is None else int(amount * contract.cap_ratio)


def _line(party: Party, rate: int, charge: Charge, contract: Contract) -> Line | None:
    base = points_of(charge, party)
    if base is None:
        return None
    factor = contract.multipliers.get(charge.code, 1) if party is Party.CONTRACTOR else 1
    points = base * factor
    times = f" × {factor} 倍" if factor != 1 else ""
    text = f"{charge.code}：{base} 點{times} × {format_money(rate)} = {format_money(points * rate)}"
    return Line(charge.code, text, base, factor, points, points * rate)


def points_of(charge: Charge, party: Party) -> int | None:
    """The points that a finding charges to a party, before any multiplier; None when it does not charge that party."""
    if charge.party is party:
        return charge.points
    if party is Party.SUPERVISION and charge.also_supervision:
        return charge.points if charge.supervision_points is None else charge.supervision_points
    if party is Party.PCM and charge.also_pcm:
        return charge.points if charge.pcm_points is None else charge.pcm_points
    return None


def _contract_rates(contract: Contract) -> list[Reason]:
    return [
        because(
            "penalty.contract_rate",
            f"契約約定{PARTY_LABELS[party]}每點 {format_money(rate)}",
            _CONTRACT,
            rate=rate,
        )
        for party, rate in contract.rates.items()
    ]


def _multiplied(charges: Iterable[Charge], contract: Contract) -> list[Reason]:
    codes = {charge.code for charge in charges if charge.party is Party.CONTRACTOR}
    return [
        because(
            "penalty.multiplier",
            f"契約約定缺失 {code} 對承攬廠商以 {factor} 倍計點",
            _CONTRACT,
            factor=factor,
        )
        for code, factor in contract.multipliers.items()
        if code in codes and factor != 1
    ]


def _also(charges: Iterable[Charge]) -> list[Reason]:
    source = Source("缺失紀錄表的併扣欄位", "", Evidence.SEC)
    return [
        because(
            "penalty.also",
            f"{charge.code} 併扣{PARTY_LABELS[party]} {points_of(charge, party)} 點，依該對象每點金額計",
            source,
        )
        for charge in charges
        for party in (Party.SUPERVISION, Party.PCM)
        if charge.party is not party and points_of(charge, party) is not None
    ]


def _cap_reason(statement: Statement, contract: Contract) -> Reason:
    ratio, amount = contract.cap_ratio, contract.amounts[statement.party]
    assert ratio is not None  # there is no cap without one
    share = f"契約金額 {format_money(amount)} 的 {_share(ratio)}"
    text = f"{PARTY_LABELS[statement.party]}以{share}為上限，計 {format_money(statement.amount)}"
    return because(
        "penalty.cap", text, contract.cap_source or _CONTRACT, contract_amount=amount, cap=statement.amount
    )


def _share(ratio: Fraction) -> str:
    return decimal_text(ratio * 100).rstrip("0").rstrip(".") + "%"


def _owner_reason(rules: RuleSet) -> Reason:
    return because("penalty.owner", "主辦機關的扣點只列示，不計金額", rules.source_of("rates"))


def _warnings(charges: Iterable[Charge], table: Edition | None) -> Iterable[Reason]:
    for charge in charges if table else ():
        row = table.by_code.get(charge.code) if table else None
        if row is None:
            yield _warning(charge, f"缺失編號 {charge.code} 不在所用的目錄中，請查對")
        elif row.range is not None and charge.points not in row.range:
            yield _warning(
                charge, f"{charge.code} 扣 {charge.points} 點，不在印出的範圍 {row.range} 內，請確認"
            )


def _warning(charge: Charge, text: str) -> Reason:
    source = Source("缺失編號表的扣點範圍，只作提示", "", Evidence.SEC)
    return because("penalty.range", text, source, code=charge.code, points=charge.points)
