"""The machine's own Chromium, driven by Playwright."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

# Without these the browser talks to its maker at every start; tests reach nothing but this machine.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
HOME_SCREEN = (
    "if (navigator.storage) navigator.storage.persisted = navigator.storage.persist = async () => true"
)
"""An app on the home screen is promised its storage; a browser that nobody watches grants nothing (fault 4)."""
SIZES = {"tablet": (820, 1180), "phone": (390, 844), "desktop": (1280, 800)}


def chromium_path() -> str:
    """Where the machine keeps Chromium; `dev.py test` has installed it."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("Chromium is missing: run `python3 dev.py test`, which installs it.")


def context_options(size: str) -> dict[str, Any]:
    width, height = SIZES[size]
    return {
        "viewport": {"width": width, "height": height},
        "locale": "zh-TW",
        "timezone_id": "Asia/Taipei",
        "has_touch": size != "desktop",
    }


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)


def launch_device(
    playwright: Playwright, profile: Path, size: str = "tablet", **options: Any
) -> BrowserContext:
    """A browser with a profile on disk, as on a tablet: closing and launching again finds what was stored."""
    given = {**context_options(size), **options}
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium_path(), headless=True, args=FLAGS, **given
    )
    context.add_init_script(HOME_SCREEN)
    return context


def kill_device(profile: Path) -> None:
    """End the browser of this profile as a crash would: SIGKILL to every process that names the folder."""
    import psutil

    dead = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(profile) in part for part in process.info["cmdline"] or []):
            with contextlib.suppress(psutil.NoSuchProcess):
                dead += [process, *process.children(recursive=True)]
                process.kill()
    psutil.wait_procs(dead, timeout=30)  # the files are theirs until they are gone
