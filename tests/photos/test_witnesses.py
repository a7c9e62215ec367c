"""What a device signs of a photo is judged on arrival, written down and shown; a photo without it is as welcome as any."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from inspect_app.audit.models import AuditLine
from inspect_app.domain.canonical import canonical
from inspect_app.office.picture_facts import _witnessed, of_record
from inspect_app.photos.models import Photo, PhotoWitness, Possession
from inspect_app.photos.witnesses import by_hashes
from tests.support import factories, pictures
from tests.support.tus import Sender
from tests.sync.test_device_keys import APP, Tablet

PHOTO = pictures.photo()


class Key:
    """What the browser keeps: it signs, and its public half is told."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()

    def sign(self, text: str) -> str:
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        return f"{r:064x}{s:064x}"

    def witness(self, **facts: Any) -> str:
        text = canonical(facts)
        return json.dumps({"facts": text, "key": self.public, "signature": self.sign(text)})


@pytest.fixture
def tablet(app: Any, db: Any, clock: Any) -> Tablet:
    factories.account("inspector", login="wu", password=factories.PASSWORD)
    return Tablet(app)


def register(tablet: Tablet, key: Any) -> Any:
    return tablet.client.put("/api/v1/device-key/witness", json={"key": key}, headers=APP)


def facts(tablet: Tablet, content: bytes = PHOTO, **other: Any) -> dict[str, Any]:
    return {"sha256": pictures.sha256(content), "size": len(content), "type": "image/jpeg", "device": tablet.device,
            "at": "2026-11-23T01:00:00.000Z", "count": 7, "inspection": "i", "finding": "f", "position": None, **other}  # fmt: skip


def send(tablet: Tablet, witness: str, content: bytes = PHOTO) -> int:
    """Send the photo whole; answers the last status."""
    sender = Sender(tablet.client, APP)
    created = sender.create(content, witness=witness)
    assert created.status_code == 201, created.text
    if int(created.headers["Upload-Offset"]) == len(content):
        return 204
    return int(sender.patch(created.headers["Location"], 0, content).status_code)


def verdict(db: Any, content: bytes = PHOTO) -> str | None:
    db.session.rollback()
    row = by_hashes([pictures.sha256(content)]).get(pictures.sha256(content))
    return row.verdict if row is not None else None


def test_a_signed_photo_is_judged_once_and_the_log_binds_it(tablet: Tablet, db: Any) -> None:
    key = Key()
    assert (register(tablet, key.public).status_code, register(tablet, key.public).status_code) == (200, 200)
    witness = key.witness(**facts(tablet))
    for _ in range(2):
        assert send(tablet, witness) == 204
    assert verdict(db) == "good"
    said = json.loads(witness)
    lines = db.session.execute(
        select(AuditLine.subject, AuditLine.detail).where(AuditLine.action == "photos.witnessed")
    ).all()
    assert [(line.subject, line.detail) for line in lines] == [
        (
            f"photo:{pictures.sha256(PHOTO)}",
            {**said, "facts": pictures.sha256(said["facts"].encode()), "verdict": "good"},
        )
    ]
    acts = db.session.scalars(select(AuditLine.action)).all()
    assert acts.count("accounts.witness_key_registered") == 1


def changed(**other: Any) -> Callable[..., str]:
    """Signed as it should be, but about something else."""
    return lambda key, _, said, __: key.witness(**{**said, **other})


def damaged(**other: Any) -> Callable[..., str]:
    """Changed after it was signed."""
    return lambda _, __, ___, good: json.dumps({**good, **other})


MISFITS: dict[str, Callable[..., str]] = {
    "unknown key": lambda _, other, said, __: other.witness(**said),
    "another photo": changed(sha256="0" * 64),
    "another size": changed(size=1),
    "another device": changed(device="d"),
    "no moment": changed(at="yesterday"),
    "a moment without zone": changed(at="2026-11-23T01:00:00"),
    "before any calendar": changed(at="0001-01-01T00:00:00+14:00"),
    "a count that is none": changed(count="7"),
    "a finding that is none": changed(finding={}),
    "changed facts": lambda _, __, said, good: json.dumps({**good, "facts": canonical({**said, "count": 8})}),
    "another's signature": lambda _, other, __, good: json.dumps(
        {**good, "signature": other.sign(good["facts"])}
    ),
    "zeros": damaged(signature="0" * 128),
    "no point": damaged(key="04" + "ff" * 64),
    "no object": damaged(facts="[]"),
    "no JSON inside": damaged(facts="{x"),
    "no JSON": lambda *_: "{",
    "deep": lambda *_: "[" * 9000,
    "a list": lambda *_: "[1]",
    "a short signature": damaged(signature="ab"),
    "what no text holds": damaged(facts="\x00\ud800"),
    "too much": damaged(facts="x" * 5000),
    "none": lambda *_: "",
}
NO_WITNESS = ("no JSON", "deep", "a list", "a short signature", "what no text holds", "too much", "none")
VERDICTS = {"unknown key": "unknown", **dict.fromkeys(NO_WITNESS)}


