"""Columns that several tables have."""

from typing import Any

from django.db import models


class IdField(models.CharField):  # type: ignore[type-arg]
    """An id from a client: any text of up to 200 characters, compared byte by byte."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


def cost_field(**kwargs: Any) -> Any:
    """Return a column for USD with 12 decimals, exact to a millionth of a cent."""
    return models.DecimalField(max_digits=20, decimal_places=12, **kwargs)
