"""The app's shell: served to anybody, kept only where a name carries a hash, and never in the way of the interface."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse as Response


@pytest.fixture
def built(app: Flask, tmp_path: Path) -> Path:
    """A build as vite leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>工程查核</title>", encoding="utf-8")
    (tmp_path / "sw.js").write_text("// worker", encoding="utf-8")
    (tmp_path / "manifest.webmanifest").write_text("{}", encoding="utf-8")
    (tmp_path / "assets" / "index-abc.js").write_text("//", encoding="utf-8")
    app.config["FIELD_APP"] = str(tmp_path)
    return tmp_path


def fetch(client: FlaskClient, address: str, **headers: str) -> Response:
    """The answer, with its file closed again."""
    with client.get(address, headers=headers, follow_redirects=True) as answer:
        return answer


@pytest.mark.parametrize(
    "address", ["/app", "/app/", "/app/visits", "/app/visits/0193a000-0000-7000-8000-000000000001/points"]
)
def test_every_address_of_the_app_is_its_shell(client: FlaskClient, built: Path, address: str) -> None:
    answer = fetch(client, address)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/app", "/office"])
def test_an_address_without_its_slash_leads_on_without_naming_a_host(
    client: FlaskClient, address: str
) -> None:
    assert client.get(address).location == f"{address}/"


def test_the_worker_is_asked_for_anew_and_hashed_files_are_kept(client: FlaskClient, built: Path) -> None:
    worker, script = fetch(client, "/app/sw.js"), fetch(client, "/app/assets/index-abc.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "javascript" in worker.mimetype
    assert "immutable" in script.headers["Cache-Control"]
    assert fetch(client, "/app/sw.js", **{"If-None-Match": worker.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "name", ["assets/gone.js", "gone.png", "../pyproject.toml", "assets/../../pyproject.toml"]
)
def test_a_file_that_is_not_there_is_no_shell(client: FlaskClient, built: Path, name: str) -> None:
    assert fetch(client, f"/app/{name}").status_code == 404


def test_the_bare_address_leads_to_the_office(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/office/")
