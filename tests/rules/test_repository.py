"""What the repository must not name: the workplace beside it, one machine's folders, one network's registries."""

from __future__ import annotations

import json
import re
import tomllib

from tests.support.source import ROOT, texts

# Written in pieces, so that this file does not name them either.
NEIGHBOUR = re.compile(r"\.\./" + r"shared\b|/" + r"shared/(design|domain|reference)")
MACHINE = re.compile(r"(^|[^A-Za-z0-9_.-])/(wor" + r"k|far" + r"m|roo" + r"t)/[A-Za-z.]", re.MULTILINE)
REGISTRY = re.compile(
    "|".join([r"files\.python" + "hosted", r"pypi" + r"\.org", r"registry\.npm", r"npmjs" + r"\.(org|com)"])
)


def naming(pattern: re.Pattern[str]) -> list[str]:
    return [f"{name}: {found.group().strip()}" for name, text in texts() if (found := pattern.search(text))]


def test_nothing_names_the_folder_beside_the_repository() -> None:
    assert naming(NEIGHBOUR) == []


def test_nothing_names_a_path_of_one_machine() -> None:
    assert naming(MACHINE) == []


def test_nothing_names_a_registry() -> None:
    assert naming(REGISTRY) == []


def test_python_locks_have_hashes_and_no_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        lines = path.read_text().splitlines()
        assert [line for line in lines if "://" in line or line.startswith("--")] == []
        pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
        assert pinned
        assert all("--hash=sha256:" in lines[number + 1] for number in pinned)


def test_front_end_lock_has_hashes_and_no_host() -> None:
    packages = json.loads((ROOT / "static/package-lock.json").read_text())["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert installed
    assert [name for name, entry in installed.items() if "resolved" in entry] == []
    assert [
        name for name, entry in installed.items() if "integrity" not in entry and not entry.get("inBundle")
    ] == []


def test_development_is_locked_to_what_runs() -> None:
    """Tests run the very versions that are installed in production."""

    def pins(name: str) -> set[str]:
        text = (ROOT / f"requirements/{name}.txt").read_text()
        return {line.rstrip("\\ ") for line in text.splitlines() if re.match(r"[a-z0-9]", line)}

    assert pins("runtime") - pins("dev") == set()


def test_every_package_has_its_reason() -> None:
    """What runs is named in decision 0064; tests and tools in requirements/dev.in and there."""
    page = (ROOT / "docs/decisions/0064-what-each-package-is-for.md").read_text()
    wanted = re.findall(r"^[a-z][a-z0-9-]*", (ROOT / "requirements/runtime.in").read_text(), re.MULTILINE)
    package = json.loads((ROOT / "static/package.json").read_text())
    wanted += package["dependencies"].keys() | {
        name for name in package["devDependencies"] if not name.startswith("@types/")
    }
    assert [
        name for name in wanted if not re.search(rf"(^|[ |]){re.escape(name)}([ ,]|$)", page, re.MULTILINE)
    ] == []


def test_the_rooms_are_drawn_as_they_are_checked() -> None:
    checked = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0][
        "layers"
    ]
    drawn = (ROOT / "docs/architecture.md").read_text().split("```")[3].strip().splitlines()
    assert [re.sub(r"  .*", "", line) for line in drawn] == checked
