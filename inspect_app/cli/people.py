"""`accounts`: people who sign in, and programs."""

from __future__ import annotations

import sys

import click

from inspect_app.accounts.permissions import Role
from inspect_app.cli.answers import application, json_option, show, told


@click.group()
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
    type=click.Choice([role.value for role in Role]),
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


@accounts.command("lift-second-step")
@click.argument("login")
@told
def lift_second_step(login: str) -> None:
    """Take the second step away from whoever lost their phone; they and the planners are told by mail."""
    from inspect_app import cli_accounts

    with application():
        cli_accounts.lift_second_step(login)
    click.echo(f"{login} signs in with the password alone again.")
