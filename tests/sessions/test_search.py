"""Full-text search: what is indexed, what is found, and that nothing of a deleted trace stays."""

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from projects.models import JobRun, Organization, Project
from sessions.deletion.erasing import delete_session, erase_person
from sessions.models import Session, TraceText
from sessions.rollup.session_rows import recompute
from sessions.search.index import MAX_INDEXED_BYTES, cut, flush, index_waiting, rows_of, write
from sessions.search.matching import RefusedTerm, Term, condition, matching
from sessions.search.ranking import ranked, ranked_page
from sessions.search.tasks import search_index, search_index_flush
from sessions.search.tokens import folded, lexemes
from tests.conversations import tell
from tests.tracing.reports import at, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.lists.keyset import BadCursor
from tracing.models import DirtyMark
from tracing.store.retention import forget_expired

NOW = timedelta()
LATE = (("Where is my parcel?", "A late delivery, sorry. Refund follows."), ("¿Y mi Devolución?", "Hecho."))
SHOP = (("注文の配送が遅れています", "配送状況を確認します。"), ("ขอเงินคืนสำหรับการจัดส่งล่าช้า", "ครับ"))


def found(project: Project, *terms: Term) -> set[str]:
    return set(
        Session.objects.for_project(project).filter(condition(project, terms)).values_list("session_id", flat=True)
    )


def indexed(project: Project, session_id: str, said: Sequence[tuple[str, str]] = LATE, **more: str) -> list[str]:
    trace_ids = tell(project, session_id, said, **more)
    index_waiting(project.pk, waited=NOW)
    return trace_ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Refund of get_user_id", {"the", "refund", "of", "get_user_id", "get", "user", "id"}),
        ("6F9619FF-8B86-D011-B42D-00CF4FC964FF", {"6f9619ff8b86d011b42d00cf4fc964ff"}),
        ("Über die Sesión ﬁne ＡＢＣ", {"uber", "die", "sesion", "fine", "abc"}),
        ("配送が", {"配送", "送が", "が"}),
        ("ส่งช้า", {"ส่ง", "่งช", "งช้", "ช้า", "้า", "า"}),
        ("हिन्दी भाषा", {"हिन्दी", "भाषा"}),
        ("Привет, мир", {"привет", "мир"}),
        ("x" * 90, {"x" * 40}),
        ("?! --", set()),
    ],
)  # fmt: skip
def test_text_becomes_the_lexemes_of_its_script(text: str, expected: set[str]) -> None:
    assert lexemes(folded(text)) == expected


@given(text_of=st.lists(st.sampled_from([*"ab_9-.% X", " ", str(UUID(int=7)), "x" * 41, "_a__b_", "…"]), max_size=30))
def test_a_plain_text_has_the_same_lexemes_beside_a_foreign_word(text_of: list[str]) -> None:
    text = "".join(text_of)

    assert lexemes(folded(text)) == lexemes(folded(f"{text} ж")) - {"ж"}


@pytest.mark.django_db
def test_the_stored_words_are_those_of_the_text(project: Project) -> None:
    indexed(project, "late", [("Where is my_parcel, Zoë?", "配送が " + "x" * 90)])

    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(tokens), folded FROM trace_text WHERE project_id = %s", [project.pk])
        [(words, text)] = cursor.fetchall()
    assert set(words) == lexemes(text)


