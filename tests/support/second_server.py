"""A second web server of an installation whose app files can be replaced, as an update of the product replaces them."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from werkzeug.serving import make_server

from tests.support.product import Product


@dataclass(frozen=True)
class SecondServer:
    url: str
    files: Path

    def update(self) -> None:
        """Put a new version in place of the old, whose hashed files are gone; it marks its pages with version 2."""
        main = next(self.files.glob("assets/index-*.js"))
        fresh = "index-" + hashlib.sha256(main.name.encode()).hexdigest()[:8]
        main.write_text(
            main.read_text("utf-8") + '\ndocument.documentElement.dataset.version = "2";\n', "utf-8"
        )
        for path in (*self.files.glob("assets/*.js"), self.files / "index.html", self.files / "sw.js"):
            path.write_text(path.read_text("utf-8").replace(main.stem, fresh), "utf-8")
        main.rename(main.with_name(f"{fresh}.js"))
        worker = self.files / "sw.js"
        shell = re.compile(r'"revision":"[0-9a-f]{32}"(?=,"url":"/app/(index\.html|assets/index-))')
        worker.write_text(shell.sub(f'"revision":"{"2" * 32}"', worker.read_text("utf-8")), "utf-8")


@contextmanager
def second_server(product: Product, files: Path) -> Iterator[SecondServer]:
    from inspect_app import create_app
    from inspect_app.config import Settings
    from inspect_app.extensions import db
    from inspect_app.field import BUILT

    shutil.copytree(BUILT, files, ignore=shutil.ignore_patterns("*.map"))
    app = create_app(Settings.from_env(product.env))
    app.config["FIELD_APP"] = str(files)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield SecondServer(f"http://127.0.0.1:{server.server_port}", files)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()
