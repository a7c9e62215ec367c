"""`migrate`, `demo`, `run`, `web`, `jobs`: bring an installation up."""

from __future__ import annotations

import sys

import click
from flask import Flask

from inspect_app.cli.answers import application, json_option, show, told


@click.command()
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


@click.command()
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


@click.command()
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


@click.command()
@told
def web() -> None:
    """The web processes alone (several machines: run `migrate` first)."""
    from inspect_app import cli_checks, cli_serve

    cli_serve.web(cli_checks.settings())


@click.command()
@told
def jobs() -> None:
    """The jobs process alone; a second one stands by until the first is gone."""
    from inspect_app import cli_checks, create_app
    from inspect_app.jobs import runner

    app = create_app(cli_checks.settings())
    cli_checks.refuse_unfit(app)
    runner.serve(app)
