"""The day's head goes by mail to offices outside, once, tells of no visit, and finds a history that was rewritten."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from smtplib import SMTPServerDisconnected
from socket import create_server, socket
from ssl import PROTOCOL_TLS_SERVER, SSLCertVerificationError, SSLContext
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from inspect_app import audit
from inspect_app import clock as product_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit import chaining
from inspect_app.cli_evidence import verify
from inspect_app.config import Settings
from inspect_app.domain.heads import SignedHead, grouped, parse
from inspect_app.evidence import bundle, heads, letters
from inspect_app.evidence.verifier import verify_evidence
from inspect_app.notifications.mail import Away, Mail, mailer_from_url
from inspect_app.notifications.models import OutboxRow
from inspect_app.transaction import transaction
from tests.evidence.test_bundle import run
from tests.support import factories, jobs
from tests.support.inspected import inspection_with_log
from tests.support.tampering import rewrite_history

OFFICES = ("audit@control.example.test", "safe@ethics.example.test")
NAMES = ("audit.chain", "audit.head", "audit.mail", "audit.again", "outbox.letters")


def work(settings: Settings) -> None:
    """What the jobs process does, started anew each time."""
    with jobs.restarted(settings) as app:
        jobs.work(app, *NAMES)


@pytest.mark.mail
def test_each_office_gets_the_days_head_once_whatever_happens(
    settings: Settings, db: Any, clock: Any, smtp_server: Any
) -> None:
    settings = replace(settings, mail_url=smtp_server.url, head_mail_to=OFFICES)
    clock.set(datetime(2026, 11, 22, 16, 10, tzinfo=UTC))  # ten past midnight in Taipei
    smtp_server.refuse = "451 try later"
    work(settings)
    administrator, auditor = factories.actor("administrator"), factories.actor("auditor")
    assert smtp_server.messages == []
    assert letters.todos(administrator, product_clock.today()) == []
    for _ in range(9):
        clock.advance(hours=1, minutes=30)
        work(settings)
    told = [todo.what for todo in letters.todos(administrator, product_clock.today())]
    assert len(told) == 2
    assert all("try later" in what for what in told)
    assert letters.todos(auditor, product_clock.today()) == []

    smtp_server.refuse = None
    for _ in range(3):
        clock.advance(hours=1)
        work(settings)
    assert sorted(smtp_server.recipients) == sorted([one] for one in OFFICES)
    assert letters.todos(administrator, product_clock.today()) == []
    heads.head_over(heads.chained() + 1)  # one more head, for an export: not mailed
    clock.advance(hours=4)
    work(settings)
    assert len(smtp_server.messages) == 2
    clock.advance(hours=10)
    work(settings)
    assert len(smtp_server.messages) == 4, "the next day has its own"


@pytest.mark.mail
def test_a_mailed_head_finds_what_nothing_inside_the_machine_can(
    settings: Settings, db: Any, clock: Any, smtp_server: Any, tmp_path: Path
) -> None:
    with transaction():
        audit.record(SYSTEM, "test.done", "thing:1")  # what will be rewritten
    made = inspection_with_log()
    work(replace(settings, mail_url=smtp_server.url, head_mail_to=OFFICES[:1]))
    (message,) = smtp_server.messages
    for told in (made.tender.name, made.tender.number, made.id, made.coordinator.name):
        assert told not in message.as_string() + str(message.get_body(("plain",)).get_content())
    (attached,) = message.iter_attachments()
    kept, block = tmp_path / attached.get_filename(), block_of(message)
    kept.write_text(attached.get_content(), "utf-8")
    head = heads.head_of_today()
    assert parse(kept.read_text("utf-8")) == parse(block) == head
    assert max(map(len, block.splitlines())) < 78, "no mail program breaks the lines"
    given = (str(kept), block, head.text(), f"{head.size} {grouped(head.root)}")
    assert verify(given).faults == []
    file = tmp_path / "bundle.json"
    auditor = factories.actor("auditor")
    export(file, auditor, made.id)
    for text in given:
        code, says = run(file, "--head", text)
        assert (code, says.splitlines()[0][:17]) == (0, f"head of {head.day[:9]}"), says

    rewrite_history(db, 1)
    with product_clock.set_to(product_clock.now() + timedelta(hours=1)):
        export(file, auditor, made.id)
    assert verify(()).faults == [], "inside the machine nothing tells"
    assert run(file)[0] == 0, run(file)[1]
    for text in given:
        assert [fault.kind for fault in verify([text]).faults] == ["head"]
        code, says = run(file, "--head", text)
        assert (code, says[:15]) == (1, "WRONG  printed:"), text


def block_of(message: Any) -> str:
    body = message.get_body(("plain",)).get_content()
    return str(body.split("內容與附件相同：")[1].strip())


def export(file: Path, auditor: Any, inspection_id: str) -> None:
    file.write_text(json.dumps(bundle.export(auditor, inspection_id)), "utf-8")


HEAD = SignedHead("2026-11-23", 1234, "ab" * 32, "2026-11-22T16:00:09Z", "cd" * 32, "ef" * 64)


def test_the_letter_is_made_of_the_head_alone_and_can_be_read_out() -> None:
    mail = letters.letter(HEAD, OFFICES[0], "https://inspect.example.test")
    assert (mail.to, mail.subject) == (
        OFFICES[0],
        "【工程施工查核】稽核紀錄首　民國115年11月23日（一）　共 1234 筆",
    )
    assert mail.file == ("head-2026-11-23.txt", f"{HEAD.text()}\n")
    for wanted in ("民國115年11月23日（一）", "1234", grouped(HEAD.root), grouped(HEAD.key), grouped(HEAD.signature[:64]),
                   "verify_evidence.py 證據檔.json --head head-2026-11-23.txt",
                   "inspect-app audit verify --head head-2026-11-23.txt"):  # fmt: skip
        assert wanted in mail.body, wanted


def test_nobody_is_asked_when_the_setting_is_empty(db: Any, clock: Any) -> None:
    chaining.chain_waiting()
    assert letters.call_due(OFFICES) == 0, "no head yet"
    heads.begin_day()
    assert letters.call_due(()) == 0
    assert (letters.call_due(OFFICES), letters.call_due(OFFICES)) == (2, 0)
    rows = db.session.scalars(select(OutboxRow)).all()
    assert sorted(row.payload["to"] for row in rows) == sorted(OFFICES)
    assert {tuple(sorted(row.payload)) for row in rows} == {("n", "to")}


def test_addresses_are_read_from_the_setting() -> None:
    def read(text: str) -> tuple[str, ...]:
        return Settings.from_env({"INSPECT_APP_HEAD_MAIL_TO": text}).head_mail_to

    assert read("") == ()
    assert read(f" {OFFICES[0]},{OFFICES[1]}\n{OFFICES[0]}") == OFFICES
    for wrong in ("nobody", "a@b@c", "@x", f"{'a' * 100}@example.test"):
        with pytest.raises(ValueError, match="HEAD_MAIL_TO"):
            read(wrong)


@pytest.mark.parametrize(
    "text",
    ["x", "", "5", f"5 {'ab' * 31}", f"inspect-app-head/1 2026-11-23 5 t {'ab' * 127}", f"x {'ab' * 32}"],
)
def test_the_verifier_refuses_what_is_no_head(text: str) -> None:
    with pytest.raises(verify_evidence.Wrong, match="usage"):
        verify_evidence.printed_head(text)


def certificate_for(address: str, folder: Path) -> Path:
    """A certificate that nobody vouches for, and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    signed = made.add_extension(names, critical=False).sign(key, SHA256())
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return file


