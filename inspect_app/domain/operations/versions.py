"""Operations of earlier forms. A log is kept for good, so what was once accepted is read for good.

An operation is never edited: it is stored, hashed and handed on as it came. Only what *reads* it, the fold and the
validation, sees it in the present form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .identity import as_dict
from .model import SCHEMA, Operation, OperationLike

Kind = TypeVar("Kind", bound=OperationLike)
Step = Callable[[dict[str, Any]], dict[str, Any]]
STEPS: Mapping[int, Step] = {}
"""{schema: how an operation of it becomes one of the next}. A step stays for good; it has its twin in static/src/domain."""


def is_readable(schema: int) -> bool:
    """Whether steps lead from this form to the present one."""
    return schema == SCHEMA or (schema < SCHEMA and all(number in STEPS for number in range(schema, SCHEMA)))


def present(operation: Kind) -> Kind | Operation:
    """The operation in the present form; one that no steps lead from stays as it is (`validate` then refuses it)."""
    if operation.schema == SCHEMA or not is_readable(operation.schema):
        return operation
    content = as_dict(operation)
    for number in range(operation.schema, SCHEMA):
        content = {**STEPS[number](content), "schema": number + 1}
    return Operation.from_dict(content)
