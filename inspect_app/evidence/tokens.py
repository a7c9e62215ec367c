"""Time stamps as bytes: the request over some content, and whether an answer stamps just that. ASN.1 and signatures are the
library's (decision 0047).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from inspect_app.evidence.authority import Refused

GRANTED = 0
SHA256 = "2.16.840.1.101.3.4.2.1"
LONGEST = 200
"""Characters of an authority's own words that are kept."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a good time stamp says: `time` (aware) and `serial` are the authority's."""

    time: datetime
    serial: str


def question(content: bytes) -> tuple[bytes, int]:
    """The request for a time stamp over `content` (its SHA-256), with the signer's certificate wanted, and its nonce."""
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    if request.nonce is None:
        raise RuntimeError("the library made no nonce")
    return request.as_bytes(), request.nonce


def digest(answer: bytes) -> str:
    """What the log says of an answer: its SHA-256, hex."""
    return hashlib.sha256(answer).hexdigest()


def authorities(ca_file: str) -> list[Certificate]:
    """The certificates (PEM) that a signer must lead to; none without a file."""
    return load_pem_x509_certificates(Path(ca_file).read_bytes()) if ca_file else []


def checked(answer: bytes, content: bytes, roots: Sequence[Certificate], nonce: int | None = None) -> Stamped:
    """What the answer stamps `content` with. With `roots` the signature must lead to one of them, its certificates valid at
    that time and meant for time stamps. Raises `Refused`.
    """
    try:
        found = decode_timestamp_response(answer)
        if found.status != GRANTED:
            raise Refused(f"status {found.status} {' '.join(found.status_string)}"[:LONGEST])
        _check_content(found, content, nonce)
        _check_signer(found, content, roots)
        return Stamped(found.tst_info.gen_time, str(found.tst_info.serial_number))
    except ValueError:
        raise Refused("not an answer of a time-stamp authority") from None


def _check_content(found: TimeStampResponse, content: bytes, nonce: int | None) -> None:
    imprint = found.tst_info.message_imprint
    if (imprint.hash_algorithm.dotted_string, imprint.message) != (SHA256, hashlib.sha256(content).digest()):
        raise Refused("it stamps something else")
    if nonce is not None and found.tst_info.nonce != nonce:
        raise Refused("it answers another request")


def _check_signer(found: TimeStampResponse, content: bytes, roots: Sequence[Certificate]) -> None:
    if not roots:
        return
    try:
        VerifierBuilder(roots=list(roots)).build().verify_message(found, content)
    except VerificationError as error:
        raise Refused(f"its signer is not trusted: {_reason(str(error))}") from None


def _reason(text: str) -> str:
    """The library's words without its inner places."""
    return text.rpartition("Verify error:")[2].split('"')[0].strip()[:LONGEST]
