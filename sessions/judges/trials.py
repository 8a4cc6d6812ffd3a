"""The sessions on which a version is tested before it is switched on: those that people scored, or a chance sample."""

from django.utils import timezone

from projects.models import Project
from sessions.annotation.queues import load_queues
from sessions.judges.comparing import people_said
from sessions.judges.known_cases import cases_of
from sessions.judges.loading import Bench
from sessions.judges.scope import ScopeCondition, chance_of, conditions
from sessions.models import ObjectType, ReviewItem, Session
from tracing.lists.bounded import TooLong, within

TRIAL_TIMEOUT_MS = 1_500
MAX_TRIED = 200  # sessions of one test
SAMPLED = 50
AGAINST_PEOPLE, AGAINST_SAMPLE, AGAINST_QUEUE, AGAINST_CASES = "people", "sample", "queue:", "cases"


def choices(project: Project, bench: Bench) -> list[tuple[str, str]]:
    """Return on what a version can be tested: values for `sessions_of`, each with its words."""
    try:
        with within(TRIAL_TIMEOUT_MS):
            scored = people_said(project.pk, bench.config)
    except TooLong:
        scored = {}
    found = [(AGAINST_PEOPLE, f"{min(len(scored), MAX_TRIED):,} sessions that people scored")] if scored else []
    for queue in load_queues(project):
        if bench.config.id in queue.score_config_ids and scored:
            found.append((f"{AGAINST_QUEUE}{queue.id}", f"Those of them in {queue.name}"))
    if cases := cases_of(bench):
        found.append((AGAINST_CASES, f"Its test set: {len(cases)} conversations with known answers"))
    return [*found, (AGAINST_SAMPLE, f"A chance sample of {SAMPLED}")]


def sessions_of(project: Project, bench: Bench, against: str) -> list[str]:
    """Return the ids of the sessions that a test is about, at most MAX_TRIED. Raises QueryError and TooLong."""
    with within(TRIAL_TIMEOUT_MS):
        if against == AGAINST_SAMPLE:
            own = conditions(project, bench.judge, timezone.now())
            found = Session.objects.for_project(project).filter(own[ScopeCondition.MATCHES], own[ScopeCondition.KNOWN])
            drawn = found.order_by(chance_of(bench.judge)).values_list("session_id", flat=True)
            return list(drawn[:SAMPLED])
        scored = people_said(project.pk, bench.config)
        if against.startswith(AGAINST_QUEUE):
            items = ReviewItem.objects.for_project(project).filter(
                queue_id=against.removeprefix(AGAINST_QUEUE), object_type=ObjectType.SESSION, object_id__in=list(scored)
            )
            return sorted(set(items.values_list("object_id", flat=True)))[:MAX_TRIED]
        return list(scored)[-MAX_TRIED:]
