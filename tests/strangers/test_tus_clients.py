"""Two tus clients that nobody here wrote get a photo through, over a real cut and over the server's death (SIGKILL)."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient

from tests.processes.city import Ground, ground
from tests.processes.tablets import HEAD

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 60_000
CHUNKS = 8
LATER = 60  # seconds by which the second server's clock is ahead: the lease of the dead one is over
# Two workers share the parts of eight chunks, so that one of them comes to its third, and dies there in mid-request.
DEATH = "part.stored:3"
CUT = ["none", "none", "cut_body"]  # the POST, one chunk, and half of the next
PATIENCE = 120.0


@pytest.fixture
def field(settings: Any, db: Any) -> Iterator[Ground]:
    with ground(settings, seed=1) as made:
        made.proxy.faulty = False
        made.proxy.plan[:] = CUT
        made.server.start(failpoint=DEATH)
        yield made


@pytest.fixture
def photo() -> bytes:
    return HEAD + os.urandom(CHUNKS * CHUNK - len(HEAD))


def die_and_come_back(field: Ground, alive: Callable[[], bool]) -> None:
    """A worker dies in mid-request, which leaves its lease; then everything is killed and started again."""
    deadline = time.monotonic() + PATIENCE
    while not field.server.lost_a_worker():
        assert alive(), "the client gave up"
        assert time.monotonic() < deadline, "no worker died"
        time.sleep(0.02)
    field.server.kill()
    field.server.start(offset=LATER)


def assert_resumed(field: Ground, photo: bytes) -> None:
    """It is stored, over the cut, and nobody began anew: there was one POST, and every PATCH goes on where the server is."""
    digest = hashlib.sha256(photo).hexdigest()
    path = field.settings.home / "photos" / "originals" / digest[:2] / digest
    assert path.read_bytes() == photo
    assert (field.proxy.told["cut_body"], field.proxy.asked["POST"]) == (1, 1)


def endpoint(field: Ground) -> str:
    return f"http://127.0.0.1:{field.proxy.port}/api/v1/uploads"


def test_tuspy_resumes_after_a_cut_and_after_a_kill(field: Ground, photo: bytes) -> None:
    client = TusClient(endpoint(field), headers=field.tablets[0].authorization)
    facts = {"sha256": hashlib.sha256(photo).hexdigest(), "filename": "photo.jpg"}
    uploader = client.uploader(
        file_stream=io.BytesIO(photo), chunk_size=CHUNK, metadata=facts, retries=240, retry_delay=0.5
    )
    sending = threading.Thread(target=uploader.upload, daemon=True)
    sending.start()
    die_and_come_back(field, sending.is_alive)
    sending.join(PATIENCE)
    assert (sending.is_alive(), uploader.offset) == (False, len(photo))
    assert_resumed(field, photo)


def test_tus_js_client_resumes_after_a_cut_and_after_a_kill(
    field: Ground, photo: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    node = shutil.which("node", path=f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    assert node is not None
    command = [node, str(ROOT / "tests/strangers/upload.mjs"), str(ROOT / "static"), endpoint(field),
               field.tablets[0].authorization["Authorization"], hashlib.sha256(photo).hexdigest(), str(file),
               str(CHUNK)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
        try:
            die_and_come_back(field, lambda: client.poll() is None)
            said, trouble = client.communicate(timeout=PATIENCE)
        finally:
            client.kill()
    assert (client.returncode, trouble) == (0, "")
    assert said.splitlines()[-1] == f"{len(photo)}"
    assert_resumed(field, photo)
