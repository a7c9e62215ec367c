"""`inspect-app`: each command calls one service. All print JSON with --json; a failure is one sentence and exit 1."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask

from inspect_app.errors import Problem

ROLES = (
    "inspector", "leader", "staff", "coordinator", "convener", "secretary",
    "agency_handler", "agency_approver", "auditor", "administrator", "chair",
)  # fmt: skip
CONTEXT = {"help_option_names": ["-h", "--help"]}


@contextmanager
def application() -> Iterator[Flask]:
    """The application with its context, made when a command really needs it."""
    from inspect_app import cli_checks, create_app
    from inspect_app.extensions import db

    app = create_app(cli_checks.settings())
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def show(value: Any, as_json: bool, line: Callable[[Any], str] = str) -> None:
    """Print `value` as JSON, or one line per item for people."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
    else:
        for item in value if isinstance(value, list) else [value]:
            click.echo(line(item))


def told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a problem into one clear sentence on stderr and exit 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Problem as problem:
            place = f"{problem.field}: " if problem.field else ""
            click.echo(f"{place}{problem.detail}", err=True)
            sys.exit(1)
        except Exception as error:
            from inspect_app.cli_checks import sentence

            if not (says := sentence(error)):
                raise
            click.echo(says, err=True)
            sys.exit(1)

    return run


json_option = click.option("--json", "as_json", is_flag=True, help="print JSON")


@click.group(context_settings=CONTEXT)
def main() -> None:
    """公共工程施工查核 — the field app with which a city inspects its public works."""


@main.command()
@told
def migrate() -> None:
    """Bring the database to the present schema, with the shipped defect table in it; give DATABASE_ROLE its rights."""
    from inspect_app import cli_checks
    from inspect_app.audit.rights import give_rights
    from inspect_app.catalogue.services import load_shipped

    with application() as app:
        cli_checks.migrate()
        load_shipped()
        if role := app.config["SETTINGS"].database_role:
            give_rights(role)


@main.command()
@json_option
@told
def demo(as_json: bool) -> None:
    """Load the demo city into a new database (migrates first); a loaded one stays as it is."""
    from dataclasses import asdict

    from inspect_app.cli_serve import bring_up_to_date
    from inspect_app.demo.loading import load

    with application() as app:
        bring_up_to_date(app)
        people = load(lambda step: click.echo(f"  {step} ...", err=True))
    show(
        [asdict(person) for person in people],
        as_json,
        lambda one: "{login:14} {role:10} {name}".format(**one),
    )
    if not as_json:
        click.echo(demo_hint())


def demo_hint() -> str:
    """How to sign in to a demo."""
    from inspect_app.demo.people import PASSWORD

    return f"Every demo sign-in has the password {PASSWORD}; they work in a demo installation only."


@main.command()
@told
def run() -> None:
    """Web and jobs together on the embedded default; migrates first."""
    from inspect_app import cli_checks, cli_serve, create_app

    settings = cli_checks.settings()
    cli_serve.refuse_busy(settings)
    app = create_app(settings)
    cli_serve.found(app)
    _print_sign_ins(app)
    sys.exit(cli_serve.run(settings, lambda line: click.echo(line, err=True)))


def _print_sign_ins(app: Flask) -> None:
    """A demo says on start who can sign in."""
    from inspect_app.demo.people import sign_ins
    from inspect_app.installation.services import is_demo

    with app.app_context():
        people = sign_ins() if is_demo() else []
    for person in people:
        click.echo(f"{person.login:14} {person.role:10} {person.name}")
    if people:
        click.echo(demo_hint())


@main.command()
@told
def web() -> None:
    """The web processes alone (several machines: run `migrate` first)."""
    from inspect_app import cli_checks, cli_serve

    cli_serve.web(cli_checks.settings())


@main.command()
@told
def jobs() -> None:
    """The jobs process alone; a second one stands by until the first is gone."""
    from inspect_app import cli_checks, create_app
    from inspect_app.jobs import runner

    app = create_app(cli_checks.settings())
    cli_checks.refuse_unfit(app)
    runner.serve(app)


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
@told
def backup(folder: Path, as_json: bool) -> None:
    """Write a consistent, verified backup with all photos into a new folder. Keys are not in it."""
    from inspect_app import cli_backup

    with application():
        show(cli_backup.backup(folder), as_json, "{rows} rows and {photos} photos as of {at}".format_map)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
@told
def restore(folder: Path, as_json: bool) -> None:
    """Put a backup into a new database (migrates it first) and begin a new epoch, so that tablets offer again what it lacks."""
    from inspect_app import cli_backup, cli_checks

    with application():
        cli_checks.migrate()
        show(cli_backup.restore(folder), as_json, "{rows} rows and {photos} photos as of {at}".format_map)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
@told
def drill(folder: Path, as_json: bool) -> None:
    """Restore a backup into a throw-away installation and verify everything in it; exit 1 when something is not whole."""
    from inspect_app import cli_backup, cli_evidence

    found = cli_backup.drill(folder)
    show(found, as_json, cli_evidence.sentence)
    sys.exit(0 if found["ok"] else 1)


@main.group("keys")
def keys_group() -> None:
    """The keys in HOME/keys: are they those that this database was used with?"""


