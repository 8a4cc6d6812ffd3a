"""A whole conversation on one page, to be printed: all turns and texts, within a bound that the page states."""

from dataclasses import dataclass

from sessions.models import Session
from sessions.replay.turns import Turn, turns_after
from sessions.replay.weights import TURN, weight
from tracing.reading import budget

MAX_PRINTED_TURNS = 300
MAX_PAPER_CHARACTERS = 3_000_000  # of HTML
PRINTED_SECONDS, PRINTED_BYTES = 3.0, 16_000_000  # for texts, instead of the budget of an ordinary page


@dataclass(frozen=True, kw_only=True)
class PrintedConversation:
    """The first turns of a session, and how many follow them."""

    turns: list[Turn]
    left_out: int


def load_printed(session: Session) -> PrintedConversation:
    """Load what is printed, window by window, until all is there or the bound is reached."""
    found: list[Turn] = []
    left = MAX_PAPER_CHARACTERS
    with budget.widened(PRINTED_SECONDS, PRINTED_BYTES):
        page = turns_after(session, is_printed=True)
        while page.turns:
            for turn in page.turns:
                left -= TURN + weight(turn.reading)
                if left < 0 or len(found) == MAX_PRINTED_TURNS:
                    return PrintedConversation(turns=found, left_out=max(1, session.turn_count - len(found)))
                found.append(turn)
            if page.following is None:
                break
            page = turns_after(session, page.following, is_printed=True)
    return PrintedConversation(turns=found, left_out=0)
