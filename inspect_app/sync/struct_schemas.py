"""Marshmallow schemas made from the msgspec structs that decode what pours in: one source for both.

They stand in the specification and judge on slow paths; the decoder and they accept and refuse the same, at the same
field (tests/rules/test_one_schema.py).
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from apiflask import Schema
from marshmallow import EXCLUDE, RAISE, ValidationError, fields, validate


class Whole(fields.Integer):
    """A whole number and nothing that merely looks like one: no text, no true, no 1.0."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return value


class Typed(fields.Field):  # type: ignore[type-arg]
    """A value of a type for which marshmallow has no field, judged and described by msgspec itself."""

    def __init__(self, hint: Any, **more: Any) -> None:
        super().__init__(metadata=msgspec.json.schema(hint), **more)
        self.hint = hint

    def _validate_missing(self, value: Any) -> None:
        """null is for the type to judge."""
        if value is not None:
            super()._validate_missing(value)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return msgspec.convert(value, self.hint)
        except msgspec.ValidationError as error:
            raise ValidationError(str(error)) from None


def schema_of(struct: type[msgspec.Struct], name: str, **more: Any) -> type[Schema]:
    """The schema of a struct's JSON form under a name of the specification; `more` fields are added or take a place."""
    hints = get_type_hints(struct, include_extras=True)
    own = {
        field.encode_name: _field(hints[field.name], required=field.required)
        for field in msgspec.structs.fields(struct)
        if field.encode_name not in more
    }
    unknown = RAISE if struct.__struct_config__.forbid_unknown_fields else EXCLUDE
    meta = type("Meta", (), {"unknown": unknown})
    return type(name, (Schema,), {"__doc__": struct.__doc__, "Meta": meta, **own, **more})


def _field(hint: Any, **more: Any) -> Any:
    if get_origin(hint) is Annotated:
        inner, told = get_args(hint)
        return _field(inner, metadata=told.extra_json_schema, validate=_limits(told), **more)
    if get_origin(hint) in (Union, types.UnionType):
        return _choice(hint, **more)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return fields.Nested(_nested(hint), **more)
    made = _PLAIN.get(get_origin(hint) or hint)
    if made is None:
        raise TypeError(f"no field is known for {hint}")
    return made(get_args(hint), more)


_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length")


def _limits(told: msgspec.Meta) -> list[validate.Validator]:
    """The limits that msgspec checks, as marshmallow checks them."""
    known = {name: value for name in _LIMITS if (value := getattr(told, name)) is not None}
    if other := known.keys() - {"ge", "le", "max_length"}:
        raise TypeError(f"no validator is known for {sorted(other)}")
    found: list[validate.Validator] = []
    if "ge" in known or "le" in known:
        found.append(validate.Range(known.get("ge"), known.get("le")))
    if "max_length" in known:
        found.append(validate.Length(max=known["max_length"]))
    return found


@cache
def _nested(struct: type[msgspec.Struct]) -> type[Schema]:
    """One schema for a struct, wherever it stands."""
    return schema_of(struct, struct.__name__.removesuffix("In"))


def _choice(hint: Any, **more: Any) -> Any:
    """A type or null; everything else is left to msgspec."""
    others = [one for one in get_args(hint) if one is not type(None)]
    if len(others) == 1 and len(get_args(hint)) == 2:
        return _field(others[0], allow_none=True, **more)
    return Typed(hint, **more)


def _mapping(arguments: tuple[Any, ...], more: Mapping[str, Any]) -> Any:
    keys, values = arguments
    inner = {} if values is Any else {"values": _field(values)}
    return fields.Dict(keys=_field(keys), **inner, **more)


_PLAIN: Mapping[Any, Any] = {
    str: lambda _arguments, more: fields.String(**more),
    int: lambda _arguments, more: Whole(**more),
    list: lambda arguments, more: fields.List(_field(arguments[0]), **more),
    dict: _mapping,
}
