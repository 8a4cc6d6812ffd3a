"""A project's own prices of models."""

from uuid import uuid4

from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models.columns import cost_field


def new_price_id() -> str:
    """Return a random id."""
    return uuid4().hex


class ModelPrice(models.Model):
    """A project's price for models whose names match `pattern`, in USD per million tokens.

    It takes precedence over the price list."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.CharField(max_length=32, default=new_price_id)
    pattern = models.CharField(max_length=200, help_text="A model's name; * stands for anything, case does not matter.")
    starts_on = models.DateField(null=True, blank=True, help_text="The first day (UTC) of the price; empty: always.")
    above_input_tokens = models.PositiveIntegerField(default=0, help_text="For calls that read more tokens than this.")
    input_price = cost_field()
    output_price = cost_field()
    cached_price = cost_field(null=True, blank=True, help_text="Of tokens read from a cache; empty: as input.")
    cache_write_price = cost_field(null=True, blank=True, help_text="Of tokens written to a cache; empty: as input.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "model_price"
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "pattern", "starts_on", "above_input_tokens"],
                name="model_price_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.pattern
