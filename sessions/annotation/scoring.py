"""Scores by people: one value of each person for each name on each target."""

import hashlib
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from projects.audit import Action, record
from projects.models import Project, User
from sessions.annotation.configs import MAX_ANSWER_CHARACTERS, NotAllowed, ScoreValue, read_value
from sessions.annotation.targets import Target, check
from sessions.models import DataType, ScoreConfig
from tracing.models import Score
from tracing.store.scored import delete_score, mark_sessions

CORRECTION = "correction"  # the name of the score that holds what an answer should have been
CORRECTION_LENGTH = 100_000
UNSURE_VALUE = ScoreValue(None, None)


class ScoreAnswer(NamedTuple):
    """A person's answer under one name; without a `raw` value the person cannot tell."""

    raw: str
    is_unsure: bool = False
    comment: str = ""


def give(
    project: Project, target: Target, config: ScoreConfig, answer: ScoreAnswer, *, by: User, queue_id: str | None = None
) -> Score:
    """Create or replace this person's score. Raises NotAllowed."""
    value, comment = _checked(config, answer)
    fields = {
        "data_type": config.data_type,
        "config_id": config.id,
        "is_unsure": answer.is_unsure,
        "comment": comment,
    }
    return _write(project, target, config.name, value, by=by, queue_id=queue_id, **fields)


def correct(project: Project, target: Target, text: str, *, by: User) -> Score | None:
    """Store what the answer should have been; an empty text deletes the correction. Raises NotAllowed."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > CORRECTION_LENGTH or "\x00" in text:
        raise NotAllowed(f"correction: up to {CORRECTION_LENGTH:,} characters")
    if text:
        return _write(project, target, CORRECTION, ScoreValue(None, text), by=by, data_type=DataType.TEXT)
    withdraw(project, own_id(target, CORRECTION, by), by=by)
    return None


def change(project: Project, score_id: str, config: ScoreConfig, answer: ScoreAnswer, *, by: User) -> bool:
    """Replace a person's answer; its author stays. Raises NotAllowed.

    Returns False if there is no such score that `by` may change."""
    value, comment = _checked(config, answer)
    with transaction.atomic():
        named = Score.objects.for_project(project).filter(id=score_id, config_id=config.id, author_id__isnull=False)
        score = named.select_for_update().first()
        if score is None or not may_edit(project, score.author_id, by):
            return False
        now, before = timezone.now(), told(score)
        changes = {"value": value.number, "string_value": value.text, "is_unsure": answer.is_unsure, "comment": comment}
        named.update(**changes, updated_at=now)
        mark_sessions(project.pk, [score], now)
        target = str(Target(score.session_id, score.trace_id, score.span_id))
        after = told(Score(data_type=config.data_type, **changes))
        said: dict[str, Any] = {"value": after, "before": before} if after else {}
        record(Action.SCORE_GIVEN, project, actor=by, target=target, name=score.name, **said)
    return True


def withdraw(project: Project, score_id: str, *, by: User) -> bool:
    """Delete a score: one's own, or as an admin anybody's.

    Returns False if there is no such score that this person may delete."""
    score = Score.objects.for_project(project).filter(id=score_id).first()
    return score is not None and may_edit(project, score.author_id, by) and delete_score(project, score_id, by=by)


def may_edit(project: Project, author_id: int | None, user: User) -> bool:
    """Return whether a user may edit an author's scores and comments: members their own, admins all."""
    return project.role.administers or (project.role.edits and author_id == user.pk)


def own_id(target: Target, name: str, by: User) -> str:
    """Return the id of a person's score, so that a second value for the same name and target replaces the first."""
    words = "\x00".join(["annotation", *(part or "" for part in target), name, str(by.pk)])
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _checked(config: ScoreConfig, answer: ScoreAnswer) -> tuple[ScoreValue, str | None]:
    """Return value and comment as they are stored. Raises NotAllowed."""
    if config.is_archived:
        raise NotAllowed(f"{config.name}: this score is archived")
    if len(answer.comment) > MAX_ANSWER_CHARACTERS or "\x00" in answer.comment:
        raise NotAllowed(f"comment: up to {MAX_ANSWER_CHARACTERS:,} characters")
    return UNSURE_VALUE if answer.is_unsure else read_value(config, answer.raw), answer.comment.strip() or None


def _write(
    project: Project, target: Target, name: str, value: ScoreValue, *, by: User, **fields: str | bool | None
) -> Score:
    now = timezone.now()
    written = {
        **target._asdict(), **fields, "name": name, "value": value.number, "string_value": value.text,
        "source": Score.Source.ANNOTATION, "author_id": by.pk, "scored_at": now, "updated_at": now,
    }  # fmt: skip
    if written.get("queue_id") is None:
        written.pop("queue_id", None)
    score = Score(project_id=project.pk, id=own_id(target, name, by), created_at=now, **written)
    with transaction.atomic():
        check(project.pk, target.kind, target.key, trace_id=target.trace_id)
        Score.objects.bulk_create(
            [score], update_conflicts=True, unique_fields=["project_id", "id"], update_fields=list(written)
        )
        mark_sessions(project.pk, [score], now)
        said: dict[str, Any] = {"value": words} if (words := told(score)) else {}
        record(Action.SCORE_GIVEN, project, actor=by, target=str(target), name=name, **said)
    return score


def told(score: Score) -> str:
    """Return a value as the audit log may keep it: a number or a category, never a text that somebody wrote."""
    if score.is_unsure is True:
        return "can't tell"
    if score.data_type == DataType.CATEGORICAL:
        return score.string_value or ""
    return "" if score.data_type == DataType.TEXT or score.value is None else f"{score.value:g}"
