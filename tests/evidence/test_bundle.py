"""A bundle proves itself to a script that knows nothing of the program; whatever is changed in it is named."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app.audit.models import AuditLine
from inspect_app.domain import merkle
from inspect_app.domain.heads import parse
from inspect_app.errors import Problem
from inspect_app.evidence import bundle, heads, verifier
from inspect_app.evidence.verifier import verify_evidence
from inspect_app.scheduling import services
from tests.scheduling.conftest import city
from tests.support import bundles, factories
from tests.support.inspected import inspection_with_log

__all__ = ["city"]
SCRIPT = Path(verifier.__file__).with_name("verify_evidence.py")


def run(file: Path, *options: str) -> tuple[int, str]:
    """The script in a process of its own that sees neither the program nor anything installed."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file), *options],
        capture_output=True,
        text=True,
        timeout=120,
        env={},
    )
    return done.returncode, done.stdout + done.stderr


def test_the_script_finds_everything_good_and_names_every_forgery(
    db: Any, clock: Any, tmp_path: Path
) -> None:
    given = bundles.good()
    file, folder = tmp_path / "bundle.json", tmp_path / "photos"
    folder.mkdir()
    (folder / "IMG_1.jpg").write_bytes(given.photo)
    file.write_text(json.dumps(given.bundle), "utf-8")
    known = ("--key", heads.public_key(), "--head", given.printed, "--photos", str(folder))
    code, says = run(file, *known)
    assert code == 0, says
    assert "1 photos: every file has its hash" in says
    assert run(file)[0] == 0
    assert len(given.bundle["lines"]) > 8
    assert len(given.bundle["heads"]) == 1

    refused = {}
    for forgery in bundles.FORGERIES:
        try:
            verify_evidence.verify(bundles.forged(given.bundle, forgery))
            refused[forgery["name"]] = None
        except verify_evidence.Wrong as wrong:
            refused[forgery["name"]] = wrong.code
    assert refused == {forgery["name"]: forgery["code"] for forgery in bundles.FORGERIES}

    for options, wrong in (
        (("--key", "00" * 32), "WRONG  key: head"),
        (
            ("--head", given.printed.replace("HEAD/1 2026-11-23 ", "HEAD/1 2026-11-23 9")),
            "WRONG  printed: head",
        ),
        (("--head", "x"), "WRONG  usage"),
    ):
        code, says = run(file, *options)
        assert (code, says[: len(wrong)]) == (1, wrong)
    (folder / "IMG_1.jpg").write_bytes(given.photo[:-1] + bytes([given.photo[-1] ^ 1]))
    assert "WRONG  file: photos[0]" in run(file, "--photos", str(folder))[1]
    file.write_text("{")
    assert run(file)[0] == 1


def test_the_script_takes_no_second_form_of_a_signature(db: Any, clock: Any) -> None:
    """Where any reader of the standard refuses it: S beyond the order, bytes behind it, a point beyond the field."""
    head = heads.head_of_today()
    content, key, signature = head.content(), bytes.fromhex(head.key), bytes.fromhex(head.signature)
    message = verify_evidence.canonical(content).encode()
    again = int.from_bytes(signature[32:], "little") + verify_evidence.ORDER
    assert verify_evidence.signed_by(key, message, signature)
    beyond = (verify_evidence.P + 1).to_bytes(32, "little")  # the same point as y = 1, the neutral one
    zero = bytes(32)
    for other in (
        signature[:32] + again.to_bytes(32, "little"),
        signature + b"\0",
        bytes([signature[0] ^ 1]) + signature[1:],
        signature[:31] + bytes([signature[31] ^ 128]) + signature[32:],
    ):
        assert not verify_evidence.signed_by(key, message, other)
    assert not verify_evidence.signed_by(beyond, message, beyond + zero)


