"""Rules of the house that can be read off the source."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from tests.support.source import modules, texts

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lengths() -> list[tuple[int, str]]:
    """(lines, where) of every function of the program."""
    return sorted(
        (node.end_lineno - node.lineno + 1, f"{name}:{node.name}")
        for name, tree in modules("inspect_app").items()
        for node in functions(tree)
        if node.end_lineno
    )


def test_commit_and_rollback_stand_in_one_file() -> None:
    found = {
        name
        for name, tree in modules("inspect_app").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    }
    assert found == {"inspect_app/transaction.py"}


def test_functions_are_short() -> None:
    measured = lengths()
    assert [where for lines, where in measured if lines > 50] == []
    assert measured[len(measured) * 9 // 10][0] <= 20, "nine of ten functions have 20 lines or less"


def test_half_of_the_functions_of_the_domain_have_six_lines_or_less() -> None:
    measured = [lines for lines, where in lengths() if where.startswith("inspect_app/domain/")]
    assert measured[len(measured) // 2] <= 6


def test_domain_imports_the_standard_library_only() -> None:
    allowed = {*sys.stdlib_module_names, "inspect_app.domain"}
    foreign = [
        (name, imported)
        for name, tree in modules("inspect_app/domain").items()
        for imported in imports(tree)
        if imported.split(".")[0] not in allowed and not imported.startswith("inspect_app.domain")
    ]
    assert foreign == []


def imports(tree: ast.Module) -> Iterator[str]:
    """Absolute module names; a relative import stays inside its own package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def test_domain_asks_neither_clock_nor_chance() -> None:
    asked = re.compile(r"\b(datetime\.now|date\.today|time\.time|random\.|secrets\.|uuid4)\b")
    found = [name for name, text in texts() if name.startswith("inspect_app/domain/") and asked.search(text)]
    assert found == []


def test_no_test_is_skipped_or_excused() -> None:
    python = re.compile(r"pytest\.(skip|xfail|importorskip)|mark\.(skip|skipif|xfail)\b|unittest\.skip")
    script = re.compile(r"\b(it|test|describe)\.(skip|todo|fixme|fails|only)\b")
    this = "tests/rules/test_code.py"
    found = [
        name
        for name, text in texts()
        if name != this
        and (
            (name.startswith("tests/") and python.search(text))
            or (name.endswith(".test.ts") and script.search(text))
        )
    ]
    assert found == []


def test_no_drawer_for_everything() -> None:
    drawers = re.compile(r"(^|/)(utils?|helpers?|common|misc)(\.py|\.ts|/)")
    assert [
        name
        for name, _ in texts()
        if name.startswith(("inspect_app/", "static/src/")) and drawers.search(name)
    ] == []
