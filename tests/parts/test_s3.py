"""The S3 server of the tests is a real one: it keeps, and it refuses to overwrite."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store


@pytest.mark.s3
def test_keeps_bytes_and_refuses_a_second_create(s3_server: Any) -> None:
    parts = urlsplit(s3_server.new_bucket())
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    store = S3Store(
        parts.netloc,
        endpoint=options["endpoint"],
        access_key_id=options["key"],
        secret_access_key=options["secret"],
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    obstore.put(store, "a/b", b"first", mode="create")
    with pytest.raises(AlreadyExistsError):
        obstore.put(store, "a/b", b"second", mode="create")
    assert bytes(obstore.get(store, "a/b").bytes()) == b"first"
