"""`python -m tests.processes.warm`: imports the product once; each start is a fork that becomes the web server.

Reads one JSON line per start, `{"failpoint", "offset"}`, and answers with the process group's id. The server is the
one that `inspect-app web` becomes, with the same command line; only the import is saved, so that thousands of kills fit
into an hour. Ends, with its servers, when its standard input does.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import sys
from typing import Any

PR_SET_CHILD_SUBREAPER = 36


def serve(asked: dict[str, Any]) -> None:
    """Become the leader of a process group of its own and the web server. Never returns."""
    from granian.cli import entrypoint

    from inspect_app import cli_serve, clock, failpoints
    from inspect_app.config import Settings

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    multiprocessing.set_start_method("fork", force=True)
    failpoints.arm(asked["failpoint"])
    clock.move(asked["offset"])
    sys.argv = ["granian", *cli_serve.web_command(Settings.from_env())[3:]]
    entrypoint()


def main() -> None:
    import granian.cli  # noqa: F401  # imported once, before the forks

    import inspect_app.wsgi

    with inspect_app.wsgi.app.test_request_context("/healthz"):
        inspect_app.wsgi.app.preprocess_request()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    print("warm", flush=True)
    group = 0
    for line in sys.stdin:
        group = os.fork()
        if group == 0:
            serve(json.loads(line))
            os._exit(1)
        print(group, flush=True)
    if group:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
