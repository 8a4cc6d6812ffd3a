"""The contents of the annotate panel for a session, trace or span: scores with authors, questions, comments."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from projects.models import Project, User
from sessions.annotation.comments import Thread, threads_on
from sessions.annotation.configs import load_configs
from sessions.annotation.diffs import DiffPart, word_diff
from sessions.annotation.questions import ConfigQuestion
from sessions.annotation.scoring import CORRECTION, ScoreAnswer, may_edit
from sessions.annotation.targets import Target
from sessions.models import DataType, ObjectType, ScoreConfig, Session
from sessions.replay.narrowing import turn_numbers
from tracing.formatting import counted
from tracing.models import Score, Trace
from tracing.reading import budget
from tracing.reading.exchanges import turn_id_of
from tracing.reading.spans import text_of, texts_of
from tracing.store.previews import spoken_text

MAX_SHOWN_ANNOTATIONS = 200  # scores and comments on the turns of a session
READABLE = 100_000  # characters of an answer that is corrected
SOURCE_LABELS = {"api": "API", "annotation": "", "eval": "evaluation"}


@dataclass(frozen=True, kw_only=True)
class Given:
    """A score as it is shown."""

    score: Score
    author: str
    is_own: bool
    may_delete: bool
    question: ConfigQuestion | None = None  # for an admin to answer it anew in its author's place

    @property
    def value(self) -> str:
        score = self.score
        if score.is_unsure:
            return "can't tell"
        if score.data_type == DataType.BOOLEAN:
            return "yes" if score.value else "no"
        return (
            f"{score.value:g}" if score.string_value is None and score.value is not None else score.string_value or ""
        )

    @property
    def source(self) -> str:
        """Return the label of the score's source, empty for a person."""
        return SOURCE_LABELS.get(self.score.source, self.score.source)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The annotations of one turn, for a reader of the whole session."""

    turn_id: str
    number: int = 0  # in the session, if that is known
    given: list[Given] = field(default_factory=list)
    comments: int = 0
    thumb: bool | None = None  # this person's


@dataclass(frozen=True)
class Diff:
    """A correction compared with the answer.

    Without `parts` it is only the correction's text, and the reason why the two were not compared."""

    author: str
    words: str
    parts: list[DiffPart] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Everything about one target."""

    target: Target
    given: list[Given]
    questions: list[ConfigQuestion]
    threads: list[Thread]
    marks: list[Mark] = field(default_factory=list)
    original: str = ""
    corrected: str = ""
    diffs: list[Diff] = field(default_factory=list)

    @property
    def open_count(self) -> int:
        return sum(thread.first.resolved_at is None for thread in self.threads)

    @property
    def summary(self) -> str:
        """`2 scores, 1 open comment`, or nothing."""
        numbers = ((len(self.given), "score"), (self.open_count, "open comment"))
        return ", ".join(counted(number, noun) for number, noun in numbers if number)


def load_panel(project: Project, target: Target, user: User, *, configs: Iterable[ScoreConfig] | None = None) -> Panel:
    """Load the panel of a target, in a constant number of queries."""
    scores = list(
        Score.objects.for_project(project)
        .filter(target.where)
        .order_by("name", "scored_at", "id")[:MAX_SHOWN_ANNOTATIONS]
    )
    asked = load_configs(project) if configs is None else configs
    kind, is_session = target.kind, target.kind == ObjectType.SESSION
    return Panel(
        target=target,
        given=load_given(project, [score for score in scores if score.name != CORRECTION], user, asked),
        questions=[ConfigQuestion(config, own_of(scores, config, user)) for config in asked],
        threads=threads_on(project, Q(object_type=kind, object_id=target.key)),
        marks=load_marks(project, target, user) if is_session else [],
        **({} if is_session else _corrections(project, target, scores, user)),
    )


def answers_of(configs: Iterable[ScoreConfig], posted: Mapping[str, str]) -> list[tuple[ScoreConfig, ScoreAnswer]]:
    """Return the answers in a form; a field that was left empty is no answer."""
    answers = []
    for config in configs:
        raw, why = posted.get(f"score-{config.id}", "").strip(), posted.get(f"why-{config.id}", "")
        is_unsure = raw == "?" or f"unsure-{config.id}" in posted
        if config.data_type in (DataType.BOOLEAN, DataType.CATEGORICAL):
            raw = raw.removeprefix("=")
        if raw or is_unsure:
            answers.append((config, ScoreAnswer(raw, is_unsure, why)))
    return answers


def load_given(project: Project, scores: list[Score], user: User, configs: Iterable[ScoreConfig] = ()) -> list[Given]:
    """Return the scores as they are shown, with the names of their authors."""
    names = load_names(score.author_id for score in scores)
    known = {config.id: config for config in configs} if project.role.administers else {}
    return [
        Given(
            score=score,
            author=names.get(score.author_id or 0, "" if score.author_id is None else "a former member"),
            is_own=score.author_id == user.pk,
            may_delete=may_edit(project, score.author_id, user),
            question=ConfigQuestion(config, score) if config and score.author_id not in (None, user.pk) else None,
        )
        for score in scores
        for config in [known.get(score.config_id or "")]
    ]


def load_names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Load the names of people."""
    people = User.objects.filter(pk__in={user_id for user_id in user_ids if user_id is not None})
    return {person.pk: person.shown_name for person in people}


