"""The real server over a pipe: one JSON object per line in, one out. `python -m tests.simulation.server`.

{"do": "request", ...} as `World.request`; "reset", "backup" -> {"backup": n}, "put_back" {"backup", "epoch"}, "clean"
{"now"}, "cure", "state", "fold". The first line out is {"inspection", "accounts", "devices"}.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.simulation.quiet import no_logs
from tests.simulation.world import DEVICES, World


def main() -> None:
    no_logs()
    with tempfile.TemporaryDirectory(prefix="inspect-app-simulation-") as folder:
        world = World(Path(folder))
        tell({"inspection": world.inspection, "accounts": world.accounts, "devices": DEVICES})
        verbs = verbs_of(world)
        for line in sys.stdin:
            asked = json.loads(line)
            tell(verbs[asked["do"]](asked))


def verbs_of(world: World) -> dict[str, Callable[[dict[str, Any]], Any]]:
    backups: list[dict[str, Any]] = []

    def reset(_asked: dict[str, Any]) -> dict[str, Any]:
        backups.clear()
        world.reset()
        return {}

    def backup(_asked: dict[str, Any]) -> dict[str, Any]:
        backups.append(world.backup())
        return {"backup": len(backups) - 1}

    return {
        "request": world.request,
        "reset": reset,
        "backup": backup,
        "put_back": lambda asked: world.put_back(backups[asked["backup"]], epoch=asked["epoch"]) or {},
        "clean": lambda asked: world.clean(asked["now"]) or {},
        "evidence": lambda _asked: world.evidence([]),
        "cure": lambda _asked: world.cure() or {},
        "state": lambda _asked: world.state(),
        "fold": lambda _asked: world.fold(),
    }


def tell(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
