"""The demo city's data, and how names are made. Everything is invented; one seed decides all."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

SEED = 1151123


@cache
def city() -> dict[str, Any]:
    """The city file: agencies, districts, programmes, kinds of work, words for names."""
    data: dict[str, Any] = json.loads((files("inspect_app.demo") / "data" / "city.json").read_bytes())
    return data


def person(random: Random) -> str:
    """An invented name."""
    return str(random.choice(city()["surnames"]) + random.choice(city()["given"]))


def firms(kind: str, ending: str, count: int) -> list[str]:
    """Names of invented firms: `kind` in the middle, `ending` at the end."""
    return [f"{head}{kind}{ending}" for head in city()["firm_heads"][:count]]


CONTRACTORS = firms("營造", "股份有限公司", 30) + firms("土木包工", "業", 10)
CONSULTANTS = firms("工程顧問", "有限公司", 14)
PCMS = firms("專案管理", "股份有限公司", 4)
