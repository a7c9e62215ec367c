"""How /api/v1 fails, and how its specification says so: every failure is a problem document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from apiflask import APIFlask, Schema
from apiflask.exceptions import HTTPError
from flask import Response

from inspect_app.errors import HTTP_CODES, Problem
from inspect_app.sync.schemas import ProblemOut, first_error

View = TypeVar("View", bound=Callable[..., Any])
_REFERENCE = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def takes(schema: type[Schema]) -> Callable[[View], View]:
    """Say in the specification what a body holds that the view decodes itself."""

    def mark(view: View) -> View:
        spec: dict[str, Any] = view.__dict__.setdefault("_spec", {})
        spec |= {
            "body": schema(),
            "body_example": None,
            "body_examples": None,
            "content_type": "application/json",
        }
        return view

    return mark


def init_app(app: APIFlask) -> None:
    """What apiflask finds wrong becomes a problem; the specification names problems instead of apiflask's errors."""
    app.config.update(HTTP_ERROR_SCHEMA=ProblemOut, VALIDATION_ERROR_SCHEMA=ProblemOut)
    app.error_callback = _problem  # error_processor() would also take the pages' own 404 away
    app.spec_processor(_problems_in)  # type: ignore[arg-type]  # as a dict, which is our SPEC_FORMAT


def _problem(error: HTTPError) -> Response:
    """One sentence about the first field that is wrong."""
    messages = error.detail if isinstance(error.detail, dict) else {}
    inner: Any = next(iter(messages.values()), {})
    field, text = first_error(inner)
    code = "bad_value" if error.status_code == 422 else HTTP_CODES.get(error.status_code, "bad_request")
    problem = Problem(code, f"{field or '要求的內容'}：{text}" if inner else "", field=field)
    return answer(problem, error.status_code)


def answer(problem: Problem, status: int) -> Response:
    from inspect_app.sync.wire import answer as json_answer

    response = json_answer({**problem.body(), "status": status}, status)
    response.mimetype = "application/problem+json"
    return response


def _problems_in(spec: dict[str, Any]) -> dict[str, Any]:
    schemas = spec.setdefault("components", {}).setdefault("schemas", {})
    for name in ("ProblemOut", "HTTPError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _problem_schema()
    for path in spec.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict):
                _rewrite(operation.get("responses", {}))
    return spec


def _rewrite(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status[:1] in "45":
            response["content"] = _REFERENCE


def _problem_schema() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "code", "detail", "field")}
    return {
        "type": "object",
        "description": "RFC 9457; switch on `code`, never on a text.",
        "properties": {**texts, "status": {"type": "integer"}},
        "required": ["type", "title", "status", "code", "detail"],
    }
