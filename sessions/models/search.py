"""What full-text search reads: the words of each turn, beside their tokens."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from projects.tenancy import TenantQuerySet
from tracing.models import IdField
from tracing.models.fields import CompressedTextField


class TraceText(models.Model):
    """What was asked and answered in one trace, written by workers alone (sessions/search/index.py)."""

    pk = models.CompositePrimaryKey("project_id", "trace_id")
    project_id = models.BigIntegerField()
    trace_id = IdField()
    session_id = IdField(null=True)
    started_at = models.DateTimeField()
    text = CompressedTextField(help_text="As people wrote it: what a snippet is cut from.")
    folded = models.TextField(help_text="The same without case and accents: what a phrase is looked for in.")
    tokens = SearchVectorField(help_text="Lexemes without positions, made by sessions/search/tokens.py.")
    text_hash = models.BigIntegerField(help_text="Of the text: an unchanged one is not written again.")
    is_cut = models.BooleanField(default=False, help_text="The rest is found by the deep scan alone.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "trace_text"
        indexes = [
            # Writers append to the pending list; whoever fills it pays for emptying it, so only workers write here.
            GinIndex("project_id", "tokens", name="trace_text_tokens", gin_pending_list_limit=32768),
            models.Index(fields=["project_id", "session_id", "started_at"], name="trace_text_session"),
            models.Index("project_id", models.F("started_at").desc(), name="trace_text_time"),
        ]

    def __str__(self) -> str:
        return str(self.trace_id)
