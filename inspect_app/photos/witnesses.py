"""What devices sign of their photos (decision 0048): taken in with the upload, judged then, kept whether it is good or not. A
photo without it is as welcome as any: a program's, a rescue file's, an older tablet's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select

from inspect_app import audit, clock
from inspect_app.accounts import witness_keys
from inspect_app.accounts.actor import Actor
from inspect_app.extensions import db
from inspect_app.photos.models import PhotoWitness, Possession
from inspect_app.prepared import insert_new
from inspect_app.transaction import transaction

SHAPES = {
    "facts": re.compile(r"[ -~]{2,4000}"),
    "key": re.compile(r"04[0-9a-f]{128}"),
    "signature": re.compile(r"[0-9a-f]{128}"),
}
HALF = 64
"""Hex digits of r, and of s."""
YEARS = (1912, 2999)
"""A clock may be wrong, but a date of ours it is."""


class Verdict(StrEnum):
    GOOD = "good"
    UNKNOWN = "unknown"  # signed, but by a key that was not registered for this device
    WRONG = "wrong"  # the signature does not fit, or it is about something else


@dataclass(frozen=True, slots=True)
class Witness:
    facts: str
    key: str
    signature: str


def read(text: str) -> Witness | None:
    """What the upload's metadata carries; None for nothing, and for what is no such thing."""
    found = facts_of(text)
    said = {name: str(found.get(name, "")) for name in SHAPES}
    return Witness(**said) if all(SHAPES[name].fullmatch(value) for name, value in said.items()) else None


def keep(actor: Actor, sha256: str, size: int, text: str) -> None:
    """Keep what this account's device says of a photo, the first time; the log binds it. Refuses nothing."""
    witness = read(text)
    if witness is None or db.session.get(PhotoWitness, (sha256, actor.id)) is not None:
        return
    said = {"facts": witness.facts, "key": witness.key, "signature": witness.signature}
    verdict = judge(actor, witness, sha256, size)
    row = {"sha256": sha256, "account_id": actor.id, **said, "verdict": verdict.value, "at": clock.now()}
    with transaction(lasting=False):  # the photo's own entry, which comes later, makes it last
        if insert_new(PhotoWitness, [row]):
            # Not the facts themselves: they tell a place, and who reads the log need not know it.
            told = {**said, "facts": hashlib.sha256(witness.facts.encode()).hexdigest()}
            audit.record(actor, "photos.witnessed", f"photo:{sha256}", **told, verdict=verdict.value)


def judge(actor: Actor, witness: Witness, sha256: str, size: int) -> Verdict:
    """Whether the device of this session signed just this, with a key that it had registered before."""
    facts = facts_of(witness.facts)
    about = (facts.get("sha256"), facts.get("size"), facts.get("device"))
    if about != (sha256, size, actor.device_id) or not _shaped(facts) or not _signed(witness):
        return Verdict.WRONG
    return Verdict.GOOD if witness_keys.known(actor.device_id or "", witness.key) else Verdict.UNKNOWN


def facts_of(text: str) -> Mapping[str, Any]:
    """A JSON object's values; empty for anything else."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _shaped(facts: Mapping[str, Any]) -> bool:
    """Whether what people are shown of it can be shown: a device may sign anything."""
    try:
        moment = datetime.fromisoformat(facts["at"])
    except (KeyError, TypeError, ValueError):
        return False
    shown = isinstance(facts.get("count"), int) and isinstance(facts.get("finding"), str | None)
    return shown and moment.tzinfo is not None and YEARS[0] <= moment.year <= YEARS[1]


def _signed(witness: Witness) -> bool:
    key = witness_keys.point(witness.key)
    try:
        halves = (int(witness.signature[:HALF], 16), int(witness.signature[HALF:], 16))
        if key is None:
            return False
        key.verify(encode_dss_signature(*halves), witness.facts.encode(), ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def by_hashes(hashes: Iterable[str]) -> dict[str, PhotoWitness]:
    """The witness of each photo that has one: its sender's. What an account signs of a photo that another sent first, which
    it may know from there, says nothing of the photo.
    """
    query = select(Possession.sha256, Possession.account_id).where(Possession.sha256.in_(set(hashes)))
    latest_first = query.order_by(Possession.at.desc(), Possession.account_id.desc())
    senders = {row.sha256: row.account_id for row in db.session.execute(latest_first)}
    rows = db.session.scalars(select(PhotoWitness).where(PhotoWitness.sha256.in_(senders)))
    return {row.sha256: row for row in rows if row.account_id == senders[row.sha256]}
