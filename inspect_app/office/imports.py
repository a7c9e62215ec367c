"""Importing files: choose, see what would happen, confirm the very same bytes, see what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, render_template, request
from werkzeug.datastructures import FileStorage

from inspect_app import clock
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue.services import import_catalogue
from inspect_app.errors import Problem
from inspect_app.experts.services import import_experts
from inspect_app.intake import ImportResult, held
from inspect_app.intake.files import MAX_BYTES
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Form, page
from inspect_app.projects.services import import_runs, import_tenders
from inspect_app.storage import Storage, storage_from_url


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its service, who may bring it, and the words of its page."""

    key: str
    title: str
    what: str
    accept: str
    permission: Permission
    take: Callable[..., ImportResult]
    back: str
    place: str  # what the page is called that `back` leads to
    unit: str


KINDS = (
    Kind(
        "tenders", "匯入標案", "標管系統下載的 XML，或標案自選欄位表（XLSX、CSV）。金額單位是千元，日期是民國年。",
        ".xml,.xlsx,.csv", Permission.IMPORT_TENDERS, import_tenders, "office.tenders", "標案", "件",
    ),
    Kind(
        "experts", "匯入專家名單", "XLSX 或 CSV，欄名：姓名、專家編號、服務單位、專長、聘別（外聘或內聘）、Email。",
        ".xlsx,.csv", Permission.MANAGE_EXPERTS, import_experts, "office.experts", "專家名單", "人",
    ),
    Kind(
        "catalogue", "匯入缺失編號表", "工程會現行表單（XLSX、CSV、JSON），欄名：缺失編號、上層編號、類別、缺失內容、扣點範圍、備註。"
        "匯入後是草稿，凍結才生效。",
        ".xlsx,.csv,.json", Permission.MANAGE_CATALOGUE, import_catalogue, "office.editions", "缺失編號的版本", "列",
    ),
)  # fmt: skip


def _storage() -> Storage:
    return storage_from_url(current_app.config["SETTINGS"].storage_url)


def _uploaded(sent: FileStorage | None) -> tuple[str, bytes]:
    if sent is None or not sent.filename:
        raise Problem("missing", "請選一個檔案。", field="file")
    content = sent.stream.read(MAX_BYTES + 1)
    return sent.filename.replace("\0", "")[-200:], content


def _import_page(kind: Kind) -> str | tuple[str, int]:
    """GET: choose; POST with a file: preview; POST with a hash: import what was previewed."""
    form = Form(request.form, sent=request.method == "POST")
    with form.problems():
        if form.sent and request.form.get("sha256"):
            return _confirmed(kind)
        if form.sent:
            return _previewed(kind)
    runs = import_runs() if kind.key == "tenders" else []
    return page("office/imports/choose.html", form, kind=kind, runs=runs)


def _previewed(kind: Kind) -> str:
    name, content = _uploaded(request.files.get("file"))
    result = kind.take(actor(), name, content, check=True)
    digest = held.keep(_storage(), actor().id, content, clock.now()) if result.changes else ""
    return render_template("office/imports/preview.html", kind=kind, result=result, digest=digest, name=name)


def _confirmed(kind: Kind) -> str:
    name = request.form.get("name", "")[-200:]
    content = held.kept(_storage(), actor().id, request.form["sha256"])
    result = kind.take(actor(), name, content)
    held.forget(_storage(), actor().id)
    return render_template("office/imports/result.html", kind=kind, result=result, name=name)


def _view(kind: Kind) -> Callable[[], str | tuple[str, int]]:
    def view() -> str | tuple[str, int]:
        return _import_page(kind)

    return requires(kind.permission)(view)


for _kind in KINDS:
    blueprint.add_url_rule(
        f"/imports/{_kind.key}", f"import_{_kind.key}", _view(_kind), methods=["GET", "POST"]
    )