def test_the_script_climbs_the_tree_as_the_program_does() -> None:
    """Every number and size of small trees, right and wrong: each proof says one thing of one place only."""
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(9)]
    roots = [merkle.root(leaves[:size]) for size in range(10)]
    for size in range(1, 10):
        tree = merkle.Tree(leaves[:size])
        for index in range(size):
            path = tree.inclusion(index)
            fits = [
                n
                for n in range(-2, 20)
                if verify_evidence.root_of(leaves[index], n, size, path) == roots[size]
            ]
            assert fits == [index]
            assert verify_evidence.root_of(leaves[index], index, size, [*path, roots[0]]) is None
    for old, new in product(range(10), repeat=2):
        path = merkle.Tree(leaves[:new]).consistency(old) if 0 < old < new else []
        for root, proof in product((roots[old], roots[old - 1]), ([], path, path[:-1], [*path, leaves[0]])):
            head = {"size": old, "root": root.hex()}
            good = old <= new and root == roots[old] and proof == path
            assert verify_evidence.grew(head, new, roots[new], proof) is good, (old, new, len(proof))
            assert merkle.consistent(old, root, new, roots[new], proof) is good


def mixed() -> dict[str, Any]:
    """The bundle of an inspection that was not approved, with another's operations, record and signed lines in it."""
    other, one = inspection_with_log(), inspection_with_log()
    other.issued()
    auditor = factories.actor("auditor")
    theirs = bundle.export(auditor, other.id)
    found: dict[str, Any] = json.loads(
        json.dumps(bundle.export(auditor, one.id, [f"inspection:{other.id}", f"visit:{other.id}"]))
    )
    assert verify_evidence.verify(found), "its own content, with more lines than needed"
    return found | {"record": theirs["record"], "operations": theirs["operations"]}


def test_operations_left_out_at_the_beginning_with_their_line_are_missed(db: Any, clock: Any) -> None:
    found = bundles.good().bundle
    taken = [one for one in found["lines"] if one["line"]["action"] == "inspections.operations_taken"]
    assert len(taken) > 1
    lines = [one for one in found["lines"] if one is not taken[0]]
    rest = found["operations"][taken[0]["line"]["detail"]["count"] :]
    assert refused(found | {"lines": lines, "operations": rest}) == "operations"


def refused(found: dict[str, Any]) -> str:
    with pytest.raises(verify_evidence.Wrong) as caught:
        verify_evidence.verify(found)
    return caught.value.code


def test_nothing_of_another_inspection_passes_for_this_ones(db: Any, clock: Any) -> None:
    """Every line in it is in the log; they are not about what the bundle says it is about."""
    found = mixed()
    own = f"inspection:{found['inspection']}"
    assert refused(found) == "record"
    assert refused(found | {"record": None}) == "operations"
    without = [
        one
        for one in found["lines"]
        if one["line"]["action"] != "inspections.operations_taken" or one["line"]["subject"] != own
    ]
    assert refused(found | {"record": None, "lines": without}) == "operations"
    none = [one for one in found["lines"] if one["line"]["subject"] != own]
    assert refused(found | {"record": None, "lines": none}) == "inspection"