def test_a_long_text_keeps_its_beginning_and_its_end_within_the_bytes() -> None:
    text = cut(("é" * 3000 + "END").encode(), MAX_INDEXED_BYTES)

    assert len(text.encode()) <= MAX_INDEXED_BYTES
    assert text.startswith("éé")
    assert text.endswith("END")
    assert "\n…\n" in text


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([Term("REFUND")], {"late"}),
        ([Term("devolucion")], {"late"}),
        ([Term("refund"), Term("parcel")], {"late"}),
        ([Term("refund"), Term("hecho")], set()),  # said in another turn
        ([Term("late delivery", is_phrase=True)], {"late"}),
        ([Term("delivery late", is_phrase=True)], set()),
        ([Term("parcel"), Term("refund", is_negated=True)], set()),
        ([Term("parcel"), Term("delivery late", is_phrase=True, is_negated=True)], {"late"}),
        ([Term("parcel"), Term("late delivery", is_phrase=True, is_negated=True)], set()),
        ([Term("deliv", is_prefix=True)], {"late"}),
        ([Term("deliv")], set()),
        ([Term("配送")], {"shop"}),
        ([Term("配")], {"shop"}),
        ([Term("配送状況")], {"shop"}),
        ([Term("送配")], set()),
        ([Term("確認します", is_negated=True), Term("配送")], set()),
        ([Term("ล่าช้า")], {"shop"}),
        ([Term("คืน")], {"shop"}),
        ([Term("ล่า")], {"shop"}),
        ([Term("parcel?")], {"late"}),
        ([Term("it's'); DROP")], set()),
        ([Term("session-by-id-1")], {"session-by-id-1"}),
        ([Term(b"session-by-id-1-0".hex().ljust(32, "0"))], {"session-by-id-1"}),
    ],
)
def test_sessions_are_found_by_what_a_turn_says(project: Project, terms: list[Term], expected: set[str]) -> None:
    indexed(project, "late")
    indexed(project, "shop", SHOP)
    indexed(project, "session-by-id-1", (("Hi", "Hello"),))

    assert found(project, *terms) == expected


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ([Term("re", is_prefix=True)], "at least 4 letters"),
        ([Term("refund", is_negated=True)], "at least one word to find"),
        ([], "at least one word"),
        ([Term("!?")], "no letter or digit"),
        ([Term("x" * 600)], "at most 500"),
    ],
)
def test_what_cannot_be_answered_in_time_is_refused_with_the_reason(terms: list[Term], reason: str) -> None:
    with pytest.raises(RefusedTerm, match=reason):
        condition(1, terms)


def test_a_search_sees_its_own_project_alone(project: Project, other_project: Project) -> None:
    indexed(project, "late")
    indexed(other_project, "theirs")

    assert found(project, Term("refund")) == {"late"}
    assert found(other_project, Term("refund")) == {"theirs"}
    assert found(project, Term("theirs-session-1")) == set()


def test_a_trace_is_indexed_only_after_it_has_been_quiet(project: Project) -> None:
    tell(project, "late")

    assert index_waiting(project.pk) == 0
    assert found(project, Term("refund")) == set()
    assert index_waiting(project.pk, waited=NOW) == 2
    assert not DirtyMark.objects.for_project(project).filter(target="text").exists()


def test_only_the_last_question_and_the_answer_are_indexed(project: Project) -> None:
    history = [{"role": "system", "content": "Be nice"}, {"role": "user", "content": "first one"}]
    history += [{"role": "assistant", "content": "earlier answer"}, {"role": "user", "content": "second one"}]
    claims = in_session("s")
    ingest(project.pk, [span("t", "a", input=json.dumps(history), output="done", claims=claims, started_at=at(0))])
    index_waiting(project.pk, waited=NOW)

    assert TraceText.objects.for_project(project).get().text == "second one\n\ndone"


def test_an_unchanged_text_is_not_written_again_and_a_changed_one_is(project: Project) -> None:
    (trace_id, _) = indexed(project, "late")
    row = TraceText.objects.for_project(project).filter(trace_id=trace_id)
    before = row.values_list("text_hash", flat=True).get()

    row.update(folded="kept as it is")
    call_command("reindex", project=project.pk)
    assert row.get().folded == "kept as it is"

    ingest(project.pk, [span(trace_id, "root", output="Never mind.")])
    index_waiting(project.pk, waited=NOW)
    assert row.get().text_hash != before
    assert found(project, Term("never mind", is_phrase=True)) == {"late"}