@keys_group.command("check")
@json_option
@told
def check_keys(as_json: bool) -> None:
    """Each key: new (not used yet), as noted, missing or another; exit 1 unless all are as noted or new."""
    from inspect_app.installation import keys

    with application():
        found = keys.states()
    show(
        [{"name": name, "state": state} for name, state in found.items()],
        as_json,
        "{name} {state}".format_map,
    )
    sys.exit(0 if set(found.values()) <= {"new", "as noted"} else 1)


@keys_group.command("renew")
@json_option
@told
def renew_keys(as_json: bool) -> None:
    """When no copy of a lost key is left: go on with what is in HOME/keys, and new ones for what is missing. What the lost
    ones sealed stays shut.
    """
    from inspect_app import cli_evidence

    with application():
        changed = cli_evidence.renew_keys()
    show(changed, as_json, "{} is new".format)


@main.group("audit")
def audit_group() -> None:
    """The audit log: is it still what was written?"""


@audit_group.command("verify")
@click.option(
    "--head", "printed", multiple=True, help="a head as a document prints it, or the file that came by mail"
)
@json_option
@told
def audit_verify(printed: tuple[str, ...], as_json: bool) -> None:
    """Hash every line, link, head and stored photo again; exit 1 and the first bad row when one was changed."""
    from inspect_app import cli_evidence

    with application():
        report = cli_evidence.verify(printed)
    show(report.as_dict(), as_json, cli_evidence.sentence)
    for fault in report.faults:
        click.echo(f"{fault.row}: {fault.says}", err=True)
    sys.exit(1 if report.faults else 0)


@main.command("rules")
@click.argument("kind", metavar="grade|penalty|deadline|quota")
@json_option
def rules(kind: str, as_json: bool) -> None:
    """Answer a case of the rules: JSON on stdin, the answer with its reasons on stdout. It needs no database."""
    from inspect_app.domain.case_text import CaseError, parse
    from inspect_app.domain.cases import answer

    try:
        result = answer(kind, parse(sys.stdin.buffer.read()))
    except CaseError as error:
        click.echo(str(error).encode(), err=True)
        sys.exit(1)
    click.echo(json.dumps(result, ensure_ascii=False, indent=2).encode())


@main.command("import")
@click.argument("kind", type=click.Choice(["tenders", "experts", "catalogue"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="say what would happen, write nothing")
@json_option
@told
def import_file(kind: str, file: str, check: bool, as_json: bool) -> None:
    """Take a file in: good rows go in, bad ones are told. Exit 1 only if nothing could be read."""

    from inspect_app.accounts.actor import SYSTEM
    from inspect_app.intake import file_bytes

    with application():
        result = _importer(kind)(SYSTEM, Path(file).name, file_bytes(Path(file)), check=check)
    if as_json:
        show(result.as_dict(), as_json=True)
    else:
        click.echo(result.summary())
    sys.exit(0 if result.read else 1)


def _importer(kind: str) -> Callable[..., Any]:
    from inspect_app.catalogue.services import import_catalogue
    from inspect_app.experts.services import import_experts
    from inspect_app.projects.services import import_tenders

    return {"tenders": import_tenders, "experts": import_experts, "catalogue": import_catalogue}[kind]


@main.group()
def accounts() -> None:
    """People who sign in: list them, create one, give a program its token."""


@accounts.command("list")
@json_option
@told
def list_accounts(as_json: bool) -> None:
    """Login, name, roles, agency of every account."""
    from inspect_app import cli_accounts

    with application():
        found = cli_accounts.accounts()
    show(
        found,
        as_json,
        lambda one: f"{one['login']}\t{one['name']}\t{','.join(one['roles'])}\t{one['agency'] or ''}",
    )


@accounts.command("create")
@click.argument("login")
@click.option("--name", required=True, help="the person's name")
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="a role; may be given several times",
)
@click.option("--email", default="", help="where letters go")
@click.option("--agency", help="code or full name, for the agency roles")
@click.option("--invite", is_flag=True, help="send the invitation by mail instead of printing its link")
@click.option(
    "--password-stdin", is_flag=True, help="read a first password, to be changed at the first sign-in"
)
@json_option
@told
def create_account(
    login: str,
    name: str,
    roles: tuple[str, ...],
    email: str,
    agency: str | None,
    invite: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Create an account; prints the link by which its person sets the first password."""
    from inspect_app import cli_accounts

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    with application():
        made = cli_accounts.create(login, name, email, roles, agency, password, invite)
    show(made, as_json, lambda one: f"{one['login']} {one.get('link', '')}".rstrip())


@accounts.command("token")
@click.argument("login")
@click.option("--name", default="command line", help="what the token is for")
@click.option("--days", default=90, type=click.IntRange(1, 366), help="how long it is valid")
@json_option
@told
def token(login: str, name: str, days: int, as_json: bool) -> None:
    """A bearer token for an API client; it is shown once, as the last word."""
    from inspect_app.accounts.actor import SYSTEM
    from inspect_app.accounts.credentials import issue_token

    with application():
        made = issue_token(SYSTEM, login, name, days)
    show({"login": login, "token": made}, as_json, lambda one: f"{one['login']} {one['token']}")
