"""Do the tests notice? Changes one small thing at a time in a module and runs tests against it, by hand, never in CI.

    .venv/bin/python tools/mutate.py inspect_app/domain/scoring.py tests/domain/test_scoring.py [more tests ...]

Nothing on disk is touched: the tests are collected once, then each mutant runs in a forked child in which the module's
functions and constants are exchanged. Prints the survivors with their lines and the share that is alive.
"""

from __future__ import annotations

import ast
import copy
import importlib
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SECONDS = 60
COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
Mutant = tuple[int, str, ast.Module]


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """(line, what changed, the changed tree), one change each; annotations, decorators and docstrings stay."""
    skipped = set(_skipped(tree))
    for index, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped:
            for what, change in _changes(node):
                mutant = copy.deepcopy(tree)
                change(next(other for at, other in enumerate(ast.walk(mutant)) if at == index))
                yield (
                    getattr(getattr(node, "target", node), "lineno", 0),
                    what,
                    ast.fix_missing_locations(mutant),
                )


def _skipped(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        if isinstance(node, ast.AnnAssign):
            parts.append(node.annotation)
        if isinstance(node, ast.FunctionDef):
            parts += [*node.decorator_list, *filter(None, [node.returns])]
            parts += [
                each.annotation
                for each in ast.walk(node.args)
                if isinstance(each, ast.arg) and each.annotation
            ]
        if isinstance(node, ast.ClassDef):
            parts += node.decorator_list
            if any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases):
                parts.append(node)  # members of an enum cannot be exchanged
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            parts.append(node)
        yield from (id(inner) for part in parts for inner in ast.walk(part))


Change = Callable[[Any], None]


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            yield f"{type(operator).__name__} turned", _compare(at, COMPARE[type(operator)])
    elif isinstance(node, ast.BoolOp):
        yield (
            "and/or turned",
            lambda each: setattr(each, "op", ast.Or() if isinstance(each.op, ast.And) else ast.And()),
        )
    elif isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        other = BINARY[type(node.op)]
        yield f"{type(node.op).__name__} -> {other.__name__}", lambda each: setattr(each, "op", other())
    elif isinstance(node, ast.If | ast.IfExp):
        yield "condition turned", lambda each: setattr(each, "test", ast.UnaryOp(ast.Not(), each.test))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield "filter dropped", lambda each: setattr(each, "ifs", [])
    elif isinstance(node, ast.Return) and not _nothing(node.value):
        yield "returns nothing", lambda each: setattr(each, "value", ast.Constant(None))
    elif isinstance(node, ast.Raise | ast.Expr | ast.AugAssign):
        yield "statement dropped", _drop
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield f"{node.id} -> {NAMES[node.id]}", lambda each: setattr(each, "id", NAMES[each.id])
    elif isinstance(node, ast.Constant):
        yield from _constant(node)


def _nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _compare(at: int, other: type[ast.cmpop]) -> Change:
    return lambda each: each.ops.__setitem__(at, other())


def _drop(node: Any) -> None:
    """A statement becomes `pass` in place."""
    node.__class__ = ast.Pass
    for name in ("value", "exc", "cause", "target", "op"):
        node.__dict__.pop(name, None)


def _constant(node: ast.Constant) -> Iterator[tuple[str, Change]]:
    if isinstance(node.value, bool):
        yield f"{node.value} turned", lambda each: setattr(each, "value", not each.value)
    elif isinstance(node.value, int):
        yield f"{node.value} -> {node.value + 1}", lambda each: setattr(each, "value", each.value + 1)
    elif isinstance(node.value, str):
        yield f"text {node.value[:20]!r} changed", lambda each: setattr(each, "value", each.value + "X")


def exchange(module: types.ModuleType, tree: ast.Module) -> None:
    """Put the mutant's code and constants into the module that everybody has imported."""
    fresh = types.ModuleType(module.__name__)
    fresh.__dict__.update(
        __package__=module.__package__, __file__=module.__file__, __path__=getattr(module, "__path__", None)
    )
    exec(compile(tree, str(module.__file__), "exec"), fresh.__dict__)
    for name, value in vars(fresh).items():
        if not name.startswith("__"):
            _exchange(module, name, value)


def _exchange(owner: Any, name: str, new: Any) -> None:
    old = getattr(owner, name, None)
    if old is new:
        return
    old_function, new_function = _function(old), _function(new)
    if old_function and new_function:
        if old_function.__module__ == getattr(owner, "__name__", None) or isinstance(owner, type):
            old_function.__code__, old_function.__defaults__ = (
                new_function.__code__,
                new_function.__defaults__,
            )
    elif isinstance(old, type):
        for inner, value in vars(new).items():
            if _function(value) and inner in vars(old):
                _exchange_in_class(old, inner, value)
    elif isinstance(old, dict):
        old.clear()
        old.update(new)
    else:
        setattr(owner, name, new)


def _exchange_in_class(owner: type, name: str, new: Any) -> None:
    old, fresh = _function(vars(owner)[name]), _function(new)
    if old and fresh and old.__code__.co_freevars == fresh.__code__.co_freevars:
        old.__code__, old.__defaults__ = fresh.__code__, fresh.__defaults__


def _function(value: Any) -> types.FunctionType | None:
    inner = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", None)
    found = getattr(inner or value, "__wrapped__", inner or value)
    return found if isinstance(found, types.FunctionType) else None


class Runner:
    """Collects once, then judges one forked child per mutant."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.alive: list[tuple[int, str]] = []
        self.total = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.items.sort(key=_quicken)
        module = importlib.import_module(".".join(self.path.with_suffix("").parts))
        source = ast.parse(self.path.read_text(encoding="utf-8"))
        if self.killed(session, lambda: exchange(module, source)):
            pytest.exit("the tests fail without any mutant", 2)
        for line, what, tree in mutants(source):
            self.total += 1
            if not self.killed(session, lambda tree=tree: exchange(module, tree)):  # type: ignore[misc]
                self.alive.append((line, what))
        return True

    def killed(self, session: pytest.Session, change: Callable[[], None]) -> bool:
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1] != 0
        signal.alarm(SECONDS)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os._exit(_run(session, change))


def _quicken(item: Any) -> bool:
    """Property tests run last and do not shrink what they find: a mutant needs killing, not understanding."""
    from hypothesis import Phase, settings  # pytest wants to be the first to import it

    found = getattr(item.obj, "_hypothesis_internal_use_settings", None)
    if found is not None:
        item.obj._hypothesis_internal_use_settings = settings(found, phases=(Phase.generate,), database=None)
    return found is not None


def _run(session: pytest.Session, change: Callable[[], None]) -> int:
    """0 when every test passes with the change."""
    try:
        change()
    except Exception:
        return 1
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def main(path: str, *tests: str) -> int:
    """Prints the figure; 1 when more than 5 % are alive."""
    runner = Runner(Path(path))
    pytest.main(
        [*tests, "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--no-summary"],
        plugins=[runner],
    )
    for line, what in runner.alive:
        print(f"{path}:{line}: {what}")
    share = 100 * len(runner.alive) / max(1, runner.total)
    print(f"{path}: {len(runner.alive)} of {runner.total} mutants alive ({share:.1f} %)")
    return int(share > 5)


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    sys.exit(main(*sys.argv[1:]))
