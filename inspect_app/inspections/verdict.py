"""What follows from the record by the rules: score and grade, penalty statement. Every answer carries its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from inspect_app.domain.catalogue import Edition
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.penalties import Charge, Contract, Party, Statement, penalties
from inspect_app.domain.scoring import Grading, Result, Test, forcing_kinds, grade, spread
from inspect_app.inspections.document import Sources
from inspect_app.projects.models import ContractTerms, Tender


def missing_sheets(content: Mapping[str, Any]) -> list[str]:
    """Names of the scoring members whose sheet is not handed in or not complete."""
    sheets = content["internal"]["sheets"]
    return [sheet["name"] for sheet in sheets if not sheet["handed_in_at"] or sheet["missing"]]


def grading(content: Mapping[str, Any], sources: Sources) -> Grading | None:
    """Score and grade, or None for an unscored re-inspection (nobody handed a sheet in)."""
    totals = [sheet["total"] for sheet in content["internal"]["sheets"] if sheet["handed_in_at"]]
    return grade(totals, _tests(content, sources), sources.rules) if totals else None


def _tests(content: Mapping[str, Any], sources: Sources) -> list[Test]:
    """The tests that can force 丙等, and the team's own judgements."""
    kinds = forcing_kinds(sources.rules)
    taken = [Test(line["kind"], Result(line["result"])) for line in content["tests"] if line["kind"] in kinds]
    return taken + [Test(line["kind"], Result.FAIL) for line in content["judgements"]]


def result(content: Mapping[str, Any], sources: Sources) -> dict[str, Any]:
    """The result part of the record; `score` and `grade` are None while withheld or unscored."""
    found = grading(content, sources)
    if found is None:
        return {
            "score": None,
            "grade": None,
            "withheld": False,
            "unscored": True,
            "reasons": [],
            "spread": None,
        }
    totals = [sheet["total"] for sheet in content["internal"]["sheets"] if sheet["handed_in_at"]]
    return {
        "score": found.score,
        "grade": found.grade,
        "withheld": found.withheld,
        "unscored": False,
        "raw_mean": found.raw_mean,
        "reasons": [reason.as_dict() for reason in found.reasons],
        "spread": spread(totals, sources.rules).range,
    }


def penalty(
    content: Mapping[str, Any], sources: Sources, terms: ContractTerms | None, table: Edition | None
) -> dict[str, Any]:
    """The statement per party as plain data: points, rate and amounts in NT$, every line, reasons and warnings."""
    charges = [_charge(line) for line in content["defects"] if line["party"] and _charged(line)]
    found = penalties(charges, _contract(sources.tender, terms, sources.rules), sources.rules, table)
    return {
        "statements": {party.value: _statement(statement) for party, statement in found.statements.items()},
        "reasons": [reason.as_dict() for reason in found.reasons],
        "warnings": [reason.as_dict() for reason in found.warnings],
    }


def _charged(line: Mapping[str, Any]) -> bool:
    """That it costs somebody points: the party itself, or one that is also charged with a number of its own."""
    own = (line.get(f"{party}_points") for party in ("supervision", "pcm") if line[f"also_{party}"])
    return bool(line["points"] or any(own))


def _charge(line: Mapping[str, Any]) -> Charge:
    return Charge(
        line["code"],
        Party(line["party"]),
        line["points"],
        line["also_supervision"],
        line["also_pcm"],
        line.get("supervision_points"),
        line.get("pcm_points"),
    )


def _contract(tender: Tender, terms: ContractTerms | None, rules: RuleSet) -> Contract:
    """Rates follow the procurement amount (採購金額): the contract's own, else the budget, else the award.

    The city's own cap counts where nobody entered what the contract says.
    """
    cap = terms.cap_ratio_bp if terms else rules.value("cap_ratio")
    amount = (terms and terms.procurement_amount) or tender.budget or tender.award_amount or 0
    contract_amount = tender.contract_amount or tender.award_amount
    return Contract(
        procurement_amount=amount,
        amounts={Party.CONTRACTOR: contract_amount} if contract_amount is not None else {},
        cap_ratio=None if cap is None else Fraction(cap, 10_000),
        multipliers=dict(terms.multipliers) if terms else {},
        rates={Party(name): rate for name, rate in ((terms.rates if terms else None) or {}).items()},
        cap_source=None if terms else rules.source_of("cap_ratio"),
    )


def _statement(statement: Statement) -> dict[str, Any]:
    lines = [
        {"code": line.code, "text": line.text, "points": line.points, "amount": line.amount}
        for line in statement.lines
    ]
    return {
        "points": statement.points,
        "rate": statement.rate,
        "amount": statement.amount,
        "capped": statement.capped,
        "lines": lines,
    }
