"""Fixtures on real parts. TEST_DATABASE (sqlite, postgres) and TEST_STORAGE (local, s3) choose the parts of a run.

Every test gets a database and a data folder of its own; nothing outside this machine can be reached; the process
runs in a time zone that is neither UTC nor Taipei, so that nobody leans on either.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from tests.support import databases, quick
from tests.support.folders import RUN_FOLDER, make_once, make_run_folder, remove_run_folder

os.environ["TZ"] = "America/St_Johns"
time.tzset()
hypothesis_settings.register_profile(
    "house", deadline=None, print_blob=True
)  # the machine is shared: no stopwatch
hypothesis_settings.load_profile("house")

PURE = ("tests/domain/", "tests/rules/", "tests/vectors/")
STORAGE = os.environ.get("TEST_STORAGE", "local")


def pytest_configure(config: pytest.Config) -> None:
    if RUN_FOLDER not in os.environ:
        folder = make_run_folder()
        config.add_cleanup(lambda: remove_run_folder(folder))
    sys.addaudithook(refuse_foreign_hosts)
    quick.remember()


def refuse_foreign_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    """No test leaves the machine, not by mistake either."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not host.startswith("127.") and host not in {"localhost", "::1"}:
        raise RuntimeError(f"a test tried to reach {host}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`pure` runs once, `browser` in its own part; a test about the code that needs a database says `database`."""
    for item in items:
        place = item.path.relative_to(item.config.rootpath).as_posix()
        if place.startswith("tests/e2e/"):
            item.add_marker(pytest.mark.browser)
        if place.startswith(PURE) and not item.get_closest_marker("database"):
            item.add_marker(pytest.mark.pure)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data folder of this test's installation."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def database_url(home: Path) -> Iterator[str]:
    """A migrated, empty database of the kind that TEST_DATABASE names."""
    if databases.KIND == "postgres":
        opened = databases.postgres_database(migrate_to_head)
    else:
        opened = databases.sqlite_database(home, migrate_to_head)
    with opened as url:
        yield url


@pytest.fixture
def storage_url(home: Path, request: pytest.FixtureRequest) -> str:
    if STORAGE == "s3":
        return request.getfixturevalue("s3_server").new_bucket()
    return f"file://{home / 'photos'}"


@pytest.fixture
def settings(home: Path, database_url: str, storage_url: str) -> Any:
    """Settings of this test's installation; change some with `dataclasses.replace` and call `create_app`."""
    return make_settings(home, DATABASE_URL=database_url, STORAGE_URL=storage_url)


def make_settings(home: Path, **values: str) -> Any:
    from inspect_app.config import Settings

    given = {"HOME": str(home), "TESTING": "1", "PUBLIC_URL": "http://localhost", **values}
    return Settings.from_env({f"INSPECT_APP_{name}": value for name, value in given.items()})


def migrate_to_head(url: str) -> None:
    """Bring an empty database to the newest schema by the real migrations, and let go of it."""
    import tempfile

    from flask_migrate import upgrade

    from inspect_app import create_app
    from inspect_app.extensions import db

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_settings(Path(folder), DATABASE_URL=url))
        with app.app_context():
            upgrade(directory=app.config["MIGRATIONS"])
            db.engine.dispose()


@pytest.fixture
def app(settings: Any) -> Iterator[Any]:
    """The application, as create_app makes it."""
    from inspect_app import create_app
    from inspect_app.extensions import db

    made = create_app(settings)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Any) -> Any:
    """Flask's test client: a browser without a screen, cookies kept."""
    return app.test_client()


@pytest.fixture
def db(app: Any) -> Iterator[Any]:
    """Inside an application context: services and queries can be called; `db.session` reads."""
    from inspect_app.extensions import db as database

    with app.app_context():
        yield database
        database.session.remove()


class HeldClock:
    """The product's clock, held: `set(moment)`, `advance(days=8)`."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.set(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))

    def set(self, moment: datetime) -> None:
        from inspect_app import clock

        self._stack.close()
        self._stack.enter_context(clock.set_to(moment))

    def advance(self, **span: float) -> None:
        from inspect_app import clock

        self.set(clock.now() + timedelta(**span))


@pytest.fixture
def clock() -> Iterator[HeldClock]:
    """Held at 2026-11-23 09:00 in Taipei (a Monday) until the test moves it."""
    with ExitStack() as stack:
        yield HeldClock(stack)


@pytest.fixture(scope="session")
def postgres_server() -> databases.PostgresServer:
    """The embedded PostgreSQL of this run."""
    return databases.PostgresServer.of_this_run()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Any]:
    """A real S3 server; `new_bucket()` gives a storage URL."""
    from tests.support.object_store import s3_server_running

    with s3_server_running() as server:
        yield server


@pytest.fixture
def smtp_server() -> Iterator[Any]:
    """A real SMTP server; `.url`, `.messages`, `.refuse`."""
    from tests.support.mail import mail_server_running

    with mail_server_running() as server:
        yield server


@pytest.fixture(scope="session")
def demo_home() -> Path:
    """The data folder with the demo city, loaded once per run; copy it, do not use it."""
    from tests.support.product import Product

    def load(folder: Path) -> None:
        folder.mkdir()
        Product(folder).cli("demo")

    return make_once("demo", load)


@pytest.fixture
def make_product(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`make_product(demo=False, **settings)`: an installation of its own, not yet started."""
    import shutil

    from tests.support.product import Product

    made: list[Product] = []

    def make(demo: Path | None = None, **values: str) -> Product:
        home = tmp_path / f"product{len(made)}"
        if demo:
            shutil.copytree(demo, home)
        else:
            home.mkdir()
        made.append(Product(home, settings=values))
        return made[-1]

    yield make
    for product in made:
        product.stop()


@pytest.fixture
def live_server(make_product: Callable[..., Any]) -> Any:
    """A running, empty, migrated installation: `.url`, `.cli(...)`, `.stop()`, `.kill()`, `.start()`."""
    product = make_product()
    product.cli("migrate")
    return product.start()


@pytest.fixture
def demo_server(demo_home: Path, make_product: Callable[..., Any]) -> Any:
    """A running installation with the demo city, of this test alone."""
    return make_product(demo_home).start()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
    """Chromium, headless; each test opens contexts of its own with `open_context`."""
    from tests.support.browsers import launch

    started = launch(playwright)
    yield started
    started.close()


@pytest.fixture
def open_context(browser: Any) -> Iterator[Callable[..., Any]]:
    """`open_context("desktop")` or "tablet", "phone": a person's own browser window without cookies."""
    from tests.support.browsers import context_options

    opened: list[Any] = []

    def open_one(size: str = "desktop", **options: Any) -> Any:
        opened.append(browser.new_context(**context_options(size), **options))
        return opened[-1]

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., Any]) -> Any:
    """A desktop page."""
    return open_context("desktop").new_page()


@pytest.fixture
def open_device(playwright: Any) -> Iterator[Callable[..., Any]]:
    """`open_device(profile_folder, size="tablet")`: a tablet whose storage survives closing and killing."""
    from tests.support.browsers import kill_device, launch_device

    profiles: list[Path] = []

    def open_one(profile: Path, size: str = "tablet") -> Any:
        profiles.append(profile)
        return launch_device(playwright, profile, size)

    yield open_one
    for profile in profiles:
        kill_device(profile)
