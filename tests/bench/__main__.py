"""`python -m tests.bench [NAME ...]`: measures the product beside a floor: raw drivers, plain libraries, a bare query."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import quick
from tests.bench.derivatives import derivatives
from tests.bench.dropping import dropping
from tests.bench.measure import Caller, Figures, measure
from tests.bench.operations import table_on
from tests.bench.photos import photos
from tests.support.product import Product


def main(names: list[str]) -> int:
    chosen = names or [*ALONE, *IN_CITY]
    unknown = sorted(set(chosen) - set(ALONE) - set(IN_CITY))
    if unknown:
        print(f"There are {', '.join([*ALONE, *IN_CITY])}, not {', '.join(unknown)}.", file=sys.stderr)
        return 2
    for name in chosen:
        if name in ALONE:
            for table in ALONE[name]():
                print(table, flush=True)
    in_city([name for name in chosen if name in IN_CITY])
    return 0


def in_city(names: list[str]) -> None:
    """Those that need the demo city and a running server; all use the same one."""
    if not names:
        return
    with tempfile.TemporaryDirectory(prefix="inspect-app-bench-") as folder:
        product = Product(Path(folder) / "home")
        product.home.mkdir()
        product.cli("demo")
        product.start()
        try:
            for name in names:
                for figures in IN_CITY[name](product):
                    print(figures, flush=True)
        finally:
            product.stop()


def accounts(product: Product, role: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(product.cli("accounts", "list", "--json").stdout)
    return [account for account in listed if role in account["roles"]]


def token_of(product: Product, login: str) -> str:
    return product.cli("accounts", "token", login).stdout.split()[-1]


def caller_for(product: Product, role: str) -> Caller:
    return Caller(product.port, token_of(product, accounts(product, role)[0]["login"]))


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


DATABASES = ("sqlite", "postgres")
ALONE: dict[str, Callable[[], Iterable[object]]] = {
    "operations": lambda: map(table_on, DATABASES),
    "dropping": lambda: map(dropping, DATABASES),
    "decoding": lambda: [quick.decoding()],
    "json": lambda: [quick.json_out()],
    "pull": lambda: map(quick.pull, DATABASES),
    "photos": photos,
    "derivatives": derivatives,
}
IN_CITY: dict[str, Callable[[Product], Iterable[object]]] = {
    "pages": pages,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
