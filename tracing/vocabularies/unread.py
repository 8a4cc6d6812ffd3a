"""Values that somebody sent and no dialect knows, so that the loss is named."""

from tracing.records import RawSpan, SpanRecord
from tracing.vocabularies.readers import decimal

COST_WORD = "cost"


def unread_costs(span: RawSpan, record: SpanRecord) -> list[str]:
    """Return the costs among a span's attributes, each with its key, if the record has none of them."""
    if record.total_cost is not None or record.input_cost is not None or record.output_cost is not None:
        return []
    named = ((key, value) for key, value in span.attributes.items() if COST_WORD in key or COST_WORD in key.lower())
    return [f"{key}={value}" for key, value in named if decimal(value)]
