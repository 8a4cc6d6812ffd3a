"""The models that answered in sessions: how often, how much, and at what cost."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from sessions.dashboard.queries import MODEL_SUMS, models_statement
from sessions.dashboard.reading import choose_sessions
from sessions.listing.listing import Listing
from tracing.lists.bounded import SUMMING_SETTINGS, within

MODELS_TIMEOUT_MS = 3_000  # ms for the statement


@dataclass(frozen=True, kw_only=True)
class ModelOrder:
    """Which models are read: the field that orders them, the direction, and the place of the page."""

    field: str
    is_falling: bool
    skipped: int
    limit: int


@dataclass(frozen=True)
class ModelsInUse:
    """Models with their sums by field, and how many sessions each session that was read stands for."""

    rows: list[dict[str, Any]]
    sample: int = 1


def read_models(listing: Listing, order: ModelOrder) -> ModelsInUse:
    """Read a page of the models of a list of sessions. Raises TooLong."""
    chosen = choose_sessions(listing)
    try:
        statement, params = models_statement(chosen.rows, order.field, is_falling=order.is_falling)
    except EmptyResultSet:
        return ModelsInUse([])
    with within(MODELS_TIMEOUT_MS, **SUMMING_SETTINGS), connection.cursor() as cursor:
        cursor.execute(statement, params | {"limit": order.limit, "skipped": order.skipped})
        found = cursor.fetchall()
    rows = [
        {"model": model, **{name: value * chosen.weight for name, value in zip(MODEL_SUMS, sums, strict=True)}}
        for model, *sums in found
    ]
    return ModelsInUse(rows, chosen.weight)
