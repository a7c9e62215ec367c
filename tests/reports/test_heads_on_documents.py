"""Every document of a day carries that day's signed head: as a QR code and as digits, in ODT, PDF and XLSX."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from inspect_app import audit
from inspect_app.audit import chaining
from inspect_app.domain.heads import grouped, parse
from inspect_app.evidence import heads
from inspect_app.installation.keys import signed_by
from inspect_app.photos.models import Photo
from inspect_app.reports.rendering import qr_code
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.inspected import Told, inspection_with_log
from tests.support.source import texts


def words_of_odt(data: bytes) -> tuple[str, list[bytes]]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    names = [name for name in archive.namelist() if name.endswith(".png") and name.startswith("Pictures/")]
    return archive.read("content.xml").decode(), [archive.read(name) for name in names]


def words_of_pdf(data: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


@pytest.fixture
def get(client: Any, db: Any) -> Any:
    from inspect_app.accounts.models import Account

    def ask(who: Any, path: str) -> bytes:
        answer = client.get(f"/office{path}", headers=factories.bearer(db.session.get(Account, who.id)))
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)

    return ask


def test_documents_of_one_day_carry_one_head_and_the_next_days_another(db: Any, clock: Any, get: Any) -> None:
    made = inspection_with_log()
    made.issued()
    chaining.chain_waiting()
    head = None
    for what in ("record", "statement"):
        content, pictures_ = words_of_odt(get(made.coordinator, f"/inspections/{made.id}/{what}.odt"))
        head = heads.head_of_today()
        assert head.size > 0
        assert pictures_[-1:] == [qr_code(head.text())], what
        assert grouped(head.root) in content
        assert f"共 {head.size} 筆" in content
    assert head is not None
    assert parse(head.text()) == head
    assert signed_by(heads.public_key(), head.content(), head.signature)
    printed = words_of_pdf(get(made.coordinator, f"/inspections/{made.id}/statement.pdf"))
    assert grouped(head.root).replace(" ", "") in printed.replace(" ", "")
    book = load_workbook(io.BytesIO(get(made.coordinator, "/inspection-list.xlsx")))
    assert f"根雜湊 {grouped(head.root)}" in [
        cell.value for line in book["稽核紀錄首"].iter_rows() for cell in line
    ]
    clock.advance(days=1)
    with transaction():
        audit.record(made.coordinator, "test.done", "thing:1")
    chaining.chain_waiting()
    content, _ = words_of_odt(get(made.coordinator, f"/inspections/{made.id}/record.odt"))
    tomorrow = heads.head_of_today()
    assert tomorrow.size > head.size
    assert grouped(tomorrow.root) in content


def test_a_record_says_which_photo_is_spoilt(db: Any, clock: Any, get: Any) -> None:
    made = inspection_with_log(Told(picture=pictures.photo()))
    made.issued()
    path = f"/inspections/{made.id}/record.odt"
    assert "與雜湊值不符" not in words_of_odt(get(made.coordinator, path))[0]
    with transaction() as session:
        session.get_one(Photo, made.photo).state = "quarantined"
    assert "蜂窩近照（原檔經檢核已變動或遺失，與雜湊值不符" in words_of_odt(get(made.coordinator, path))[0]


def test_no_document_leaves_without_its_head() -> None:
    """Whoever renders goes through reports/rendering.py."""
    past = re.compile(r"\b(odt|pdf)\.render\b")
    found = [name for name, text in texts() if name.startswith("inspect_app/") and past.search(text)]
    assert found == ["inspect_app/reports/rendering.py"]
