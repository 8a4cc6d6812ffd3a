"""What is erased stays erased: whatever still comes for it, by whatever way, in whatever order."""

import json
import threading
from base64 import b64encode
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from projects.models import Project, User
from sessions.annotation import comments
from sessions.annotation.configs import NotAllowed
from sessions.bulk import jobs
from sessions.deletion import erasing
from sessions.models import Comment, ReviewItem, ReviewQueue, Session
from sessions.rollup.session_rows import recompute
from sessions.rollup.tasks import recompute_dirty
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.limits.fitting import Record
from tracing.models import IngestionIssue, Media, Score, Span, SpanIO, Tombstone, Trace
from tracing.records import Claims, Reason, ScoreRecord, SpanRecord, TraceRecord
from tracing.store import stored, tombstones
from tracing.store.deletion import delete_traces
from tracing.tasks import old_tombstones

pytestmark = pytest.mark.django_db
RACE_SECONDS = 8


def left(project: Project) -> list[str]:
    return list(Trace.objects.for_project(project).order_by("trace_id").values_list("trace_id", flat=True))


def refused(project: Project, *records: Record) -> int:
    """How many of the reports were refused as erased when they came together."""
    return sum(issue.reason is Reason.ERASED for issue in ingest(project.pk, records))


def of_ana(trace_id: str, span_id: str = "a", **fields: Any) -> SpanRecord:
    return span(trace_id, span_id, **{"claims": in_session("s-ana", user_id="ana")} | fields)


def later() -> dict[str, datetime]:
    """The times of a span that begins after everything that was erased until now."""
    return {"started_at": timezone.now(), "ended_at": timezone.now()}


def test_a_late_span_of_a_deleted_trace_stays_out_and_is_named(project: Project, other_project: Project) -> None:
    for tenant in (project, other_project):
        ingest(tenant.pk, [call("t1", "a", claims=in_session("s1")), call("t2", "a", claims=in_session("s1"))])
    erasing.proceed(erasing.begin(project.pk, erasing.Subject.TRACE, "t1", by=""))

    assert refused(project, call("t1", "a"), call("t1", "late"), call("t2", "b")) == 2
    assert refused(other_project, call("t1", "late")) == 0

    assert left(project) == ["t2"]
    issue = IngestionIssue.objects.for_project(project).get(reason="erased")
    assert issue.count == 2
    assert "t1" not in issue.sample


def test_a_deleted_session_takes_no_new_trace_whenever_it_is_named(project: Project) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    erasing.delete_session(project.pk, "s1")

    assert refused(project, call("t2", "a", claims=in_session("s1"))) == 1
    assert refused(project, call("t3", "child", "root")) == 0  # nothing tells yet whose it is
    assert refused(project, call("t3", "root", claims=in_session("s1"))) == 1
    assert refused(project, call("t3", "other", "root")) == 1
    assert refused(project, ScoreRecord("x", "solved", "NUMERIC", 1.0, session_id="s1")) == 1

    assert left(project) == []
    assert not SpanIO.objects.for_project(project).exists()


def test_a_session_id_that_loses_takes_no_trace_along(project: Project) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    ingest(project.pk, [call("t2", "a", claims=in_session("s2")), call("t2", "b", "a", claims=in_session("s1"))])
    erasing.delete_session(project.pk, "s1")

    assert refused(project, call("t2", "b", "a", claims=in_session("s1")), call("t2", "c", "a")) == 0
    assert Trace.objects.for_project(project).get().span_count == 3


def test_an_erased_person_who_comes_back_is_a_customer_again(project: Project) -> None:
    ingest(project.pk, [of_ana("t1"), span("t2", "a", claims=in_session("s2", user_id="ben"))])
    erasing.erase_person(project.pk, "ana")

    assert refused(project, of_ana("t1"), of_ana("t3"), of_ana("t4", **later()), of_ana("t1", "b", **later())) == 3
    assert left(project) == ["t2", "t4"]
    assert Trace.objects.for_project(project).get(trace_id="t4").session_id == "s-ana"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_span_is_an_erased_persons_when_another_of_its_trace_says_so(
    project: Project, order: tuple[int, int]
) -> None:
    ingest(project.pk, [of_ana("t1")])
    erasing.erase_person(project.pk, "ana")
    reports = [call("t9", "child", "root", input="Ana's words"), of_ana("t9", "root")]

    for number in order:
        ingest(project.pk, [reports[number]])

    assert left(project) == []
    assert not SpanIO.objects.for_project(project).exists()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_report_about_the_trace_itself_gives_it_away(project: Project, order: tuple[int, int]) -> None:
    erasing.erase_person(project.pk, "ana")
    reports = [call("t9", "a"), TraceRecord("t9", Claims(user_id="ana", input="Ana's words"))]

    for number in order:
        ingest(project.pk, [reports[number]])

    assert left(project) == []


