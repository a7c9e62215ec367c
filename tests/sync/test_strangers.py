"""A client that nobody here wrote tries /api/v1 by its own specification: no 5xx, no answer of another shape."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from tests.conftest import make_settings
from tests.support import factories

ROLES = ("inspector", "coordinator", "agency_handler")
CHECKS = [
    checks.not_a_server_error,
    checks.response_schema_conformance,
    checks.content_type_conformance,
    checks.status_code_conformance,
]


def addresses() -> list[tuple[str, str]]:
    """(method, path) of every operation of the specification."""
    from inspect_app import create_app

    with tempfile.TemporaryDirectory() as home:
        app = create_app(make_settings(Path(home)))
        paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    return [(method.upper(), path) for path, methods in sorted(paths.items()) for method in sorted(methods)]


@pytest.mark.parametrize(("method", "path"), addresses())
def test_no_address_breaks_its_own_specification(app: Any, db: Any, method: str, path: str) -> None:
    person = factories.account(*ROLES)
    visit = factories.released_visit(factories.tender(), person)
    headers = factories.bearer(person)
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)[path][method]

    @settings(
        max_examples=20, deadline=None, database=None, derandomize=True,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy())
    def tries(case: Any) -> None:
        if "inspection" in case.path_parameters:
            case.path_parameters["inspection"] = visit.id
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    tries()
