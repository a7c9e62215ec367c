"""The tus requests of a sender, as plain as they stand in the protocol."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.support.pictures import sha256

VERSION = {"Tus-Resumable": "1.0.0"}


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Sender:
    """One account's client; `client` is Flask's test client."""

    def __init__(self, client: Any, headers: dict[str, str]) -> None:
        self.client, self.headers = client, {**VERSION, **headers}

    def create(
        self,
        content: bytes,
        *,
        digest: str | None = None,
        length: int | None = None,
        name: str = "a.jpg",
        witness: str = "",
    ) -> Any:
        facts = (
            f"sha256 {coded(digest or sha256(content))},filename {coded(name)},filetype {coded('image/jpeg')}"
        )
        facts += f",witness {coded(witness)}" if witness else ""
        size = len(content) if length is None else length
        return self.client.post(
            "/api/v1/uploads", headers={**self.headers, "Upload-Length": str(size), "Upload-Metadata": facts}
        )

    def patch(
        self, place: str, offset: int, content: bytes, *, announced: int | None = None, **headers: str
    ) -> Any:
        """`announced` bytes when the connection is cut after `content`."""
        own = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **headers}
        told = {} if announced is None else {"CONTENT_LENGTH": str(announced)}
        return self.client.patch(place, data=content, headers={**self.headers, **own}, environ_overrides=told)

    def head(self, place: str) -> Any:
        return self.client.head(place, headers=self.headers)

    def delete(self, place: str) -> Any:
        return self.client.delete(place, headers=self.headers)

    def send(self, content: bytes, chunk: int = 1 << 20) -> str:
        """The whole photo in chunks; answers its hash."""
        created = self.create(content)
        assert created.status_code == 201, created.text
        offset = int(created.headers["Upload-Offset"])
        while offset < len(content):
            answer = self.patch(created.headers["Location"], offset, content[offset : offset + chunk])
            assert answer.status_code == 204, answer.text
            offset = int(answer.headers["Upload-Offset"])
        return sha256(content)


def checksum(content: bytes) -> dict[str, str]:
    return {"Upload-Checksum": f"sha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}"}
