"""A client that nobody here wrote (schemathesis) makes requests out of our own specification, right ones and wrong ones."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode, checks

from inspect_app.accounts.permissions import Role
from tests.support import factories, pictures
from tests.support.tus import Sender, coded

ROLES = ("nobody", *(role.value for role in Role))
METHODS = ("get", "post", "put", "patch", "delete")
CHECKS = [
    checks.not_a_server_error,
    checks.response_schema_conformance,
    checks.content_type_conformance,
    checks.status_code_conformance,
]
SENDERS = ("inspector", "leader", "staff", "agency_handler", "agency_approver")


@dataclass
class Stranger:
    """Somebody with one role (or none), and what exists in their world."""

    app: Any
    headers: dict[str, str]
    known: dict[str, list[str]]  # path parameter -> values that exist

    @cached_property
    def _specification(self) -> Any:
        return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", self.app)

    def addresses(self) -> list[tuple[str, str]]:
        """(method, path) of every operation of the specification."""
        paths = self.app.test_client().get("/api/v1/openapi.json").json["paths"]
        return [(method, path) for path in sorted(paths) for method in METHODS if method in paths[path]]

    def tries(self, method: str, path: str, *, count: int, number: int, wrong: bool) -> None:
        """`count` generated requests; raises at the first answer that breaks the specification."""
        operation = self._specification[path][method.upper()]
        wrong = wrong and len(operation.body) > 0  # without a body there is hardly a wrong way to ask
        mode = GenerationMode.NEGATIVE if wrong else GenerationMode.POSITIVE
        chance = random.Random(number)

        @seed(number)
        @settings(
            max_examples=count, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(operation.as_strategy(generation_mode=mode))
        def tried(case: Any) -> None:
            self._place(case, chance)
            case.validate_response(case.call(headers=self.headers), checks=CHECKS)

        tried()

    def _place(self, case: Any, chance: random.Random) -> None:
        """Three of four requests are about something that exists; uploads say that they are tus."""
        for name, values in self.known.items():
            if name in case.path_parameters and chance.random() < 0.75:
                case.path_parameters[name] = chance.choice(values)
        if "/uploads" in case.path and chance.random() < 0.75:
            facts = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(chance.choice((0, 5))), "Upload-Length": "20",
                     "Upload-Metadata": f"sha256 {coded(chance.choice(self.known['sha256']))}",
                     "Content-Type": "application/offset+octet-stream"}  # fmt: skip
            case.headers = {**(case.headers or {}), **facts}


def stranger(app: Any, role: str) -> Stranger:
    """Inside an application context on an empty database: a visit, an edition, a photo, and somebody of this role on the team."""
    person = factories.account(*(() if role == "nobody" else (role,)))
    team = () if role in ("nobody", "leader") else (person,)
    leader = person if role == "leader" else factories.account("leader", "inspector")
    factories.edition()
    visit = factories.released_visit(factories.tender(), leader, team, edition_id="test-edition")
    headers = {} if role == "nobody" else factories.bearer(person)
    content = pictures.photo(64, 48)
    sender = Sender(app.test_client(), headers)
    if role in SENDERS:
        sender.send(content)
    made = sender.create(pictures.photo(64, 48, seed=3)).headers.get("Location", "/none")
    known = {"inspection": [visit.id], "edition": ["test-edition"], "sha256": [pictures.sha256(content)],
             "size": ["320", "1600", "original"], "upload_id": [made.rpartition("/")[2]]}  # fmt: skip
    return Stranger(app, headers, known)


def rounds(number: int, seconds: float) -> Iterator[tuple[int, bool]]:
    """(seed, whether wrong on purpose) until the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield number, number % 2 == 1
        number += 1
