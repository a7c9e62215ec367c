"""Where a file waits while it is being sent: on the disk of HOME.

The system's folder for temporary files may be memory (deploy/compose.yaml, newer Debians), and a tablet's rescue file has up
to 4 GB.
"""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Flask, Request, current_app

FOLDER = "arriving"
IN_MEMORY = 512 * 1024


class Body(Request):
    """A request whose files have no name on the disk, so that nothing stays behind when the process ends."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = current_app.config["SETTINGS"].home / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        return SpooledTemporaryFile(max_size=IN_MEMORY, dir=folder)  # werkzeug closes it


def init_app(app: Flask) -> None:
    app.request_class = Body
