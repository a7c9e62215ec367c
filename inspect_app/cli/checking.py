"""`keys` and `audit`: is what is here still what was written?"""

from __future__ import annotations

import sys

import click

from inspect_app.cli.answers import application, json_option, show, told


@click.group("keys")
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


@click.group("audit")
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
