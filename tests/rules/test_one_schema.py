"""One schema for what tablets send: the decoder, the marshmallow schema and the specification are made from one struct,
accept and refuse the same, and blame the same field.

What JSON Schema cannot tell apart is left out: 1.0, which is a whole number to it and not to us.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from marshmallow import ValidationError

from inspect_app.inspections.incoming import OperationIn, fault_of
from inspect_app.sync import schemas
from inspect_app.sync.wire import SyncRequest
from tests.support import contracts

COMPONENTS = contracts.frozen()["schemas"]
SOUND: dict[str, Any] = {
    "id": "0193a1b2-0000-7000-8000-00000000a001", "device": "d", "seq": 1, "inspection": "i", "entity": "finding",
    "entity_id": "e", "set": {"text": "a", "ticks": [1]}, "base": {"text": None, "ticks": ["x", "y"], "code": "z"},
    "hlc": "0193a1b2c3d4-0000", "author": "p", "schema": 1, "on_behalf": {"member": "m", "photo": "f"},
}  # fmt: skip
ASKED: dict[str, Any] = {
    "schema": 1, "device": "d", "cursor": None, "inspections": ["i"], "operations": [SOUND],
    "holds": [{"inspection": "i", "operations": 3, "photos": 0}],
}  # fmt: skip
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FRACTIONS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def by_decoder(kind: Any, value: Any) -> str | None:
    """None, or the field at fault."""
    try:
        msgspec.json.decode(json.dumps(value).encode(), type=kind)
    except msgspec.ValidationError as error:
        return fault_of(error)
    return None


def by_marshmallow(kind: Any, value: Any) -> set[str]:
    try:
        kind().load(value)
    except ValidationError as error:
        return set(_flat(error.messages, ""))
    return set()


def _flat(messages: Any, path: str) -> Iterator[str]:
    """Every field of marshmallow's tree and all that it stands in, indexes as msgspec writes them."""
    yield path
    for name, inner in messages.items() if isinstance(messages, dict) else ():
        if name != "_schema":
            yield from _flat(inner, _joined(path, name))


def by_specification(name: str, value: Any) -> set[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": COMPONENTS}}
    return {path for error in Draft202012Validator(schema).iter_errors(value) for path in _blamed(error)}


def _blamed(error: Any) -> Iterator[str]:
    path = ""
    for part in error.absolute_path:
        yield path
        path = _joined(path, part)
    yield path
    if error.validator == "required":
        yield from (_joined(path, name) for name in error.validator_value if name not in error.instance)
    if error.validator == "additionalProperties":
        yield from (_joined(path, name) for name in error.instance if name not in error.schema["properties"])
    for inner in error.context or ():
        yield from _blamed(inner)


def _joined(path: str, part: str | int) -> str:
    return f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}" if path else str(part)


@st.composite
def spoilt(draw: Callable[..., Any], sound: dict[str, Any]) -> Any:
    """Something that was sound: members taken away, exchanged, added, also inside."""
    value = json.loads(json.dumps(sound))
    for _ in range(draw(st.integers(0, 2))):
        inner = [one for one in value.values() if isinstance(one, dict)]
        place = draw(st.sampled_from([value, *inner]))
        name = draw(st.sampled_from(sorted(place)) | TEXTS) if place else draw(TEXTS)
        if draw(st.booleans()):
            place[name] = draw(JSON)
        else:
            place.pop(name, None)
    return value


JUDGES = {"Operation": (OperationIn, schemas.Operation), "SyncIn": (SyncRequest, schemas.SyncIn)}


def agree(name: str, value: Any) -> str | None:
    """What the decoder blames, after all three were found to say the same."""
    struct, schema = JUDGES[name]
    decoder, marshmallow, specification = (
        by_decoder(struct, value), by_marshmallow(schema, value), by_specification(name, value),
    )  # fmt: skip
    assert (decoder is None) == (not marshmallow) == (not specification), (
        decoder,
        marshmallow,
        specification,
    )
    if decoder is not None:
        assert decoder in marshmallow, (decoder, marshmallow)
        assert decoder in specification, (decoder, specification)
        assert decoder or not isinstance(value, dict), "a field is named wherever there are fields"
    return decoder


@given(spoilt(SOUND) | JSON)
def test_an_operation_is_judged_alike(value: Any) -> None:
    agree("Operation", value)


@given(spoilt(ASKED | {"operations": []}) | JSON)
def test_an_envelope_is_judged_alike(value: Any) -> None:
    agree("SyncIn", value if not isinstance(value, dict) else value | {"operations": []})


CASES: tuple[tuple[str, Any, str | None], ...] = (
    ("sound", SOUND, None),
    ("sound without on_behalf", {name: value for name, value in SOUND.items() if name != "on_behalf"}, None),
    ("on_behalf is null", SOUND | {"on_behalf": None}, None),
    ("no object", [], ""),
    ("a member is missing", {name: value for name, value in SOUND.items() if name != "hlc"}, "hlc"),
    ("one too many", SOUND | {"colour": 1}, "colour"),
    ("a number where a text stands", SOUND | {"id": 1}, "id"),
    ("a text where a number stands", SOUND | {"seq": "1"}, "seq"),
    ("a fraction", SOUND | {"seq": 1.5}, "seq"),
    ("true is no number", SOUND | {"schema": True}, "schema"),
    ("null", SOUND | {"set": None}, "set"),
    ("a list of fields", SOUND | {"set": []}, "set"),
    ("a base is a number", SOUND | {"base": {"text": 1}}, "base"),
    ("a base is a list of numbers", SOUND | {"base": {"text": [1]}}, "base"),
    ("for nobody", SOUND | {"on_behalf": {}}, "on_behalf.member"),
    ("for a number", SOUND | {"on_behalf": {"member": 1, "photo": "f"}}, "on_behalf.member"),
    ("for somebody and more", SOUND | {"on_behalf": {"member": "m", "photo": "f", "x": 1}}, "on_behalf.x"),
    ("a text for somebody", SOUND | {"on_behalf": "m"}, "on_behalf"),
)


@pytest.mark.parametrize(("value", "field"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_the_same_field_is_named(value: Any, field: str | None) -> None:
    assert agree("Operation", value) == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None), ({"tomorrow": 1}, None), ({"cursor": 1}, "cursor"), ({"inspections": "i"}, "inspections"),
        ({"holds": None}, None), ({"holds": [ASKED["holds"][0] | {"photos": -1}]}, "holds[0].photos"),
        ({"holds": [ASKED["holds"][0]] * 1001}, "holds"), ({"holds": [{"inspection": "i"}]}, "holds[0].operations"),
        ({"inspections": ["i", 2]}, "inspections[1]"), ({"operations": {}}, "operations"), ({"device": None}, "device"),
    ],
)  # fmt: skip
def test_an_envelope_names_the_same_field(change: dict[str, Any], field: str | None) -> None:
    assert agree("SyncIn", ASKED | {"operations": []} | change) == field
