"""Whoever reaches the tables or the files behind the program is found out, and the first bad row is named (faults 34, 35)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from inspect_app import audit
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit import anchor, chaining
from inspect_app.cli import main
from inspect_app.domain.heads import grouped
from inspect_app.evidence import heads
from inspect_app.evidence.verification import verify
from inspect_app.installation.keys import SigningKey
from inspect_app.photos import services as photos
from inspect_app.photos.models import Photo
from inspect_app.photos.store import original_key, store
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.tampering import do, for_good, past_the_guards, past_the_keys, rewrite_line


def write(*numbers: int) -> None:
    for number in numbers:
        with transaction():
            audit.record(SYSTEM, "test.done", f"thing:{number}", number=number)
    chaining.chain_waiting()


@pytest.fixture
def log(db: Any, clock: Any) -> Any:
    """Ten lines: a head over the first six, four after it; one photo."""
    write(*range(4))
    photos.take_in(factories.actor("inspector"), pictures.photo(), "a.jpg")
    write(4)
    assert heads.head_of_today().size == 6
    write(*range(6, 10))
    assert verify().faults == []
    return db


TAIL = ("DELETE FROM audit_chain WHERE position >= {0}", "DELETE FROM audit_lines WHERE n > {0}")
COPY = """INSERT INTO audit_lines (n, id, at, actor_id, actor_name, action, subject, detail, leaf)
SELECT {n}, 'forged', at, actor_id, actor_name, action, subject, detail, leaf FROM audit_lines WHERE n = 2"""


@dataclass(frozen=True)
class Forgery:
    kind: str
    row: str
    change: Callable[[Any], None]


def sql(*statements: str) -> Callable[[Any], None]:
    return lambda db: do(db, *statements)


def swapped(db: Any) -> None:
    do(db, "UPDATE audit_lines SET n = 99 WHERE n = 3", "UPDATE audit_lines SET n = 3 WHERE n = 4",
       "UPDATE audit_lines SET n = 4 WHERE n = 99")  # fmt: skip


def edited_with_its_whole_chain(db: Any) -> None:
    rewrite_line(db, 2)


def new_head(db: Any) -> None:
    """The head that a forger with a key of his own would put there."""
    key = SigningKey("forger.key")
    row = heads.latest()
    forged = {
        "day": row.day.isoformat(),
        "size": row.size,
        "root": "00" * 32,
        "time": "2026-11-23T01:00:00Z",
        "key": key.public,
    }
    values = f"root = '{'00' * 32}', key = '{key.public}', signature = '{key.sign(forged)}'"
    do(db, f"UPDATE audit_heads SET {values}")


FORGERIES = {
    "a line's subject": Forgery("line", "line 3 (position 2)", sql("UPDATE audit_lines SET subject = 'x' WHERE n = 3")),
    "a line's person": Forgery("line", "line 1 (position 0)", sql("UPDATE audit_lines SET actor_name = 'x' WHERE n = 1")),
    "a line's time": Forgery("line", "line 9 (position 8)", sql("UPDATE audit_lines SET at = '2020-01-01 00:00:00.000000' WHERE n = 9")),
    "a line and its leaf": Forgery(
        "line", "line 3 (position 2)", sql("UPDATE audit_lines SET subject = 'x', leaf = 'ff' WHERE n = 3")
    ),
    "a line's leaf alone": Forgery("line", "line 3 (position 2)", sql("UPDATE audit_lines SET leaf = 'ff' WHERE n = 3")),
    "two of them: the first is named": Forgery(
        "line", "line 4 (position 3)", sql("UPDATE audit_lines SET action = 'x' WHERE n IN (8, 4)")
    ),
    "a deleted line": Forgery("line", "line 5 (position 4)", sql("DELETE FROM audit_lines WHERE n = 5")),
    "a deleted line with its link": Forgery(
        "chain", "position 4", sql("DELETE FROM audit_chain WHERE line_n = 5", "DELETE FROM audit_lines WHERE n = 5")
    ),
    "lines that changed places": Forgery("line", "line 3 (position 2)", swapped),
    "an inserted line": Forgery("line", "line 77", sql(COPY.format(n=77))),
    "an inserted line with a link": Forgery(
        "line", "line 77 (position 10)",  # the copy says another id than its leaf does
        sql(COPY.format(n=77),
            "INSERT INTO audit_chain (position, line_n, leaf, hash) SELECT 10, 77, leaf, hash FROM audit_chain WHERE line_n = 2"),
    ),
    "a changed link": Forgery("chain", "position 6 (line 7)", sql("UPDATE audit_chain SET hash = leaf WHERE position = 6")),
    "the links cut off": Forgery("line", "line 9", sql("DELETE FROM audit_chain WHERE position >= 8")),
    "the end cut off": Forgery("tail", "position 8", sql(*(one.format(8) for one in TAIL))),
    "the end cut off, a head with it": Forgery("tail", "position 4", sql(*(one.format(4) for one in TAIL))),
    "everything cut off": Forgery("tail", "position 0", sql(*(one.format(0) for one in TAIL))),
    "a line and every link after it": Forgery("head", "head 1 of 2026-11-23", edited_with_its_whole_chain),
    "a head's root": Forgery("head", "head 1 of 2026-11-23", sql(f"UPDATE audit_heads SET root = '{'00' * 32}'")),
    "a head's size": Forgery("head", "head 1 of 2026-11-23", sql("UPDATE audit_heads SET size = 3")),
    "a head of somebody else": Forgery("head", "head 1 of 2026-11-23", new_head),
    "the first head deleted": Forgery("head", "head 1", sql("UPDATE audit_heads SET n = 2")),
}  # fmt: skip


def test_the_first_bad_row_is_named(log: Any) -> None:
    found = {}
    for name, forgery in FORGERIES.items():
        with past_the_guards(log):
            forgery.change(log)
            first = verify().faults[:1]
        found[name] = [(one.kind, one.row) for one in first]
    assert found == {name: [(forgery.kind, forgery.row)] for name, forgery in FORGERIES.items()}
    assert verify().faults == []


NESTED = "[" * 3000 + "]" * 3000
UNREADABLE = {
    "sqlite": {
        "no JSON": ("UPDATE audit_lines SET detail = '{' WHERE n = 3", "line", "line 3 (position 2)"),
        "a deep one": (f"UPDATE audit_lines SET detail = '{NESTED}' WHERE n = 3", "line", "line 3 (position 2)"),
        "no date": ("UPDATE audit_lines SET at = 'yesterday' WHERE n = 3", "line", "line 3 (position 2)"),
        "no text": ("UPDATE audit_lines SET actor_name = CAST(X'ff' AS TEXT) WHERE n = 3", "line", "line 3 (position 2)"),
        "a head's time": ("UPDATE audit_heads SET signed_at = 'x'", "head", "head 1"),
    },
    "postgresql": {
        "a deep one": (f"UPDATE audit_lines SET detail = '{NESTED}' WHERE n = 3", "line", "line 3 (position 2)"),
        "no date": ("UPDATE audit_lines SET at = 'infinity' WHERE n = 3", "line", "line 3 (position 2)"),
        "a head's time": ("UPDATE audit_heads SET signed_at = 'infinity'", "head", "head 1"),
    },
}  # fmt: skip
NOT_A_NUMBER_OF_OURS = (
    "UPDATE audit_lines SET n = -5 WHERE n = 3",
    "UPDATE audit_chain SET line_n = -5 WHERE line_n = 3",
)


def test_a_row_that_cannot_even_be_read_is_named(log: Any) -> None:
    """Whoever reaches the tables must not silence the check with a row on which it stumbles."""
    found = {}
    cases = UNREADABLE[log.engine.dialect.name]
    for name, (statement, _, _) in cases.items():
        with past_the_guards(log):
            do(log, statement)
            first = verify().faults[0]
        found[name] = (first.kind, first.row)
    assert found == {name: (kind, row) for name, (_, kind, row) in cases.items()}
    with past_the_guards(log):
        do(log, *NOT_A_NUMBER_OF_OURS)
        assert verify().faults[0].row == "line -5 (position 2)"
    with past_the_guards(log):
        cut = "UPDATE audit_lines SET at = '{}' WHERE n = 10".format(
            "infinity" if log.engine.dialect.name == "postgresql" else "x"
        )
        do(
            log,
            cut,
            "DELETE FROM audit_chain WHERE line_n = 10",
            "INSERT INTO audit_waiting (line_n) VALUES (10)",
        )
        assert verify().faults[0].row == "line 10 (waiting)"
    assert verify().faults == []


def test_a_line_that_vanished_before_it_was_chained_holds_nobody_up(log: Any) -> None:
    """Its number stays and is named; the sequencer goes on with what comes after it."""
    past_the_keys(log, "INSERT INTO audit_waiting (line_n) VALUES (777)")
    assert chaining.chain_waiting() == 0
    write(20)
    assert [(fault.kind, fault.row) for fault in verify().faults] == [("line", "line 777 (waiting)")]


def test_an_end_that_was_cut_stays_noticed_when_new_lines_follow(log: Any) -> None:
    for_good(log, *(one.format(8) for one in TAIL))
    write(*range(20, 30))
    assert [fault.kind for fault in verify().faults] == ["anchor"]


def test_without_the_anchor_a_printed_head_still_tells(log: Any) -> None:
    """Somebody with every file of the machine, the signing key too, does not reach the paper."""
    paper = heads.head_over(10)
    anchor.file().unlink()
    for_good(log, *(one.format(8) for one in TAIL), "DELETE FROM audit_heads WHERE n = 2")
    assert verify().faults == []
    found = verify([paper]).faults
    assert [(fault.kind, fault.row) for fault in found] == [("tail", "position 8")]


def test_a_photo_that_changed_is_named(log: Any) -> None:
    sha256 = log.session.scalar(select(Photo.sha256))
    content = b"".join(store().open(original_key(sha256)))
    for change in (
        lambda: store().put(
            original_key(sha256), [content[:100] + bytes([content[100] ^ 1]) + content[101:]]
        ),
        lambda: store().delete(original_key(sha256)),
    ):
        change()
        assert [(fault.kind, fault.row) for fault in verify().faults] == [("photo", f"photo {sha256}")]


def test_the_command_exits_0_or_names_the_row(log: Any, settings: Any, monkeypatch: Any) -> None:
    for name, value in (
        ("HOME", settings.home),
        ("DATABASE_URL", settings.database_url),
        ("STORAGE_URL", settings.storage_url),
    ):
        monkeypatch.setenv(f"INSPECT_APP_{name}", str(value))
    paper = heads.head_of_today().text()
    fine = CliRunner().invoke(main, ["audit", "verify", "--json", "--head", paper])
    assert fine.exit_code == 0, fine.output
    assert json.loads(fine.stdout) == {
        "ok": True,
        "lines": 10,
        "waiting": 0,
        "heads": 1,
        "stamps": 0,
        "photos": 1,
        "faults": [],
    }
    head = heads.head_of_today()
    for typed, code in ((f"{head.size} {grouped(head.root)}", 0), (f"{head.size} {'ab' * 32}", 1)):
        assert CliRunner().invoke(main, ["audit", "verify", "--head", typed]).exit_code == code
    wrong = CliRunner().invoke(main, ["audit", "verify", "--head", "INSPECT-APP-HEAD/1 2026"])
    assert (wrong.exit_code, wrong.stderr[:26]) == (1, "head: not a printed head o")
    for_good(log, "UPDATE audit_lines SET subject = 'x' WHERE n = 3")
    bad = CliRunner().invoke(main, ["audit", "verify", "--json"])
    assert bad.exit_code == 1
    assert bad.stderr.startswith("line 3 (position 2): it was changed")
    assert json.loads(bad.stdout)["faults"][0]["row"] == "line 3 (position 2)"


def test_a_damaged_anchor_is_a_fault(log: Any, home: Path) -> None:
    for damaged in (
        "{",
        "[]",
        "[" * 3000,
        '{"size": -1, "hash": "", "at": ""}',
        '{"size": 1e400, "hash": "", "at": ""}',
    ):
        (home / anchor.NAME).write_text(damaged)
        assert [fault.kind for fault in verify().faults] == ["anchor"]
