"""What is new since one looked last."""

from collections.abc import Iterator

from confab import Confab
from confab.generated.objects import Session, Turn

SHOWN_AT_FIRST = 10
PAGE = 100


def changed_sessions(confab: Confab, query: str | None) -> Iterator[list[Session]]:
    """Yield the sessions that went on since the last look, the latest last; at first the latest of all. Without end."""
    rows = confab.list_sessions(q=query, sort="-updated_at", limit=SHOWN_AT_FIRST)["data"]
    seen: dict[str, str] = {}
    while True:
        yield rows[::-1]
        seen |= {row["id"]: row["updated_at"] for row in rows}
        latest = max(seen.values(), default="")
        seen = {key: time for key, time in seen.items() if time == latest}
        rows = []
        for row in confab.iterate_sessions(q=query, sort="-updated_at", limit=PAGE):
            if row["updated_at"] < latest:
                break
            if seen.get(row["id"]) != row["updated_at"]:
                rows.append(row)


def new_turns(confab: Confab, session_id: str) -> Iterator[list[Turn]]:
    """Yield the turns of a session that were added since the last look; at first all of them. Without end."""
    seen: set[str] = set()
    cursor = None
    while True:
        found: list[Turn] = []
        while True:
            page = confab.read_turns_of_session(session_id=session_id, cursor=cursor)
            found += [turn for turn in page["data"] if turn["id"] not in seen]
            seen |= {turn["id"] for turn in page["data"]}
            if not page["next"]:
                break
            cursor = page["next"]
        yield found
