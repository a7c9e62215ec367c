"""The product's own process, cut off and killed: what it acknowledged is there, the rest is whole or absent (faults 24, 30)."""

from __future__ import annotations

import io
import json
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

import pytest

from inspect_app.inspections.models import OperationRow
from inspect_app.photos import queries
from tests.support import factories, pictures
from tests.support.tablet import Tablet
from tests.support.tus import VERSION, coded
from tests.support.wire import send_part

PHOTO = pictures.photo(4000, 3000, seed=5, quality=97)
PATIENCE = 90  # longer than the lease of an upload whose server was killed


class Line:
    """Flask's test client, as far as the tablet needs it, over a real connection."""

    def __init__(self, url: str) -> None:
        self.url = url

    def request(self, method: str, path: str, headers: dict[str, str], data: bytes | None = None) -> Any:
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read()

    def sync(self, tablet: Tablet, *operations: Any) -> list[str]:
        body = {"schema": 1, "device": tablet.device, "operations": operations}
        headers = {**tablet.headers, "Content-Type": "application/json"}
        answer = json.loads(self.request("POST", "/api/v1/sync", headers, json.dumps(body).encode())[2])
        return [item["status"] for item in answer["results"]]

    def create(self, headers: dict[str, str], content: bytes) -> tuple[str, int]:
        facts = {
            "Upload-Length": str(len(content)),
            "Upload-Metadata": f"sha256 {coded(pictures.sha256(content))}",
        }
        _, answered, _ = self.request("POST", "/api/v1/uploads", {**VERSION, **headers, **facts}, b"")
        return answered["Location"], int(answered["Upload-Offset"])

    def patch(self, headers: dict[str, str], place: str, offset: int, content: bytes) -> int:
        """As a tablet does: while a sender holds the upload that may be dead, it asks again."""
        facts = {**patching(headers), "Upload-Offset": str(offset)}
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return int(self.request("PATCH", place, facts, content)[1]["Upload-Offset"])
            except HTTPError as answer:
                answer.close()
                if answer.code != 423 or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


def patching(headers: dict[str, str]) -> dict[str, str]:
    return {**VERSION, **headers, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def product(settings: Any, db: Any, make_product: Callable[..., Any]) -> Any:
    return make_product(
        DATABASE_URL=settings.database_url, STORAGE_URL=settings.storage_url, TESTING="1"
    ).start("web")


@pytest.fixture
def tablet(db: Any) -> Tablet:
    person = factories.account("inspector")
    visit = factories.released_visit(factories.tender(), factories.account("leader"), (person,))
    return Tablet(None, person, visit.id)


def until(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def offset_after(line: Line, tablet: Tablet, before: int) -> int:
    """Where the upload stands once the server has noticed that the connection is gone; the next PATCH may follow."""
    seen = [before]

    def moved() -> bool:
        seen.append(line.create(tablet.headers, PHOTO)[1])
        return seen[-1] > before

    until(moved)
    return seen[-1]


def longer(items: list[int], than: int) -> bool:
    return len(items) > than


@pytest.mark.s3
def test_photo_cut_off_again_and_again_resumes_and_hardly_anything_is_sent_twice(
    product: Any, tablet: Tablet
) -> None:
    line, sent = Line(product.url), 0
    place, offset = line.create(tablet.headers, PHOTO)
    while offset < len(PHOTO):
        part = PHOTO[offset : offset + len(PHOTO) // 3]
        headers = {**patching(tablet.headers), "Upload-Offset": str(offset)}
        send_part(product.url + place, "PATCH", headers, part, len(PHOTO) - offset)
        sent += len(part)
        offset = offset_after(line, tablet, offset)
    assert sent <= 1.05 * len(PHOTO)
    assert b"".join(queries.original(pictures.sha256(PHOTO))) == PHOTO


@pytest.mark.s3
def test_photo_survives_kills_of_the_server(product: Any, tablet: Tablet) -> None:
    line, size = Line(product.url), 300_000
    place, offset = line.create(tablet.headers, PHOTO)
    while offset < len(PHOTO):
        acknowledged = line.patch(tablet.headers, place, offset, PHOTO[offset : offset + size])
        headers = {**patching(tablet.headers), "Upload-Offset": str(acknowledged)}
        send_part(
            product.url + place, "PATCH", headers, PHOTO[acknowledged : acknowledged + 5000], len(PHOTO)
        )
        product.kill()
        product.start("web")
        offset = line.create(tablet.headers, PHOTO)[1]
        assert offset >= acknowledged
        size = len(PHOTO) - offset
    assert b"".join(queries.original(pictures.sha256(PHOTO))) == PHOTO


def test_what_was_acknowledged_before_a_kill_is_there_and_the_rest_is_whole_or_absent(
    product: Any, tablet: Tablet, db: Any
) -> None:
    batches = [[tablet.finding(f"{number}-{place}") for place in range(8)] for number in range(60)]
    acknowledged: list[int] = []

    def pour() -> None:
        for number, batch in enumerate(batches):
            try:
                Line(product.url).sync(tablet, *batch)
            except (OSError, HTTPException):  # refused, reset, or cut in the middle of the answer
                return
            acknowledged.append(number)

    for _ in range(3):
        sender = threading.Thread(target=pour)
        sender.start()
        until(partial(longer, acknowledged, len(acknowledged) + 2))
        product.kill()
        sender.join()
        product.start("web")
        db.session.rollback()
        stored = {row.id for row in db.session.query(OperationRow.id)}
        for number, batch in enumerate(batches):
            held = {item["id"] for item in batch} & stored
            assert len(held) in (0, 8)
            assert number not in acknowledged or len(held) == 8
    line = Line(product.url)
    assert all(line.sync(tablet, *batch) == ["applied"] * 8 for batch in batches)
    db.session.rollback()
    places = [row.n for row in db.session.query(OperationRow.n).order_by(OperationRow.n)]
    assert places == list(range(1, 481))


def test_batch_cut_off_in_the_middle_changes_nothing(product: Any, tablet: Tablet, db: Any) -> None:
    batch = [tablet.finding(str(place)) for place in range(50)]
    body = json.dumps({"schema": 1, "device": tablet.device, "operations": batch}).encode()
    headers = {**tablet.headers, "Content-Type": "application/json"}
    for cut in (0, 1, len(body) // 2, len(body) - 1):
        send_part(f"{product.url}/api/v1/sync", "POST", headers, body[:cut], len(body))
    assert Line(product.url).sync(tablet, *batch) == ["applied"] * 50  # nothing was there before
    assert db.session.query(OperationRow).count() == 50


@pytest.mark.s3
def test_a_tus_client_that_nobody_here_wrote_resumes(product: Any, tablet: Tablet) -> None:
    from tusclient.client import TusClient

    facts = {"sha256": pictures.sha256(PHOTO), "filename": "photo.jpg"}

    def uploader() -> Any:
        client = TusClient(f"{product.url}/api/v1/uploads", headers=tablet.headers)
        return client.uploader(
            file_stream=io.BytesIO(PHOTO), chunk_size=200_000, metadata=facts, upload_checksum=True
        )

    begun = uploader()
    begun.upload_chunk()
    again = uploader()
    again.set_url(begun.url)
    assert again.get_offset() == 200_000
    again.offset = again.get_offset()
    again.upload()
    assert b"".join(queries.original(pictures.sha256(PHOTO))) == PHOTO
