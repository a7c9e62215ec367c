"""Where a time-stamp authority is configured, each day's head is stamped, once; what is no stamp over just this head is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from inspect_app import clock as product_clock
from inspect_app.audit.models import AuditLine
from inspect_app.config import Settings
from inspect_app.evidence import authority as asking
from inspect_app.evidence import bundle, heads, outgoing, stamping, stamps, tokens
from inspect_app.evidence.authority import Refused
from inspect_app.evidence.models import TimeStamp
from inspect_app.evidence.verification import verify
from inspect_app.notifications.models import OutboxRow
from tests.evidence.test_bundle import run
from tests.support import factories, jobs
from tests.support.authority import Authority, authority_running
from tests.support.inspected import inspection_with_log
from tests.support.tampering import do, past_the_guards

NAMES = ("audit.chain", "audit.head", "audit.stamp", "audit.again", "outbox.stamps")
CONTENT = b"what is stamped"


@pytest.fixture
def authority(tmp_path: Path, clock: Any) -> Iterator[Authority]:
    with authority_running(tmp_path, product_clock.now) as one:
        yield one


@pytest.fixture
def settings(settings: Settings, authority: Authority) -> Settings:
    return replace(settings, tsa_url=authority.url, tsa_ca_file=str(authority.ca_file), tsa_alarm_hours=5)


def work(app: Any) -> None:
    jobs.work(app, *NAMES)


def stamped(db: Any) -> TimeStamp:
    return db.session.scalars(select(TimeStamp)).one()  # type: ignore[no-any-return]


def test_the_days_head_is_stamped_once_and_shows(
    app: Any, db: Any, client: Any, settings: Settings, authority: Authority
) -> None:
    made = inspection_with_log()
    made.issued()
    for _ in range(3):
        work(app)
    with jobs.restarted(settings) as again:
        work(again)
    assert authority.asked == 1
    stamp, head = stamped(db), heads.head_of_today()
    assert stamp.at == product_clock.now()
    line = db.session.scalars(select(AuditLine).where(AuditLine.action == stamps.ACTION)).one()
    assert (line.subject, line.detail["sha256"]) == ("head:1", tokens.digest(stamp.answer))
    assert (
        tokens.checked(stamp.answer, stamps.content(head), tokens.authorities(str(authority.ca_file))).time
        == stamp.at
    )
    report = verify()
    assert (report.stamps, report.faults) == (1, [])

    auditor = factories.bearer(factories.account("auditor"))
    page = client.get("/office/evidence", headers=auditor).text
    assert "115.11.23 09:00" in page
    assert "/office/evidence/head-1.tsr" in page
    answers = {name: client.get(f"/office/evidence/{name}", headers=auditor) for name in
               ("head-1.tsr", "head-1.json", "head-1.exe", "head-2.tsr")}  # fmt: skip
    assert [one.status_code for one in answers.values()] == [200, 200, 404, 404]
    assert (answers["head-1.tsr"].data, answers["head-1.json"].data) == (stamp.answer, stamps.content(head))
    listed = client.get("/office/inspection-list.xlsx", headers=factories.bearer(made.coordinator))
    cells = [
        cell.value for row in load_workbook(io.BytesIO(listed.data))["稽核紀錄首"].iter_rows() for cell in row
    ]
    assert f"時戳機關於 民國115年11月23日（一） 09:00 為其中前 {head.size} 筆蓋上時戳" in cells


def test_a_bundle_carries_the_stamps_and_the_script_hands_them_out(
    app: Any, db: Any, settings: Settings, authority: Authority, tmp_path: Path, clock: Any
) -> None:
    made = inspection_with_log()
    work(app)
    first = heads.head_of_today()
    clock.advance(days=1)
    work(app)
    found = bundle.export(factories.actor("auditor"), made.id)
    assert ["stamp" in one for one in (found["head"], *found["heads"])] == [False, True, True]
    file, folder = tmp_path / "bundle.json", tmp_path / "stamps"
    file.write_text(json.dumps(found), "utf-8")
    code, says = run(file, "--stamps", str(folder))
    assert code == 0, says
    assert "2 time stamps over these heads" in says
    command = f"openssl ts -verify -CAfile AUTHORITY.pem -data {folder}/head-2.json -in {folder}/head-2.tsr"
    assert command in says.splitlines()
    answer, content = ((folder / f"head-2.{ending}").read_bytes() for ending in ("tsr", "json"))
    assert content == stamps.content(first)
    assert tokens.checked(answer, content, tokens.authorities(settings.tsa_ca_file)).serial == "1"


REFUSED = {
    "reject": "status 2 not today",
    "other digest": "it stamps something else",
    "other hash": "it stamps something else",
    "other nonce": "it answers another request",
    "no nonce": "it answers another request",
    "stranger": "its signer is not trusted",
    "expired": "its signer is not trusted: certificate has expired",
    "unfit": "its signer is not trusted: unsuitable certificate purpose",
    "flipped": "its signer is not trusted",
    "garbage": "not an answer of a time-stamp authority",
    "nothing": "not an answer of a time-stamp authority",
    "cut": "not an answer of a time-stamp authority",
    "fail": "HTTP 500",
    "redirect": "HTTP 307",
    "other type": "an answer of type text/html",
    "large": "the answer is too large",
}


def asked(authority: Authority, ca_file: str) -> tokens.Stamped:
    request, nonce = tokens.question(CONTENT)
    return tokens.checked(asking.ask(authority.url, request), CONTENT, tokens.authorities(ca_file), nonce)


def test_what_is_no_time_stamp_is_refused_with_its_reason(authority: Authority) -> None:
    said = {}
    for does in REFUSED:
        authority.does = does
        with pytest.raises(Refused) as caught:
            asked(authority, str(authority.ca_file))
        said[does] = str(caught.value)
    assert {does: why[: len(REFUSED[does])] for does, why in said.items()} == REFUSED
    assert authority.asked == len(REFUSED), "no redirect was followed"
    authority.does = "grant"
    assert asked(authority, str(authority.ca_file)).time == product_clock.now()


def test_an_answer_that_trickles_is_cut_off(authority: Authority, monkeypatch: Any) -> None:
    monkeypatch.setattr(asking, "WHOLE", 0.5)
    authority.does = "slow"  # two minutes and more, with never a second of silence
    with pytest.raises(Refused, match="too slow"):
        asked(authority, "")


def test_without_a_certificate_file_no_signer_is_checked(authority: Authority) -> None:
    authority.does = "stranger"
    assert asked(authority, "").serial == str(authority.serial)


def test_a_refused_stamp_is_asked_for_again_and_told_after_hours(
    app: Any, db: Any, clock: Any, authority: Authority, capsys: Any
) -> None:
    administrator, auditor = factories.actor("administrator"), factories.actor("auditor")
    clock.set(product_clock.now() - timedelta(hours=8, minutes=50))  # ten past midnight in Taipei
    authority.does = "reject"
    for _ in range(4):
        work(app)
        assert stamps.todos(administrator, product_clock.today()) == []
        clock.advance(hours=1, minutes=10)
    for _ in range(6):
        clock.advance(hours=1, minutes=10)
        work(app)
    assert "evidence.unstamped" in capsys.readouterr().out
    (todo,) = stamps.todos(administrator, product_clock.today())
    assert "過了 5 小時還沒有蓋上時戳：Refused: status 2 not today" in todo.what
    assert stamps.todos(auditor, product_clock.today()) == []
    assert authority.asked > 8, "given up on once, and taken up again"
    assert verify().faults == []

    authority.does = "other time"
    clock.advance(hours=3)
    work(app)
    assert stamped(db).head_n == 1
    assert "evidence.clocks_differ" in capsys.readouterr().out
    assert stamps.todos(administrator, product_clock.today()) == []
    work(app)
    assert outgoing.unfinished(stamps.KIND) == []


def test_nobody_is_asked_without_an_authority(db: Any, authority: Authority) -> None:
    heads.begin_day()
    assert stamping.call_due("") is False
    assert db.session.scalars(select(OutboxRow)).all() == []
    assert (stamping.call_due(authority.url), stamping.call_due(authority.url)) == (True, False)


def test_verify_names_a_stamp_that_was_changed_exchanged_or_taken_away(
    app: Any, db: Any, authority: Authority, clock: Any
) -> None:
    work(app)
    clock.advance(days=1)
    work(app)
    assert (verify().stamps, verify().faults) == (2, [])
    row, other = stamped_as_hex(db)
    authority.does = "stranger"
    forged = authority.answer(tokens.question(stamps.content(heads.signed(heads.all_heads()[0])))[0])[2].hex()
    changes = {
        "one byte": (f"UPDATE audit_stamps SET answer = {blob(db, row[:-2] + '00')} WHERE head_n = 1", "its signer is not trusted"),
        "another day's": (f"UPDATE audit_stamps SET answer = {blob(db, other)} WHERE head_n = 1", "it stamps something else"),
        "a stranger's": (f"UPDATE audit_stamps SET answer = {blob(db, forged)} WHERE head_n = 1", "its signer is not trusted"),
        "none": ("DELETE FROM audit_stamps WHERE head_n = 1", "it was deleted"),
        "another time beside it": (
            "UPDATE audit_stamps SET at = '2020-01-01 00:00:00.000000' WHERE head_n = 1", "the authority said another time"),
        "another number beside it": ("UPDATE audit_stamps SET serial = '7' WHERE head_n = 1", "the authority said another"),
    }  # fmt: skip
    found = {}
    for name, (statement, _) in changes.items():
        with past_the_guards(db):
            do(db, statement)
            first = verify().faults[0]
        found[name] = (first.kind, first.row[:20], first.says)
    for name, (_, says) in changes.items():
        assert found[name][:2] == ("stamp", "time stamp of head 1")
        assert found[name][2].startswith(says), name
    assert verify().faults == []


def test_a_stamp_that_the_log_does_not_know_is_named(app: Any, db: Any, authority: Authority) -> None:
    """Without TSA_CA_FILE anybody can sign one: who put it there past the program wrote no line."""
    heads.begin_day()
    answer = authority.answer(tokens.question(stamps.content(heads.head_of_today()))[0])[2].hex()
    at = product_clock.now()
    with past_the_guards(db):
        do(db, f"INSERT INTO audit_stamps (head_n, at, serial, answer) VALUES (1, :at, '1', {blob(db, answer)})",
           at=at if db.engine.dialect.name == "postgresql" else f"{at:%F %T}.000000")  # fmt: skip
        (fault,) = verify().faults
    assert (fault.kind, fault.row, fault.says) == (
        "stamp",
        "time stamp of head 1",
        "the log does not tell that it came",
    )


def test_verify_goes_on_without_the_authoritys_certificates(app: Any, db: Any, authority: Authority) -> None:
    work(app)
    for change in (lambda: authority.ca_file.write_text("x"), authority.ca_file.unlink):
        change()
        assert [(one.kind, one.row) for one in verify().faults] == [("stamp", "TSA_CA_FILE")]


def stamped_as_hex(db: Any) -> list[str]:
    rows = db.session.scalars(select(TimeStamp).order_by(TimeStamp.head_n))
    return [row.answer.hex() for row in rows]


def blob(db: Any, digits: str) -> str:
    return f"X'{digits}'" if db.engine.dialect.name == "sqlite" else f"decode('{digits}', 'hex')"


def test_the_address_of_an_authority_is_one() -> None:
    def read(text: str) -> str:
        return Settings.from_env({"INSPECT_APP_TSA_URL": text}).tsa_url

    assert read("") == ""
    assert read("https://tsa.example.test:444/a?b=c") == "https://tsa.example.test:444/a?b=c"
    for wrong in (
        "tsa.example.test",
        "ftp://tsa.example.test/",
        "file:///etc/passwd",
        "https://",
        "http://me:secret@tsa.example.test/",
    ):
        with pytest.raises(ValueError, match="TSA_URL"):
            read(wrong)
