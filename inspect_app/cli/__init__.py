"""`inspect-app`: each command calls one service. All print JSON with --json; a failure is one sentence and exit 1.

Commands import what they need when they are called: `--help` and `rules` answer without loading the application.
"""

from __future__ import annotations

import click

from inspect_app.cli import checking, files, keeping, people, starting


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """公共工程施工查核 — the field app with which a city inspects its public works."""


for command in (
    starting.migrate, starting.demo, starting.run, starting.web, starting.jobs,
    keeping.backup, keeping.restore, keeping.drill,
    checking.keys_group, checking.audit_group,
    files.rules, files.import_file, people.accounts,
):  # fmt: skip
    main.add_command(command)
