"""A printed conversation in another language, with what is left to translate of each turn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sessions.models import TranslationJob
from sessions.replay.turns import Turn
from sessions.translation.choices import load_choice
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS, source_of
from sessions.translation.reading import in_other_words
from tracing.reading.sides import ROLES, load_side

FINISHED = (TranslationJob.State.DONE, TranslationJob.State.PARTIAL)


class PrintedTurn(NamedTuple):
    """A turn with translated words, or with its own.

    `left_out` is how many characters stayed as they were, `more` in how many parts to ask for all, 0 if it is all."""

    turn: Turn
    is_translated: bool = False
    left_out: int = 0
    more: int = 0


def in_language(turns: Sequence[Turn], target: str) -> list[PrintedTurn]:
    """Return turns in a language, in four queries. A turn that says something else by now keeps its own words."""
    if not turns:
        return []
    project_id = turns[0].trace.project_id
    rows = TranslationJob.objects.for_project(project_id).filter(target=target, state__in=FINISHED)
    jobs: dict[str, list[TranslationJob]] = defaultdict(list)
    for job in rows.filter(trace_id__in={turn.trace.trace_id for turn in turns}).order_by("-budget"):
        jobs[job.trace_id].append(job)
    asked = [turn.trace for turn in turns if turn.trace.trace_id in jobs]
    texts = {side: load_side(project_id, asked, side) for side in ROLES}
    tool_results = load_choice(project_id).settings.tool_results
    return [_translated(turn, jobs.get(turn.trace.trace_id, []), texts, tool_results=tool_results) for turn in turns]


def _translated(
    turn: Turn, jobs: Sequence[TranslationJob], texts: dict[str, dict[str, str]], *, tool_results: bool
) -> PrintedTurn:
    own = {side: said[turn.trace.turn_id] for side, said in texts.items() if turn.trace.turn_id in said}
    for job in jobs:
        if source_of(own, tool_results=tool_results, budget=job.budget).version == job.version:
            result = job.result or {}
            reading = in_other_words(turn.reading, result.get("texts", {}))
            left_out = result.get("left_out", 0)
            more = -(-(job.budget + left_out) // PLAN_BUDGET_CHARACTERS) if left_out else 0
            return PrintedTurn(replace(turn, reading=reading), bool(result.get("sources")), left_out, more)
    return PrintedTurn(turn, more=1)
