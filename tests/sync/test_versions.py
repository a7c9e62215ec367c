"""The old version of the protocol stays accepted for two releases: shown with an invented version 0."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import Any

import pytest

from inspect_app.domain.canonical import canonical
from inspect_app.domain.operations import Operation, as_dict, content_hash, digest, entity_uuid
from inspect_app.domain.operations import versions as operation_versions
from inspect_app.inspections.models import OperationRow
from inspect_app.inspections.state import folded
from inspect_app.sync import versions
from inspect_app.sync.versions import Old
from tests.support.vectors import vectors
from tests.sync.conftest import Site


def asked(request: dict[str, Any]) -> dict[str, Any]:
    """Version 0 called the operations `ops`."""
    return {"operations": request["ops"], **{name: value for name, value in request.items() if name != "ops"}}


def answered(answer: dict[str, Any]) -> dict[str, Any]:
    return {"told": answer["results"], "ops": answer["operations"], "cursor": answer["cursor"]}


def operation_step(content: dict[str, Any]) -> dict[str, Any]:
    """Operations of schema 0 said `wording` where today's say `text`."""
    names = {"wording": "text"}
    changed = {
        part: {names.get(name, name): value for name, value in content[part].items()}
        for part in ("set", "base")
    }
    return {**content, **changed}


@pytest.fixture
def version_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "OLD", {0: Old(versions.release(), asked, answered)})
    monkeypatch.setattr(operation_versions, "STEPS", {0: operation_step})


def old_request(site: Site, *operations: Any, **changes: Any) -> dict[str, Any]:
    return {"schema": 0, "device": site.member.device, "cursor": None, "ops": list(operations), **changes}


def post(site: Site, body: dict[str, Any]) -> Any:
    return site.member.client.post("/api/v1/sync", json=body, headers=site.member.headers)


def old_finding(site: Site) -> dict[str, Any]:
    change = {"kind": "defect", "wording": "舊版寫的"}
    return site.member.operation(
        "finding", entity_uuid(site.inspection, "one"), change, base=dict.fromkeys(change), schema=0
    )


def test_an_old_app_sends_and_is_answered_in_its_own_form(site: Site, db: Any, version_0: None) -> None:
    sent = old_finding(site)
    for _ in range(2):
        answer = post(site, old_request(site, sent))
        assert answer.status_code == 200, answer.text
        assert set(answer.json) == {"told", "ops", "cursor"}
        assert answer.json["told"] == [{"id": sent["id"], "status": "applied", "code": None}]
    assert answer.json["ops"][0]["set"] == sent["set"]
    assert db.session.query(OperationRow).count() == 1


def test_an_old_operation_is_kept_as_it_came_and_read_in_the_present_form(
    site: Site, db: Any, version_0: None
) -> None:
    sent = old_finding(site)
    post(site, old_request(site, sent))
    row = db.session.query(OperationRow).one()
    assert row.content_hash == content_hash(Operation.from_dict(sent))
    entity = folded(site.inspection).entity("finding", sent["entity_id"])
    assert entity.value("text") == "舊版寫的"
    fix = site.member.operation("finding", sent["entity_id"], {"text": "新版改的"}, base={"text": sent["id"]})
    assert site.member.push(fix) == [("applied", None)]
    assert folded(site.inspection).entity("finding", sent["entity_id"]).value("text") == "新版改的"
    address = f"/api/v1/inspections/{site.inspection}/receipt?device={site.member.device}"
    receipt = site.member.client.get(address, headers=site.member.headers).json
    own = [Operation.from_dict(item) for item in (sent, fix)]
    assert receipt["operations"]["digest"] == digest(own, {site.member.device: 2})


def test_other_versions_and_those_whose_time_is_over_are_told_to_update(
    site: Site, monkeypatch: pytest.MonkeyPatch, version_0: None
) -> None:
    for number in (-1, 2, 99):
        answer = post(site, old_request(site, schema=number))
        assert (answer.status_code, answer.json["code"]) == (422, "unknown_schema")
    assert post(site, {"schema": 0, "device": site.member.device}).json["code"] == "bad_value"
    monkeypatch.setattr(versions, "OLD", {0: Old(versions.release() - 2, asked, answered)})
    assert post(site, old_request(site)).json["code"] == "unknown_schema"
    monkeypatch.setattr(versions, "OLD", {0: Old(versions.release() - 1, asked, answered)})
    assert post(site, old_request(site)).status_code == 200


def test_every_step_from_an_accepted_version_is_there() -> None:
    """Raising PRESENT without the translation of the version before fails here."""
    assert versions.release() == int(version("inspect-app").split(".")[1])
    assert set(versions.OLD) <= set(range(versions.PRESENT))
    assert all(not old.is_over(versions.release()) for old in versions.OLD.values())
    assert versions.PRESENT == 1 or versions.PRESENT - 1 in versions.OLD


@pytest.mark.parametrize(("given", "expected"), vectors("versions"))
def test_an_old_operation_is_read_as_the_tablet_reads_it(
    given: dict[str, Any], expected: dict[str, Any], version_0: None
) -> None:
    operation = Operation.from_dict(given["operation"])
    assert content_hash(operation) == expected["content_hash"]
    assert as_dict(operation_versions.present(operation)) == expected["present"]


def test_bytes_that_an_older_app_froze_are_taken_from_a_newer_one_as_they_are(
    site: Site, db: Any, version_0: None
) -> None:
    """The envelope is of today, the operation's bytes are those of the day on which it was offered."""
    text = canonical(old_finding(site))
    head = json.dumps(
        {"schema": versions.PRESENT, "device": site.member.device, "cursor": None, "inspections": None}
    )
    for _ in range(2):
        answer = site.member.client.post(
            "/api/v1/sync", data=f'{head[:-1]},"operations":[{text}]}}'.encode(), headers=site.member.headers,
            content_type="application/json",
        )  # fmt: skip
        assert [line["status"] for line in answer.json["results"]] == ["applied"]
    row = db.session.query(OperationRow).one()
    assert (row.body, row.content_hash) == (text, hashlib.sha256(text.encode()).hexdigest())
    pulled = {name: value for name, value in answer.json["operations"][0].items() if name in json.loads(text)}
    assert canonical(pulled) == text
