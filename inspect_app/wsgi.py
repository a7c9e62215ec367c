"""What the web server loads."""

from __future__ import annotations

from inspect_app import create_app

app = create_app()
