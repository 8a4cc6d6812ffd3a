"""The current verdict about a session: the one that its score repeats. People's scores are never touched."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sessions.models import Judge, ScoreConfig, Session, Verdict
from tracing.models import Score
from tracing.store import erased
from tracing.store.scored import mark_sessions

VERDICT_KEY = ("project_id", "judge_id", "session_id", "version", "content_hash")
VERDICT_COLUMNS = (
    "state", "is_current", "value", "string_value", "is_unsure", "reason", "turns", "turn_ids", "seen_at",
    "finished_at", "leased_until",
)  # fmt: skip
SCORE_COLUMNS_OF_JUDGES = (
    "session_id", "name", "data_type", "value", "string_value", "comment", "metadata", "config_id", "source",
    "is_unsure", "scored_at", "updated_at",
)  # fmt: skip


def make_current(judge: Judge, config: ScoreConfig, verdicts: Sequence[Verdict]) -> None:
    """Write these verdicts of one judge, and make them the scores of their sessions. Call it in a transaction.

    What was erased meanwhile is left out. A verdict without an answer takes the former score away."""
    project_id, now = judge.project_id, timezone.now()
    gone = erased.gone(project_id, session_ids=[verdict.session_id for verdict in verdicts])
    kept = [verdict for verdict in verdicts if verdict.session_id not in gone]
    if not kept:
        return
    former = Verdict.objects.for_project(project_id).filter(judge_id=judge.id, is_current=True)
    former.filter(session_id__in=[verdict.session_id for verdict in kept]).update(is_current=False)
    for verdict in kept:
        verdict.is_current = True
    Verdict.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=list(VERDICT_KEY), update_fields=list(VERDICT_COLUMNS)
    )
    given = [_score(judge, config, verdict, now) for verdict in kept if verdict.answer]
    withdrawn = [score_id(judge.id, verdict.session_id) for verdict in kept if not verdict.answer]
    Score.objects.for_project(project_id).filter(id__in=withdrawn, author_id=None).delete()
    Score.objects.bulk_create(
        given, update_conflicts=True, unique_fields=["project_id", "id"], update_fields=list(SCORE_COLUMNS_OF_JUDGES)
    )
    mark_sessions(project_id, [Score(session_id=verdict.session_id) for verdict in kept], now)


def make_current_again(judge: Judge, config: ScoreConfig, given: Sequence[Verdict]) -> None:
    """Make former verdicts the scores of their sessions, as far as these say now what they said then."""
    with transaction.atomic():
        sessions = Session.objects.for_project(judge.project_id)
        present = sessions.filter(session_id__in=[verdict.session_id for verdict in given]).order_by("session_id")
        hashes = dict(present.select_for_update(no_key=True).values_list("session_id", "content_hash"))
        make_current(judge, config, [one for one in given if hashes.get(one.session_id) == one.content_hash])


def score_id(judge_id: UUID, session_id: str) -> str:
    """Return the id of a judge's score on a session, so that a later verdict replaces it."""
    words = f"judge\x00{judge_id}\x00{session_id}"
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _score(judge: Judge, config: ScoreConfig, verdict: Verdict, now: datetime) -> Score:
    return Score(
        project_id=judge.project_id,
        id=score_id(judge.id, verdict.session_id),
        session_id=verdict.session_id,
        name=config.name,
        data_type=config.data_type,
        config_id=config.id,
        value=verdict.value,
        string_value=verdict.string_value,
        is_unsure=verdict.is_unsure,
        scored_at=now,
        created_at=now,
        updated_at=now,
        comment=verdict.reason or None,
        metadata={"judge": str(judge.id), "version": verdict.version, "turns": verdict.turn_ids},
        source=Score.Source.EVAL,
    )
