"""The browser of the tests is a real one: its network can be cut, and what it stored survives being killed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.support.browsers import kill_device

pytestmark = pytest.mark.browser
STORE = """() => new Promise((done, fail) => {
  const opening = indexedDB.open('kept', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
  opening.onerror = fail;
  opening.onsuccess = () => {
    const change = opening.result.transaction('rows', 'readwrite', {durability: 'strict'});
    change.objectStore('rows').put('查核', 1);
    change.oncomplete = () => done(true);
  };
})"""
READ = """() => new Promise((done) => {
  const opening = indexedDB.open('kept', 1);
  opening.onsuccess = () => {
    const asked = opening.result.transaction('rows').objectStore('rows').get(1);
    asked.onsuccess = () => done(asked.result);
  };
})"""


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write("<title>查核</title>".encode())

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_network_can_be_cut(page: Any, site: str) -> None:
    page.goto(site)
    page.context.set_offline(True)
    with pytest.raises(Error):
        page.goto(site)
    page.context.set_offline(False)
    page.goto(site)
    assert page.title() == "查核"


def test_what_was_stored_survives_a_kill(open_device: Callable[..., Any], site: str, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    tablet = open_device(profile)
    tablet.new_page().goto(site)
    assert tablet.pages[-1].evaluate(STORE)
    kill_device(profile)
    again = open_device(profile)
    again.new_page().goto(site)
    assert again.pages[-1].evaluate(READ) == "查核"
    again.close()
