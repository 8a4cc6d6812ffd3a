"""Columns that more than one table has."""

from typing import Any

from django.db import models


class IdField(models.CharField):  # type: ignore[type-arg]
    """A client's id: any text up to 200 characters, compared byte by byte."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


def cost_field(**kwargs: Any) -> Any:
    """USD with 12 decimals: a millionth of a cent is exact."""
    return models.DecimalField(max_digits=20, decimal_places=12, **kwargs)
