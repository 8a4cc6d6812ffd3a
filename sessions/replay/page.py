"""What the page of one session shows, loaded when its template asks for it."""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from projects.models import Project, Role
from projects.values import whole_number
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of
from sessions.replay.account import SessionTotals, compute_account
from sessions.replay.finding import TurnMatches, found_in
from sessions.replay.links import kept_query
from sessions.replay.metadata import load_metadata
from sessions.replay.narrowing import Segment, segments_from
from sessions.replay.neighbours import Neighbours, find_neighbours
from sessions.replay.state import Saying, StateChoices, load_choices, load_saying, title_and_counts
from sessions.replay.timeline import Timeline, compute_timeline
from sessions.replay.turns import TurnPage
from sessions.replay.usage import ModelUsage, usage_rows
from sessions.rollup.breakdown import find_partial_values
from sessions.rollup.score_types import find_yes_or_no
from tracing.reading.bodies import RenderedBody, body_of

# Shown in places of their own: the id as the title, the texts as the conversation, the usage as a table.
EMPTY_IS_NOTHING = {PropertyKind.SET, PropertyKind.SCORES}
PLACED = {PropertyKind.ID, PropertyKind.TEXT, PropertyKind.USAGE}
# What a glance asks for; the other properties stand folded below.
FIRST_SESSION_PROPERTIES = (
    "created_at", "updated_at", "turn_count", "duration_ms", "active_ms", "total_tokens", "total_cost", "error_count",
    "user_ids", "environments", "tags", "scores",
)  # fmt: skip
SESSION_EXPORT_FORMATS = (("markdown", "Markdown"), ("jsonl", "Chat messages (JSONL)"), ("json", "Everything (JSON)"))
# What stands beside the conversation: the name in the address (`?tab=`) and of the element, and the word on the tab.
TABS = (("overview", "Overview"), ("annotation", "Scores and comments"), ("step", "Step"), ("counted", "How counted"))


@dataclass(frozen=True, kw_only=True)
class SessionPage:
    """One session with the window of turns that the address asks for. What it does not ask for is None."""

    project: Project
    session: Session
    asked: QueryDict
    window: TurnPage

    exports = SESSION_EXPORT_FORMATS
    tabs = TABS

    @cached_property
    def _title_and_counts(self) -> tuple[str, dict[str, int]]:
        return title_and_counts(self.session, self.only)

    @cached_property
    def saying(self) -> Saying:
        return load_saying(self.session, self.project, self._title_and_counts[0])

    @cached_property
    def choices(self) -> StateChoices:
        state = self.saying.state
        return load_choices(state) if "choices" in self.asked else StateChoices(state=state)

    @cached_property
    def _facts(self) -> tuple[list[Property], list[Property]]:
        return facts_of(self.session)

    @property
    def properties(self) -> list[Property]:
        return self._facts[0]

    @property
    def other_properties(self) -> list[Property]:
        return self._facts[1]

    @cached_property
    def usage(self) -> list[ModelUsage]:
        return usage_rows(self.session.usage_by_model)

    @property
    def export_url(self) -> str:
        return reverse("export-session", args=[self.project.pk, self.session.session_id])

    @property
    def may_edit(self) -> bool:
        return self.project.role.covers(Role.MEMBER)

    @property
    def only(self) -> str:
        return self.asked.get("only", "")

    @cached_property
    def segments(self) -> list[tuple[Segment, str]]:
        """What the conversation can be narrowed to, with the addresses."""
        kept = {name: str(self.asked[name]) for name in ("in", "lang") if self.asked.get(name)}
        return [
            (segment, "?" + urlencode(({"only": segment.name} if segment.name else {}) | kept))
            for segment in segments_from(self._title_and_counts[1], self.only)
        ]

    @property
    def find(self) -> str:
        return self.asked.get("find", "")

    @property
    def kept(self) -> str:
        return kept_query(self.asked)

    @cached_property
    def neighbours(self) -> Neighbours:
        return find_neighbours(self.project, self.session, str(self.asked.get("in", "")))

    @property
    def in_list(self) -> str:
        """What takes the list along to another session of it."""
        return "?" + urlencode({"in": self.neighbours.query}) if self.neighbours.query else ""

    @property
    def tab(self) -> str:
        asked = "counted" if "account" in self.asked else self.asked.get("tab", "")
        return asked if asked in dict(TABS) else TABS[0][0]

    @cached_property
    def account(self) -> SessionTotals | None:
        return compute_account(self.session) if self.tab == "counted" else None

    @cached_property
    def metadata(self) -> RenderedBody | None:
        found = load_metadata(self.session) if "metadata" in self.asked else {}
        return body_of(found) if found else None

    @property
    def sets(self) -> list[tuple[str, list[tuple[str, int]]]]:
        return find_partial_values(self.session)

    @property
    def yes_or_no(self) -> set[str]:
        return find_yes_or_no(self.session.project_id, [self.session.scores])

    @cached_property
    def timeline(self) -> Timeline | None:
        return timeline_of(self.asked, self.session) if "timeline" in self.asked else None

    @cached_property
    def found(self) -> TurnMatches | None:
        return found_in(self.session, self.find, only=self.only) if self.find else None


def facts_of(found: Session) -> tuple[list[Property], list[Property]]:
    """Return the properties in the head, and the others; an empty set is not in the head."""
    shown = [declared for declared in properties_of(Session).values() if declared.kind not in PLACED]
    first = [
        p
        for p in shown
        if p.name in FIRST_SESSION_PROPERTIES and (p.kind not in EMPTY_IS_NOTHING or getattr(found, p.field))
    ]
    first.sort(key=lambda declared: FIRST_SESSION_PROPERTIES.index(declared.name))
    return first, [declared for declared in shown if declared not in first]


def timeline_of(asked: QueryDict, found: Session) -> Timeline:
    return compute_timeline(found, *_range(asked))


def _range(asked: QueryDict) -> list[int]:
    numbers = [number_in(asked.get(name, "")) for name in ("from", "to")]
    return numbers if all(numbers) else []


def number_in(text: str) -> int:
    """Return a count of the query string, or zero if it is none."""
    return whole_number(text, highest=10**9) or 0
