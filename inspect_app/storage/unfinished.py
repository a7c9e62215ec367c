"""Multipart uploads that nobody finished: a bucket keeps their pieces, shows them in no listing, and is paid for them.

obstore neither lists nor aborts them, so these two requests are signed here (AWS Signature Version 4).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen
from xml.etree.ElementTree import Element  # nosec B405: the type only; parsing is defusedxml's

from defusedxml.ElementTree import fromstring

TIMEOUT = 30.0
MOST_ANSWER = 16 * 1024 * 1024
EMPTY = hashlib.sha256(b"").hexdigest()
Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str
    begun: datetime


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket by its endpoint (path style) and the key that signs."""

    endpoint: str
    name: str
    region: str
    key: str
    secret: str

    def unfinished(self) -> Iterator[Unfinished]:
        """All of them, page by page. Raises OSError when the bucket does not answer, or forbids it."""
        query: dict[str, str] = {"uploads": ""}
        while True:
            page = fromstring(self._ask("GET", "", query), forbid_dtd=True)
            yield from (_read(one) for one in page if _name(one) == "Upload")
            if _text(page, "IsTruncated") != "true":
                return
            query |= {
                "key-marker": _text(page, "NextKeyMarker"),
                "upload-id-marker": _text(page, "NextUploadIdMarker"),
            }

    def abort(self, one: Unfinished) -> None:
        """Let go of its pieces. Raises OSError."""
        self._ask("DELETE", one.key, {"uploadId": one.upload_id})

    def _ask(self, method: str, key: str, query: Query) -> bytes:
        parts = urlsplit(self.endpoint)
        path = quote(f"{parts.path.rstrip('/')}/{self.name}/{key}".rstrip("/"), safe="/-_.~")
        headers = signed(self, method, parts.netloc, path, query, datetime.now(UTC))
        address = f"{parts.scheme}://{parts.netloc}{path}?{canonical(query)}"
        request = Request(address, headers=headers, method=method)  # noqa: S310  # the endpoint of the settings
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  # nosec B310
            return bytes(answer.read(MOST_ANSWER))


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    return next((inner.text or "" for inner in element if _name(inner) == name), "")


def _read(element: Element) -> Unfinished:
    begun = datetime.fromisoformat(_text(element, "Initiated"))
    return Unfinished(_text(element, "Key"), _text(element, "UploadId"), begun)


def canonical(query: Query) -> str:
    """The query as it is signed and sent."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))


def signed(
    bucket: Bucket, method: str, host: str, path: str, query: Query, moment: datetime
) -> dict[str, str]:
    """The headers of a request without a body; `path` is escaped already."""
    stamp = f"{moment:%Y%m%dT%H%M%SZ}"
    headers = {"host": host, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    asked = "\n".join((method, path, canonical(query), lines, names, EMPTY))
    scope = f"{stamp[:8]}/{bucket.region}/s3/aws4_request"
    to_sign = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(asked.encode()).hexdigest()))
    signature = hmac.new(_signing_key(bucket, scope), to_sign.encode(), "sha256").hexdigest()
    told = f"AWS4-HMAC-SHA256 Credential={bucket.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {name: value for name, value in headers.items() if name != "host"} | {"Authorization": told}


def _signing_key(bucket: Bucket, scope: str) -> bytes:
    key = f"AWS4{bucket.secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key
