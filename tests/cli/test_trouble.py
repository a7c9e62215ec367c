"""What an operator reads when something is wrong: one sentence that says what to do, never a traceback."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from inspect_app import audit, cli_checks, create_app
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit import anchor, chaining
from inspect_app.audit.models import AuditLine
from inspect_app.cli import main
from inspect_app.config import PREFIX, WrongSetting
from inspect_app.errors import Problem
from inspect_app.extensions import db as database
from inspect_app.installation import keys
from inspect_app.jobs.leadership import leadership_of
from inspect_app.transaction import transaction
from tests.conftest import make_settings
from tests.support import databases


@pytest.fixture
def told(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`told(["migrate"], DATABASE_URL=...)`: the command line in this HOME."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)

    def run(arguments: list[str], **settings: str) -> Result:
        given = {f"{PREFIX}{name}": value for name, value in {"HOME": str(home), **settings}.items()}
        return CliRunner().invoke(main, arguments, env=given)

    return run


WRONG = [
    ("WORKERS", "two"), ("THREADS", "0"), ("SESSION_HOURS", "-1"), ("IDLE_MINUTES", "0.5"), ("MAX_PHOTO_BYTES", "10MB"),
    ("TRUSTED_PROXIES", "-1"), ("SECOND_STEP_ROLES", "inspector,boss"), ("TSA_ALARM_HOURS", "1e3"), ("SECURE_COOKIES", "yes"),
    ("TESTING", "true"), ("CLOCK_OFFSET", "x"),
    ("PUBLIC_URL", "inspect.example.test"), ("TSA_URL", "ftp://x"), ("TSA_CA_FILE", "/nowhere.pem"), ("HEAD_MAIL_TO", "nobody"),
    ("DATABASE_URL", "nonsense"), ("DATABASE_URL", "mysql://h/db"), ("DATABASE_URL", "postgres://u:p@h/db"),
    ("STORAGE_URL", "photos"), ("STORAGE_URL", "file://photos"), ("STORAGE_URL", "s3://"), ("STORAGE_URL", "s3://b?endpont=http://h"),
    ("STORAGE_URL", "s3://b?endpoint=h:9000"), ("STORAGE_URL", "s3://b?key=k&secret=a#b"),
    ("MAIL_URL", "mail.example.test"), ("MAIL_URL", "folder://mail"), ("MAIL_URL", "smtp://h:x"), ("MAIL_URL", "smtp://h?tls=startls"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_in_one_sentence(told: Any, name: str, value: str) -> None:
    answer = told(["accounts", "list"], **{name: value})
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"{PREFIX}{name} must ")
    assert len(answer.stderr.splitlines()) == 1


def test_the_wrong_settings_are_all_that_can_be_wrong(told: Any) -> None:
    """What is left takes any text, or is looked at where it is used."""
    free = {"HOME", "BIND", "DATABASE_ROLE", "MAIL_FROM", "FAILPOINT", "WORKERS"}
    names = {field.upper() for field in cli_checks.Settings.__dataclass_fields__}
    assert names - free == {name for name, _ in WRONG} - {"WORKERS"}


def test_plus_signs_in_a_secret_are_plus_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspect_app.storage import s3, storage_from_url

    given: list[dict[str, str]] = []
    monkeypatch.setattr(s3, "S3Storage", lambda _, options: given.append(options))
    storage_from_url("s3://b?endpoint=http://h:1&key=k&secret=a+b/c%26=")
    assert given == [{"endpoint": "http://h:1", "key": "k", "secret": "a+b/c&="}]


def test_a_folder_that_cannot_be_made_is_named(told: Any, home: Path) -> None:
    (home / "file").touch()
    answer = told(["migrate"], HOME=str(home / "file"))
    assert (answer.exit_code, answer.stderr) == (1, f"{home / 'file'}: File exists.\n")


def test_a_database_that_is_away_is_named_without_its_password(told: Any) -> None:
    answer = told(["migrate"], DATABASE_URL="postgresql+psycopg://inspect:geheim@127.0.0.1:1/inspect")
    assert (answer.exit_code, "127.0.0.1" in answer.stderr, "geheim" in answer.stderr) == (1, True, False)
    assert answer.stderr.startswith("The database postgresql+psycopg://inspect:***@127.0.0.1:1/inspect: ")


def test_a_database_without_a_schema_says_what_to_run(told: Any) -> None:
    for command in (["accounts", "list"], ["audit", "verify"], ["web"], ["jobs"]):
        answer = told(command, BIND="127.0.0.1:0")
        assert (answer.exit_code, "inspect-app migrate" in answer.stderr) == (1, True), command


@pytest.mark.database
def test_a_database_of_another_version_is_refused(app: Any, told: Any, settings: Any) -> None:
    with app.app_context(), database.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '20990101future'")
        connection.commit()
    for command in ("web", "migrate"):
        answer = told([command], DATABASE_URL=settings.database_url, BIND="127.0.0.1:0")
        assert (answer.exit_code, "newer version" in answer.stderr) == (1, True), answer.output


def refusal(app: Any) -> str:
    keys.secret_in.cache_clear()
    with pytest.raises(Problem) as caught:
        cli_checks.refuse_unfit(app)
    return caught.value.detail


def test_no_new_key_is_made_over_what_a_lost_one_sealed(
    app: Any, home: Path, told: Any, settings: Any
) -> None:
    cli_checks.refuse_unfit(app)
    kept = {name: (home / "keys" / name).read_bytes() for name in keys.NOTED}
    (home / "keys" / "seal.key").unlink()
    (home / "keys" / "device.key").write_bytes(bytes(32))
    assert "seal.key (missing), device.key (another)" in refusal(app)
    assert not (home / "keys" / "seal.key").exists()
    (home / "keys" / "head.key").write_bytes(b"cut")
    keys.secret_in.cache_clear()
    answer = told(["web"], DATABASE_URL=settings.database_url, BIND="127.0.0.1:0")
    assert (answer.exit_code, "head.key is damaged (3 bytes" in answer.stderr) == (1, True), answer.output
    for name, key in kept.items():
        (home / "keys" / name).write_bytes(key)
    keys.secret_in.cache_clear()
    cli_checks.refuse_unfit(app)


def test_who_has_no_copy_goes_on_with_new_keys_and_the_log_says_so(
    app: Any, home: Path, told: Any, settings: Any
) -> None:
    cli_checks.refuse_unfit(app)
    (home / "keys" / "seal.key").unlink()
    keys.secret_in.cache_clear()
    given = {"DATABASE_URL": settings.database_url}
    assert told(["keys", "check"], **given).exit_code == 1
    answer = told(["keys", "renew"], **given)
    assert (answer.exit_code, answer.stdout) == (0, "seal.key is new\n"), answer.output
    cli_checks.refuse_unfit(app)
    with app.app_context():
        line = database.session.scalars(select(AuditLine).order_by(AuditLine.n.desc())).first()
        assert line is not None
        assert line.action == "installation.keys_renewed"


def test_an_empty_database_beside_the_anchor_of_a_long_log_is_refused(app: Any, home: Path) -> None:
    with app.app_context():
        with transaction():
            audit.record(SYSTEM, "installation.backed_up", "installation:1")
        assert chaining.chain_waiting() > 0
        known = anchor.read()
        assert known is not None
    cli_checks.refuse_unfit(app)
    other = create_app(make_settings(home, DATABASE_URL=f"sqlite:///{home / 'other.sqlite3'}"))
    with other.app_context():
        from flask_migrate import upgrade

        upgrade(directory=other.config["MIGRATIONS"])
    assert f"a log of {known.size} lines" in refusal(other)
    with other.app_context():
        database.engine.dispose()


def test_a_jobs_process_that_cannot_lead_says_why(app: Any, home: Path) -> None:
    with app.app_context():
        first, second = (leadership_of(database.engine) for _ in range(2))
        assert first.acquire()
        assert (second.acquire(), second.trouble) == (False, "")
        first.release()
        if databases.KIND != "postgres":
            second._path = str(home / "nowhere" / "lock")  # type: ignore[attr-defined]
            assert (second.acquire(), "unable to open" in second.trouble) == (False, True)


def test_every_thread_has_its_connection(settings: Any) -> None:
    """The 33rd of a hundred waited half a minute for one and answered 500."""
    with create_app(replace(settings, threads=100)).app_context():
        pool: Any = database.engine.pool
        assert pool.size() + pool._max_overflow == 100


def test_wrong_settings_are_told_before_the_web_begins(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("INSPECT_APP_HOME", str(home))
    monkeypatch.setenv("INSPECT_APP_WORKERS", "0")
    with pytest.raises(WrongSetting, match="INSPECT_APP_WORKERS must be a whole number of at least 1"):
        cli_checks.settings()
