"""Files that leave the office: never cached, with a name that every browser understands."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Response

TYPES = {
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "py": "text/x-python; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "tsr": "application/timestamp-reply",
}


def download(data: bytes, name: str) -> Response:
    """Answer a file; `name` may be Chinese (RFC 6266), its ending decides the type."""
    ending = name.rsplit(".", 1)[-1]
    clean = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name)[-150:]
    disposition = f"attachment; filename=\"file.{ending}\"; filename*=UTF-8''{quote(clean, safe='')}"
    return Response(data, headers={"Content-Disposition": disposition}, content_type=TYPES[ending])