def own_of(scores: Iterable[Score], config: ScoreConfig, user: User) -> Score | None:
    """Find the user's score for this config.

    A score with the same name but a different data type does not count."""
    mine = (s for s in scores if s.author_id == user.pk and s.name == config.name and s.data_type == config.data_type)
    return next(mine, None)


def load_marks(project: Project, target: Target, user: User) -> list[Mark]:
    """Load the annotations of all turns that have any."""
    traces = Trace.objects.for_project(project).filter(session_id=target.session_id)
    trace_ids = traces.values("trace_id")
    conversations = traces.filter(turn_count__gt=1).values("trace_id")
    scores: QuerySet[Score] = Score.objects.for_project(project).filter(trace_id__in=trace_ids)
    scores = scores.annotate(is_of_part=Q(span_id__isnull=False, trace_id__in=conversations))
    found: dict[str, list[Given]] = defaultdict(list)
    for given in load_given(project, list(scores.order_by("scored_at", "id")[:MAX_SHOWN_ANNOTATIONS]), user):
        found[_turn_id(given.score)].append(given)
    talked: dict[str, int] = defaultdict(int)
    on_turns = Q(object_type=ObjectType.TRACE, object_id__in=trace_ids)
    on_parts = Q(object_type=ObjectType.OBSERVATION, trace_id__in=conversations)
    for thread in threads_on(project, on_turns | on_parts):
        first = thread.first
        turn_id = turn_id_of(first.trace_id, first.object_id) if first.trace_id else first.object_id
        talked[turn_id] += 1 + len(thread.answers)
    numbers = turn_numbers(Session(project_id=project.pk, session_id=target.session_id or ""), [*found, *talked])
    return [
        Mark(
            turn_id=turn_id,
            number=numbers.get(turn_id, 0),
            given=found.get(turn_id, []),
            comments=talked.get(turn_id, 0),
            thumb=_thumb(found.get(turn_id, [])),
        )
        for turn_id in sorted({*found, *talked}, key=lambda turn_id: numbers.get(turn_id, 0))
    ]


def _turn_id(score: Any) -> str:
    """Return the id of the turn that was scored: the trace, or of one that holds several, the one the span began."""
    return turn_id_of(score.trace_id, score.span_id) if score.is_of_part else score.trace_id or ""


def _thumb(given: list[Given]) -> bool | None:
    scores: list[Any] = [g.score for g in given if g.is_own and g.score.name == "thumbs"]
    own = [score for score in scores if score.span_id is None or score.is_of_part]
    return bool(own[0].value) if own and own[0].value is not None else None


def _corrections(project: Project, target: Target, scores: list[Score], user: User) -> dict[str, Any]:
    corrections = [score for score in scores if score.name == CORRECTION and score.string_value]
    original = read_original(project, target)
    own = next((s.string_value or "" for s in corrections if s.author_id == user.pk), "")
    diffs = [
        _diff(original, given.author or given.source, given.score.string_value or "")
        for given in load_given(project, corrections, user)
    ]
    return {"original": original, "corrected": own, "diffs": diffs}


def _diff(original: str, author: str, correction: str) -> Diff:
    if not (budget.has_time() and budget.take(len(original) + len(correction))):
        return Diff(author, correction, note="Not compared: this page reached its time limit.")
    parts = word_diff(original, correction)
    return Diff(author, correction, parts, note="" if parts else "Too long to compare.")


def read_original(project: Project, target: Target) -> str:
    """Return the answer of the trace or span as text."""
    trace = Trace.objects.for_project(project).filter(trace_id=target.trace_id).first()
    if trace is None:
        return ""
    is_trace = target.span_id is None
    text = texts_of(trace).get("output") if is_trace else text_of(trace, target.span_id or "", "output")
    return spoken_text(text, role="assistant")[:READABLE] if text else ""
