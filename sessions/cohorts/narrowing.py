"""More conditions for the parameters of a list, for the address of a part of a group's sessions."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from sessions.query.grammar import FieldComparison, Operator
from sessions.query.rewrite import parts_of, written


def narrowed(params: QueryDict, **conditions: Any) -> QueryDict:
    """Return the parameters of a list with more conditions, all of which hold.

    Of two bounds the narrower one stays. A condition that is a list is a set's `any of`; if the list already has
    others for the same set, it goes into the query box."""
    kept = params.copy()
    for name, value in conditions.items():
        old = [text for text in kept.getlist(name) if text]
        if isinstance(value, list):
            if old and not set(value) <= set(old):
                kept = asking(kept, FieldComparison(name, Operator.HAS, tuple(value)))
            else:
                kept.setlist(name, value)
        elif not old or _is_narrower(name, str(value), old[0]):
            kept[name] = str(value)
    return kept


def asking(params: QueryDict, *more: FieldComparison) -> QueryDict:
    """Return the parameters of a list with more conditions in its query box."""
    kept = params.copy()
    kept["q"] = written([*parts_of(kept.get("q", "")), *more])
    return kept


def _is_narrower(name: str, new: str, old: str) -> bool:
    try:
        pair = _number_or_time(new), _number_or_time(old)
    except ValueError:
        return True
    return pair[0] > pair[1] if name.endswith("__gte") else pair[0] < pair[1]


def _number_or_time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else timezone.make_aware(moment)).timestamp()
