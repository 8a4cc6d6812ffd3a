"""Traces, spans, scores and what belongs to them. Every key begins with `project_id`."""

from tracing.models.activity import Activity, Metering
from tracing.models.columns import IdField, cost_field
from tracing.models.marks import DirtyMark, IngestionIssue, IssueDay
from tracing.models.media import Media, MediaUse
from tracing.models.prices import ModelPrice, new_price_id
from tracing.models.repricing import Repricing
from tracing.models.scores import Score
from tracing.models.tombstones import Tombstone
from tracing.models.traces import Span, SpanIO, Trace

__all__ = [
    "Activity",
    "DirtyMark",
    "IdField",
    "IngestionIssue",
    "IssueDay",
    "Media",
    "MediaUse",
    "Metering",
    "ModelPrice",
    "Repricing",
    "Score",
    "Span",
    "SpanIO",
    "Tombstone",
    "Trace",
    "cost_field",
    "new_price_id",
]
