"""A bundle as the office gives it, and what forgers make of it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from inspect_app import clock
from inspect_app.audit import chaining
from inspect_app.evidence import bundle, heads
from tests.support import factories, pictures
from tests.support.inspected import Told, inspection_with_log

FORGERIES = json.loads((Path(__file__).parents[1] / "evidence/forgeries.json").read_text("utf-8"))[
    "forgeries"
]


@dataclass(frozen=True)
class Given:
    """A good bundle, the photo that it names, and the text of a head as it was printed earlier."""

    bundle: dict[str, Any]
    photo: bytes
    printed: str


def good() -> Given:
    """An issued inspection with a photo; a head of the day before. Needs a database and a held clock."""
    photo = pictures.photo()
    made = inspection_with_log(Told(picture=photo))
    chaining.chain_waiting()
    printed = heads.head_of_today().text()
    made.issued()
    with clock.set_to(clock.now() + timedelta(days=1)):
        found = bundle.export(factories.actor("auditor"), made.id)
    return Given(json.loads(json.dumps(found)), photo, printed)


def forged(good_one: dict[str, Any], forgery: dict[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(good_one)
    *way, last = forgery["path"]
    place = _at(found, way)
    value = _at(good_one, forgery["copy"]) if "copy" in forgery else forgery.get("value")
    if forgery.get("remove"):
        del place[last]
    elif isinstance(place, list) and last >= len(place):
        place.append(value)
    else:
        place[last] = value
    return found


def _at(bundle: Any, way: list[Any]) -> Any:
    for step in way:
        bundle = bundle[step]
    return bundle
