"""Every screen of the tablet at 400 % (320 x 256 is 1280 x 1024 enlarged): nothing scrolls sideways, targets are 44 px."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support import factories, field

FRONT = ("visits", "before-leaving", "sync", "rescue", "pin")
INSIDE = ("", "basics", "attendance", "findings", "findings/new", "merits", "tests", "score", "points", "signatures",
          "closing", "late", "sync")  # fmt: skip
WRONG = """() => {
  const found = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    const outside = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    found.push(`scrolls sideways (${wide}): ${outside.slice(-3).map((one) => one.outerHTML.slice(0, 120)).join(' | ')}`);
  }
  let targets = 0;
  const named = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=option], [role=radio]';
  for (const one of document.querySelectorAll(named)) {
    const area = one.closest('label') ?? one;
    const {width, height} = area.getBoundingClientRect();
    const style = getComputedStyle(one);
    const unseen = width === 0 || height === 0 || style.visibility === 'hidden' || one.closest('.sr-only') !== null;
    const inText = one.matches('a') && style.display.startsWith('inline') && one.closest('p, li, dd') !== null;
    if (!unseen) targets += 1;
    if (!unseen && !inText && (height < 43.5 || width < 43.5))
      found.push(`${Math.round(width)} x ${Math.round(height)}: ${one.outerHTML.slice(0, 140)}`);
  }
  return targets === 0 ? ['nothing to touch'] : found;
}"""
PLANTED = """() => {
  const plant = (name, style) => Object.assign(document.querySelector('main').appendChild(document.createElement(name)).style, style);
  plant('button', {all: 'unset', display: 'block', width: '20px', height: '20px'});
  plant('p', {width: '400px', maxWidth: 'none', height: '9px'});
}"""


@pytest.mark.timeout(600)
def test_at_400_percent_no_screen_scrolls_sideways_and_every_target_is_large(
    new_device: Callable[..., field.Device],
) -> None:
    device = new_device().open()
    page, wrong = device.page, list[str]()
    page.set_viewport_size({"width": 320, "height": 256})
    page.get_by_label("帳號").wait_for()
    wrong += [f"sign-in: {line}" for line in page.evaluate(WRONG)]
    page.get_by_label("帳號").fill(device.trial.login)
    page.get_by_label("密碼").fill(factories.PASSWORD)
    page.get_by_role("button", name="登入").click()
    page.get_by_label("再輸入一次").wait_for()
    wrong += [f"a new PIN: {line}" for line in page.evaluate(WRONG)]
    field.choose_pin(page)
    page.get_by_role("button", name="下載", exact=True).click()
    page.get_by_role("link", name="開始查核").wait_for()
    page.get_by_role("button", name="鎖定").click()
    page.get_by_role("button", name="忘記開啟密碼").wait_for()
    wrong += [f"the PIN: {line}" for line in page.evaluate(WRONG)]
    page.get_by_role("button", name="忘記開啟密碼").click()
    page.get_by_label("登入密碼").wait_for()
    wrong += [f"the password: {line}" for line in page.evaluate(WRONG)]
    device.ready = True
    visit = f"visits/{device.trial.visit}"
    for path in (*FRONT, *(f"{visit}/{inside}".rstrip("/") for inside in INSIDE)):
        wrong += [f"{path}: {line}" for line in look(device, path)]
    assert wrong == [], "\n".join(wrong)
    page.evaluate(PLANTED)
    assert len(page.evaluate(WRONG)) == 2
    assert lines_of_a_long_finding(device, f"{visit}/findings") == 2


def lines_of_a_long_finding(device: field.Device, path: str) -> int:
    """In the list, a finding of twenty lines takes as many lines as it may."""
    device.goto(device.page, path)
    device.begin()
    device.write("A2 橋墩柱面蜂窩長約三十公分，" * 20)
    device.goto(device.page, path)
    text = device.page.get_by_role("link", name="A2 橋墩柱面").locator(".what")
    measure = "(one) => Math.round(one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight))"
    return int(text.evaluate(measure))


def look(device: field.Device, path: str) -> Any:
    device.goto(device.page, path)
    expect(device.page.get_by_role("heading", level=1)).not_to_have_text("查核案件", timeout=field.PATIENCE)
    covered = device.page.get_by_role("button", name="顯示", exact=True)
    if covered.count():
        covered.first.click()
    return device.page.evaluate(WRONG)
