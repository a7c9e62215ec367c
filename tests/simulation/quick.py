"""`python -m tests.simulation.quick`: one short fixed campaign over both rings' protocol, exit status 1 when anything broke.

Bundles static/src as it stands, then at the same time tells stories on the twin and chosen ones on the real server, with
every answer of the two held against each other. What it says names the story and the command that tells it again.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from tools.simulate import campaign

TWIN = ["--server", "twin", "--quick", "--schedules", "40", "--seed", "1"]
BOTH = ["--server", "both", "--quick"]


def main() -> int:
    with campaign() as tell, ThreadPoolExecutor(2) as both:
        return max(both.map(tell, (TWIN, BOTH)))


if __name__ == "__main__":
    sys.exit(main())
