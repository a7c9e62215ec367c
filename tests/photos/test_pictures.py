"""Derived pictures, what the camera wrote, who may see a photo, and pictures that were used before."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from inspect_app.errors import Problem
from inspect_app.jobs.schedule import OUTBOX
from inspect_app.notifications.services import deliver_due
from inspect_app.photos import access, processing, queries, services
from inspect_app.photos.exif import facts_of
from tests.support import factories, pictures

pytestmark = pytest.mark.s3


@pytest.fixture
def someone(db: Any) -> Any:
    return factories.actor("inspector")


def opened(sha256: str, width: int) -> Image.Image:
    return Image.open(io.BytesIO(b"".join(queries.derived(sha256, width))))


def test_derived_pictures_are_upright_small_and_free_of_exif(someone: Any) -> None:
    digest = services.take_in(someone, pictures.with_exif(orientation=6))
    for width in (320, 1600):
        picture = opened(digest, width)
        assert picture.height > picture.width
        assert max(picture.size) <= width
        assert not picture.getexif()
    assert b"".join(queries.original(digest)) == pictures.with_exif(orientation=6)


def test_what_the_camera_wrote_goes_into_the_row(someone: Any) -> None:
    digest = services.take_in(someone, pictures.with_exif("2026:11:23 09:30:00"))
    processing.process(digest)
    row = queries.get(digest)
    assert row is not None
    assert row.taken_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert (row.lat_e7, row.lon_e7) == (226_250_000, 1_203_000_000)
    assert (row.width, row.height, row.exif["Make"]) == (600, 800, "Camera")


@pytest.mark.parametrize("written", ["0000:00:00 00:00:00", "next week", "9999:12:31 23:59:59"])
def test_wrong_facts_are_left_out_never_invented(someone: Any, written: str) -> None:
    digest = services.take_in(someone, pictures.with_exif(written))
    processing.process(digest)
    row = queries.get(digest)
    assert row is not None
    assert (row.state, row.exif["DateTimeOriginal"]) == ("ready", written)
    assert row.taken_at is None


def test_a_moment_that_has_no_name_in_taipei_is_left_out() -> None:
    """Every page that showed such a photo would have failed."""
    exif = Image.Exif()
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0x9011] = "9999:12:31 23:59:59", "+00:00"
    with Image.open(io.BytesIO(pictures.photo(exif=exif))) as image:
        assert facts_of(image).taken_at is None


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")]
)
def test_every_kind_of_photo_gets_its_pictures(someone: Any, kind: str, media_type: str) -> None:
    digest = services.take_in(someone, pictures.photo(2000, 1500, kind=kind), "照片.jpg")
    assert opened(digest, 1600).size == (1600, 1200)
    row = queries.get(digest)
    assert row is not None
    assert (row.media_type, row.state, row.width) == (media_type, "ready", 2000)


def test_transparent_and_grey_pictures_are_shown_on_white(someone: Any) -> None:
    for mode, colour in (("RGBA", (255, 0, 0, 0)), ("LA", (0, 0)), ("P", 0), ("I;16", 65535), ("1", 1)):
        buffer = io.BytesIO()
        Image.new(mode, (400, 300), colour).save(buffer, "PNG")
        digest = services.take_in(someone, buffer.getvalue())
        assert opened(digest, 320).size == (320, 240)


def test_the_job_makes_the_pictures_and_can_run_twice(someone: Any, app: Any) -> None:
    digest = services.take_in(someone, pictures.photo())
    handlers = {kind: make(app.config["SETTINGS"]) for kind, make in OUTBOX["work"].items()}
    assert deliver_due(handlers) == 1
    assert deliver_due(handlers) == 0
    row = queries.get(digest)
    assert row is not None
    assert row.state == "ready"


def test_scan_as_pdf_is_kept_without_pictures(someone: Any) -> None:
    digest = services.take_in(
        someone, b"%PDF-1.7\n%\xe2\xe3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    processing.process(digest)
    row = queries.get(digest)
    assert row is not None
    assert (row.media_type, row.state) == ("application/pdf", "ready")
    with pytest.raises(Problem, match="not_found"):
        queries.derived(digest, 320)


def test_form_upload_refuses_what_is_no_photo_and_says_which(someone: Any) -> None:
    with pytest.raises(Problem) as refused:
        services.take_in(someone, io.BytesIO(b"<svg/>"), "圖.jpg")
    assert refused.value.code == "unsupported_type"
    assert "圖.jpg" in refused.value.detail


def test_who_sees_a_photo_follows_from_where_it_is_used(client: Any, db: Any) -> None:
    sender, reader, stranger = (factories.account("inspector") for _ in range(3))
    digest = services.take_in(factories.account_queries.actor_for(sender), pictures.photo())
    address = f"/api/v1/photos/{digest}/320"

    @access.decides("test")
    def only_reader(actor: Any, key: str, sha256: str) -> bool:
        return actor.id == key

    services.refer(digest, f"test:{reader.id}")
    services.refer(digest, f"nobody_decides:{stranger.id}")
    codes = [
        client.get(address, headers=factories.bearer(who)).status_code for who in (sender, reader, stranger)
    ]
    assert codes == [200, 200, 404]
    unknown = client.get(f"/api/v1/photos/{'0' * 64}/320", headers=factories.bearer(stranger))
    refused = client.get(address, headers=factories.bearer(stranger))
    assert (unknown.status_code, unknown.data) == (refused.status_code, refused.data)
    original = client.get(f"/api/v1/photos/{digest}/original", headers=factories.bearer(reader))
    assert original.data == pictures.photo()
    assert "sandbox" in original.headers["Content-Security-Policy"]


def test_used_before_is_found_also_when_scaled_and_recompressed(someone: Any) -> None:
    digest = services.take_in(someone, pictures.photo(1600, 1200, seed=3))
    smaller = Image.open(io.BytesIO(pictures.photo(1600, 1200, seed=3))).resize((900, 675))
    buffer = io.BytesIO()
    smaller.save(buffer, "JPEG", quality=60)
    copy = services.take_in(someone, buffer.getvalue())
    another = services.take_in(someone, pictures.photo(1600, 1200, seed=4))
    for each in (digest, copy, another):
        processing.process(each)
    services.refer(copy, "reply:r1")
    services.refer(digest, "inspection:i1")
    found = {item.sha256: (item.bits <= 8, item.refs) for item in queries.lookalikes(digest)}
    assert found == {digest: (True, ("inspection:i1",)), copy: (True, ("reply:r1",))}
