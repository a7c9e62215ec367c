"""Server-rendered pages: one module of views per feature; all hang on one blueprint."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from inspect_app.ids import new_id
from inspect_app.installation.keys import secret_in
from inspect_app.installation.services import government, is_demo
from inspect_app.office import filters, navigation, why
from inspect_app.office.blueprint import blueprint
from inspect_app.transaction import end_read

VIEWS: tuple[str, ...] = (
    "scheduling",
    "calling_off",
    "assets",
    "session",
    "passwords",
    "second_step",
    "home",
    "profile",
    "left_behind",
    "help",
    "late_letters",
    "accounts",
    "audit_log",
    "evidence",
    "projects",
    "tender_forms",
    "agencies",
    "tender_merging",
    "citizen_reports",
    "imports",
    "experts",
    "catalogue",
    "rules",
    "quotas",
    "repeats",
    "records",
    "record_steps",
    "record_files",
    "quarantine",
    "rescue",
    "cases",
    "case_penalties",
    "replies",
    "meetings",
    "rulings",
    "chair",
)
BUILT = Path(__file__).resolve().parents[2] / "static" / "dist" / "office"


def shows_demo() -> bool:
    """Whether the page carries 示範; the page of a failed database is still a page."""
    try:
        return is_demo()
    except SQLAlchemyError:
        end_read()
        return False


def init_app(app: Flask) -> None:
    """Import every module of views, then register the blueprint once."""
    app.config.setdefault("OFFICE_ASSETS", str(BUILT))
    app.secret_key = secret_in(app.config["SETTINGS"].home / "keys" / "pages.key")
    app.config.update(SESSION_COOKIE_NAME="inspect_messages", SESSION_COOKIE_SAMESITE="Lax")
    app.config["SESSION_COOKIE_SECURE"] = app.config["SETTINGS"].secure_cookies
    filters.init_app(app)
    why.init_app(app)
    app.jinja_env.globals.update(
        navigation=navigation.groups,
        is_here=navigation.is_here,
        may_open=navigation.may_open,
        nearest_page=navigation.nearest_page,
        is_demo=shows_demo,
        government=government,
        new_id=new_id,
    )
    for name in VIEWS:
        import_module(f"inspect_app.office.{name}")
    app.register_blueprint(blueprint)
