"""An operator finds every setting explained, and no setting that is not there."""

from __future__ import annotations

import re
from dataclasses import fields

from inspect_app.config import PREFIX, Settings
from tests.support.source import ROOT


def test_the_example_explains_every_setting() -> None:
    example = (ROOT / "deploy/inspect-app.env.example").read_text()
    explained = set(re.findall(r"^#?INSPECT_APP_([A-Z_]+)=", example, re.MULTILINE))
    assert explained == {field.name.upper() for field in fields(Settings)}


def test_the_example_can_be_read_back() -> None:
    lines = (ROOT / "deploy/inspect-app.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line.startswith(PREFIX))
    settings = Settings.from_env(given)
    assert settings.secure_cookies
    assert settings.bind == "127.0.0.1:8000"


def test_compose_sets_only_settings_that_exist() -> None:
    named = set(re.findall(r"INSPECT_APP_([A-Z_]+)", (ROOT / "deploy/compose.yaml").read_text()))
    assert named <= {field.name.upper() for field in fields(Settings)}
