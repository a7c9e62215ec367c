"""The penalty statement (扣點明細): points, rate and money per party, every line explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from inspect_app.domain.money import format_money
from inspect_app.reports import words
from inspect_app.reports.model import Block, Document, Facts, Heading, Items, Paragraph, Table
from inspect_app.reports.titles import draft_mark

Content = Mapping[str, Any]
ORDER = ("contractor", "supervision", "pcm", "owner")


def statement_document(
    content: Content, letter: Mapping[str, Any], *, government: str, demo: bool, frozen: bool
) -> Document:
    """Amounts in whole NT$. The owner's points are shown and cost nothing."""
    basic, statements = content["basic"], content["penalty"]["statements"]
    blocks: list[Block] = [
        Facts([
            ("標案編號", basic["number"]), ("主辦機關", basic["owner_agency"]), ("承攬廠商", basic["contractor"] or "—"),
            ("監造單位", basic["supervision"] or "—"), ("查核日期", words.day(content["visit"]["inspected_on"])),
            ("契約金額", words.money(basic["contract_amount"])),
        ])
    ]  # fmt: skip
    for party in ORDER:
        blocks += _party(party, statements[party])
    blocks += _why(content["penalty"])
    number = f"扣點明細 {letter.get('number') or basic['number']}"
    title = f"{government}工程施工查核扣點明細"
    return Document(title, basic["name"] + draft_mark(frozen=frozen), blocks, number, demo)


def _party(party: str, statement: Content) -> Iterable[Block]:
    yield Heading(words.PARTY[party], 2)
    if not statement["lines"]:
        yield Paragraph("沒有扣點。")
        return
    rows = [
        [line["code"] or "—", line["text"], str(line["points"]), _money(statement, line["amount"])]
        for line in statement["lines"]
    ]
    rows.append(["合計", _rate(statement), str(statement["points"]), _money(statement, statement["amount"])])
    yield Table(["缺失編號", "說明", "扣點", "金額"], rows, [3, 9, 2, 4], frozenset({2, 3}))


def _rate(statement: Content) -> str:
    if not statement["rate"]:
        return "只記點，不扣款"
    return f"每點 {format_money(statement['rate'])}" + ("，已達扣款上限" if statement["capped"] else "")


def _money(statement: Content, amount: int) -> str:
    return format_money(amount) if statement["rate"] else "—"


def _why(penalty: Content) -> Iterable[Block]:
    yield Heading("計算依據", 2)
    yield Items([reason["text"] for reason in (*penalty["reasons"], *penalty["warnings"])])
