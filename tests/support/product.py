"""The product as people start it: `inspect-app` in a process of its own, on a free port, with its own HOME."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.folders import free_port

COMMAND = str(Path(sys.executable).with_name("inspect-app"))


@dataclass
class Product:
    """One installation. `cli()` runs a command, `start()`/`stop()`/`kill()` the server."""

    home: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("INSPECT_APP_")}
        own = {"HOME": str(self.home), "BIND": f"127.0.0.1:{self.port}", **self.settings}
        return {**clean, **{f"INSPECT_APP_{name}": value for name, value in own.items()}}

    @property
    def log(self) -> Path:
        return self.home.with_name(f"{self.home.name}.log")

    def cli(
        self, *arguments: str, stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `inspect-app ARGUMENTS`; with `check` a failure shows what it printed."""
        done = subprocess.run(
            [COMMAND, *arguments], env=self.env, input=stdin, capture_output=True, text=True, timeout=600
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"inspect-app {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def start(self, command: str = "run") -> Product:
        """Start the server (again on the same port) and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, command],
                env=self.env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except (OSError, urllib.error.URLError):
                if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(
                        f"the server did not start:\n{self.log.read_text()[-4000:]}"
                    ) from None
                time.sleep(0.1)

    def stop(self) -> None:
        """As an operator would: SIGTERM, then wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would, for every process of the server."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        for chosen in (number, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, chosen)
                self.process.wait(timeout=15)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        self.process = None
