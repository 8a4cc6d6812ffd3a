"""What is left of an erased person, which is nothing; and what the audit log keeps, which is no content."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.accounts import people as inviting
from projects.audit import Action
from projects.models import AuditEvent, Organization, Project, Role, User
from sessions.annotation import configs
from sessions.deletion import erasing
from sessions.deletion.remains import Pseudonym
from sessions.models import (
    Alert,
    AlertChannel,
    Board,
    Cohort,
    Judge,
    JudgeRun,
    JudgeVersion,
    TranslationJob,
    TranslationSettings,
)
from sessions.rollup.tasks import recompute_dirty
from sessions.search.index import index_waiting
from sessions.translation import jobs as translating
from sessions.translation.secrets import encrypted
from tests.conftest import Key
from tests.judges import endpoint as judging
from tests.judges.judged import watch_all, work
from tests.sessions.marked import MARKS, PERSON, WORDS, People, found, send
from tests.tracing.reports import call
from tests.translation.engines import served
from tracing.ingest.pipeline import ingest
from tracing.models import IngestionIssue
from tracing.store.tombstones import pseudonym_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def people(project: Project, alice: User, client: Client, key: Key, settings: Any, tmp_path: Path) -> People:
    settings.MEDIA_ROOT = tmp_path
    client.post(reverse("sign-in"), {"login": alice.email, "password": PASSWORD})
    return People(project, client, key)


def translate(people: People, by: User, settings: Any) -> None:
    with served() as engine:
        settings.TRANSLATION_HOSTS = ["127.0.0.1"]
        TranslationSettings.objects.create(
            project=people.project,
            provider="libretranslate",
            base_url=engine.url,
            secret=encrypted("k-123"),
            consent_by=by.email,
            consent_at=timezone.now(),
        )
        people.post("translation", "t1", at="?to=en")
        translating.run(TranslationJob.objects.for_project(people.project).get())


def test_nothing_of_an_erased_person_is_left_anywhere(
    people: People, project: Project, alice: User, settings: Any
) -> None:
    send(project)
    people.annotate()
    people.program()
    people.collect()
    watch(people)
    translate(people, alice, settings)
    planted = {place.partition(".")[0].partition("_2")[0] for place in found()}
    assert planted >= {
        "trace", "span", "span_io", "session", "score", "comment", "session_state", "saved_view", "cohort", "bulk_job",
        "review_queue", "alert", "alert_channel", "board", "board_tile", "ingestion_issue", "trace_text",
        "translation_segment", "kept_answer",
    }  # fmt: skip

    people.post("project-erasures", user_id=PERSON, again=PERSON)
    recompute_dirty(project.pk)
    index_waiting(project.pk, waited=timedelta())
    send(project)  # an exporter's retry of everything

    assert found() == []
    [receipt] = erasing.Erasure.objects.for_project(project)
    assert receipt.key == pseudonym_of(project.pk, PERSON)
    assert receipt.trace_count == 2


def watch(people: People) -> None:
    """An alert about the person, and a channel: made, changed, tried, and in the end deleted by `unwatch`."""
    times = {"pace": "once", "from_hour": 0, "until_hour": 24, "is_on": "on"}
    given = {"name": f"About {PERSON}", "query": f"user:{PERSON}", **times}
    people.post("alert-channels", name=f"For {PERSON}", kind="mail")
    people.post("alert-new", **given)
    alert = Alert.objects.for_project(people.project).get()
    people.post("alert", alert.id, **given)
    people.post("alert-mute", alert.id, **{"for": "hour"})
    people.post("channel-test", AlertChannel.objects.for_project(people.project).get().id)


def unwatch(people: People) -> None:
    people.post("channel-delete", AlertChannel.objects.for_project(people.project).get().id)
    people.post("alert-delete", Alert.objects.for_project(people.project).get().id)


def judge(people: People, settings: Any) -> None:
    """A judge about the person, which asks a model about the conversation: made, switched on, and archived.

    Its backfill is refused, because nothing is left to judge."""
    settings.TRANSLATION_HOSTS = ["127.0.0.1"]
    answers = configs.load_configs(people.project)
    chosen = {"part": "judging", "provider": "openai_compatible", "model": "gpt-4o-mini"}
    chosen |= {"secret": "k-123", "consent": "on"}
    given = {"name": f"About {PERSON}", "quiet_minutes": 0, "sample_percent": 100, "prompt": f"Is {PERSON} angry?"}
    mood = next(config.id for config in answers if config.name == "mood")
    with judging.served() as endpoint:
        people.post("project-providers", base_url=endpoint.url, requests_per_minute=600, window_tokens=60_000, **chosen)
        people.post("judge-new", config_id=mood, **given)
        made = Judge.objects.for_project(people.project).get()
        people.post("judge-switch", made.id, to="on")
        watch_all(made)
        work(people.project)
        people.post("judge-order", made.id, purpose="backfill", q=f"user:{PERSON}", percent="100")
    people.post("judge-switch", made.id, to="archive")


def key_and_project(people: People, organization: Organization) -> None:
    people.post("key-create", name="k", scopes=["read"])
    made = people.project.api_keys.get(name="k")
    people.post("key-rotate", made.pk, overlap="1")
    people.post("key-revoke", made.pk)
    people.client.post(reverse("project-create", args=[organization.pk]), {"name": "Second"})
    second = organization.projects.get(name="Second")
    people.client.post(reverse("project-rename", args=[second.pk]), {"name": "Third"})
    for _ in range(2):
        people.client.post(reverse("project-archive", args=[second.pk]))
    people.client.post(reverse("project-delete", args=[second.pk]), {"confirm": "Third"})
    people.client.post(reverse("organization-create"), {"name": "Initech"})
    made_of = Organization.objects.get(name="Initech")
    people.client.post(reverse("organization-settings", args=[made_of.pk]), {"name": "Initrode"})
    people.client.post(reverse("organization-delete", args=[made_of.pk]), {"confirm": "Initrode"})


def membership(client: Client, organization: Organization, bob: User, alice: User) -> None:
    there = [organization.pk]
    for email in ("frank@example.com", "grace@example.com"):
        client.post(reverse("member-invite", args=there), {"email": email, "role": "member"})
    withdrawn = organization.invitations.get(email="grace@example.com")
    client.post(reverse("invitation-withdraw", args=[*there, withdrawn.pk]))
    frank, as_frank = User.objects.create_user("frank@example.com", PASSWORD), Client()
    as_frank.post(reverse("sign-in"), {"login": frank.email, "password": PASSWORD})
    _, token = inviting.invite(organization, frank.email, Role.MEMBER, by=alice)
    as_frank.post(reverse("invitation-accept", args=[token]))
    client.post(reverse("member-role", args=[*there, bob.pk]), {"role": "viewer"})
    client.post(reverse("member-remove", args=[*there, frank.pk]))
    as_bob = Client()
    as_bob.post(reverse("sign-in"), {"login": bob.email, "password": "wrong"})
    as_bob.post(reverse("sign-in"), {"login": bob.email, "password": PASSWORD})
    new = {"oldpassword": PASSWORD, "password1": "a brand new password", "password2": "a brand new password"}
    as_bob.post(reverse("account_change_password"), new)
    as_bob.post(reverse("organization-leave", args=there))
    grace = User.objects.create_user("grace@example.com", PASSWORD)
    successor = organization.memberships.create(user=grace, role=Role.MEMBER)
    client.post(reverse("organization-transfer", args=there), {"member": successor.pk})
    client.post(reverse("sign-out"))


def test_no_action_leaves_content_in_the_audit_log(
    people: People, project: Project, organization: Organization, alice: User, bob: User, settings: Any
) -> None:
    people.post("setup-demo")
    send(project)
    people.annotate()
    people.program()
    people.agent()
    people.collect()
    watch(people)
    unwatch(people)
    translate(people, alice, settings)
    judge(people, settings)
    people.post("board-delete", Board.objects.for_project(project).get().id)
    people.post("session-delete", "s1")
    ingest(project.pk, [call("t9", "a")])
    people.post("trace-delete", "t9")
    people.post("project-erasures", user_id=PERSON, again=PERSON)
    key_and_project(people, organization)
    membership(people.client, organization, bob, alice)

    rows = AuditEvent.objects.order_by("pk")
    assert sorted(set(Action.values) - {row.action for row in rows}) == [], "do these here, too"
    for row in rows:
        told = f"{row.target} {row.details}".lower()
        assert not any(mark in told for mark in MARKS), row
        assert row.ip == (None if row.actor.startswith("judge ") else "127.0.0.1"), row


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("user_ids=ana&limit=50", "user_ids=ERASED&limit=50"),
        ("user_ids=anabel", "user_ids=anabel"),
        ("q=user%3Aana+cost%3E1", "q=user%3AERASED+cost+%3E+1"),
        ("q=-user%3Aana", "q=-user%3AERASED"),
        ("q=ana", "q=ana"),  # too short to tell it from a word
        ("", ""),
    ],
)
def test_a_filter_that_names_a_person_names_a_pseudonym_instead(query: str, expected: str) -> None:
    assert Pseudonym("ana", "ERASED").in_filter(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=Mallory%40example.org+refund", "q=ERASED+refund"),
        ("q=(user%3Aben+OR+user%3Amallory%40example.org)", "q=user%3Aben+OR+user%3AERASED"),
        ("q=%22from+mallory%40example.org%22", "q=%22from+ERASED%22"),
        ("q=broken%28+mallory%40example.org", "q=broken%28+ERASED"),
        ("metadata.mail=mallory%40example.org", "metadata.mail=ERASED"),
        ("q=mallory%40example.organic", "q=mallory%40example.organic"),
    ],
)
def test_a_telling_id_goes_from_words_too(query: str, expected: str) -> None:
    assert Pseudonym("mallory@example.org", "ERASED").in_filter(query) == expected


def test_names_that_become_the_same_stay_apart(project: Project, alice: User) -> None:
    for name in ("of Mallory", "of mallory"):
        Cohort.objects.create(project_id=project.pk, name=name, owner_id=alice.pk, owner=alice.email)
    erasing.erase_person(project.pk, "mallory")

    names = sorted(Cohort.objects.for_project(project).values_list("name", flat=True))
    assert len(names) == 2
    assert all("mallory" not in name.lower() for name in names)


def test_a_late_report_that_is_refused_leaves_no_sample(project: Project) -> None:
    ingest(project.pk, [call("t1", "a")])
    erasing.proceed(erasing.begin(project.pk, erasing.Subject.TRACE, "t1", by=""))

    ingest(project.pk, [call("t1", "b", name=WORDS * 300), call("t2", "a", name="kept" * 300)])

    samples = dict(IngestionIssue.objects.for_project(project).values_list("reason", "sample"))
    assert WORDS not in str(samples)
    assert samples["text_cut"].startswith("kept")


def test_an_erased_person_leaves_the_queries_of_judges_and_of_what_they_judged(project: Project, alice: User) -> None:
    config = configs.create(project, {"name": "mood", "data_type": "BOOLEAN"}, by=alice)
    query = "user:mallory@example.org turns > 2"
    judge = Judge(project_id=project.pk, name="About mallory@example.org", query=query, config_id=config.id)
    judge.save(force_insert=True)
    run = JudgeRun(
        project_id=project.pk, judge_id=judge.id, version=1, purpose="backfill", query=query, expected_count=1
    )
    run.save(force_insert=True)
    prompt = "Was mallory@example.org treated well?"
    for number, kind in ((1, "rule"), (2, "prompt")):
        rule, asked = (query, "") if kind == "rule" else ("", prompt)
        version = JudgeVersion(
            project_id=project.pk, judge_id=judge.id, number=number, kind=kind, rule=rule, prompt=asked
        )
        version.save(force_insert=True)
    erasing.erase_person(project.pk, "mallory@example.org")

    judge, run = Judge.objects.for_project(project).get(), JudgeRun.objects.for_project(project).get()
    assert "mallory" not in judge.name + judge.query + run.query
    assert judge.query == run.query
    assert judge.query.endswith("turns > 2")
    first, second = JudgeVersion.objects.for_project(project).order_by("number")
    assert (first.rule, "mallory" in second.prompt) == (judge.query, False)
    assert second.prompt.endswith("treated well?")