def test_what_does_not_fit_is_kept_and_said_and_refuses_no_photo(tablet: Tablet, db: Any) -> None:
    key, other = Key(), Key()
    register(tablet, key.public)
    found = {}
    for seed, (name, make) in enumerate(MISFITS.items(), start=2):
        content = pictures.photo(seed=seed)
        said = facts(tablet, content)
        good = json.loads(key.witness(**said))
        assert send(tablet, make(key, other, said, good), content) == 204, name
        found[name] = verdict(db, content)
    assert found == {name: VERDICTS.get(name, "wrong") for name in MISFITS}


def test_only_the_senders_word_counts(app: Any, tablet: Tablet, db: Any, clock: Any) -> None:
    """Whoever sees a photo of others can sign it, well or wrongly, and send it, too."""
    factories.account("inspector", login="xu", password=factories.PASSWORD)
    other, key = Tablet(app, login="xu"), Key()
    register(other, key.public)
    assert send(tablet, "") == 204
    clock.advance(minutes=1)
    assert send(other, key.witness(**facts(other))) == 204
    assert verdict(db) is None
    assert db.session.query(PhotoWitness).one().verdict == "good"


def test_a_photo_of_another_inspection_is_said_to_be_one() -> None:
    text = canonical({"at": "2026-11-23T01:00:00Z", "count": 7, "finding": None, "inspection": "earlier"})
    row = PhotoWitness(facts=text, verdict="good")
    assert "當時記在另一次查核" in _witnessed(row, {"finding": None}, "now")
    assert "當時" not in _witnessed(row, {"finding": None}, "earlier")


def test_only_a_tablets_own_session_registers_a_key(app: Any, db: Any, tablet: Tablet) -> None:
    key = Key().public
    assert register(tablet, "04" + "ff" * 64).status_code == 422
    assert register(tablet, key[2:]).status_code == 422
    program = factories.bearer(factories.account("inspector"))
    put = "/api/v1/device-key/witness"
    assert app.test_client().put(put, json={"key": key}, headers=program).status_code == 403
    assert app.test_client().put(put, json={"key": key}, headers=APP).status_code == 401
    for _ in range(20):
        assert register(tablet, Key().public).status_code == 200
    assert register(tablet, key).status_code == 429


SAYS = {
    "good": "裝置簽章相符（裝置存檔 115.11.23 09:00，第 7 張，當時記在另一處）",
    "unknown": "裝置簽章的金鑰沒有登記",
    "wrong": "裝置簽章不符",
    None: "沒有裝置簽章",
}


def test_the_record_says_of_each_photo_whether_its_device_signed_it(client: Any, db: Any, clock: Any) -> None:
    from inspect_app.inspections.showing import shown
    from inspect_app.transaction import transaction
    from tests.support.inspected import Told, inspection_with_log

    made = inspection_with_log(Told(picture=PHOTO))
    one = shown(made.coordinator, made.id)
    listed = [{"entity_id": "p", "sha256": made.photo}]
    sender = db.session.scalars(select(Possession.account_id)).one()
    said = {}
    for outcome in (None, "wrong", "unknown", "good"):
        with transaction() as session:
            known = session.get(PhotoWitness, (made.photo, sender))
            if outcome and known is None:
                text = canonical(
                    {"at": "2026-11-23T01:00:00Z", "count": 7, "finding": "f", "inspection": made.id}
                )
                session.add(PhotoWitness(sha256=made.photo, account_id=sender, facts=text, key="", signature="",
                                         verdict=outcome, at=session.get_one(Photo, made.photo).stored_at))  # fmt: skip
            elif known is not None:
                known.verdict = outcome
        (found,) = of_record(one, listed).values()
        said[outcome] = found.witness
    assert said == SAYS
    page = client.get(f"/office/inspections/{made.id}?tab=photos", headers=factories.bearer(made.coordinator))
    assert page.status_code == 200, page.text
    assert "裝置簽章相符" in page.text


def test_a_bundle_carries_the_devices_word_and_the_verifier_holds_it_to_the_log(
    app: Any, db: Any, clock: Any
) -> None:
    from inspect_app.evidence import bundle
    from inspect_app.evidence.verifier import verify_evidence
    from tests.support.inspected import Told, inspection_with_log

    factories.account("inspector", login="wu", password=factories.PASSWORD)
    tablet, key = Tablet(app), Key()
    register(tablet, key.public)
    witness = key.witness(**facts(tablet))
    assert send(tablet, witness) == 204
    made = inspection_with_log(Told(picture=PHOTO))  # another member of the team has it, too
    found = json.loads(json.dumps(bundle.export(factories.actor("auditor"), made.id)))
    assert found["photos"][0]["witness"] == {**json.loads(witness), "verdict": "good"}
    assert verify_evidence.verify(found)
    for name, value in (("facts", "{}"), ("key", "04"), ("signature", "00"), ("verdict", "wrong")):
        changed = json.loads(json.dumps(found))
        changed["photos"][0]["witness"][name] = value
        with pytest.raises(verify_evidence.Wrong, match="witness"):
            verify_evidence.verify(changed)
