"""`rules` and `import`: a case or a file in, an answer out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from inspect_app.cli.answers import application, json_option, show, told


@click.command("rules")
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


@click.command("import")
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
