"""Chromium and a font with Chinese characters, by the machine's package manager when that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess

from tools.machine import Failed

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SENTENCE = (
    "The browser tests need Chromium and a Chinese font: install the packages chromium and fonts-noto-cjk."
)


def ensure_browser() -> None:
    """Installs what is missing; where that is not allowed, one sentence and exit 1."""
    missing = [] if any(map(shutil.which, BROWSERS)) else ["chromium"]
    missing += [] if has_chinese_font() else ["fonts-noto-cjk"]
    if missing:
        install(missing)
    if not any(map(shutil.which, BROWSERS)):
        raise Failed(SENTENCE)


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=zh-tw", "family"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def install(packages: list[str]) -> None:
    prefix = as_root()
    if prefix is None or not shutil.which("apt-get"):
        raise Failed(SENTENCE)
    print(f"Installing {' and '.join(packages)} with the machine's package manager ...", flush=True)
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run([*apt, *words], stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Failed(SENTENCE)


def as_root() -> list[str] | None:
    """How to run a command as root without asking anybody; None when that is not allowed."""
    if os.name == "posix" and os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    if (
        shutil.which("sudo")
        and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0
    ):
        return sudo
    return None