def test_a_span_that_names_the_person_later_gives_away_what_began_before(project: Project) -> None:
    erasing.erase_person(project.pk, "ana")
    ingest(project.pk, [call("t9", "a")])

    assert refused(project, of_ana("t9", "b", **later())) == 1
    assert left(project) == []


@pytest.mark.parametrize("started_at", [None, datetime.fromisoformat("1970-01-01T00:00:00Z")])
def test_an_erased_persons_span_of_no_known_time_stays_out(project: Project, started_at: datetime | None) -> None:
    erasing.erase_person(project.pk, "ana")

    assert refused(project, of_ana("t9", started_at=started_at, ended_at=started_at)) == 1


def test_a_report_without_a_start_counts_by_its_own_time(project: Project) -> None:
    erasing.erase_person(project.pk, "ana")
    claims = Claims(user_id="ana")

    assert refused(project, TraceRecord("t8", claims, said_at=at(0))) == 1
    assert refused(project, TraceRecord("t9", claims, said_at=timezone.now())) == 0


def test_the_past_of_a_session_that_was_an_erased_persons_stays_out(project: Project) -> None:
    ingest(project.pk, [of_ana("t1"), of_ana("t2")])
    recompute(project.pk, ["s-ana"])
    erasing.erase_person(project.pk, "ana")
    unnamed = {"claims": in_session("s-ana")}

    assert refused(project, call("t3", "a", **unnamed), ScoreRecord("x", "n", "TEXT", session_id="s-ana")) == 2
    assert refused(project, call("t4", "a", **unnamed, **later())) == 0
    assert refused(project, ScoreRecord("x", "n", "TEXT", session_id="s-ana")) == 0
    assert left(project) == ["t4"]


def test_a_large_trace_goes_when_the_worker_learns_its_session(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "SPANS_SUMMED_WHILE_STORING", 3)
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    erasing.delete_session(project.pk, "s1")
    ingest(project.pk, [call("t9", f"{n}", "root") for n in range(5)])
    ingest(project.pk, [call("t9", "root", claims=in_session("s1"))])

    recompute_dirty(project.pk)

    assert left(project) == []
    assert refused(project, call("t9", "late")) == 1


def test_a_large_trace_of_an_erased_person_goes_when_it_is_summed_up(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "SPANS_SUMMED_WHILE_STORING", 3)
    erasing.erase_person(project.pk, "ana")
    ingest(project.pk, [call("t9", f"{n}", "root") for n in range(5)])

    ingest(project.pk, [of_ana("t9", "root", **later())])
    recompute_dirty(project.pk)

    assert left(project) == []


def test_what_a_request_brings_beside_a_condemned_trace_is_stored_whole(project: Project) -> None:
    erasing.erase_person(project.pk, "ana")
    own = TraceRecord("t1", Claims(input="of the trace"))

    assert refused(project, of_ana("t9"), call("t1", "a", input="of the span"), own) == 1
    texts = dict(SpanIO.objects.for_project(project).filter(trace_id="t1").values_list("span_id", "input"))
    assert texts == {"a": "of the span", "": "of the trace"}


def test_a_bulk_job_deletes_for_good(project: Project, alice: User) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1")), call("t2", "a", claims=in_session("s2"))])
    recompute(project.pk, ["s1", "s2"])
    jobs.proceed(jobs.begin(project, "delete", jobs.Selection(["s1"]), by=alice))

    assert refused(project, call("t1", "b"), call("t7", "a", claims=in_session("s1")), call("t2", "b")) == 2


def test_what_retention_deletes_may_come_again(project: Project) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    delete_traces(project.pk, ["t1"])

    assert refused(project, call("t1", "a", claims=in_session("s1"))) == 0


def test_tombstones_are_kept_for_ninety_days_and_hold_no_id(project: Project) -> None:
    ingest(project.pk, [of_ana("t1")])
    erasing.erase_person(project.pk, "ana")
    rows = Tombstone.objects.for_project(project)
    assert {row.kind for row in rows} == {"person", "trace", "past"}
    assert {len(bytes(row.hash)) for row in rows} == {16}

    rows.update(erased_at=timezone.now() - tombstones.TOMBSTONE_LIFETIME + timedelta(minutes=1))
    old_tombstones.drain()
    assert refused(project, of_ana("t1")) == 1
    rows.update(erased_at=timezone.now() - tombstones.TOMBSTONE_LIFETIME - timedelta(minutes=1))
    old_tombstones.drain()
    assert not rows.exists()
    assert refused(project, of_ana("t1")) == 0


