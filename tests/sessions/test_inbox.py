"""The inbox: who is told what, what is read, what is mailed, and what is forgotten."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.accounts import people
from projects.auth import create_own_key
from projects.models import Project, Role, User
from sessions.annotation import comments, queues
from sessions.annotation.configs import NotAllowed
from sessions.annotation.mentions import handles_of, mentioned, parts_of
from sessions.conversations.states import edit_states, setting
from sessions.deletion import erasing
from sessions.inbox.mailing import MAIL_BACKOFF
from sessions.inbox.tasks import notice_mails
from sessions.models import Comment, Notice, ObjectType, ReviewQueue
from sessions.noticing import MAX_NOTICES, tell
from sessions.replay.state import say
from sessions.rollup.recomputing import drain
from tests.conftest import Key
from tests.conversations import tell as converse
from tests.mail_server import MailServer, html_of, serving_mail
from tests.sessions.alerts.test_telling import a_channel, tell_now
from tests.sessions.alerts.watched import an_alert, look, store

pytestmark = pytest.mark.django_db(transaction=True)
FAR = float("inf")


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    settings.BASE_URL = "https://confab.test"
    with serving_mail(settings) as server:
        yield server


def comment(project: Project, text: str, by: User, **more: Any) -> Comment:
    return comments.add(project, ObjectType.SESSION, "s1", text, by=by, **more)


def kinds(project: Project, user: User) -> list[str]:
    found = Notice.objects.for_project(project).filter(recipient_id=user.pk).order_by("created_at")
    return list(found.values_list("kind", flat=True))


def mail_now(project: Project) -> None:
    """Send what waits, as if its time had come."""
    Notice.objects.for_project(project).filter(finished_at=None).update(due_at=timezone.now())
    notice_mails.work(project.pk, FAR)


def session_of(project: Project, session_id: str = "s1") -> Any:
    from sessions.models import Session

    return Session.objects.for_project(project).get(session_id=session_id)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@bob look", {"bob"}),
        ("Look, @Bob. And (@alice@example.com)!", {"bob", "alice"}),
        ("mail bob@example.com, x@bob, @@bob, @bobby", set()),
        ("@charlie is no member", set()),
        ("@bob@example.com.", {"bob"}),
        ("nobody", set()),
    ],
)
def test_only_members_are_mentioned(
    project: Project, alice: User, bob: User, charlie: User, text: str, names: set[str]
) -> None:
    by_name = {"alice": alice.pk, "bob": bob.pk}
    assert mentioned(text, [alice, bob]) == {by_name[name] for name in names}
    parts = parts_of(text, handles_of([alice, bob]))
    assert "".join(part for part, _ in parts) == text
    assert sum(is_mention for _, is_mention in parts) == len(names)


def test_a_name_that_two_members_have_mentions_neither(bob: User) -> None:
    other = User.objects.create_user("bob@elsewhere.example")
    assert mentioned("@bob", [bob, other]) == set()
    assert mentioned("@bob@elsewhere.example", [bob, other]) == {other.pk}


def test_a_comment_tells_whom_it_mentions_and_whom_it_answers_once_and_never_its_author(
    project: Project, alice: User, bob: User, charlie: User
) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    first = comment(project, "Why so late? @alice @charlie", alice)
    assert Notice.objects.for_project(project).count() == 0

    comment(project, "The bank.", bob, thread=first)
    comment(project, "Since when, @bob?", alice, thread=first)

    assert kinds(project, alice) == ["answer"]
    assert kinds(project, bob) == ["mention"]  # which is also an answer
    comments.change(project, first, "Why so late? @bob", by=alice)
    comments.change(project, first, "Why so late, @bob?", by=alice)
    assert kinds(project, bob) == ["mention", "mention"]


def test_a_refused_comment_tells_nobody(project: Project, alice: User, bob: User, monkeypatch: Any) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    erasing.delete_sessions(project.pk, ["s1"], FAR)
    with pytest.raises(NotAllowed):
        comment(project, "@bob", alice)
    assert Notice.objects.for_project(project).count() == 0


def test_assignments_tell_of_one_session_or_of_how_many(project: Project, alice: User, bob: User) -> None:
    for number in range(4):
        converse(project, f"s{number}", [("Where is it?", "On its way.")])
    say(session_of(project), alice, assignee_id=bob.pk)
    say(session_of(project), alice, assignee_id=bob.pk)  # once more is no news
    say(session_of(project, "s2"), bob, assignee_id=bob.pk)  # nor is what one does oneself
    for ids in (["s0", "s3"], ["s1", "s2"]):
        edit_states(project.pk, ids, setting(assignee_id=None), by=alice.email)
        edit_states(project.pk, ids, setting(assignee_id=bob.pk), by=alice.email)

    one, many = Notice.objects.for_project(project).order_by("session_count")
    assert (one.kind, one.object_id, one.session_count) == ("assigned", "s1", 1)
    assert (many.kind, many.object_id, many.session_count) == ("assigned", "", 4)


def test_a_queue_tells_those_who_are_to_review_it(project: Project, alice: User, bob: User) -> None:
    queue = queues.create(project, {"name": "Weekly"}, by=alice)
    queues.enqueue(queue, ["s1", "s2"], alice)
    assert Notice.objects.for_project(project).count() == 0  # every member may, so nobody has to

    queues.change(project, queue, {"user_ids": [alice.pk, bob.pk]}, by=alice)
    queue = ReviewQueue.objects.for_project(project).get()
    queues.enqueue(queue, ["s3"], alice)

    notice = Notice.objects.for_project(project).get()
    assert (notice.recipient_id, notice.kind, notice.session_count) == (bob.pk, "queue", 3)
    queues.delete(project, queue, alice)
    assert Notice.objects.for_project(project).count() == 0


def test_an_alert_that_mails_somebody_is_in_their_inbox(project: Project, alice: User, bob: User) -> None:
    channel, _ = a_channel(project, alice, "mail", user_ids=[bob.pk])
    an_alert(project, alice, channel_ids=[channel.id], name="Failures")
    store(project, "bad", fails=True)
    look(project)
    tell_now(project)

    [notice] = Notice.objects.for_project(project)
    assert (notice.recipient_id, notice.kind, notice.session_count) == (bob.pk, "alert", 1)
    page = Client()
    page.force_login(bob)
    html = page.get(reverse("inbox", args=[project.pk])).content.decode()
    assert "Failures" in html
    assert "1 session entered" in html


def test_the_inbox_shows_the_comment_in_its_thread_and_counts_what_is_unread(
    project: Project, alice: User, bob: User
) -> None:
    trace_id = converse(project, "s1", [("Where is it?", "On its way.")])[0]
    made = comments.add(project, ObjectType.TRACE, trace_id, "Why, @bob? <b>", by=alice)
    notice = Notice.objects.for_project(project).get()
    page, inbox = Client(), reverse("inbox", args=[project.pk])
    page.force_login(bob)
    count = reverse("inbox-count", args=[project.pk])
    assert "1" in page.get(count).content.decode()
    assert page.get(inbox, {"item": notice.id}, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    assert page.get(inbox, {"only": "unread"}).content.decode().count('class="inbox-item"') == 1

    say(session_of(project), alice, assignee_id=bob.pk)
    html = page.get(inbox, {"item": notice.id}).content.decode()

    assert html.count('class="inbox-item"') == 2
    assert " · edited" not in html
    assert f'<div class="comment is-meant"\n    id="comment-{made.id}"' in html
    assert f'id="comment-{made.id}"' in html
    assert '<span class="mention">@bob</span>? &lt;b&gt;' in html
    assert f"/project/{project.pk}/sessions/s1?turn={trace_id}#trace-{trace_id}" in html
    assert "On its way." in html
    page.get(inbox, {"item": Notice.objects.for_project(project).get(kind="assigned").id})
    assert page.get(count).content.strip() == b""
    read = reverse("inbox-read", args=[project.pk])
    page.post(read, {"item": notice.id, "unread": "1"})
    assert "1" in page.get(count).content.decode()
    page.post(read)
    assert page.get(count).content.strip() == b""


def test_nobody_reads_what_others_are_told(project: Project, alice: User, bob: User, charlie: User) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    comment(project, "@bob", alice)
    notice = Notice.objects.for_project(project).get()
    inbox, read = reverse("inbox", args=[project.pk]), reverse("inbox-read", args=[project.pk])
    for who in (alice, charlie):
        page = Client()
        page.force_login(who)
        assert page.get(inbox, {"item": notice.id}).status_code == 404
        page.post(read, {"item": notice.id})
    assert Notice.objects.for_project(project).get().is_unread
    assert page.get(inbox, {"item": "no uuid"}).status_code == 404


def test_whoever_leaves_is_told_nothing_more_and_keeps_nothing(
    project: Project, alice: User, bob: User, mails: MailServer
) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    comment(project, "@bob", alice)
    people.remove(project.organization, bob, by=alice)
    assert Notice.objects.for_project(project).count() == 0
    comment(project, "@bob @bob@example.com", alice)
    people.enrol(project.organization, bob.email, Role.MEMBER)
    assert Notice.objects.for_project(project).count() == 0
    mail_now(project)
    assert mails.mails == []


def test_what_is_deleted_leaves_the_inbox(project: Project, alice: User, bob: User) -> None:
    for session_id in ("s1", "s2"):
        trace_id = converse(project, session_id, [("Where is it?", "On its way.")])[0]
        comments.add(project, ObjectType.SESSION, session_id, "@bob", by=alice)
        comments.add(project, ObjectType.TRACE, trace_id, "@bob", by=alice)
    first = comment(project, "@bob", alice)
    comments.delete(project, first, by=alice)
    assert Notice.objects.for_project(project).count() == 4
    erasing.delete_sessions(project.pk, ["s1"], FAR)
    drain(project.pk)
    about = Notice.objects.for_project(project).order_by("created_at").values_list("object_type", flat=True)
    assert list(about) == ["SESSION", "TRACE"]
    assert Notice.objects.for_project(project).filter(object_id="s2").exists()


def test_the_oldest_notices_go(project: Project, alice: User, bob: User) -> None:
    for number in range(MAX_NOTICES + 3):
        about = {"object_type": "SESSION", "object_id": f"s{number}"}
        tell(project.pk, "assigned", [bob.pk], by=alice.email, **about)  # type: ignore[arg-type]
    kept = set(Notice.objects.for_project(project).values_list("object_id", flat=True))
    assert kept == {f"s{number}" for number in range(3, MAX_NOTICES + 3)}


def test_what_happens_within_a_minute_is_one_mail_with_links_and_without_words(
    project: Project, alice: User, bob: User, mails: MailServer
) -> None:
    alice.name = "Alice evil.example"
    alice.save()
    converse(project, "s1", [("Where is it?", "On its way.")])
    comment(project, "@bob secretwords", alice)
    say(session_of(project), alice, assignee_id=bob.pk)
    notice_mails.work(project.pk, FAR)
    assert mails.mails == []  # its minute is not over

    mail_now(project)
    mail_now(project)

    [text] = mails.texts(bob.email)
    [mail] = mails.mails
    for said in (text, html_of(mail)):
        assert "mentioned you" in said
        assert "assigned you a session" in said
        assert "secretwords" not in said
        assert "evil.example" not in said  # a mail program would make a link of it
        assert set(re.findall(r"https?://[\w.]+", said)) == {"https://confab.test"}
        for notice in Notice.objects.for_project(project):
            assert f"https://confab.test/project/{project.pk}/inbox?item={notice.id}" in said


def test_what_was_read_or_is_not_wanted_is_not_mailed(
    project: Project, alice: User, bob: User, mails: MailServer
) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    page = Client()
    page.force_login(bob)
    page.post(reverse("account-notices"), {"mailed": ["mention", "queue"]})
    bob.refresh_from_db()
    assert bob.unmailed_kinds == ["answer", "assigned"]
    say(session_of(project), alice, assignee_id=bob.pk)
    comment(project, "@bob", alice)
    page.post(reverse("inbox-read", args=[project.pk]))
    mail_now(project)
    assert mails.mails == []
    assert not Notice.objects.for_project(project).filter(finished_at=None).exists()

    comment(project, "@bob", alice)
    page.post(reverse("account-notices"), {"mailed": []})
    mail_now(project)
    assert mails.mails == []  # not wanted any more when its minute was over


def test_a_mail_that_is_refused_is_sent_again_and_at_last_given_up(
    project: Project, alice: User, bob: User, mails: MailServer
) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    comment(project, "@bob", alice)
    mails.refuses = True
    mail_now(project)
    notice = Notice.objects.for_project(project).get()
    assert notice.attempt_count == 1
    assert notice.due_at > timezone.now() + MAIL_BACKOFF[0] - timedelta(seconds=30)
    mails.refuses = False
    mail_now(project)
    assert len(mails.mails) == 1

    mails.refuses = True
    comment(project, "@bob", alice)
    for _ in range(len(MAIL_BACKOFF) + 1):
        mail_now(project)
    assert not Notice.objects.for_project(project).filter(finished_at=None).exists()
    mails.refuses = False
    mail_now(project)
    assert len(mails.mails) == 1


def test_a_mail_that_another_worker_sends_is_left_to_it(
    project: Project, alice: User, bob: User, mails: MailServer
) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    comment(project, "@bob", alice)
    Notice.objects.for_project(project).update(leased_until=timezone.now() + Notice.LEASE)
    mail_now(project)
    assert mails.mails == []
    Notice.objects.for_project(project).update(leased_until=timezone.now() - timedelta(seconds=1))  # it was killed
    mail_now(project)
    assert len(mails.mails) == 1


def test_names_complete_a_mention_for_whoever_may_comment(project: Project, alice: User, bob: User) -> None:
    bob.name = "Robert Bobson"
    bob.save()
    page, names = Client(), reverse("mention-names", args=[project.pk])
    page.force_login(alice)
    for begun in ("bo", "ROB", "bobs"):
        html = page.get(names, {"q": begun}).content.decode()
        assert re.findall(r'data-name="([^"]+)"', html) == ["bob"]
    assert page.get(names, {"q": "zz"}).content.strip() == b""


def test_programs_of_a_person_list_their_notices_and_mark_them_as_read(
    client: Client, project: Project, alice: User, bob: User, key: Key
) -> None:
    converse(project, "s1", [("Where is it?", "On its way.")])
    comment(project, "@bob", alice)
    comment(project, "@alice", bob)
    _, secret = create_own_key(bob, name="mine", scopes=["read", "write"], expires_at=None)
    headers = {"Authorization": f"Bearer {secret}", "X-Confab-Project": str(project.pk)}

    [notice] = client.get("/api/v1/notices?unread=true", headers=headers).json()["data"]
    assert (notice["said"], notice["kind"], notice["read_at"]) == (f"{alice.shown_name} mentioned you", "mention", None)
    assert notice["url"].endswith(reverse("session", args=[project.pk, "s1"]))

    def mark(body: str, **headers_of: str) -> Any:
        one = f"/api/v1/notices/{notice['id']}"
        return client.patch(one, body, "application/json", headers=headers_of or headers)

    assert mark("{}").status_code == 400
    assert mark('{"is_read": true}').json()["read_at"] is not None
    assert client.get("/api/v1/notices?unread=true", headers=headers).json()["data"] == []
    assert mark('{"is_read": false}').json()["read_at"] is None
    theirs = Notice.objects.for_project(project).get(recipient_id=alice.pk)
    assert client.patch(f"/api/v1/notices/{theirs.id}", "{}", "application/json", headers=headers).status_code == 404

    assert client.get("/api/v1/notices", headers={"Authorization": key.bearer}).json()["data"] == []
    assert mark('{"is_read": true}', Authorization=key.bearer).status_code == 404
