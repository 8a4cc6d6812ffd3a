"""One tenant's flood is that tenant's problem: a neighbour's sessions, pages and health checks go on beside it."""

import pytest

from benchmarks import neighbours
from benchmarks.server import running

pytestmark = pytest.mark.faults
GOALS = {
    "visible_p95_s": neighbours.SEEN_GOAL,
    "taken_p95_s": neighbours.TAKEN_GOAL,
    "health_p95_s": neighbours.HEALTH_GOAL,
}
TIMES_IDLE = 10  # on a machine that is busy with other things, where even an idle Confab misses a goal


def test_a_neighbour_hardly_notices_what_others_send_and_erase() -> None:
    """A fifth of each flood, still too much to be erased within a request; docs/performance.md has the figures."""
    with running(None, CONFAB_REQUESTS_PER_SECOND="0") as confab:
        result = neighbours.measured(confab, share=0.2)

    idle = result.pop("idle")
    for flood, figures in result.items():
        for name, goal in GOALS.items():
            assert figures[name] <= max(goal, TIMES_IDLE * idle[name]), (flood, name)