# By the ways that SDKs send


def post(client: Client, key: Key, path: str, body: object) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json", headers={"Authorization": key.basic})


def spans_of(trace: str, **changes: Any) -> dict[str, Any]:
    return otlp.json_request(otlp.json_span("step", traceId=trace, **changes))


def test_otlp_is_told_how_many_spans_were_erased(project: Project, key: Key, client: Client) -> None:
    trace = f"{7:032x}"
    post(client, key, "/v1/traces", spans_of(trace))
    erasing.proceed(erasing.begin(project.pk, erasing.Subject.TRACE, trace, by=""))

    answer = post(client, key, "/v1/traces", spans_of(trace))

    partial = answer.json()["partialSuccess"]
    assert (answer.status_code, partial["rejectedSpans"]) == (200, "1")
    assert partial["errorMessage"].startswith("erased: 1")
    assert left(project) == []


def test_a_langfuse_batch_is_told_which_events_were_erased(project: Project, key: Key, client: Client) -> None:
    now = timezone.now().isoformat()

    def event(number: int, kind: str, **body: object) -> dict[str, object]:
        return {"id": f"e{number}", "type": kind, "timestamp": now, "body": body}

    batch = [
        event(1, "trace-create", id="t1", userId="ana", timestamp=at(0).isoformat()),
        event(2, "span-create", id="o1", traceId="t1", input="Ana's words"),
        event(3, "span-create", id="o2", traceId="t2"),
        event(4, "score-create", id="x", name="n", value=1, traceId="t1"),
    ]
    post(client, key, "/api/public/ingestion", {"batch": batch})
    assert erasing.erase_person(project.pk, "ana").trace_count == 1

    answer = post(client, key, "/api/public/ingestion", {"batch": batch})

    assert answer.status_code == 207
    assert [row["id"] for row in answer.json()["successes"]] == ["e3"]
    assert {(row["id"], row["error"]) for row in answer.json()["errors"]} == {
        ("e1", "erased"),
        ("e2", "erased"),
        ("e4", "erased"),
    }
    assert left(project) == ["t2"]


def test_scores_comments_and_files_of_a_deleted_trace_are_refused(project: Project, key: Key, client: Client) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    digest = b64encode(sha256(b"x").digest()).decode()
    file = {"traceId": "t1", "contentType": "image/png", "contentLength": 1, "sha256Hash": digest}
    on_span = {"projectId": str(project.pk), "objectType": "OBSERVATION", "objectId": "a", "content": "words"}
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/api/public/comments", on_span | {"objectType": "TRACE", "objectId": "t1"}),
        ("/api/public/comments", on_span | {"objectType": "SESSION", "objectId": "s1"}),
        ("/api/public/comments", on_span),
        ("/api/public/scores", {"id": "x1", "name": "n", "value": 1, "traceId": "t1"}),
        ("/api/public/scores", {"id": "x2", "name": "n", "value": 1, "sessionId": "s1"}),
        ("/api/public/media", file),
    ]
    assert {post(client, key, *request).status_code for request in sent} <= {200, 201}
    erasing.delete_session(project.pk, "s1")
    assert not Comment.objects.for_project(project).exists()

    answers = [post(client, key, *request).status_code for request in sent]

    assert answers == [410, 410, 410, 400, 400, 410]
    for model in (Comment, Score, Media):
        assert not model.objects.for_project(project).exists()
    assert IngestionIssue.objects.for_project(project).get(reason="erased").count == 6


def test_the_versioned_api_refuses_them_too(project: Project, key: Key, client: Client) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    erasing.delete_session(project.pk, "s1")

    assert post(client, key, "/api/v1/scores", {"name": "n", "value": 1, "trace_id": "t1"}).status_code == 400
    body = {"object_type": "TRACE", "object_id": "t1", "content": "words"}
    answer = client.post(
        "/api/v1/comments", json.dumps(body), content_type="application/json", headers={"Authorization": key.bearer}
    )
    assert answer.status_code == 400
    assert not Comment.objects.for_project(project).exists()


