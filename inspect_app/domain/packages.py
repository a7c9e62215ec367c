"""What changed between two packages: only the parts whose content is another travel (docs/sync-protocol.md section 5).

A *part* is a member of the package, or a member of a member: `edition`, `visit/team`, `tender/name`. Who holds a package
names its parts by their marks and keeps nothing else about it, so that every base is known. The TypeScript twin is
static/src/domain/packages.ts; both are held to tests/vectors/packages.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from inspect_app.domain.canonical import exact

MARK = 16
"""Hex digits of a mark. The hash of the whole is checked at the end: two parts with one mark cost a download, no more."""


def parts(package: Mapping[str, Any]) -> dict[str, Any]:
    """{name: value} of a package whose members' names hold no slash; `package_of` is its inverse."""
    found: dict[str, Any] = {}
    for name, value in package.items():
        if isinstance(value, Mapping) and value:
            found |= {f"{name}/{inner}": part for inner, part in value.items()}
        else:
            found[name] = value
    return found


def package_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The package that consists of these parts. ValueError when two of them ask for one place."""
    package = {name: value for name, value in found.items() if "/" not in name}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in found.items():
        outer, within, rest = name.partition("/")
        if within:
            inner.setdefault(outer, {})[rest] = value
    if inner.keys() & package.keys():
        raise ValueError("two parts in one place")
    return package | inner


def marks(package: Mapping[str, Any]) -> dict[str, str]:
    """{part: mark}: what a tablet says of the package that it holds."""
    return {name: _mark(value) for name, value in parts(package).items()}


def _mark(value: Any) -> str:
    return _sha256(value)[:MARK]


def _sha256(value: Any) -> str:
    return hashlib.sha256(exact(value).encode()).hexdigest()


def changes(held: Mapping[str, str], package: Mapping[str, Any]) -> dict[str, Any]:
    """From what is held, by its marks, to the package: `set` and `drop` of parts, and the `hash` (SHA-256) of the result.

    Holding nothing, `set` is the whole.
    """
    present = parts(package)
    return {
        "set": {name: value for name, value in present.items() if held.get(name) != _mark(value)},
        "drop": sorted(held.keys() - present.keys()),
        "hash": _sha256(package),
    }


def applied(held: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """The package after the change. ValueError when the result is not what its hash says: take the whole instead."""
    kept = {name: value for name, value in parts(held).items() if name not in delta["drop"]}
    package = package_of(kept | delta["set"])
    if _sha256(package) != delta["hash"]:
        raise ValueError("the result is another package")
    return package
