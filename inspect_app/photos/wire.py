"""The headers of tus 1.0, read strictly and written the same way every time."""

from __future__ import annotations

import base64
import binascii
import re
from email.utils import format_datetime

from flask import Request, Response, current_app, url_for
from werkzeug.exceptions import ClientDisconnected

from inspect_app.errors import Problem
from inspect_app.photos.leases import Standing
from inspect_app.photos.receiving import ALGORITHMS, Patch, Source
from inspect_app.photos.uploads import Wanted

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
CONTENT_TYPE = "application/offset+octet-stream"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,15}")


def check_version(request: Request) -> None:
    """Every request but OPTIONS says which tus it speaks."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Problem("precondition", "這個伺服器只支援 tus 1.0.0。", field="Tus-Resumable")


def number(request: Request, name: str) -> int:
    value = request.headers.get(name, "")
    if _DIGITS.fullmatch(value) is None:
        raise Problem("bad_request", f"標頭 {name} 應該是不小於零的整數。", field=name)
    return int(value)


def wanted(request: Request) -> Wanted:
    """What a creating POST announces. Raises `bad_request` with the header's name."""
    facts = _metadata(request.headers.get("Upload-Metadata", ""))
    sha256 = facts.get("sha256", "")
    if _SHA256.fullmatch(sha256) is None:
        raise Problem(
            "bad_request",
            "Upload-Metadata 沒有照片的 sha256（64 個小寫十六進位字元）。",
            field="Upload-Metadata",
        )
    length = number(request, "Upload-Length")
    told = (facts.get(name, "") for name in ("filename", "filetype", "inspection", "witness"))
    return Wanted(sha256, length, *told)


def _metadata(header: str) -> dict[str, str]:
    facts: dict[str, str] = {}
    for pair in filter(None, header.split(",")):
        name, _, value = pair.strip().partition(" ")
        try:
            facts[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Problem("bad_request", "Upload-Metadata 看不懂。", field="Upload-Metadata") from None
    return facts


def patch(request: Request) -> Patch:
    """What a PATCH says of itself."""
    if request.mimetype != CONTENT_TYPE:
        raise Problem(
            "unsupported_type", f"上傳的 Content-Type 應該是 {CONTENT_TYPE}。", field="Content-Type"
        )
    return Patch(
        number(request, "Upload-Offset"), request.content_length, request.headers.get("Upload-Checksum")
    )


class Body:
    """The request's stream as a source: a cut connection is its end, whether the server raises or falls silent."""

    def __init__(self, request: Request) -> None:
        self._stream: Source = request.stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except (ClientDisconnected, OSError):
            return b""


def answer(status: int, row: Standing) -> Response:
    """The place and offset of an upload; its end is told while it is unfinished."""
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(row.received)
    response.headers["Upload-Length"] = str(row.length)
    if row.finished_at is None:
        response.headers["Upload-Expires"] = format_datetime(row.expires_at, usegmt=True)
    if status == 201:
        response.headers["Location"] = url_for("uploads.patch", upload_id=row.id)
    return response


def offer() -> Response:
    """The answer to OPTIONS."""
    response = Response(status=204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    response.headers["Tus-Max-Size"] = str(current_app.config["SETTINGS"].max_photo_bytes)
    return response


def stamp(response: Response) -> Response:
    """Every answer, problems included, says that it is tus."""
    response.headers["Tus-Resumable"] = VERSION
    return response