def test_a_picture_in_a_text_of_a_deleted_trace_leaves_no_file(
    project: Project, key: Key, client: Client, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    trace, picture = f"{7:032x}", b64encode(bytes(range(256)) * 20).decode()
    shown = {"key": "input.value", "value": {"stringValue": f"data:image/png;base64,{picture}"}}
    post(client, key, "/v1/traces", spans_of(trace, attributes=[shown]))
    assert Media.objects.for_project(project).exists()
    erasing.proceed(erasing.begin(project.pk, erasing.Subject.TRACE, trace, by=""))

    post(client, key, "/v1/traces", spans_of(trace, attributes=[shown]))

    assert not Media.objects.for_project(project).exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not default_storage.exists(f"media/{project.pk}/x")


def test_people_and_queues_add_nothing_to_what_is_being_deleted(project: Project, alice: User) -> None:
    ingest(project.pk, [call("t1", "a", claims=in_session("s1"))])
    recompute(project.pk, ["s1"])
    session = Session.objects.for_project(project).get()
    queue = ReviewQueue.objects.create(project_id=project.pk, name="q")
    erasing.begin(project.pk, erasing.Subject.SESSION, "s1", by="")  # a worker is about to begin

    from sessions.annotation.queues import add_items
    from sessions.replay.state import load_state, say

    say(session, alice, note="words")
    assert not load_state(session).note
    assert add_items(queue, [("SESSION", "s1")], by=alice.email) == 0
    assert not ReviewItem.objects.for_project(project).exists()
    with pytest.raises(NotAllowed):
        comments.add(project, "SESSION", "s1", "words", by=alice)


# Together


def everything(random: Random) -> list[Record]:
    """Traces of three people in three sessions, told in pieces: the user and the session by any of them."""
    records: list[Record] = []
    for number in range(12):
        trace_id, user, session = f"t{number}", f"user{number % 3}", f"s{number % 4}"
        pieces = [
            call(trace_id, "root", input="words"),
            call(trace_id, "a", "root", output="words"),
            span(trace_id, "b", "root"),
        ]
        pieces[random.randrange(3)].claims.user_id = user
        pieces[random.randrange(3)].claims.session_id = session
        records += [*pieces, ScoreRecord(f"of-{trace_id}", "n", "TEXT", string_value="words", trace_id=trace_id)]
        if number % 2:
            records.append(TraceRecord(trace_id, Claims(user_id=user, input="words")))
    return records


def assert_nothing_is_back(project: Project) -> None:
    assert not Trace.objects.for_project(project).filter(user_id="user0").exists()
    assert not Span.objects.for_project(project).filter(claims__user_id="user0").exists()
    assert not Trace.objects.for_project(project).filter(session_id="s1").exists()
    gone = {f"t{number}" for number in range(12) if number % 3 == 0 or number % 4 == 1}
    assert not gone & set(left(project))
    assert not Score.objects.for_project(project).filter(trace_id__in=gone).exists()


def test_two_hundred_replays_of_everything_bring_nothing_back(project: Project) -> None:
    random = Random(5)
    ingest(project.pk, everything(random))
    erasing.erase_person(project.pk, "user0")
    erasing.delete_session(project.pk, "s1")
    for number in range(200):
        records = random.sample(everything(random), 12)
        if number % 20 == 0:  # the same conversations under ids that were never seen
            for record in records:
                record.trace_id = f"{record.trace_id}-{number}"
        ingest(project.pk, records)
    recompute_dirty(project.pk)

    assert_nothing_is_back(project)
    assert {"t2", "t4", "t7"} <= set(left(project))  # and nobody else is gone


@pytest.mark.django_db(transaction=True)
def test_erasing_while_everything_is_sent_again_leaves_nothing(project: Project) -> None:
    stop, failures = threading.Event(), list[BaseException]()

    def send(seed: int) -> None:
        random = Random(seed)
        try:
            while not stop.is_set():
                records = everything(random)
                random.shuffle(records)
                for start in range(0, len(records), 7):
                    with suppress(OperationalError):  # a row was held for too long: a client sends again
                        ingest(project.pk, records[start : start + 7])
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    ingest(project.pk, everything(Random(0)))
    senders = [threading.Thread(target=send, args=(seed,)) for seed in range(3)]
    for sender in senders:
        sender.start()
    try:
        erasing.erase_person(project.pk, "user0")
        erasing.delete_session(project.pk, "s1")
        stop.wait(1)
    finally:
        stop.set()
        for sender in senders:
            sender.join(RACE_SECONDS)
    assert not failures
    recompute_dirty(project.pk)
    assert_nothing_is_back(project)
