"""Ring A in the tests: the quick list whole, then as much of the campaign as fits; all of it by hand (`dev.py simulate`)."""

from __future__ import annotations

import pytest

from tools.simulate import campaign

SAMPLE = ["--quick", "--singles", "--pairs", "--sample", "600", "--schedules", "1000000", "--seconds"]


@pytest.mark.pure
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("server", ["twin", "both"])
def test_no_story_breaks_a_promise_and_the_servers_agree(server: str) -> None:
    """A story that breaks one is named in the output, with the command that tells it again."""
    with campaign() as tell:
        assert tell(["--server", server, *SAMPLE, "30"]) == 0


@pytest.mark.pure
@pytest.mark.timeout(600)
def test_a_pair_that_is_left_out_goes_on_as_the_one_that_stands_for_it() -> None:
    """The campaign over all pairs, for a while; many of those that it leaves out are told here, too."""
    with campaign() as tell:
        assert tell(["--pairs", "--compare", "300", "--seconds", "15"]) == 0
