"""Ring 4: what happens to a device on site, in the real browser. After each, all that was saved is there exactly once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support import field
from tests.support.field import PATIENCE, Device, Promised
from tests.support.second_server import second_server

pytestmark = pytest.mark.timeout(600)
NewDevice = Callable[..., Device]
YEAR = 365 * 86_400  # seconds


def at_work(device: Device) -> Device:
    """Signed in, an empty finding on the screen."""
    device.get_ready()
    device.goto(device.page, device.findings)
    device.begin()
    return device


def arrived(device: Device, promised: Promised) -> None:
    """Everything goes out, and the server has it once."""
    device.drain()
    assert field.missing(promised, device.ground.holds(device.trial)) == []
    assert device.complaints == []


def test_full_disk_opens_keeps_text_refuses_photos_by_name_and_offers_to_send(new_device: NewDevice) -> None:
    device = new_device().get_ready()
    link = device.context.new_cdp_session(device.page)
    used = link.send("Storage.getUsageAndQuota", {"origin": device.ground.product.url})["usage"]
    device.close()
    device.open(None)  # the browser asks for its quota once: before the app runs
    limit = {"origin": device.ground.product.url, "quotaSize": used}
    device.context.new_cdp_session(device.page).send("Storage.overrideQuotaForOrigin", limit)
    device.goto(device.page, device.findings)
    device.begin()
    device.photograph(field.picture(2, 4_000_000))
    device.form().get_by_text("這台裝置空間不足").wait_for()
    device.write("磁碟滿了，文字還是存得下")
    promised = Promised(["磁碟滿了，文字還是存得下"])
    assert field.missing(promised, device.holds(), device.ground.holds(device.trial)) == []
    assert device.raw()["photos"] == []
    device.form().get_by_role("link", name="先把已存的送出去").click()
    expect(device.page.get_by_role("button", name="現在傳送")).to_be_enabled(timeout=PATIENCE)
    arrived(device, promised)


def test_two_tabs_one_writes_the_other_reads_and_takes_over(new_device: NewDevice) -> None:
    device = at_work(new_device())
    device.write("第一個分頁")
    finding = device.page.url.split("/app/")[1]
    other = device.context.new_page()
    device.goto(other, finding)
    other.get_by_text("另一個分頁正在填寫").first.wait_for()
    box = device.form(other).get_by_role("textbox", name="缺失內容")
    expect(box).to_have_value("第一個分頁", timeout=PATIENCE)
    expect(box).to_be_disabled(timeout=PATIENCE)
    device.photograph(field.picture(3))
    device.shown_photos(1)
    device.form(other).get_by_role("region", name="照片").get_by_text("1 張", exact=True).wait_for()
    device.page.close()
    device.page = other
    expect(box).to_be_enabled(timeout=PATIENCE)
    device.write("第二個分頁接手")
    promised = Promised(["第二個分頁接手"], [field.sha256(field.picture(3))])
    assert field.missing(promised, device.holds(), device.ground.holds(device.trial)) == []
    arrived(device, promised)


def test_without_a_network_it_reloads_dies_and_opens_with_everything(new_device: NewDevice) -> None:
    device = at_work(new_device())
    device.offline = True
    device.context.set_offline(True)
    device.write("沒有網路")
    device.photograph(field.picture(4))
    device.shown_photos(1)
    promised = Promised(["沒有網路"], [field.sha256(field.picture(4))])
    finding = device.page.url.split("/app/")[1]
    device.reload()
    device.shown_photos(1)
    device.kill()
    device.open(finding)
    expect(device.form().get_by_role("textbox", name="缺失內容")).to_have_value("沒有網路", timeout=PATIENCE)
    shown = device.form().get_by_role("region", name="照片").get_by_role("img").first
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth > 0)")
    assert field.missing(promised, device.holds()) == []
    assert device.ground.holds(device.trial).whole == set()
    arrived(device, promised)


def test_an_update_in_mid_upload_mixes_no_files_and_waits_for_the_person(
    new_device: NewDevice, ground: Any, tmp_path: Path
) -> None:
    with second_server(ground.product, tmp_path / "app") as second:
        device = at_work(new_device(url=second.url))
        failed: list[str] = []
        device.page.on(
            "response", lambda it: failed.append(it.url) if it.status >= 400 and "/app/" in it.url else None
        )
        device.upload = 60_000
        device.throttle(device.page)
        device.photograph(field.picture(5))
        device.shown_photos(1)
        device.page.wait_for_function("() => document.body.innerText.includes('傳送中')")
        second.update()
        device.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update())")
        notice = device.page.get_by_role("complementary", name="App 更新")
        expect(notice).to_contain_text("資料全部送出後再更新", timeout=PATIENCE)
        device.write("更新的時候還在傳")
        device.reload()
        device.shown_photos(1)
        assert version(device) is None  # nobody asked for the new one, so the old one goes on, whole
        promised = Promised(["更新的時候還在傳"], [field.sha256(field.picture(5))])
        assert field.missing(promised, device.holds(), ground.holds(device.trial)) == []
        arrived(device, promised)
        notice.get_by_role("button", name="立即更新").click()
        device.page.wait_for_function("() => document.documentElement.dataset.version === '2'")
        device.come_in(device.page)
        device.page.get_by_role("button", name="現在傳送").wait_for()
        assert field.missing(promised, device.holds()) == []
        assert failed == []


def version(device: Device) -> str | None:
    found: str | None = device.page.evaluate("document.documentElement.dataset.version ?? null")
    return found


def test_wrong_clock_and_foreign_time_zone_change_neither_order_nor_legal_date(new_device: NewDevice) -> None:
    device = new_device(options={"timezone_id": "America/Los_Angeles"})
    device.get_ready()
    device.page.get_by_role("list", name="待辦").get_by_role("link", name="開始查核").wait_for()
    device.goto(device.page, device.findings)
    device.begin()
    device.write("時鐘對的時候")
    for shift, text in ((3 * 86_400, "時鐘快三天"), (-YEAR, "時鐘慢一年")):
        device.page.clock.set_system_time(device.page.evaluate("Date.now()") / 1000 + shift)
        device.write(text)
    device.page.clock.set_system_time(device.page.evaluate("Date.now()") / 1000 - YEAR)
    promised = Promised(["時鐘慢一年"])
    assert field.missing(promised, device.holds(), device.ground.holds(device.trial)) == []
    device.goto(device.page, "sync")
    device.page.get_by_role("button", name="現在傳送").click()
    device.page.get_by_text("時鐘和伺服器相差超過 5 分鐘").wait_for()
    arrived(device, promised)
    seqs = device.ground.rows(
        "SELECT seq FROM operations WHERE inspection_id = ? ORDER BY n", device.trial.visit
    )
    assert [row["seq"] for row in seqs] == list(range(1, len(seqs) + 1))


def test_a_tab_that_the_system_froze_while_it_sent_holds_up_nobody(new_device: NewDevice) -> None:
    """As tablets do with what is behind the visible page: it keeps the sender's lock and answers no more."""
    device = at_work(new_device())
    device.page.route("**/api/v1/sync", lambda route: None)  # no answer comes
    with device.page.expect_request("**/api/v1/sync"):
        device.write("背後的分頁停住了")
    frozen, device.page = device.page, device.context.new_page()
    link = device.context.new_cdp_session(frozen)
    link.send("Debugger.enable")
    link.send("Debugger.pause")  # no line of it runs any more
    device.goto(device.page, "sync")
    device.page.get_by_role("region", name="傳送", exact=True).get_by_text("伺服器已收妥").wait_for()
    assert field.missing(Promised(["背後的分頁停住了"]), device.ground.holds(device.trial)) == []
    link.send("Debugger.disable")
    assert device.complaints == []
