"""Asks for the score configs that scores name, which define the type of a value. Configs belong to an upper app."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.dispatch import Signal

from tracing.limits.fitting import valid_id
from tracing.wire.fields import identifier
from tracing.wire.scores import ScoreRules

# Sent with `project_id` and `ids`. The receiver returns {id: ScoreRules} for the configs that exist.
configs_requested = Signal()


def configs_of(project_id: int, bodies: Iterable[Any]) -> Mapping[str, ScoreRules]:
    """Return the configs that these bodies name, with camelCase or snake_case keys. No name, no query."""
    named = (body.get("configId", body.get("config_id")) for body in bodies if isinstance(body, dict))
    ids = {key for key in map(identifier, named) if key and valid_id(key)}
    found: dict[str, ScoreRules] = {}
    answers: list[tuple[Any, Any]] = configs_requested.send(None, project_id=project_id, ids=ids) if ids else []
    for _, answer in answers:
        found |= answer
    return found
