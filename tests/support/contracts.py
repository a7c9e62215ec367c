"""The public answers of /api/v1, as frozen in tests/contracts. `python3 dev.py freeze` writes them anew."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.support.source import ROOT

FROZEN = ROOT / "tests" / "contracts"


def present() -> dict[str, Any]:
    """Today's contract by file name: the schemas, and per address what it takes and answers."""
    specification = specify()
    contract = {"schemas": specification.get("components", {}).get("schemas", {})}
    for path, methods in specification["paths"].items():
        if path.startswith("/api/v1"):
            name = path.removeprefix("/api/v1").strip("/").replace("/", "_").translate({123: None, 125: None})
            contract[name or "root"] = {path: methods}
    return contract


def specify() -> dict[str, Any]:
    from inspect_app import create_app
    from inspect_app.config import Settings

    with tempfile.TemporaryDirectory() as home:
        app = create_app(Settings.from_env({"INSPECT_APP_HOME": home, "INSPECT_APP_TESTING": "1"}))
        answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def frozen() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FROZEN.glob("*.json")}


def write(folder: Path = FROZEN) -> None:
    contract = present()
    for path in folder.glob("*.json"):
        path.unlink()
    for name, content in contract.items():
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