def test_a_trace_that_moves_to_another_session_is_found_there(project: Project) -> None:
    (trace_id, _) = indexed(project, "late")
    ingest(project.pk, [span(trace_id, "root", claims=in_session("moved"))])
    recompute(project.pk, ["late", "moved"])
    index_waiting(project.pk, waited=NOW)

    assert found(project, Term("refund")) == {"moved"}


def test_nothing_of_a_deleted_session_an_erased_person_or_an_expired_trace_stays(project: Project) -> None:
    indexed(project, "deleted")
    indexed(project, "erased", user_id="mallory")
    indexed(project, "expired")

    delete_session(project.pk, "deleted")
    erase_person(project.pk, "mallory")
    assert found(project, Term("refund")) == {"expired"}
    assert TraceText.objects.for_project(project).count() == 2

    Project.objects.filter(pk=project.pk).update(retention_days=1)
    forget_expired(project.pk, timezone.now().date() + timedelta(days=5))
    assert not TraceText.objects.for_project(project).exists()


def test_a_worker_that_read_a_trace_before_its_deletion_leaves_nothing(project: Project) -> None:
    trace_ids = tell(project, "late")
    rows = rows_of(project.pk, trace_ids)
    delete_session(project.pk, "late")
    write(project.pk, rows)
    assert not TraceText.objects.for_project(project).exists()


def test_the_index_serves_words_and_prefixes_without_reading_the_table(project: Project) -> None:
    indexed(project, "late")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO trace_text (project_id, trace_id, session_id, started_at, text, folded, tokens, text_hash,"
            " is_cut)"
            " SELECT %s, 't' || n, 's' || n, now(), '', '', ('word' || n)::tsvector, n, false"
            " FROM generate_series(1, 3000) n",
            [project.pk],
        )
        cursor.execute("ANALYZE trace_text")
    flush()
    plan = matching(project, [Term("refund"), Term("deliv", is_prefix=True)]).explain()

    assert "trace_text_tokens" in plan
    assert "Seq Scan" not in plan


def test_traces_of_before_the_index_are_indexed_by_command(project: Project, organization: Organization) -> None:
    tell(project, "late", LATE)
    DirtyMark.objects.for_project(project).filter(target="text").delete()

    call_command("reindex")

    assert found(project, Term("refund")) == {"late"}


def test_relevance_prefers_many_turns_and_recent_ones(project: Project) -> None:
    indexed(project, "once", [("refund", "yes"), ("bye", "bye")])
    indexed(project, "often", [("refund", "yes"), ("refund", "again"), ("a refund", "at last")])
    indexed(project, "never", [("hello", "hello")])
    indexed(project, "old", [("refund", "yes")])
    TraceText.objects.for_project(project).filter(session_id="old").update(started_at=at(-86400 * 300))
    everything = Session.objects.for_project(project)

    assert ranked(project, [Term("refund")]) == ["often", "once", "old"]
    assert ranked(project, [Term("refund")], everything.exclude(session_id="once")) == ["often", "old"]
    first = ranked_page(project, [Term("refund")], limit=2)
    assert [row.session_id for row in first.rows] == ["often", "once"]
    second = ranked_page(project, [Term("refund")], cursor=first.next or "", limit=2)
    assert [row.session_id for row in second.rows] == ["old"]
    assert second.next is None
    assert second.previous == "r0"
    with pytest.raises(BadCursor):
        ranked_page(project, [Term("refund")], cursor="r9999", limit=2)


def test_the_scheduled_tasks_leave_their_run_for_the_operator(project: Project) -> None:
    tell(project, "late", LATE)
    DirtyMark.objects.for_project(project).update(marked_at=at(-3600))

    search_index.drain()
    search_index_flush.drain()

    assert found(project, Term("refund")) == {"late"}
    assert JobRun.objects.get(name="index texts").rows == 2
    assert JobRun.objects.get(name="flush search index").error == ""
