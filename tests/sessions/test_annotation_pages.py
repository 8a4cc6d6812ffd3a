"""The annotate panel and the settings of scores: who may say what, and what is kept of it."""

import re
import time

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from projects.models import AuditEvent, Project, Role, User
from sessions.annotation import configs
from sessions.annotation.diffs import DIFF_WORD, DiffPart, kept_places, word_diff
from sessions.formatting import score_summary
from sessions.models import Comment, ScoreConfig, Session
from sessions.rollup.tasks import recompute_dirty
from tests.conversations import tell
from tests.patience import least
from tracing.models import Score, Trace
from tracing.store.deletion import delete_traces

HTMX = {"HX-Request": "true"}
ONE_TURN = [("Where is it?", "It is on its way.")]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alices(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def bobs(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def viewers(project: Project) -> Client:
    viewer = User.objects.create_user("viewer@example.com")
    project.organization.memberships.create(user=viewer, role=Role.VIEWER)
    return signed_in(viewer)


@pytest.fixture
def effort(project: Project, alice: User) -> ScoreConfig:
    fields = {"name": "effort", "data_type": "CATEGORICAL", "categories": configs.categories_of(["low", "high"])}
    return configs.create(project, fields, by=alice)


def url(name: str, project: Project, *more: str) -> str:
    return reverse(name, args=[project.pk, *more])


def scores_of(project: Project) -> dict[str, dict[str, object]]:
    recompute_dirty(project.pk)
    return Session.objects.for_project(project).get().scores


def test_two_people_score_one_session_beside_each_other(
    alices: Client, bobs: Client, project: Project, effort: ScoreConfig
) -> None:
    tell(project, "s", ONE_TURN)
    page = url("annotate", project, "session", "s")

    alices.post(page, {f"score-{effort.id}": "=low", f"why-{effort.id}": "asked once"})
    bobs.post(page, {f"score-{effort.id}": "=high"})
    bobs.post(page, {f"score-{effort.id}": "=low"})

    assert scores_of(project) == {"effort": {"count": 2, "mean": None, "shares": {"low": 2}}}
    html = alices.get(page).content.decode()
    assert "alice@example.com" in html
    assert "bob@example.com" in html
    assert "asked once" in html
    given = AuditEvent.objects.filter(action="score given").values_list("actor", flat=True)
    assert sorted(given) == ["alice@example.com", "bob@example.com", "bob@example.com"]


def test_who_cannot_tell_is_left_out_of_the_mean(alices: Client, bobs: Client, project: Project, alice: User) -> None:
    tell(project, "s", ONE_TURN)
    quality = configs.create(project, {"name": "quality", "data_type": "NUMERIC", "max_value": 5.0}, by=alice)
    page = url("annotate", project, "session", "s")

    alices.post(page, {f"score-{quality.id}": "4"})
    bobs.post(page, {f"unsure-{quality.id}": "on"})

    assert scores_of(project) == {"quality": {"count": 1, "mean": 4, "shares": {}}}


def test_an_answer_outside_the_config_is_refused_with_a_reason(
    alices: Client, project: Project, effort: ScoreConfig
) -> None:
    tell(project, "s", ONE_TURN)

    answer = alices.post(url("annotate", project, "session", "s"), {f"score-{effort.id}": "=medium"})

    assert answer.status_code == 400
    assert "one of low, high" in answer.content.decode()
    assert not Score.objects.for_project(project).exists()


def test_changing_or_archiving_a_config_leaves_old_scores_as_they_were(
    alices: Client, project: Project, effort: ScoreConfig
) -> None:
    tell(project, "s", ONE_TURN)
    alices.post(url("annotate", project, "session", "s"), {f"score-{effort.id}": "=low"})
    before = list(Score.objects.for_project(project).values())

    changed = {"name": "work", "data_type": "CATEGORICAL", "categories": "much\nlittle"}
    alices.post(url("project-score", project, effort.id), changed)
    alices.post(url("project-score", project, effort.id), {"archived": "1"})

    now = ScoreConfig.objects.for_project(project).get()
    assert (now.name, now.is_archived, [c["label"] for c in now.categories]) == ("work", True, ["much", "little"])
    assert list(Score.objects.for_project(project).values()) == before
    assert scores_of(project)["effort"]["shares"] == {"low": 1}


def test_a_thumb_is_given_and_taken_back_on_a_turn(bobs: Client, project: Project) -> None:
    tell(project, "s", ONE_TURN)
    trace_id = Trace.objects.for_project(project).get().trace_id
    page = url("annotate", project, "trace", trace_id)

    assert b'value="1" aria-pressed="true"' in bobs.post(page, {"thumb": "1"}, headers=HTMX).content
    assert scores_of(project)["thumbs"]["mean"] == 1
    assert b'value="0" aria-pressed="true"' in bobs.post(page, {"thumb": "0"}, headers=HTMX).content
    assert scores_of(project)["thumbs"]["mean"] == 0
    bobs.post(page, {"thumb": "0"}, headers=HTMX)
    assert scores_of(project) == {}
    assert ScoreConfig.objects.for_project(project).get().name == "thumbs"


def test_answers_of_yes_and_no_are_counted_and_no_mean_of_them_is_shown(
    alices: Client, bobs: Client, project: Project
) -> None:
    tell(project, "s", ONE_TURN)
    turn = url("annotate", project, "trace", Trace.objects.for_project(project).get().trace_id)
    page = url("session", project, "s")

    def shown() -> str:
        recompute_dirty(project.pk)
        pages = (alices.get(page), alices.get(page, {"account": ""}), alices.get(page, {"account": ""}, headers=HTMX))
        return " ".join(" ".join(strip_tags(answer.content.decode()) for answer in pages).split())

    alices.post(turn, {"thumb": "0"}, headers=HTMX)
    assert shown().count("thumbs: 0 of 1 yes") == 4  # two properties, and two sentences of the account
    bobs.post(turn, {"thumb": "1"}, headers=HTMX)
    assert shown().count("thumbs: 1 of 2 yes") == 4
    assert "0.5" not in shown()


def test_a_correction_is_shown_against_the_answer_word_by_word(alices: Client, project: Project) -> None:
    tell(project, "s", ONE_TURN)
    page = url("annotate", project, "trace", Trace.objects.for_project(project).get().trace_id)

    alices.post(page, {"correction": "It is late, sorry."})

    html = alices.get(page).content.decode()
    assert "It is <del>on</del><ins>late,</ins> " in html
    assert scores_of(project)["correction"]["count"] == 1
    alices.post(page, {"correction": ""})
    assert scores_of(project) == {}


def test_comments_are_answered_resolved_and_edited_by_whom_they_belong_to(
    alices: Client, bobs: Client, project: Project
) -> None:
    tell(project, "s", ONE_TURN)
    new = url("comment-new", project, "session", "s")
    bobs.post(new, {"content": "Look at <b>this</b>"})
    first = Comment.objects.for_project(project).get()
    alices.post(new, {"content": "I see", "thread": first.id})
    answer = Comment.objects.for_project(project).exclude(id=first.id).get()

    assert bobs.post(url("comment-change", project, answer.id, "edit"), {"content": "no"}).status_code == 404
    alices.post(url("comment-change", project, first.id, "edit"), {"content": "Look at that"})  # an admin may
    bobs.post(url("comment-change", project, first.id, "resolve"))

    first = Comment.objects.for_project(project).get(id=first.id)
    assert (first.content, first.resolved_by, answer.thread_id) == ("Look at that", "bob@example.com", first.id)
    html = bobs.get(url("annotate", project, "session", "s")).content.decode()
    assert "resolved by bob@example.com" in html
    assert "I see" in html
    bobs.post(url("comment-change", project, first.id, "delete"))
    assert not Comment.objects.for_project(project).exists()
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"commented", "comment changed", "comment deleted"} <= actions


def test_a_member_deletes_only_their_own_scores(
    alices: Client, bobs: Client, project: Project, effort: ScoreConfig
) -> None:
    tell(project, "s", ONE_TURN)
    alices.post(url("annotate", project, "session", "s"), {f"score-{effort.id}": "=low"})
    score = Score.objects.for_project(project).get()

    assert bobs.post(url("score-delete", project, score.id)).status_code == 404
    assert alices.post(url("score-delete", project, score.id)).status_code == 302
    assert not Score.objects.for_project(project).exists()


def test_an_admin_puts_another_answer_in_the_place_of_a_members(
    alices: Client, bobs: Client, project: Project, bob: User, effort: ScoreConfig
) -> None:
    tell(project, "s", ONE_TURN)
    page = url("annotate", project, "session", "s")
    bobs.post(page, {f"score-{effort.id}": "=low"})
    given = Score.objects.for_project(project).get()
    change = url("score-change", project, given.id)

    assert change in alices.get(page).content.decode()
    assert change not in bobs.get(page).content.decode()
    assert bobs.post(change, {f"score-{effort.id}": "=high"}).status_code == 403
    assert alices.post(change, {f"score-{effort.id}": "=huge"}).status_code == 400
    assert alices.post(change, {f"score-{effort.id}": "=high", f"why-{effort.id}": "Read on."}).status_code == 302

    kept = Score.objects.for_project(project).get()
    assert (kept.id, kept.author_id, kept.string_value, kept.comment) == (given.id, bob.pk, "high", "Read on.")
    assert scores_of(project)["effort"] == {"count": 1, "mean": None, "shares": {"high": 1}}
    event = AuditEvent.objects.filter(action="score given").latest("pk")
    assert (event.actor, event.details) == (
        "alice@example.com", {"name": "effort", "value": "high", "before": "low"},
    )  # fmt: skip
    alices.post(change, {f"score-{effort.id}": "?"})
    assert scores_of(project)["effort"] == {"count": 0, "mean": None, "shares": {}}
    configs.change(project, effort, {"is_archived": True}, by=bob)
    assert alices.post(change, {f"score-{effort.id}": "=low"}).status_code == 404


def test_a_viewer_reads_and_gives_nothing(
    viewers: Client, alices: Client, project: Project, effort: ScoreConfig
) -> None:
    tell(project, "s", ONE_TURN)
    page = url("annotate", project, "session", "s")
    alices.post(page, {f"score-{effort.id}": "=low"})

    assert "low" in viewers.get(page).content.decode()
    assert "<form" not in viewers.get(page, headers=HTMX).content.decode()
    assert viewers.post(page, {f"score-{effort.id}": "=low"}).status_code == 403
    assert viewers.post(url("comment-new", project, "session", "s"), {"content": "x"}).status_code == 403


def test_the_panel_takes_as_many_queries_however_much_was_said(
    alices: Client,
    bobs: Client,
    project: Project,
    effort: ScoreConfig,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tell(project, "s", [("a", "b"), ("c", "d")])
    page = url("annotate", project, "session", "s")
    for client in (alices, bobs):
        client.post(page, {f"score-{effort.id}": "=low"})
        for trace in Trace.objects.for_project(project):
            client.post(url("annotate", project, "trace", trace.trace_id), {"thumb": "1"})
            client.post(url("comment-new", project, "trace", trace.trace_id), {"content": "hm"})
    with django_assert_num_queries(13):  # one for the numbers of the turns, one for who commented
        alices.get(page, headers=HTMX)


@pytest.mark.parametrize(
    ("summed", "words"),
    [
        ({"count": 1, "mean": 4.25, "shares": {}}, "quality 4.25"),
        ({"count": 1200, "mean": 0.5, "shares": {}}, "quality 0.5 (1,200)"),
        ({"count": 3, "mean": None, "shares": {"refund": 1, "delivery": 2}}, "quality: delivery 2, refund 1"),
        ({"count": 2, "mean": None, "shares": {}}, "quality (2)"),
    ],
)
def test_a_score_reads_in_a_list_as_its_mean_or_its_shares(summed: dict[str, object], words: str) -> None:
    assert score_summary("quality", summed) == words


def test_words_that_differ_are_told_from_words_that_do_not() -> None:
    parts = word_diff("It is on its way.", "It is late, sorry.")

    assert parts[0] == ("same", "It is ")
    assert "".join(part.text for part in parts if part.kind != "new") == "It is on its way."
    assert "".join(part.text for part in parts if part.kind != "gone") == "It is late, sorry."


@pytest.mark.parametrize(
    ("old", "new"),
    [("u{}", "v{}"), ("a", "a"), ("{:.1}", "{:.2}")],
    ids=["nothing is kept", "everything is kept", "words come again and again"],
)
def test_two_thousand_changed_words_are_compared_at_once(old: str, new: str) -> None:
    before, after = (" ".join(words.format(str(n * 7919)) for n in range(2_000)) for words in (old, new))
    parts: list[DiffPart] = []

    def measured() -> float:
        started = time.thread_time()
        parts[:] = word_diff(before, after)
        return time.thread_time() - started

    assert least(measured, below=0.2) <= 0.2
    assert "".join(part.text for part in parts if part.kind != "new") == before
    assert "".join(part.text for part in parts if part.kind != "gone") == after


WORDS = st.lists(st.sampled_from(["a", "b ", " ", "c\n", "d"]), max_size=12).map("".join)


@given(WORDS, WORDS)
def test_as_many_words_as_possible_are_kept(old: str, new: str) -> None:
    parts = word_diff(old, new)

    assert "".join(part.text for part in parts if part.kind != "new") == old
    assert "".join(part.text for part in parts if part.kind != "gone") == new
    assert len(kept_places(DIFF_WORD.findall(old), DIFF_WORD.findall(new))) == kept(old, new)


def kept(old: str, new: str) -> int:
    """The length of a longest common subsequence, by the table of all pairs."""
    after = DIFF_WORD.findall(new)
    lengths = [0] * (len(after) + 1)
    for word in DIFF_WORD.findall(old):
        row = [0]
        for b, other in enumerate(after):
            row.append(lengths[b] + 1 if word == other else max(lengths[b + 1], row[b]))
        lengths = row
    return lengths[-1]


def test_retention_takes_what_was_said_of_a_session_along(alices: Client, project: Project) -> None:
    trace_ids = tell(project, "s", [("a", "b"), ("c", "d")])
    alices.post(url("comment-new", project, "session", "s"), {"content": "hm"})

    delete_traces(project.pk, trace_ids[:1])
    assert Comment.objects.for_project(project).exists()
    delete_traces(project.pk, trace_ids[1:])
    assert not Comment.objects.for_project(project).exists()


def test_a_scale_from_one_is_answered_by_a_digit(bobs: Client, project: Project) -> None:
    tell(project, "s", ONE_TURN)
    config = ScoreConfig.objects.create(
        project_id=project.pk, name="helpful", data_type="NUMERIC", min_value=1, max_value=5
    )
    page = url("annotate", project, "session", "s")

    steps = re.findall(rf'type="radio" name="score-{config.id}" value="([^"]*)"', bobs.get(page).content.decode())
    bobs.post(page, {f"score-{config.id}": "4"}, headers=HTMX)

    assert steps == ["1", "2", "3", "4", "5", "?"]
    assert Score.objects.for_project(project).get().value == 4
    assert re.search(r'value="4"\s+checked', bobs.get(page).content.decode())


@pytest.mark.parametrize(("least", "most"), [(0, 5), (1, 10), (1, 2.5), (None, 5), (1, None)])
def test_other_numbers_are_typed(bobs: Client, project: Project, least: float | None, most: float | None) -> None:
    tell(project, "s", ONE_TURN)
    ScoreConfig.objects.create(
        project_id=project.pk, name="helpful", data_type="NUMERIC", min_value=least, max_value=most
    )

    assert 'type="number"' in bobs.get(url("annotate", project, "session", "s")).content.decode()
