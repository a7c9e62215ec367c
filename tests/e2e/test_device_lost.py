"""A tablet in strange hands (fault 18): the browser's whole profile tells nothing of the work; a forgotten PIN loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support import factories, field, pictures

TEXT = "遺失平板上的蜂窩描述"
NEW_PIN = "新的密碼 2718"


@pytest.mark.timeout(600)
def test_a_lost_tablet_tells_nothing_and_a_forgotten_pin_loses_nothing(
    new_device: Callable[..., field.Device], ground: field.Ground
) -> None:
    device = new_device().get_ready()
    device.goto(device.page, device.findings)
    device.begin()
    device.context.set_offline(True)
    device.write(TEXT)
    photo = pictures.photo(800, 600, seed=18)
    device.photograph(photo)
    device.shown_photos(1)
    promised = field.Promised([TEXT], [field.sha256(photo)])
    assert field.missing(promised, device.holds()) == []
    device.goto(device.page, f"visits/{device.trial.visit}")
    tender = ground.rows(
        "SELECT t.name FROM tenders t JOIN inspections i ON i.tender_id = t.id WHERE i.id = ?",
        device.trial.visit,
    )[0]["name"]
    device.page.get_by_role("heading", name=tender).wait_for()
    device.close()
    readable = {"finding": TEXT, "tender": tender}
    assert found_on_disk(device.profile, readable, photo) == []
    forget_the_pin(device)
    assert device.complaints == []
    device.drain()
    assert field.missing(promised, ground.holds(device.trial)) == []


def found_on_disk(profile: Path, texts: dict[str, str], photo: bytes) -> list[str]:
    """Where in the profile's files a text (as UTF-8 or UTF-16) or a piece of the photo stands."""
    pieces = {f"photo at {at}": photo[at : at + 24] for at in range(2000, len(photo) - 24, 4000)}
    for name, text in texts.items():
        pieces |= {f"{name} in {code}": text.encode(code) for code in ("utf-8", "utf-16-le")}
    found = []
    for path in (one for one in profile.rglob("*") if one.is_file()):
        content = path.read_bytes()
        found += [
            f"{name}: {path.relative_to(profile)}" for name, piece in pieces.items() if piece in content
        ]
    return found


def forget_the_pin(device: field.Device) -> None:
    """The login password opens, a new PIN is set, and what was half done is there."""
    device.ready = False
    page = device.open(device.findings).page
    page.get_by_role("button", name="忘記開啟密碼").click()
    page.get_by_label("登入密碼").fill(factories.PASSWORD)
    page.get_by_role("button", name="連線開啟").click()
    page.get_by_label("再輸入一次").fill(NEW_PIN)
    page.get_by_label("開啟密碼", exact=True).fill(NEW_PIN)
    page.get_by_role("button", name="設定開啟密碼").click()
    page.get_by_role("link", name=TEXT).click()
    expect(device.form().get_by_role("textbox", name="缺失內容")).to_have_value(TEXT, timeout=field.PATIENCE)
    device.shown_photos(1)
    page.reload(wait_until="domcontentloaded")
    page.get_by_label("開啟密碼", exact=True).fill(NEW_PIN)
    page.get_by_role("button", name="開啟", exact=True).click()
    device.shown_photos(1)
    device.pin, device.ready = NEW_PIN, True
