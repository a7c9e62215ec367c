"""One issued inspection in figures, written in the same transaction as the record."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import delete

from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Record, Rollup, RollupFinding


def write_rollup(inspection: Inspection, record: Record) -> None:
    """Write (or, after a score letter, write again) the figures of one inspection."""
    figures, findings = rows_of(inspection, record)
    db.session.execute(delete(RollupFinding).where(RollupFinding.inspection_id == inspection.id))
    db.session.merge(figures)
    db.session.add_all(findings)


def rows_of(inspection: Inspection, record: Record) -> tuple[Rollup, list[RollupFinding]]:
    """What is written of an issued record; ValueError for another."""
    content = record.content
    if content is None or record.letter_on is None:
        raise ValueError("only an issued record has figures")
    lines = content["defects"] + content["design"] + content["advice"]
    findings = [_finding(inspection.id, no, line) for no, line in enumerate(lines, start=1)]
    return Rollup(**_figures(inspection, record, content)), findings


def _figures(inspection: Inspection, record: Record, content: dict[str, Any]) -> dict[str, Any]:
    severities = Counter(line["severity"] for line in content["defects"])
    statements, result = content["penalty"]["statements"], content["result"]
    points = {
        f"points_{party}": statements[party]["points"]
        for party in ("owner", "contractor", "supervision", "pcm")
    }
    amounts = {
        f"amount_{party}": statements[party]["amount"] for party in ("contractor", "supervision", "pcm")
    }
    return (
        {
            "inspection_id": inspection.id,
            "tender_id": inspection.tender_id,
            "agency_id": inspection.agency_id,
            "contractor": content["basic"]["contractor"],
            "supervision": content["basic"]["supervision"],
            "kind": content["visit"]["kind"],
            "inspected_on": inspection.inspected_on,
            "issued_on": record.letter_on,
            "score": result["score"],
            "grade": result["grade"],
            "spread": result["spread"],
            "findings": len(content["defects"]),
            "minor": severities["L"],
            "medium": severities["M"],
            "serious": severities["S"],
        }
        | points
        | amounts
    )


def _finding(inspection_id: str, no: int, line: dict[str, Any]) -> RollupFinding:
    return RollupFinding(
        inspection_id=inspection_id,
        no=no,
        entity_id=line["entity_id"],
        kind=line["kind"],
        code=line["code"],
        severity=line["severity"],
        party=line["party"],
        points=line["points"],
        text=line["text"],
    )
