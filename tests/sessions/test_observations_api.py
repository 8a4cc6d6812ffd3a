"""GET /api/public/observations: of one trace, of a time, or of the latest traces, and never of the whole project."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from sessions.api import recent
from tests.conftest import Key
from tests.sessions.rows import multiply
from tests.tracing.reports import at, call
from tracing.ingest.pipeline import ingest
from tracing.models import Trace

pytestmark = pytest.mark.django_db

MANY = """
INSERT INTO span (project_id, bucket, trace_id, span_id, received_at, stated_costs, is_root)
SELECT %s, %s, 'old-' || n, 'a', now(), 0, true FROM generate_series(1, 20000) AS n
"""


class Observations:
    def __init__(self, client: Client, key: Key) -> None:
        self.client, self.headers = client, {"Authorization": key.basic}

    def __call__(self, *, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/public/observations?{urlencode(params, doseq=True)}", headers=self.headers)
        assert answer.status_code == status, answer.content
        return answer.json()

    def ids(self, **params: Any) -> list[str]:
        return [one["id"] for one in self(**params)["data"]]


@pytest.fixture
def observations(client: Client, key: Key) -> Observations:
    return Observations(client, key)


def told(project: Project, traces: int, *, spans: int = 2) -> None:
    """Traces `t0`, `t1`, ... an hour apart, the spans of each a second apart."""
    for number in range(traces):
        began = at(0) - timedelta(hours=number)
        ingest(project.pk, [
            call(f"t{number}", f"{number}-{place}", started_at=began + timedelta(seconds=place),
                 ended_at=began + timedelta(seconds=place + 1))
            for place in range(spans)
        ])  # fmt: skip


def stamp(hours: float) -> str:
    return (at(0) - timedelta(hours=hours)).isoformat()


def test_without_a_trace_the_latest_come_first_page_by_page(observations: Observations, project: Project) -> None:
    told(project, 3)
    assert observations.ids() == ["0-1", "0-0", "1-1", "1-0", "2-1", "2-0"]
    second = observations(limit=4, page=2)
    assert [one["id"] for one in second["data"]] == ["2-1", "2-0"]
    assert second["meta"] == {"page": 2, "limit": 4, "totalItems": 6, "totalPages": 2}
    assert observations.ids(traceId="t1") == ["1-1", "1-0"]
    assert observations.ids(traceId="gone") == []


def test_a_time_is_answered_whole(observations: Observations, project: Project) -> None:
    told(project, 4)
    assert observations.ids(fromStartTime=stamp(2), toStartTime=stamp(1)) == ["2-1", "2-0"]
    assert observations.ids(toStartTime=stamp(1.5)) == ["2-1", "2-0", "3-1", "3-0"]
    assert observations.ids(fromStartTime=stamp(1)) == ["0-1", "0-0", "1-1", "1-0"]
    assert observations(fromStartTime="yesterday", status=400)


def test_a_span_that_began_long_after_its_trace_is_found_in_its_time(
    observations: Observations, project: Project
) -> None:
    told(project, 1, spans=1)
    ingest(project.pk, [call("t0", "late", started_at=at(0) + timedelta(hours=5), ended_at=at(0) + timedelta(hours=6))])
    assert observations.ids(fromStartTime=stamp(-4)) == ["late"]


def test_a_time_with_too_many_is_refused_with_a_way_out_and_without_a_beginning_cut(
    observations: Observations, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(project, 4)
    for limit, most in (("MAX_RECENT_TRACES", 2), ("MAX_RECENT_SPANS", 4)):
        monkeypatch.setattr(recent, limit, most)
        assert observations.ids() == ["0-1", "0-0", "1-1", "1-0"]
        assert observations.ids(toStartTime=stamp(0.5)) == ["1-1", "1-0", "2-1", "2-0"]
        assert observations.ids(fromStartTime=stamp(3), toStartTime=stamp(1)) == ["2-1", "2-0", "3-1", "3-0"]
        assert "name a traceId" in observations(fromStartTime=stamp(3), status=400)["message"]
        monkeypatch.undo()
    monkeypatch.setattr(recent, "MAX_RECENT_SPANS", 1)
    assert observations.ids() == ["0-1", "0-0"]  # a trace is looked into whole


def test_filters_hold_beside_the_time(observations: Observations, project: Project) -> None:
    told(project, 2)
    assert observations.ids(type="GENERATION", fromStartTime=stamp(0)) == ["0-1", "0-0"]
    assert observations.ids(type="TOOL") == []


def test_another_projects_observations_are_not_seen(
    observations: Observations, project: Project, other_project: Project
) -> None:
    told(other_project, 2)
    assert observations.ids() == []


def test_the_observations_are_found_by_the_keys_of_their_traces(observations: Observations, project: Project) -> None:
    told(project, 60, spans=1)
    bucket = Trace.objects.for_project(project).values_list("bucket", flat=True)[0]
    began = at(-86_400 * 30)
    times = dict.fromkeys(("received_at", "updated_at", "started_at", "ended_at"), began)
    old = Trace.objects.create(project_id=project.pk, trace_id="old-0", bucket=bucket, **times)
    earlier = {name: f"{name} - n * interval '1 s'" for name in times}
    multiply(old, 2_999, trace_id="'old-' || n", **earlier)
    with connection.cursor() as cursor:
        cursor.execute(MANY, [project.pk, bucket])
        cursor.execute("ANALYZE trace, span")
    with CaptureQueriesContext(connection) as asked:
        observations(fromStartTime=stamp(0.2), limit=5)
    statements = [one["sql"] for one in asked if 'FROM "span"' in one["sql"] or 'FROM "trace"' in one["sql"]]
    assert len(statements) == 4  # traces, count, page, traces of the page
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"))
            [found] = cursor.fetchone() or [None]
        nodes = list(_nodes((orjson.loads(found) if isinstance(found, str) else found)[0]["Plan"]))
        assert "Seq Scan" not in {node["Node Type"] for node in nodes}, nodes
        keys = " ".join(node.get("Index Cond", "") for node in nodes)
        assert "(trace_id)::text = " in keys or "started_at" in keys, nodes


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inside in node.get("Plans", ()):
        yield from _nodes(inside)
