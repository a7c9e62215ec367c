"""What every command shares: the application it runs in, how it answers, how it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from flask import Flask

from inspect_app.errors import Problem


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
