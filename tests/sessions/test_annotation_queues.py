"""Review queues: who gets which item, when it is done, and what comes out."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.annotation import comments, configs, queues
from sessions.annotation.leases import claim, finish, offer_skipped
from sessions.deletion import erasing
from sessions.models import Comment, Review, ReviewItem, ReviewQueue, ScoreConfig, SessionScore
from tests.conversations import read, tell
from tests.tracing.reports import call
from tracing.ingest.pipeline import ingest
from tracing.models import Score, Span

DONE, SKIPPED = Review.State.DONE, Review.State.SKIPPED


@pytest.fixture
def solved(project: Project, alice: User) -> ScoreConfig:
    return configs.create(project, {"name": "solved", "data_type": "BOOLEAN"}, by=alice)


@pytest.fixture
def queue(project: Project, alice: User, solved: ScoreConfig) -> ReviewQueue:
    made = queues.create(project, {"name": "Weekly", "score_config_ids": [solved.id]}, by=alice)
    queues.enqueue(made, ["a", "b", "c"], alice)
    return made


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, project: Project, *more: str) -> str:
    return reverse(name, args=[project.pk, *more])


def test_a_session_is_queued_once_and_in_the_order_given(queue: ReviewQueue, project: Project, alice: User) -> None:
    assert queues.enqueue(queue, iter(["c", "d", "d"]), alice) == 1

    items = ReviewItem.objects.for_project(project).order_by("created_at", "id")
    assert list(items.values_list("object_id", flat=True)) == ["a", "b", "c", "d"]


def test_two_people_get_different_items_and_each_their_own_again(queue: ReviewQueue, alice: User, bob: User) -> None:
    first, second = claim(queue, alice.pk), claim(queue, bob.pk)

    assert first is not None
    assert second is not None
    assert (first.object_id, second.object_id) == ("a", "b")
    assert claim(queue, alice.pk) == first
    ahead = claim(queue, alice.pk, but=(first.id,))
    assert ahead is not None
    assert ahead.object_id == "c"
    assert claim(queue, bob.pk, but=(second.id,)) is None


def test_an_item_comes_free_when_its_lease_runs_out(
    queue: ReviewQueue, project: Project, alice: User, bob: User
) -> None:
    taken = claim(queue, alice.pk)
    past = timezone.now() - timedelta(seconds=1)
    Review.objects.for_project(project).update(leased_until=past)

    assert claim(queue, bob.pk) == taken


def test_an_item_is_complete_with_as_many_reviews_as_the_queue_wants(
    queue: ReviewQueue, project: Project, alice: User, bob: User
) -> None:
    queues.change(project, queue, {"reviewers_per_item": 2}, by=alice)
    first = claim(queue, alice.pk)
    assert first is not None
    assert claim(queue, bob.pk) == first  # there is room for a second one

    finish(queue, first, alice.pk, DONE)
    assert queues.count_progress(project.pk, alice.pk)[queue.id] == (0, 3, 1)
    finish(queue, first, bob.pk, DONE)

    assert queues.count_progress(project.pk, alice.pk)[queue.id] == (1, 3, 1)


def test_a_skipped_item_goes_to_others_and_comes_back_when_asked_for(
    queue: ReviewQueue, alice: User, bob: User
) -> None:
    first = claim(queue, alice.pk)
    assert first is not None
    finish(queue, first, alice.pk, SKIPPED)

    following = claim(queue, alice.pk)
    assert following is not None
    assert following.object_id == "b"
    assert claim(queue, bob.pk) == first
    assert offer_skipped(queue, alice.pk) == 1


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_never_get_the_same_item(queue: ReviewQueue, project: Project, alice: User) -> None:
    queues.enqueue(queue, [f"s{number}" for number in range(20)], alice)
    got: list[str] = []
    barrier = threading.Barrier(8)

    def work(user_id: int) -> None:
        barrier.wait()
        try:
            while (item := claim(queue, user_id)) is not None:
                got.append(item.id)
                finish(queue, item, user_id, DONE)
        finally:
            connection.close()

    people = [threading.Thread(target=work, args=(1000 + number,)) for number in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert len(got) == len(set(got)) == 23
    assert queues.count_progress(project.pk)[queue.id].completed == 23


def test_reviewing_saves_the_answers_and_leads_to_the_next_item(
    project: Project, queue: ReviewQueue, solved: ScoreConfig, bob: User
) -> None:
    tell(project, "a")
    bobs = client_of(bob)

    page = bobs.get(url("review-next", project, queue.id)).url
    html = bobs.get(page).content.decode()
    assert "My order #12345" in html
    assert "solved" in html
    refused = bobs.post(page, {"done": "1"})
    led_on = bobs.post(page, {"done": "1", f"score-{solved.id}": "=1"})

    assert refused.status_code == 400
    assert led_on.url == url("review-next", project, queue.id)
    score = Score.objects.for_project(project).get()
    assert (score.session_id, score.value, score.queue_id, score.author_id) == ("a", 1.0, queue.id, bob.pk)
    assert queues.count_progress(project.pk, bob.pk)[queue.id] == (1, 3, 1)


def test_what_is_reviewed_can_be_read_in_another_language(project: Project, queue: ReviewQueue, bob: User) -> None:
    tell(project, "a", [("Olá! O meu pedido ainda não chegou, onde ele está?", "Sinto muito pelo atraso do pedido.")])
    bobs = client_of(bob)
    page = bobs.get(url("review-next", project, queue.id)).url

    plain, translated = read(bobs.get(page)), read(bobs.get(page, {"lang": "en"}))

    assert "choose&amp;session=a" in plain.replace("&session", "&amp;session")
    assert translated.count("Shown in English, machine translation by Embedded models.") == 1
    assert 'data-state="asked"' in translated
    assert 'data-state="asked"' not in plain


def test_a_step_that_a_program_queued_is_reviewed_and_stands_in_the_results(
    project: Project, other_project: Project, queue: ReviewQueue, solved: ScoreConfig, bob: User
) -> None:
    tell(project, "told")
    ingest(other_project.pk, [call("their-trace", "their-span")])
    span = Span.objects.for_project(project).filter(parent_id__isnull=False).order_by("-started_at")[0]
    items = [
        ReviewItem.objects.create(
            project_id=project.pk, id=f"step-{place}", queue_id=queue.id, object_type="OBSERVATION", object_id=span_id
        )
        for place, span_id in enumerate((span.span_id, "their-span"))
    ]
    pages = [url("review-item", project, queue.id, item.id) for item in items]
    bobs = client_of(bob)

    html = bobs.get(pages[0]).content.decode()
    assert "My order #12345" in html
    assert f"?span={span.span_id}#panel" in html
    assert "This item is missing" in bobs.get(pages[1]).content.decode()
    bobs.post(pages[0], {"done": "1", f"score-{solved.id}": "=1"})
    score = Score.objects.for_project(project).get()
    assert (score.trace_id, score.span_id, score.value) == (span.trace_id, span.span_id, 1.0)
    results = json.loads(bobs.get(url("review-results", project, queue.id, "json")).content)
    [step] = [item for item in results["items"] if item["object_id"] == span.span_id]
    assert list(step["values"]["solved"].values()) == ["True"]


def test_what_is_fetched_ahead_is_the_item_after_and_says_nothing_when_there_is_none(
    project: Project, queue: ReviewQueue, alice: User
) -> None:
    client, ahead = client_of(alice), {"Sec-Purpose": "prefetch"}
    here = client.get(url("review-next", project, queue.id)).url
    next_page = url("review-next", project, queue.id) + "?after=" + here.rpartition("/")[2]
    following = client.get(next_page, headers=ahead).url

    assert following not in (here, next_page)
    assert client.get(next_page, headers=ahead).url == following
    assert "max-age" in client.get(following, headers=ahead)["Cache-Control"]
    assert client.get(following)["Cache-Control"] == "private, no-store"
    ReviewItem.objects.for_project(project).exclude(id=here.rpartition("/")[2]).delete()
    assert client.get(next_page, headers=ahead).status_code == 204
    assert "Nothing is left" not in client.get(url("review", project)).content.decode()


def test_a_queue_is_for_whom_it_is_assigned_to(project: Project, queue: ReviewQueue, alice: User, bob: User) -> None:
    queues.change(project, queue, {"user_ids": [alice.pk]}, by=alice)

    assert client_of(bob).get(url("review-next", project, queue.id)).status_code == 403
    assert client_of(alice).get(url("review-next", project, queue.id)).status_code == 302


def test_a_queue_is_filled_from_a_filter(project: Project, queue: ReviewQueue, bob: User) -> None:
    tell(project, "vip-1", user_id="vip")
    tell(project, "plain", user_id="plain")
    bobs = client_of(bob)

    bobs.post(url("review-fill", project, queue.id), {"filter": "https://x/project/1/sessions?user_ids=vip"})
    wrong = bobs.post(url("review-fill", project, queue.id), {"filter": "nonsense=1"}, follow=True)

    items = ReviewItem.objects.for_project(project).values_list("object_id", flat=True)
    assert sorted(items) == ["a", "b", "c", "vip-1"]
    assert "There is no such parameter" in wrong.content.decode()


def test_results_have_every_reviewers_values_side_by_side(
    project: Project, queue: ReviewQueue, solved: ScoreConfig, alice: User, bob: User
) -> None:
    queues.change(project, queue, {"reviewers_per_item": 2}, by=alice)
    tell(project, "a")
    for user, answer in ((alice, "=1"), (bob, "=0")):
        client = client_of(user)
        client.post(client.get(url("review-next", project, queue.id)).url, {"done": "1", f"score-{solved.id}": answer})

    results = json.loads(client_of(alice).get(url("review-results", project, queue.id, "json")).content)
    lines = b"".join(client_of(alice).get(url("review-results", project, queue.id, "csv"))).decode().splitlines()

    assert results["agreement"] == {"solved": 0.0}
    assert results["items"][0]["values"] == {"solved": {"alice@example.com": "True", "bob@example.com": "False"}}
    assert results["items"][0]["reviewers"] == ["alice@example.com", "bob@example.com"]
    assert lines[0].endswith("solved (alice@example.com),solved (bob@example.com),solved agreement")
    assert lines[1] == "SESSION,a,completed,True,False,0.000"
    assert len(lines) == 4


def test_results_keep_what_was_answered_before_a_question_was_renamed(
    project: Project, queue: ReviewQueue, solved: ScoreConfig, alice: User, bob: User
) -> None:
    queues.change(project, queue, {"reviewers_per_item": 2}, by=alice)
    tell(project, "a")
    for user, answer, name in ((alice, "=1", "settled"), (bob, "=1", "settled!")):
        client = client_of(user)
        client.post(client.get(url("review-next", project, queue.id)).url, {"done": "1", f"score-{solved.id}": answer})
        configs.change(project, solved, {"name": name}, by=alice)

    results = json.loads(client_of(alice).get(url("review-results", project, queue.id, "json")).content)
    lines = b"".join(client_of(alice).get(url("review-results", project, queue.id, "csv"))).decode().splitlines()

    assert results["items"][0]["values"] == {"settled!": {"alice@example.com": "True", "bob@example.com": "True"}}
    assert lines[1] == "SESSION,a,completed,True,True,1.000"
    assert sorted(Score.objects.for_project(project).values_list("name", flat=True)) == ["settled", "solved"]


def test_deleting_a_session_takes_what_was_said_of_it_along(
    project: Project, queue: ReviewQueue, solved: ScoreConfig, alice: User
) -> None:
    trace_ids = tell(project, "a")
    client = client_of(alice)
    client.post(client.get(url("review-next", project, queue.id)).url, {"done": "1", f"score-{solved.id}": "=1"})
    client.post(url("annotate", project, "trace", trace_ids[0]), {"thumb": "1"})
    comments.add(project, "SESSION", "a", "of the session", by=alice)
    comments.add(project, "TRACE", trace_ids[0], "of a turn", by=alice)
    comments.add(project, "SESSION", "b", "of another", by=alice)

    erasing.delete_session(project.pk, "a")

    assert not Score.objects.for_project(project).exists()
    assert not SessionScore.objects.for_project(project).exists()
    assert [comment.content for comment in Comment.objects.for_project(project)] == ["of another"]
    assert sorted(item.object_id for item in ReviewItem.objects.for_project(project)) == ["b", "c"]
    assert not Review.objects.for_project(project).filter(state=DONE).exists()


def test_an_item_takes_as_many_queries_however_long_the_queue(
    project: Project, queue: ReviewQueue, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tell(project, "a")
    queues.enqueue(queue, [f"s{number}" for number in range(50)], bob)
    client = client_of(bob)
    page = client.get(url("review-next", project, queue.id)).url
    client.get(page)
    with django_assert_num_queries(19):
        client.get(page)
    with django_assert_num_queries(10):
        client.get(url("review-queue", project, queue.id))


def test_an_item_is_headed_by_what_the_conversation_is_about(queue: ReviewQueue, project: Project, alice: User) -> None:
    tell(project, "ticket-1", [("Where is my parcel?", "On its way.")])
    queues.enqueue(queue, ["ticket-1"], alice)
    item = ReviewItem.objects.for_project(project).get(object_id="ticket-1")

    page = client_of(alice).get(url("review-item", project, queue.id, item.id)).content.decode()

    assert 'title="Where is my parcel?">Where is my parcel?</h1>' in page
    assert 'data-copy="ticket-1"' in page