def test_a_name_that_stands_twice_and_a_bottomless_file_are_no_bundle(
    db: Any, clock: Any, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    for text in ('{"format": "x", "format": "inspect-app-evidence/1"}', "[" * 100_000):
        file.write_text(text)
        code, says = run(file)
        assert (code, says[:14]) == (1, "WRONG  format:")
        assert len(says.splitlines()) == 1
    assert "twice" in run_text(file, '{"a": {"b": 1, "b": 1}}')


def run_text(file: Path, text: str) -> str:
    file.write_text(text)
    return run(file)[1]


def test_a_mailed_head_is_in_every_bundle_however_many_were_exported(
    db: Any, clock: Any, monkeypatch: Any
) -> None:
    """Each export signs a head of its own: they must not push out those of which somebody keeps a copy."""
    monkeypatch.setattr(bundle, "HEADS", 4)
    made = inspection_with_log()
    mailed = []
    for _ in range(3):
        heads.begin_day()
        mailed.append(heads.latest().n)
        for _ in range(3):
            found = bundle.export(factories.actor("auditor"), made.id)
        clock.advance(days=1)
    sizes = [one["size"] for one in found["heads"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {row.size for row in heads.all_heads() if row.n in mailed} <= {*sizes, found["head"]["size"]}
    assert verify_evidence.verify(json.loads(json.dumps(found)))


def test_a_line_has_its_proof_and_a_head_its_text(db: Any, clock: Any) -> None:
    inspection_with_log()
    auditor = factories.actor("auditor")
    last = db.session.scalar(select(AuditLine.id).order_by(AuditLine.n.desc()))
    found = bundle.line_proof(auditor, last)
    assert found is not None
    head, key = found["head"], heads.public_key()
    as_bundle = {"format": verify_evidence.FORMAT, "head": head, "heads": [], "lines": [found], "inspection": "",
                 "record": None, "operations": [], "photos": []}  # fmt: skip
    assert verify_evidence.check_head(head, key, "head") is None
    assert verify_evidence.check_lines(as_bundle).startswith("1 lines")
    assert bundle.line_proof(auditor, "nothing") is None
    with pytest.raises(ValueError):
        parse("INSPECT-APP-HEAD/1 2026-11-23 5")


ALLOWED = {"auditor"}
ROLES = ("auditor", "administrator", "coordinator", "leader", "agency_handler", "chair")


def test_only_the_auditor_takes_evidence_away(client: Any, db: Any, clock: Any) -> None:
    made = inspection_with_log()
    for role in ROLES:
        who = factories.account(role)
        headers = factories.bearer(who)
        answers = {path: client.get(f"/office/inspections/{made.id}/{path}", headers=headers).status_code
                   for path in ("evidence", "evidence.json")}  # fmt: skip
        assert all((status == 200) == (role in ALLOWED) for status in answers.values()), (role, answers)
    headers = factories.bearer(factories.account("auditor"))
    page = client.get(f"/office/inspections/{made.id}/evidence", headers=headers)
    assert "下載證據檔" in page.text
    leaves = db.session.execute(
        select(AuditLine.id, AuditLine.leaf).where(AuditLine.subject == f"inspection:{made.id}")
    )
    assert all(row.leaf in page.text and f"/office/audit/{row.id}/proof.json" in page.text for row in leaves)
    whole = client.get("/office/evidence", headers=headers)
    assert heads.public_key() in whole.text
    assert client.get("/office/evidence/verifier.py", headers=headers).data == SCRIPT.read_bytes()
    assert b"verifyBundle" in client.get("/office/evidence/verifier.html", headers=headers).data
    assert client.get("/office/evidence/verifier.exe", headers=headers).status_code == 404
    first = db.session.scalar(select(AuditLine.id).order_by(AuditLine.n))
    assert client.get(f"/office/audit/{first}/proof.json", headers=headers).json["index"] == 0
    assert client.get("/office/audit/nothing/proof.json", headers=headers).status_code == 404
    assert f'/office/audit/{first}/proof.json"' in client.get("/office/audit", headers=headers).text


def test_a_sealed_visit_gives_no_evidence_and_no_proof_tells_of_it(city: Any, db: Any, clock: Any) -> None:
    """Before release it answers like a visit that does not exist, and what the log proves names the opaque id only."""
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    services.approve_visit(city.convener, visit_id, version=1)
    auditor = factories.actor("auditor")
    said = []
    for key in (visit_id, "00000000-0000-7000-8000-000000000000"):
        with pytest.raises(Problem) as caught:
            bundle.export(auditor, key)
        said.append((caught.value.code, caught.value.detail))
    assert said[0] == said[1]
    keys = db.session.scalars(select(AuditLine.id).where(AuditLine.subject == f"visit:{visit_id}")).all()
    assert keys
    proofs = json.dumps([bundle.line_proof(auditor, key) for key in keys], ensure_ascii=False)
    assert [
        word for word in (city.tender.name, city.tender.id, city.leader.name, "2026-12-01") if word in proofs
    ] == []
