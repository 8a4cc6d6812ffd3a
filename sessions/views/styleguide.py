"""Every component in its states, on one page."""

import json

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.range_picker import range_picker
from sessions.dashboard.charts import Top
from sessions.query.grammar import QueryError, TextRange
from sessions.views import styleguide_examples as examples
from tracing.formatting import HUES
from tracing.reading import texts, tree

EXAMPLE_CONVERSATION = [
    {"role": "system", "content": "You are the support assistant of Acme."},
    {"role": "user", "content": "My order #12345 hasn't arrived yet."},
    {
        "role": "assistant",
        "content": "Let me **check** that for you.",
        "reasoning": "I need the order before I can answer.",
        "tool_calls": [{"id": "call_1", "name": "search_orders", "arguments": {"order_id": 12345}}],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": '{"status": "shipped", "carrier": "DHL"}'},
    {"role": "assistant", "content": "It is on its way:\n\n- carrier: DHL\n- arrives: *Tuesday*\n\n`code` and مرحبا"},
]
FAULTY_QUERY = "cost > much tag:vip ("
EXAMPLE_VALUE = {"text": "a", "number": 1.5, "truth": True, "nothing": None, "list": [1, 2, {"deep": []}], "empty": {}}


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    context = {
        "now": timezone.now(),
        "long_id": "agent-run-7c2e5a90-1b7d-4d0e-9d9d-77ab02f1c3aa-with-a-long-end",
        "tree": tree.foldable(EXAMPLE_VALUE),
        "conversation": texts.shown(json.dumps(EXAMPLE_CONVERSATION)),
        "kinds": ["span", *dict.fromkeys(HUES.values())],
        "more": "?",
        "picker": range_picker(QueryDict("from=12+Nov+2026&to=18+Nov+2026")),
        "faulty_picker": range_picker(QueryDict("from=soon")),
        "form": examples.example_form(),
        "tiles": examples.example_tiles(),
        "charts": examples.example_charts(),
        "day_plot": examples.example_days(),
        "shares": examples.example_shares(),
        "tops": [Top("gpt-4o", 118, 100, ""), Top("claude-sonnet", 41, 35, "")],
        "agreements": examples.example_agreements(),
        "timeline": examples.example_timeline(),
        "facet": examples.example_facet(),
        "heads": examples.example_heads(),
        "query_line": examples.example_query_line(),
        "query": {"query_text": "tag:vip cost > 0.5"},
        "faulty_query": FAULTY_QUERY,
        "query_faults": [
            QueryError("“much” is not a number.", TextRange(7, 11), "Write one, such as 0.5."),
            QueryError("This bracket is never closed.", TextRange(20, 21), "Write ) behind its last condition."),
        ],
        "list_errors": {"limit": ["The limit is a whole number from 1 to 200."]},
    }
    return render(request, "styleguide.html", context)