def answer_once(door: socket, tls: SSLContext, heard: list[bytes]) -> None:
    """A mail server that offers STARTTLS and goes once it heard the first word after that; nothing where there is none."""
    line, _ = door.accept()
    with line:
        for answer in (b"220 mail", b"250-mail\r\n250 STARTTLS", b"220 go on"):
            line.sendall(answer + b"\r\n")
            if answer != b"220 go on":
                line.recv(1000)
        try:
            with tls.wrap_socket(line, server_side=True) as safe:
                heard.append(safe.recv(1000))
        except OSError:
            heard.append(b"")


def test_a_mail_server_that_nobody_vouches_for_gets_neither_password_nor_mail(
    app: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    file = certificate_for("127.0.0.1", tmp_path)
    tls, heard = SSLContext(PROTOCOL_TLS_SERVER), list[bytes]()
    tls.load_cert_chain(file)
    with create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as pool:
        mailer = mailer_from_url(
            f"smtp://127.0.0.1:{door.getsockname()[1]}?tls=starttls", "app@city.example.test"
        )
        for trusted, refusal in ((False, SSLCertVerificationError), (True, SMTPServerDisconnected)):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(file))
            answering = pool.submit(answer_once, door, tls, heard)
            with pytest.raises(Away) as caught:
                mailer.send(Mail(OFFICES[0], "紀錄首", "x"))
            assert isinstance(caught.value.__cause__, refusal)
            answering.result(60)
    assert (heard[0], heard[1][:4].lower()) == (b"", b"ehlo")


def test_a_day_without_a_head_is_told_where_somebody_waits_for_it(
    settings: Settings, db: Any, clock: Any
) -> None:
    administrator = factories.actor("administrator")

    def told(**changes: Any) -> list[str]:
        with jobs.restarted(replace(settings, **changes)) as app, app.app_context():
            return [todo.what[:12] for todo in letters.todos(administrator, product_clock.today())]

    missing = ["今天還沒有稽核紀錄首，無"]
    assert told() == []
    assert told(head_mail_to=OFFICES) == told(tsa_url="http://127.0.0.1:1/") == missing
    clock.set(datetime(2026, 11, 22, 16, 10, tzinfo=UTC))
    assert told(head_mail_to=OFFICES) == [], "the day has only begun"
    clock.advance(hours=1)
    assert told(head_mail_to=OFFICES) == missing
    heads.begin_day()
    assert told(head_mail_to=OFFICES) == []
