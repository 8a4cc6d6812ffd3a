"""The merge of two reports of a span into one row: later values win, and missing values erase nothing."""

from dataclasses import replace
from typing import Any

from tracing.store.rows import MERGED, STATED, SpanRow, forget_computed_costs


def merge(old: SpanRow, new: SpanRow) -> SpanRow:
    """Return one row from two reports: later values win, and missing values erase nothing.

    Later means by the client's clock if both reports have it, otherwise by arrival. With the client's clock, any order
    of arrival gives the same row."""
    merged = replace(old, is_root=old.is_root or new.is_root, received_at=min(old.received_at, new.received_at))
    forget_computed_costs(merged)
    for column in MERGED:
        value = getattr(new, column)
        if value is not None and _counts(merged, new, column, getattr(merged, column), value):
            setattr(merged, column, value)
    merged.stated_costs = sum(bit for column, bit in STATED.items() if getattr(merged, column) is not None)
    merged.claims = _merge_claims(merged, new)
    if new.price_details:
        known = old.price_details or {}
        newer = _counts(old, new, "price_details", known, new.price_details)
        merged.price_details = known | new.price_details if newer else new.price_details | known
    if old.said or new.said:
        said = dict(old.said or {})
        for key, at in (new.said or {}).items():
            said[key] = max(at, said.get(key, at))
        merged.said = said
    return merged


def text_counts(old: SpanRow, new: SpanRow, column: str) -> bool:
    """Return whether the new report's text (`column` is `input` or `output`) replaces the stored one."""
    size = f"{column}_size"
    return _counts(old, new, size, getattr(old, size), getattr(new, size))


def _counts(old: SpanRow, new: SpanRow, key: str, old_value: Any, new_value: Any) -> bool:
    if old_value is None or not new.said or not old.said or key not in old.said or key not in new.said:
        return True
    # Two reports with the same time must not depend on the order of arrival either.
    return (new.said[key], str(new_value)) >= (old.said[key], str(old_value))


def _merge_claims(old: SpanRow, new: SpanRow) -> dict[str, Any] | None:
    if not new.claims:
        return old.claims
    claims = dict(old.claims or {})
    for key, value in new.claims.items():
        known = claims.get(key)
        newer = _counts(old, new, f"claims.{key}", known, value)
        if key == "metadata" and known is not None:
            claims[key] = known | value if newer else value | known
        elif newer:
            claims[key] = value
    return claims
