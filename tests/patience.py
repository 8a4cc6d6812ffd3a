"""Promises about time, measured so that a busy machine cannot break them and a defect cannot keep them."""

from collections.abc import Callable


def least(measure: Callable[[], float], below: float, rounds: int = 3) -> float:
    """The first measurement below, or the least of all rounds: other work spoils one of them, a defect every one."""
    found = []
    for _ in range(rounds):
        found.append(measure())
        if found[-1] < below:
            break
    return min(found)
