"""A time-stamp authority (RFC 3161) over HTTP, as small as one can be: it signs what it is asked, or does one thing wrong."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

REPLY = "application/timestamp-reply"
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Signer:
    """A key with its certificate and the one that vouches for it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: str, issuer: str, key: Any, by: Any, valid: tuple[datetime, datetime], extension: Any
) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(_named(name)).issuer_name(_named(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(valid[0]).not_valid_after(valid[1])
    return builder.add_extension(extension, critical=True).sign(by, SHA256())


def signer(now: datetime, *, use: Any = ExtendedKeyUsageOID.TIME_STAMPING, expired: bool = False) -> Signer:
    """A new authority and its certificate for `use`, which ran out a day before `now` when `expired`."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    always = (now - 9 * YEAR, now + 9 * YEAR)
    name = f"Root {x509.random_serial_number()}"  # two of one name would be taken for each other
    root = _certificate(
        name, name, root_key, root_key, always, x509.BasicConstraints(ca=True, path_length=None)
    )
    until = now - timedelta(days=1) if expired else now + YEAR
    leaf = _certificate("Stamps", name, key, root_key, (now - YEAR, until), x509.ExtendedKeyUsage([use]))
    return Signer(key, leaf, root)


def token(info: tsp.TSTInfo, by: Signer) -> cms.ContentInfo:
    """The signed time stamp, with the signer's certificate."""
    content, certificate = info.dump(), by.certificate.public_bytes(Encoding.DER)
    essential = {"certs": [{"cert_hash": hashlib.sha256(certificate).digest()}]}
    attributes = cms.CMSAttributes([
        {"type": "content_type", "values": ["tst_info"]},
        {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2(essential)]},
    ])  # fmt: skip
    parsed = asn1_x509.Certificate.load(certificate)
    signed = cms.SignedData({
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
        "certificates": [parsed],
        "signer_infos": [{
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(
                {"issuer": parsed.issuer, "serial_number": parsed.serial_number})}),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": by.key.sign(attributes.dump(), ec.ECDSA(SHA256())),
        }],
    })  # fmt: skip
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


class Authority:
    """`url` for INSPECT_APP_TSA_URL, `ca_file` for TSA_CA_FILE; `asked` counts requests; `does` is the name of what it does."""

    url = ""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.now, self.does, self.asked, self.serial = now, "grant", 0, 0
        self.signers = {
            "grant": signer(now()),
            "expired": signer(now(), expired=True),
            "unfit": signer(now(), use=ExtendedKeyUsageOID.CODE_SIGNING),
        }
        roots = [one.root.public_bytes(Encoding.PEM) for one in self.signers.values()]
        self.signers["stranger"] = signer(now())
        self.ca_file = folder / "authority.pem"
        self.ca_file.write_bytes(b"".join(roots))
        self.enough = threading.Event()
        """Ends what is slow."""

    def answer(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, type and body of the answer to a request."""
        self.asked += 1
        request = tsp.TimeStampReq.load(body)
        assert request["cert_req"].native is True
        assert request["message_imprint"]["hash_algorithm"]["algorithm"].native == "sha256"
        stamped = self._stamped(request)
        return self._others(stamped).get(self.does) or (200, REPLY, stamped)

    def _others(self, good: bytes) -> dict[str, tuple[int, str, bytes]]:
        """What is no time stamp at all."""
        return {
            "reject": (200, REPLY, _refusal()),
            "fail": (500, "text/plain", b"no"),
            "other type": (200, "text/html", good),
            "garbage": (200, REPLY, b"\x30\x82\xff\xff" + b"garbage" * 9),
            "nothing": (200, REPLY, b""),
            "cut": (200, REPLY, good[:-40]),
            "flipped": (200, REPLY, good[:-1] + bytes([good[-1] ^ 1])),
            "large": (200, REPLY, good + bytes(200_000)),
        }

    def _stamped(self, request: tsp.TimeStampReq) -> bytes:
        """The right answer, but for what `does` says."""
        self.serial += 1
        wrong, digest = self.does, request["message_imprint"]["hashed_message"].native
        given = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha512" if wrong == "other hash" else "sha256"},
                "hashed_message": digest[::-1] if wrong == "other digest" else digest,
            },
            "serial_number": self.serial,
            "gen_time": self.now().replace(microsecond=0) + timedelta(hours=9 * (wrong == "other time")),
            "nonce": request["nonce"].native + (wrong == "other nonce"),
        }
        if wrong == "no nonce":
            del given["nonce"]
        signed = token(tsp.TSTInfo(given), self.signers.get(wrong, self.signers["grant"]))
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": signed}).dump())


class _Refusal(core.Sequence):  # type: ignore[misc]
    """An answer without a token, which the library's own class wants."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 (the library writes into it)


def _refusal() -> bytes:
    status = {"status": "rejection", "status_string": ["not today"], "fail_info": {"system_failure"}}
    return bytes(_Refusal({"status": status}).dump())


class _Handler(BaseHTTPRequestHandler):
    authority: Authority

    def do_POST(self) -> None:
        one = self.authority
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        status, kind, answer = one.answer(body)
        if one.does == "redirect":
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if one.does != "large":
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with suppress(OSError):  # whoever asked may have hung up
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        if self.authority.does != "slow":
            self.wfile.write(answer)
            return
        for byte in answer:  # a drop now and then, each in time, all of them never
            self.wfile.write(bytes([byte]))
            if self.authority.enough.wait(0.2):
                return

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


@contextmanager
def authority_running(folder: Path, now: Callable[[], datetime]) -> Iterator[Authority]:
    """An `Authority` that answers at its `url`."""
    one = Authority(folder, now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"authority": one}))
    server.daemon_threads = True
    one.url = f"http://127.0.0.1:{server.server_port}/stamp"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.enough.set()
        server.shutdown()
        server.server_close()
