"""`python -m tests.bench [operations] [photos] [pages]`: starts the product on a fresh folder and measures it."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.derivatives import derivatives
from tests.bench.measure import Caller, Figures, Table, measure
from tests.bench.photos import photos as photos_of
from tests.bench.tablets import Tablet, tablets_of
from tests.support.product import Product


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(SCENARIOS))
    if unknown:
        print(f"There are {', '.join(SCENARIOS)}, not {', '.join(unknown)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="inspect-app-bench-") as folder:
        product = Product(Path(folder) / "home")
        product.home.mkdir()
        product.cli("demo")
        product.start()
        try:
            for name in names or SCENARIOS:
                for figures in SCENARIOS[name](product):
                    print(figures, flush=True)
        finally:
            product.stop()
    return 0


def accounts(product: Product, role: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(product.cli("accounts", "list", "--json").stdout)
    return [account for account in listed if role in account["roles"]]


def token_of(product: Product, login: str) -> str:
    return product.cli("accounts", "token", login).stdout.split()[-1]


def caller_for(product: Product, role: str) -> Caller:
    return Caller(product.port, token_of(product, accounts(product, role)[0]["login"]))


def operations(product: Product) -> list[Figures]:
    """Findings in batches of 20, one device after the other and then all at once."""
    people = [account["login"] for role in ("leader", "inspector") for account in accounts(product, role)][
        :12
    ]
    tablets = tablets_of(product.port, [token_of(product, login) for login in people])[:8]
    alone = measure("operations, batches of 20, 1 tablet", [tablets[0].push] * 50, 1)
    lines = [partial(push_many, tablet, 25) for tablet in tablets]
    together = measure(f"25 such batches each, {len(tablets)} tablets", lines, len(lines))
    return [alone, together]


def push_many(tablet: Tablet, batches: int) -> int:
    return sum(tablet.push() for _ in range(batches))


def photos(product: Product) -> list[Table]:
    return photos_of(product, caller_for(product, "inspector"))


def pages(product: Product) -> list[Figures]:
    """What everybody opens first."""
    caller = caller_for(product, "coordinator")

    def open_page(path: str) -> int:
        answer = caller.call("GET", path)
        assert answer.status == 200, f"{path}: {answer.status}"
        return 0

    return [
        measure(f"GET {path}, 16 people", [partial(open_page, path)] * 400, 16)
        for path in ("/readyz", "/office/")
    ]


SCENARIOS: dict[str, Callable[[Product], Sequence[object]]] = {
    "operations": operations,
    "photos": photos,
    "derivatives": derivatives,
    "pages": pages,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
