"""`dev.py simulate`: stories of tablets, faults and a server, from a seed (docs/proof.md, ring A)."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools.install import set_up
from tools.machine import ROOT, STATIC, call, must, tool

Tell = Callable[[Sequence[str]], int]
YOUNG = "--max-semi-space-size=64"  # MiB: what a story leaves behind is thrown away at once
OLD = "--max-old-space-size=8000"  # MiB: half of all pairs remember more states than Node's own limit of 4 GB holds


def main(arguments: list[str]) -> int:
    """Exit status 1 when a story broke; each is named with the command that tells it again."""
    asked = parser().parse_args(arguments)
    set_up("dev")
    words = told(asked)
    with campaign() as tell, ThreadPoolExecutor(asked.jobs) as processes:
        parts = [[*words, "--part", f"{number}/{asked.jobs}"] for number in range(asked.jobs)]
        return max(processes.map(tell, parts))


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="dev.py simulate", description=__doc__)
    found.add_argument("--schedules", type=int, default=0, metavar="N", help="stories by chance")
    found.add_argument("--seed", type=int, default=1, help="of the first of them; also chooses a sample")
    found.add_argument("--singles", action="store_true", help="every single fault of the core story")
    found.add_argument("--pairs", action="store_true", help="every pair of faults of the core story")
    found.add_argument("--compare", type=int, default=3, metavar="N",
                       help="with every pair, on the twin: of a thousand that another stands for, tell N besides")  # fmt: skip
    found.add_argument("--from", metavar="NAME",
                       help='with every pair: go on with this first fault, "core: step 20 clean", after an interruption')  # fmt: skip
    found.add_argument("--sample", type=int, metavar="N", help="only N of the singles, of the pairs")
    found.add_argument("--server", choices=("twin", "real", "both"), default="twin",
                       help="the TypeScript twin, the Python services over a pipe, or both held to each other")  # fmt: skip
    found.add_argument("--quick", action="store_true", help="the short fixed list of the tests, first")
    found.add_argument("--replay", metavar="NAME", help='one story again: "seed 7", "core: request 12 drop"')
    found.add_argument("--trace", action="store_true", help="with --replay: print every answer")
    found.add_argument(
        "--digest", action="store_true", help="print a digest of every answer: the same stories have the same"
    )
    found.add_argument("--keep-going", action="store_true", help="do not stop at the first broken story")
    found.add_argument("--seconds", type=int, metavar="N", help="stop after so long")
    found.add_argument("--jobs", type=int, default=1, metavar="N", help="processes")
    return found


def told(asked: argparse.Namespace) -> list[str]:
    """The arguments for the program in Node."""
    found: list[str] = []
    for name, value in vars(asked).items():
        if value is True:
            found.append(f"--{name.replace('_', '-')}")
        elif value not in (None, False) and name != "jobs":
            found += [f"--{name}", str(value)]
    return found


@contextmanager
def campaign() -> Iterator[Tell]:
    """Bundles the client as it stands; gives what runs the program with arguments and answers its exit status."""
    with tempfile.TemporaryDirectory(prefix="inspect-app-simulation-") as folder:
        program = Path(folder) / "simulation.mjs"
        bundle = [tool("node"), "node_modules/rolldown/bin/cli.mjs", "-c", "rolldown.simulation.config.mjs", "-o",
                  str(program), "--log-level", "silent"]  # fmt: skip
        must(bundle, "The simulation could not be bundled.", cwd=STATIC)
        places = {"SIMULATION_ROOT": str(ROOT), "SIMULATION_PYTHON": tool("python")}
        node = [tool("node"), "--enable-source-maps", YOUNG, OLD]
        yield lambda words: call([*node, str(program), *words], places)
