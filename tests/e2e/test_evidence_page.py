"""The offline page in a real browser without a network: the same bundles, the same verdicts as the script's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inspect_app.domain.heads import parse
from inspect_app.evidence import heads, letters, verifier
from tests.support import bundles

PAGE = Path(verifier.__file__).with_name("verify_evidence.html").as_uri()
VERDICTS = "(texts) => Promise.all(texts.map(async (text) => (await verifyBundle(text)).code))"
GIVEN = "([text, given]) => Promise.all(given.map(async (head) => (await verifyBundle(text, {head})).code))"
DROP = """(files) => {
  const data = new DataTransfer();
  for (const [name, bytes] of files) data.items.add(new File([Uint8Array.from(bytes)], name));
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
}"""


def test_the_page_finds_what_the_script_finds(db: Any, clock: Any, page: Any, tmp_path: Path) -> None:
    given = bundles.good()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.context.set_offline(True)
    page.goto(PAGE)
    whole = json.dumps(given.bundle)
    twice = whole.replace('{"format":', '{"made_at": "2020", "format":', 1)
    texts = [whole, "{", twice, *(json.dumps(bundles.forged(given.bundle, one)) for one in bundles.FORGERIES)]
    assert page.evaluate(VERDICTS, texts) == [
        None,
        "format",
        "format",
        *(one["code"] for one in bundles.FORGERIES),
    ]
    mailed = letters.letter(parse(given.printed), "", "").body.split("內容與附件相同：\n")[1]
    short = " ".join((given.printed.split()[2], given.printed.split()[4]))
    assert page.evaluate(GIVEN, [whole, [given.printed, mailed, short, f"9{short}", "x"]]) == [
        None,
        None,
        None,
        "printed",
        "usage",
    ]

    file, photo = tmp_path / "evidence.json", tmp_path / "IMG_1.jpg"
    file.write_text(whole, "utf-8")
    photo.write_bytes(given.photo)
    kept = page.get_by_label("每日信件裡的整段文字")
    kept.fill(given.printed)
    page.get_by_label("已知的公鑰").fill(heads.public_key())
    page.get_by_label("證據檔與相片原檔").set_input_files([file, photo])
    page.get_by_text("全部相符").wait_for(timeout=60_000)
    assert page.get_by_text("1 張相片的原檔都符合雜湊值").is_visible()
    assert page.locator("li.good").count() == 6

    flipped = given.photo[:-1] + bytes([given.photo[-1] ^ 1])
    page.evaluate(DROP, [["evidence.json", list(whole.encode())], ["IMG_1.jpg", list(flipped)]])
    page.get_by_text("不相符：").wait_for(timeout=60_000)
    assert "沒有檔案符合雜湊值" in page.locator("li.bad").inner_text()
    assert errors == []
