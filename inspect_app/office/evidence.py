"""Evidence for whoever audits: a bundle per inspection, the proof of a line, the verifiers to take along, the heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from flask import Response, render_template

from inspect_app import evidence
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.evidence import bundle, heads, stamps, verified
from inspect_app.inspections.showing import shown
from inspect_app.notices import queries as notices
from inspect_app.office.blueprint import blueprint
from inspect_app.office.downloads import download
from inspect_app.office.records import frame

VERIFIERS = Path(evidence.__file__).parent / "verifier"
SHOWN = 100
NAMES = {"py": "verify_evidence.py", "html": "verify_evidence.html"}


@blueprint.get("/evidence")
@requires(Permission.VIEW_AUDIT)
def evidence_page() -> str:
    """The signed heads, and how anybody checks a bundle."""
    rows = [(row.n, heads.signed(row), row.signed_at) for row in heads.newest(SHOWN)]
    return render_template(
        "office/evidence/page.html",
        rows=rows,
        stamps=stamps.times(),
        key=heads.public_key(),
        last=verified.last(),
    )


@blueprint.get("/evidence/head-<n>.<ending>")
@requires(Permission.VIEW_AUDIT)
def evidence_stamp(n: str, ending: str) -> Response:
    """A time-stamped head (json) or the authority's answer over it (tsr)."""
    number = {str(one): one for one in stamps.times()}.get(n)
    found = stamps.file_of(number, ending) if number is not None else None
    if found is None:
        raise Problem("not_found")
    return download(found, f"head-{n}.{ending}")


@blueprint.get("/evidence/verifier.<ending>")
@requires(Permission.VIEW_AUDIT)
def evidence_verifier(ending: str) -> Response:
    """The stand-alone verifier (py) or the offline page (html)."""
    if ending not in NAMES:
        raise Problem("not_found")
    return download((VERIFIERS / NAMES[ending]).read_bytes(), NAMES[ending])


@blueprint.get("/inspections/<inspection_id>/evidence")
@requires(Permission.VIEW_AUDIT)
def evidence_of(inspection_id: str) -> str:
    """What the bundle of this inspection will hold, and the button that makes it."""
    one = shown(actor(), inspection_id)
    held = bundle.contents(actor(), inspection_id, _case(inspection_id))
    return render_template("office/evidence/inspection.html", held=held, tab="", tabs=[], **frame(one))


def _case(inspection_id: str) -> list[str]:
    """The improvement's lines belong to the inspection, too."""
    case = notices.by_inspection(inspection_id)
    return [f"case:{case.id}"] if case else []


@blueprint.get("/inspections/<inspection_id>/evidence.json")
@requires(Permission.VIEW_AUDIT)
def evidence_file(inspection_id: str) -> Response:
    """The bundle."""
    found = bundle.export(actor(), inspection_id, _case(inspection_id))
    return _json(found, f"evidence-{inspection_id}.json")


@blueprint.get("/audit/<line_id>/proof.json")
@requires(Permission.VIEW_AUDIT)
def audit_proof(line_id: str) -> Response:
    """Leaf, index and inclusion proof of one line."""
    found = bundle.line_proof(actor(), line_id)
    if found is None:
        raise Problem("not_found")
    return _json(found, f"audit-{line_id}-proof.json")


def _json(value: dict[str, Any], name: str) -> Response:
    return download(orjson.dumps(value, option=orjson.OPT_INDENT_2), name)
