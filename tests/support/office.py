"""Somebody at an office browser: signs in by the form, reads pages, sends forms with the page's own hidden fields."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

HIDDEN = re.compile(r'name="(csrf_token|once|version)" value="([^"]*)"')


class Visitor:
    """One browser with its own cookies."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.environ = {"REMOTE_ADDR": address}

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/office{path}", environ_base=self.environ)

    def post(self, path: str, page: str = "", **values: Any) -> TestResponse:
        """Send the form of `page` (a path; the same as `path` by default) with these values."""
        hidden = dict(HIDDEN.findall(self.get(page or path).text))
        return self.send(path, **{**hidden, **values})

    def send(self, path: str, **values: Any) -> TestResponse:
        """Send values only, as a forged or an old page would."""
        return self.client.post(f"/office{path}", data=values, environ_base=self.environ)

    def sign_in(self, login: str, password: str, **values: str) -> TestResponse:
        return self.send("/sign-in", login=login, password=password, **values)
