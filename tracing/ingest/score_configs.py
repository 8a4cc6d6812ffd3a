"""The configs that scores name decide of which type a value is. They live above this app, which asks for them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.dispatch import Signal

from tracing.limits.fitting import valid_id
from tracing.wire.fields import identifier
from tracing.wire.scores import ScoreRules

# Sent with `project_id` and `ids`; whoever keeps configs answers {id: ScoreRules} of those that there are.
configs_requested = Signal()


def configs_of(project_id: int, bodies: Iterable[Any]) -> Mapping[str, ScoreRules]:
    """Of all that these bodies name, with camelCase or snake_case keys. No query when they name none."""
    named = (body.get("configId", body.get("config_id")) for body in bodies if isinstance(body, dict))
    ids = {key for key in map(identifier, named) if key and valid_id(key)}
    found: dict[str, ScoreRules] = {}
    answers: list[tuple[Any, Any]] = configs_requested.send(None, project_id=project_id, ids=ids) if ids else []
    for _, answer in answers:
        found |= answer
    return found
