"""A real S3 server (SeaweedFS from a wheel), one per worker, a fresh bucket per test."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from tests.support.folders import free_port

KEY, SECRET = "tests", "tests-secret"


class S3Server:
    """Takes any signature; `new_bucket()` gives the product's storage URL."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"

    def put(self, path: str, content: bytes = b"") -> None:
        request = urllib.request.Request(f"{self.endpoint}/{path}", data=content, method="PUT")
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def new_bucket(self) -> str:
        """A storage URL for INSPECT_APP_STORAGE_URL."""
        bucket = f"test-{uuid4().hex}"
        self.put(bucket)
        return f"s3://{bucket}?endpoint={self.endpoint}&key={KEY}&secret={SECRET}"

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Ready is a real PUT that succeeds, not an open port."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.put("ready")
                return self.put("ready/probe", b"x")
            except (OSError, urllib.error.URLError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the S3 server did not start") from None
                time.sleep(0.2)


@contextmanager
def s3_server_running() -> Iterator[S3Server]:
    with TemporaryDirectory(prefix="inspect-app-s3-") as folder:
        server, command = arrange(folder)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            server.wait_until_ready(process)
            yield server
        finally:
            process.kill()
            process.wait()


def arrange(folder: str) -> tuple[S3Server, list[str]]:
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    grpc = {name: free_port() for name in ports}
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    options += [f"-{name}.port.grpc={port}" for name, port in grpc.items()]
    weed = str(Path(sys.executable).with_name("weed"))
    fixed = [
        "-ip=127.0.0.1",
        f"-dir={folder}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=5000",
    ]
    return S3Server(ports["s3"]), [weed, "server", "-s3", *fixed, *options]
