"""/metrics has the sums of all processes for whoever has the token, and dashboard and alerts know its names."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from config.installation import gauges
from config.installation.exposition import UNREAD_METRICS
from config.installation.gauges import GAUGES, Gauge
from projects.jobs.jobs import job
from projects.jobs.redis_client import patient_redis
from projects.metrics.counters import counts
from projects.metrics.reporting import PROCESSES_KEY, SUMS_KEY, read_processes, report
from projects.metrics.table import ANSWERED_REQUESTS, COUNTED_METRICS
from projects.models import JobRun, Project
from tests.config.exporting import eventually, send
from tests.conftest import Key
from tests.live import Up, data_directory, own_database, start
from tests.tracing import otlp
from tracing.models import DirtyMark

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a token of the tests"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(autouse=True)
def no_sums() -> Iterator[None]:
    counts.take()
    patient_redis().delete(SUMS_KEY, PROCESSES_KEY, f"{PROCESSES_KEY}:memory")
    yield
    counts.take()


@pytest.fixture
def counting(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def read(client: Client) -> Samples:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return samples(answer.content.decode())


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def post(client: Client, key: str, body: bytes) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return client.post("/v1/traces", body, content_type=otlp.PROTOBUF, headers=headers).status_code


def test_without_a_token_there_is_no_page_and_nothing_is_counted(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert counts.take() == {}


@pytest.mark.parametrize("sent", ["", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer é"])
def test_nobody_reads_them_without_the_token(client: Client, counting: None, sent: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": sent})

    assert answer.status_code == 401
    assert "confab_" not in answer.content.decode()


def test_what_is_stored_and_refused_is_counted_by_wire_and_reason(
    client: Client, transactional_db: None, project: Project, key: Key, counting: None
) -> None:
    assert post(client, key.secret, otlp.body(otlp.span(), otlp.span())) == 200
    assert post(client, "sk-unknown-unknown-unknown", otlp.body(otlp.span())) == 401
    assert post(client, key.secret, b"\xff\xff\xff") == 400
    report("test")
    found = read(client)

    assert value(found, "confab_stored_records_total", wire="otlp-http", kind="span") == 2
    assert value(found, "confab_requests_total", wire="otlp-http", status="200") == 1
    assert value(found, "confab_requests_total", wire="otlp-http", status="401") == 1
    assert value(found, "confab_refused_requests_total", wire="otlp-http", reason="BadKey") == 1
    assert value(found, "confab_refused_requests_total", wire="otlp-http", reason="body_unreadable") == 1
    assert value(found, "confab_ingestion_issues_total", reason="body_unreadable") == 1
    assert value(found, "confab_ingest_seconds_count", phase="store") == 1
    assert value(found, "confab_ingest_seconds_bucket", phase="decode", le="+Inf") == 2
    assert value(found, "confab_request_seconds_count", wire="otlp-http") == 3
    assert value(found, "confab_request_seconds_sum", wire="otlp-http") > 0
    assert value(found, UNREAD_METRICS) == 0


def test_the_sums_of_processes_add_up(client: Client, db: None, counting: None) -> None:
    for _ in range(3):
        ANSWERED_REQUESTS.add(wire="page", status=200)
        report("test")

    assert value(read(client), "confab_requests_total", wire="page", status="200") == 3


def test_what_waits_and_what_ran_is_looked_up(client: Client, transactional_db: None, counting: None) -> None:
    late = timezone.now() - timedelta(seconds=90)
    DirtyMark.objects.create(project_id=1, target=DirtyMark.Target.SESSION, key="a", marked_at=late)
    with job("nightly"):
        pass
    with pytest.raises(ZeroDivisionError), job("nightly"):
        raise ZeroDivisionError
    report("test")
    found = read(client)

    assert value(found, "confab_dirty_marks", target="session") == 1
    assert 90 <= value(found, "confab_dirty_mark_age_seconds", target="session") < 600
    assert value(found, "confab_dirty_marks", target="text") == 0
    assert value(found, "confab_job_runs_total", job="nightly", outcome="failed") == 1
    succeeded = JobRun.objects.get(name="nightly").succeeded_at
    assert succeeded is not None
    assert value(found, "confab_job_succeeded_timestamp_seconds", job="nightly") == pytest.approx(succeeded.timestamp())
    assert value(found, "confab_table_partitions", table="span") >= 1
    assert value(found, "confab_table_bytes", table="span") > 0
    [process] = read_processes()
    assert process.memory_bytes > 10_000_000


def test_a_reading_that_fails_hides_no_other(
    client: Client, db: None, counting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> list[tuple[tuple[object, ...], float]]:
        raise OperationalError("away")

    broken = (Gauge("confab_broken", "Fails.", (), away), *GAUGES)
    monkeypatch.setattr("config.installation.exposition.GAUGES", broken)
    found = read(client)

    assert value(found, UNREAD_METRICS) == 1
    assert value(found, "confab_database_connection_limit") > 0


def test_the_processes_of_an_installation_report_to_one_address() -> None:
    with data_directory() as data, own_database() as url:
        up = start(data, DATABASE_URL=url, CONFAB_METRICS_TOKEN=TOKEN)
        try:
            up.wait_until_ready()
            for _ in range(5):
                send(up)
            assert eventually(lambda: value(fetched(up), "confab_requests_total", wire="otlp-http", status="200") == 5)
            assert eventually(lambda: {"web", "worker", "grpc"} <= roles(fetched(up)))
        finally:
            up.stop()


def fetched(up: Up) -> Samples:
    with urlopen(Request(f"{up.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}), timeout=20) as answer:
        return samples(answer.read().decode())


def roles(found: Samples) -> set[str]:
    return {dict(labels)["role"] for name, labels in found if name == "confab_process_memory_bytes"}


def exposed_names() -> set[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    metrics = [*COUNTED_METRICS, *gauges.GAUGES]
    return {UNREAD_METRICS} | {metric.name + ending for metric in metrics for ending in endings[metric.kind]}


def test_the_dashboard_and_the_alerts_name_only_metrics_that_there_are() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana/confab.json").read_text())
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    asked += [rule["expr"] for rule in rules]

    assert len(asked) > 20
    named = {name for expression in asked for name in re.findall(r"confab_\w+", expression)}
    assert named <= exposed_names()
    assert all(rule["annotations"]["summary"] and rule["annotations"]["description"] for rule in rules)


def test_the_documentation_lists_every_metric_with_its_labels() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().partition("### Metrics")[2].partition("\n## ")[0]
    listed = dict(re.findall(r"^\| `(confab_\w+)` \| (.*?) ?\|", table, re.MULTILINE))
    known = {metric.name: ", ".join(f"`{label}`" for label in metric.labels) for metric in [*COUNTED_METRICS, *GAUGES]}

    assert listed == known | {UNREAD_METRICS: ""}
