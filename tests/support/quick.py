"""What every new application would work out again from the same sources: kept by a test process (decision 0066)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Compiled(BytecodeCache):
    """Templates as compiled, by name and by the digest of their source."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self._held.get((bucket.key, bucket.checksum))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._held[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def remember_routes() -> None:
    """A route's builder of addresses is a function of nothing but the route's text, and nine tenths of `create_app`."""
    compile_builder: Any = Rule._compile_builder
    held: dict[tuple[str, bool], Any] = {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (repr((rule.rule, rule._trace)), append_unknown)
        if key not in held:
            held[key] = compile_builder(rule, append_unknown)
        return held[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign]


def remember() -> None:
    """Once per process, before the first application."""
    remember_routes()
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
