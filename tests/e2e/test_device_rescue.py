"""A tablet that cannot send: its encrypted file is carried to the office, and nothing is doubled when it can send after all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import factories, field

WORDS = "正確的馬 電池 釘書針"


@pytest.mark.timeout(600)
def test_the_tablets_file_is_taken_in_by_the_server_once(
    new_device: Callable[..., field.Device], ground: field.Ground, tmp_path: Path
) -> None:
    device = new_device().get_ready()
    device.goto(device.page, device.findings)
    device.begin()
    device.context.set_offline(True)
    device.write("傳不出去的缺失")
    device.photograph(field.picture(6))
    device.shown_photos(1)
    promised = field.Promised(["傳不出去的缺失"], [field.sha256(field.picture(6))])
    device.goto(device.page, "rescue")
    device.page.get_by_label("開啟密碼", exact=True).fill(field.PIN)
    device.page.get_by_label("密語").fill(WORDS)
    with device.page.expect_download() as given:
        device.page.get_by_role("button", name="匯出救援檔").click()
    given.value.save_as(tmp_path / "rescue.bin")
    told = taken(ground, tmp_path / "rescue.bin")
    assert (told.whole, told.photos["new"], told.operations["new"]) == (True, 1, told.operations["applied"])
    assert field.missing(promised, ground.holds(device.trial)) == []
    assert field.missing(promised, device.holds()) == []  # the tablet keeps what it had
    device.drain()
    assert field.missing(promised, ground.holds(device.trial)) == []
    assert ground.rows("SELECT * FROM set_aside WHERE inspection_id = ?", device.trial.visit) == []


def taken(ground: field.Ground, file: Path) -> Any:
    from inspect_app.sync.rescue import import_rescue

    with ground.inside(), file.open("rb") as content:
        return import_rescue(factories.actor("coordinator"), content, WORDS)
