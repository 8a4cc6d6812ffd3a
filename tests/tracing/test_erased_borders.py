"""Which reports an erasure refuses, at the very instant of it: before it is erased, from it on is a new customer."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from projects.models import Project
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.limits.fitting import Record
from tracing.models import Score, Tombstone, Trace
from tracing.records import Claims, Issue, Reason, ScoreRecord, TraceRecord
from tracing.store.erased import check_trace, gone
from tracing.store.tombstones import bury, pseudonym_of
from tracing.wire.refusals import Erased

pytestmark = pytest.mark.django_db
Kind = Tombstone.Kind
ERASED_AT = at(100)
JUST_BEFORE = ERASED_AT - timedelta(microseconds=1)


def refused(project: Project, *records: Record) -> list[Issue]:
    return [issue for issue in ingest(project.pk, records) if issue.reason is Reason.ERASED]


def left(project: Project) -> list[str]:
    return list(Trace.objects.for_project(project).order_by("trace_id").values_list("trace_id", flat=True))


def said(start: datetime, **claims: Any) -> dict[str, Any]:
    return {"started_at": start, "ended_at": start + timedelta(seconds=1), "claims": Claims(**claims)}


@pytest.mark.parametrize(("start", "stays"), [(JUST_BEFORE, False), (ERASED_AT, True)])
@pytest.mark.parametrize(
    ("kind", "name", "claims"), [(Kind.PERSON, "ana", {"user_id": "ana"}), (Kind.PAST, "s", {"session_id": "s"})]
)
def test_what_began_before_the_erasure_goes_and_what_began_with_it_stays(
    project: Project, kind: Tombstone.Kind, name: str, claims: dict[str, str], start: datetime, *, stays: bool
) -> None:
    bury(project.pk, kind, [name], ERASED_AT)
    assert len(refused(project, span("t", "a", **said(start, **claims)))) == (not stays)
    assert left(project) == (["t"] if stays else [])


def test_the_earliest_start_of_a_trace_and_the_latest_erasure_count(project: Project) -> None:
    bury(project.pk, Kind.PERSON, ["ana"], at(50))
    bury(project.pk, Kind.PERSON, ["ben"], at(100))
    first, named = span("t", "a", **said(at(60))), span("t", "b", **said(at(200), user_id="ana"))
    assert refused(project, first, named) == []
    assert len(refused(project, span("t", "c", **said(at(300), user_id="ben")))) == 1, "it began before Ben was erased"
    assert left(project) == []


def test_a_later_erasure_counts_and_an_earlier_one_is_forgotten(project: Project) -> None:
    for moment in (ERASED_AT, at(50)):
        bury(project.pk, Kind.PERSON, ["ana"], moment)
    assert len(refused(project, span("t", "a", **said(at(70), user_id="ana")))) == 1


def test_a_start_that_a_report_about_the_trace_claims_counts_too(project: Project) -> None:
    bury(project.pk, Kind.PERSON, ["ana"], ERASED_AT)
    early = TraceRecord("t", Claims(user_id="ana"), started_at=JUST_BEFORE)
    assert len(refused(project, early, span("t", "a", **said(at(200))))) == 2
    late = TraceRecord("u", Claims(user_id="ana"), started_at=ERASED_AT)
    assert refused(project, late) == []
    assert left(project) == ["u"]


def test_a_wrong_clock_is_no_proof_of_a_later_start(project: Project) -> None:
    bury(project.pk, Kind.PERSON, ["ana"], ERASED_AT)
    far = at(0) + timedelta(days=400)
    assert len(refused(project, span("t", "a", **said(far, user_id="ana")))) == 1


@pytest.mark.parametrize(
    ("begins", "scored_at", "is_taken"),
    [
        (None, at(200), False), (JUST_BEFORE, at(200), False), (ERASED_AT, at(200), True), (ERASED_AT, None, True),
        (ERASED_AT, ERASED_AT, True), (ERASED_AT, JUST_BEFORE, False),
    ],
)  # fmt: skip
def test_a_session_of_an_erased_person_takes_scores_once_it_has_begun_again(
    project: Project, begins: datetime | None, scored_at: datetime | None, *, is_taken: bool
) -> None:
    if begins:
        ingest(project.pk, [span("t", "a", **said(begins, session_id="s"))])
    bury(project.pk, Kind.PAST, ["s"], ERASED_AT)
    score = ScoreRecord("x", "n", "NUMERIC", value=1, session_id="s", scored_at=scored_at)
    assert len(refused(project, score)) == (not is_taken)
    assert Score.objects.for_project(project).count() == is_taken


def test_only_what_was_erased_is_refused(project: Project, other_project: Project) -> None:
    bury(project.pk, Kind.TRACE, ["t"], ERASED_AT)
    bury(project.pk, Kind.SESSION, ["s"], ERASED_AT)
    bury(project.pk, Kind.SPAN, ["a"], ERASED_AT)
    late = {"started_at": at(200), "ended_at": at(201)}

    reports = call("t", "b", **late), call("u", "c", **late), call("v", "d", claims=in_session("s"), **late)
    assert len(refused(project, *reports)) == 2
    assert left(project) == ["u"]
    assert refused(other_project, call("t", "b", claims=in_session("s"))) == []
    assert gone(project.pk, trace_ids=["t", "u", "s"]) == {"t"}
    assert gone(project.pk, session_ids=["t", "s"]) == {"s"}
    assert gone(project.pk, span_ids=["a", "t"]) == {"a"}
    assert gone(other_project.pk, trace_ids=["t"]) == gone(project.pk) == set()
    check_trace(project.pk, "u")
    check_trace(other_project.pk, "t")
    with pytest.raises(Erased):
        check_trace(project.pk, "t")


def test_a_refusal_quotes_nothing_of_what_it_refuses(project: Project) -> None:
    bury(project.pk, Kind.TRACE, ["secret"], ERASED_AT)
    long = "Ana" * 1_000
    found = ingest(project.pk, [call("secret", "a", name=long), call("other", "b", name=long)])
    by_reason = {(issue.reason, issue.span_id): issue.sample for issue in found}
    assert "secret" not in by_reason[Reason.ERASED, "a"]
    assert by_reason[Reason.TEXT_CUT, "a"] == ""
    assert by_reason[Reason.TEXT_CUT, "b"].startswith("Ana")


def test_a_pseudonym_is_the_same_for_a_person_and_another_elsewhere() -> None:
    assert pseudonym_of(1, "ana") == pseudonym_of(1, "ana")
    assert len({pseudonym_of(1, "ana"), pseudonym_of(1, "ben"), pseudonym_of(2, "ana")}) == 3
    assert pseudonym_of(1, "ana").startswith("erased-")
    assert "ana" not in pseudonym_of(1, "ana")
