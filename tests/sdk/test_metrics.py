"""Metrics by the generated clients of the SDKs, against a running Confab: they are those of the list."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.live import Up
from tests.sdk.test_annotation import _eventually, session
from tests.sdk.test_annotation import interactiveai as interactiveai
from tests.sdk.test_annotation import langfuse as langfuse

pytestmark = pytest.mark.sdk


def query(view: str, session_id: str) -> str:
    now = datetime.now(UTC)
    return json.dumps({
        "view": view,
        "metrics": [{"measure": "totalTokens", "aggregation": "sum"}, {"measure": "count", "aggregation": "count"}],
        "filters": [{"column": "sessionId", "operator": "=", "value": session_id, "type": "string"}],
        "fromTimestamp": (now - timedelta(hours=1)).isoformat(),
        "toTimestamp": (now + timedelta(hours=1)).isoformat(),
    })  # fmt: skip


def test_interactiveai_measures_traces_and_observations(interactiveai: Any, confab: Up) -> None:
    with interactiveai.start_as_current_generation(name="answer", model="gpt-4o", input="Where?") as span:
        span.update(output="Here.", usage_details={"input": 30, "output": 20})
        span.update_trace(session_id="measured-ia")
    interactiveai.flush()
    found = _eventually(lambda: session(confab, "measured-ia"), lambda found: found["total_tokens"] == 50)

    of_traces = interactiveai.api.metrics.metrics(query=query("traces", "measured-ia"))
    of_observations = interactiveai.api.metrics_v_2.metrics(query=query("observations", "measured-ia"))
    expected = [{"sum_totalTokens": found["total_tokens"], "count_count": 1}]
    assert (of_traces.data, of_observations.data) == (expected, expected)


def test_langfuse_measures_observations_and_reads_why_a_query_is_refused(langfuse: Any, confab: Up) -> None:
    from langfuse import propagate_attributes

    with propagate_attributes(session_id="measured-lf"), langfuse.start_as_current_observation(
        as_type="generation", name="answer", model="gpt-4o", usage_details={"input": 3, "output": 2}
    ):  # fmt: skip
        pass
    langfuse.flush()
    _eventually(lambda: session(confab, "measured-lf"), lambda found: found["total_tokens"] == 5)

    measured = langfuse.api.metrics.metrics(query=query("observations", "measured-lf"))
    assert measured.data == [{"sum_totalTokens": 5, "count_count": 1}]
    with pytest.raises(Exception, match="'traces' is none of observations") as refused:
        langfuse.api.metrics.metrics(query=query("traces", "measured-lf"))
    assert getattr(refused.value, "status_code", 0) == 400
