"""Pages of the defect table: browse and search, editions, comparison."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries, services
from inspect_app.catalogue.models import Edition
from inspect_app.domain import catalogue as domain
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page

FOUND = 60


@blueprint.get("/catalogue")
@requires(Permission.VIEW_CATALOGUE)
def catalogue() -> str:
    """The edition in force (or the one asked for): below a heading, or what a search finds."""
    row = _asked_edition()
    edition = queries.edition_rows(row.id)
    typed, under = request.args.get("q", "")[:100], request.args.get("under", "")
    found = (
        domain.search(edition, typed, domain.phrases(), FOUND) if typed.strip() else _below(edition, under)
    )
    return render_template(
        "office/catalogue/browse.html", row=row, edition=edition, found=[_shown(line) for line in found], under=edition.by_code.get(under),
        typed=typed, path=_path(edition, under), headings=_headings(edition), editions=_readable(),
        only_demo=queries.only_demo_mix(clock.today()),
    )  # fmt: skip


def _asked_edition() -> Edition:
    asked = request.args.get("edition", "")
    row = queries.edition(asked) if asked else queries.edition_in_force(clock.today())
    return row if row in _readable() else queries.edition_in_force(clock.today())


def _readable() -> list[Edition]:
    """Drafts are for those who manage the catalogue."""
    manages = actor().may(Permission.MANAGE_CATALOGUE)
    return [row for row in queries.editions() if manages or row.frozen_at is not None]


def _headings(edition: domain.Edition) -> list[tuple[domain.Row, list[domain.Row]]]:
    return [
        (top, [row for row in edition.children(top.code) if row.kind is domain.Kind.HEADING])
        for top in edition.children("")
    ]


def _below(edition: domain.Edition, under: str) -> list[domain.Row]:
    """All rows under a heading, in table order."""
    if under not in edition.by_code:
        return []
    inside = {under}
    found = []
    for row in edition.rows:
        if row.parent in inside:
            inside.add(row.code)
            found.append(row)
    return found


def _path(edition: domain.Edition, code: str) -> list[domain.Row]:
    path: list[domain.Row] = []
    while code in edition.by_code:
        path.insert(0, edition.by_code[code])
        code = edition.by_code[code].parent
    return path


def _shown(row: domain.Row) -> dict[str, Any]:
    parts = domain.alternatives(row.text)
    return {
        "row": row,
        "short": domain.short(row.text, 40),
        "lead": parts.lead,
        "options": [option.text for option in parts.options],
    }


@blueprint.get("/editions")
@requires(Permission.MANAGE_CATALOGUE)
def editions() -> str:
    """All editions, and which one is in force."""
    today = clock.today()
    rows = queries.editions()
    frozen = [row for row in rows if row.frozen_at is not None]
    current = queries.edition_in_force(today) if any(row.effective_from <= today for row in frozen) else None
    return render_template(
        "office/catalogue/editions.html", rows=rows, current=current, only_demo=queries.only_demo_mix(today)
    )


class FreezeForm(FormSchema):
    """What an edition is called, from when it counts, where it comes from."""

    label = fields.String(required=True, validate=validate.Length(max=100))
    effective_from = Day(required=True)
    source = fields.String(load_default="", validate=validate.Length(max=1000))


@blueprint.route("/editions/<edition_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_CATALOGUE)
@once
def edition(edition_id: str) -> Response | tuple[str, int]:
    """One edition; a draft without bad rows can be frozen here."""
    row = queries.edition(edition_id)
    stored = {"label": row.label, "effective_from": row.effective_from, "source": row.source}
    form = bind(FreezeForm(), request.form) if request.method == "POST" else Form(stored)
    with form.problems():
        if form.ready:
            services.freeze(actor(), row.id, **form.data)
            flash(f"「{row.label}」已凍結，自生效日起採用。")
            return redirect(url_for("office.editions"), 303)
    others = [other for other in queries.editions() if other.id != row.id]
    return page(
        "office/catalogue/edition.html",
        form,
        edition=row,
        rows=queries.edition_rows(row.id).rows,
        others=others,
    )


@blueprint.post("/editions/<edition_id>/delete")
@requires(Permission.MANAGE_CATALOGUE)
@once
def delete_edition(edition_id: str) -> Response:
    """Throw a draft away."""
    services.delete_draft(actor(), edition_id)
    flash("草稿已刪除。")
    return redirect(url_for("office.editions"), 303)


@blueprint.get("/editions/compare")
@requires(Permission.MANAGE_CATALOGUE)
def compare_editions() -> str:
    """Two editions side by side: added, removed, reworded, other range."""
    rows = queries.editions()
    ids = [row.id for row in rows]
    old, new = request.args.get("old", ids[-1] if ids else ""), request.args.get("new", ids[0] if ids else "")
    known = old in ids and new in ids
    difference = domain.compare(queries.edition_rows(old), queries.edition_rows(new)) if known else None
    return render_template(
        "office/catalogue/compare.html", rows=rows, old=old, new=new, difference=difference
    )
