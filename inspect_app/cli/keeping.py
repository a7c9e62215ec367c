"""`backup`, `restore`, `drill`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from inspect_app.cli.answers import application, json_option, show, told


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
@told
def backup(folder: Path, as_json: bool) -> None:
    """Write a consistent, verified backup with all photos into a new folder. Keys are not in it."""
    from inspect_app import cli_backup

    with application():
        show(cli_backup.backup(folder), as_json, "{rows} rows and {photos} photos as of {at}".format_map)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
@told
def restore(folder: Path, as_json: bool) -> None:
    """Put a backup into a new database (migrates it first) and begin a new epoch, so that tablets offer again what it lacks."""
    from inspect_app import cli_backup, cli_checks

    with application():
        cli_checks.migrate()
        show(cli_backup.restore(folder), as_json, "{rows} rows and {photos} photos as of {at}".format_map)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
@told
def drill(folder: Path, as_json: bool) -> None:
    """Restore a backup into a throw-away installation and verify everything in it; exit 1 when something is not whole."""
    from inspect_app import cli_backup, cli_evidence

    found = cli_backup.drill(folder)
    show(found, as_json, cli_evidence.sentence)
    sys.exit(0 if found["ok"] else 1)
