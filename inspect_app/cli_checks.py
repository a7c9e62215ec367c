"""What is looked at before anything is started or changed, so that an operator reads one sentence and not a traceback."""

from __future__ import annotations

import errno
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, has_app_context
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from inspect_app.config import Settings, WrongSetting
from inspect_app.errors import Problem, said

log = structlog.get_logger()


def settings() -> Settings:
    """The settings of the environment, each of them one that can be meant. Raises `WrongSetting`."""
    from inspect_app.notifications.mail import mailer_from_url
    from inspect_app.storage import storage_from_url

    given = Settings.from_env()
    _check_database(given.database_url)
    storage_from_url(given.storage_url)
    mailer_from_url(given.mail_url, given.mail_from)
    _check_authorities(given.tsa_ca_file)
    return given


def _check_database(url: str) -> None:
    try:
        made = make_url(url)
        known = (made.get_backend_name(), made.get_driver_name()) in (
            ("sqlite", "pysqlite"),
            ("postgresql", "psycopg"),
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        known = False
    if not known:
        raise WrongSetting(
            "DATABASE_URL",
            "must be sqlite:////folder/file or postgresql+psycopg://user:password@host/db; "
            "@ : / and % in a password are written as %40 %3A %2F %25.",
        )


def _check_authorities(file: str) -> None:
    if not file:
        return
    from inspect_app.evidence.tokens import authorities

    try:
        authorities(file)
    except (OSError, ValueError) as error:
        raise WrongSetting(
            "TSA_CA_FILE", f"must name a readable file of certificates (PEM): {error}"
        ) from None


def refuse_unfit(app: Flask) -> None:
    """Before a process serves: the database is of this version, not lost, and its keys are here. Raises `wrong_state`.

    A database that does not answer is not looked at: it comes back while the process runs.
    """
    from inspect_app.extensions import db
    from inspect_app.installation import keys

    with app.app_context():
        try:
            _refuse_other_schema(may_be_behind=False)
            _refuse_lost_log()
            keys.settle()
        except OperationalError as error:
            if app.config["SETTINGS"].database_url.startswith("sqlite"):
                raise  # a file that cannot be opened does not come back
            log.warning("database.away", why=said(error))
        finally:
            db.session.remove()
            db.engine.dispose()  # the web becomes another program


def migrate() -> None:
    """Bring the database to this version's schema. Raises `wrong_state` for one that was migrated by another version."""
    from flask_migrate import upgrade

    _refuse_other_schema(may_be_behind=True)
    upgrade(directory=current_app.config["MIGRATIONS"])


def _refuse_other_schema(may_be_behind: bool) -> None:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from inspect_app.extensions import db

    script = ScriptDirectory(current_app.config["MIGRATIONS"])
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found not in {one.revision for one in script.walk_revisions()} | {None}:
        raise Problem(
            "wrong_state",
            f"{database()} was migrated by another, probably newer version (schema {found}). Start that one, "
            "or restore the backup from before into a new database.",
        )
    if found != script.get_current_head() and not may_be_behind:
        raise Problem(
            "wrong_state",
            f"{database()} is not of this version yet (schema {found or 'none'}): run `inspect-app migrate`.",
        )


def _refuse_lost_log() -> None:
    """An empty database beside the anchor of a long log is a lost one, or not the one that is meant."""
    from sqlalchemy import select

    from inspect_app.audit import anchor
    from inspect_app.audit.models import ChainLink
    from inspect_app.extensions import db

    try:
        known = anchor.read()
    except ValueError:  # `audit verify` tells
        return
    if known and known.size and db.session.scalar(select(ChainLink.position).limit(1)) is None:
        raise Problem(
            "wrong_state",
            f"{database()} is empty, but {anchor.file()} knows a log of {known.size} lines (until {known.at}). Is INSPECT_APP_DATABASE_URL "
            "right? A lost database comes back by `inspect-app restore`; to begin anew, put that file aside.",
        )


def database() -> str:
    """Which database this is, without its password."""
    given = current_app.config["SETTINGS"] if has_app_context() else Settings.from_env()
    url = make_url(given.database_url)
    return f"The database {url.database if url.drivername == 'sqlite' else url.render_as_string()}"


def sentence(error: Exception) -> str:
    """What an operator can do something about, in one sentence; empty for a fault of ours, whose traceback is wanted."""

    from inspect_app.installation.keys import DamagedKey
    from inspect_app.storage import StorageFull

    if isinstance(error, WrongSetting | DamagedKey):
        return str(error)
    if isinstance(error, DBAPIError):
        return _of_the_database(error)
    if isinstance(error, StorageFull):
        return "The disk of INSPECT_APP_STORAGE_URL is full; nothing half written stays there."
    if isinstance(error, OSError) and error.errno == errno.EHOSTUNREACH:
        bucket = urlsplit(Settings.from_env().storage_url).hostname
        return f"The bucket {bucket} of INSPECT_APP_STORAGE_URL does not answer: {str(error.filename)[:300]}"
    if isinstance(error, OSError):
        return f"{error.filename or 'The disk or the network'}: {error.strerror or error}.{_as_whom(error)}"
    return ""


def _of_the_database(error: DBAPIError) -> str:
    why = said(error)
    if "no such table" in why or ("relation" in why and "does not exist" in why):
        return (
            f"{database()} has no schema yet: run `inspect-app migrate`. Or are INSPECT_APP_HOME and INSPECT_APP_DATABASE_URL "
            "not those of the service (deploy/as-service.sh)?"
        )
    return (
        f"{database()}: {why}." if isinstance(error, OperationalError) or "permission denied" in why else ""
    )


def _as_whom(error: OSError) -> str:
    return (
        " Run as the user to whom INSPECT_APP_HOME belongs (deploy/as-service.sh)."
        if isinstance(error, PermissionError)
        else ""
    )
