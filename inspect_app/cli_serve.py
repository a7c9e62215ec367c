"""Starting the product: `run` = web and jobs together, `web` and `jobs` = one kind of process each."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess  # nosec B404
import sys
import time
from collections.abc import Callable

from flask import Flask

from inspect_app.cli_checks import migrate, refuse_unfit
from inspect_app.config import Settings
from inspect_app.errors import Problem

GRACE = 20.0  # seconds for requests and jobs to end
Processes = dict[str, "subprocess.Popen[bytes]"]


def address(settings: Settings) -> tuple[str, int]:
    """Host and port of BIND. Raises `bad_value`."""
    host, _, port = settings.bind.rpartition(":")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise Problem("bad_value", f"INSPECT_APP_BIND must be host:port, not {settings.bind!r}.")
    return host.strip("[]"), int(port)


def refuse_busy(settings: Settings) -> None:
    """One clear sentence instead of a server that dies later. Raises `busy`."""
    host, port = address(settings)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Problem(
                "busy",
                f"Cannot listen on {host}:{port} ({error.strerror}). Is it running already? Set INSPECT_APP_BIND.",
            ) from None


def bring_up_to_date(app: Flask) -> None:
    """Migrate a new database or one that is behind; seconds when there is nothing to do. Raises as `refuse_unfit` does."""
    with app.app_context():
        migrate()
    refuse_unfit(app)


def found(app: Flask) -> None:
    """What a first start needs besides the schema, as `migrate` leaves it, too: a visit pins an edition of the defect table."""
    from inspect_app.catalogue.services import load_shipped

    bring_up_to_date(app)
    with app.app_context():
        load_shipped()


def web_command(settings: Settings) -> list[str]:
    """granian: blocking threads, since slow uploads hold one each."""
    host, port = address(settings)
    options = {"interface": "wsgi", "host": host, "port": port, "workers": settings.workers,
               "blocking-threads": settings.threads, "backpressure": settings.threads, "log-level": "warning"}  # fmt: skip
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [
        sys.executable,
        "-m",
        "granian",
        *flags,
        "--no-ws",
        "--respawn-failed-workers",
        "inspect_app.wsgi:app",
    ]


def jobs_command() -> list[str]:
    return [sys.executable, "-c", "from inspect_app.cli import main; main(['jobs'])"]


def web(settings: Settings) -> None:
    """Become the web server."""
    from inspect_app import create_app

    refuse_busy(settings)
    refuse_unfit(create_app(settings))
    command = web_command(settings)
    os.execve(command[0], command, _environment())  # noqa: S606  # nosec B606


def _environment() -> dict[str, str]:
    """glibc keeps memory for each of the many threads apart: two such arenas instead of sixteen are 30 MB less (decision 0031)."""
    return {"MALLOC_ARENA_MAX": "2", **os.environ}


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """Web and jobs side by side until SIGTERM or SIGINT; when one ends, the other is ended and the answer is 1."""
    refuse_busy(settings)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _frame: stopping.append(caught))
    processes = {
        name: _start(command) for name, command in (("web", web_command(settings)), ("jobs", jobs_command()))
    }
    say(f"inspect-app: {settings.public_url}  (data in {settings.home}; stop with Ctrl-C)")
    try:
        ended = _wait(processes, stopping)
    finally:
        _end(processes)
    if ended:
        say(f"The {ended} process ended by itself; see above.")
    return 1 if ended else 0


def _wait(processes: Processes, stopping: list[int]) -> str:
    """The name of the process that ended by itself; empty when somebody asked to stop."""
    while not stopping:
        for name, process in processes.items():
            if process.poll() is not None and not stopping:
                return name
        time.sleep(0.2)
    return ""


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    prepare = _die_with_parent if sys.platform == "linux" else None
    return subprocess.Popen(command, env=_environment(), preexec_fn=prepare)  # noqa: S603  # nosec B603


def _die_with_parent() -> None:
    """Linux sends SIGTERM when the parent is gone, however it went."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _end(processes: Processes) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
