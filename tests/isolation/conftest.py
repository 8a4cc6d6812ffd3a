"""A tenant with something in every table, each thing with a text that no other tenant may ever see."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from projects.accounts import people
from projects.audit import Action, record
from projects.auth import create_key
from projects.models import ApiKey, Organization, Project, Role, User
from sessions.annotation import comments, configs, queues
from sessions.annotation.leases import claim
from sessions.cohorts.making import create_cohort
from sessions.deletion import erasing
from sessions.export import files
from sessions.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    AlertFiring,
    AlertFiringSession,
    AlertMember,
    Board,
    BoardSharing,
    BoardTile,
    BulkJob,
    DemoFill,
    Erasure,
    ExportFile,
    Judge,
    JudgeRun,
    JudgeSpending,
    JudgeVersion,
    KeptAnswer,
    ModelProvider,
    Notice,
    ReviewItem,
    SavedView,
    ScoreConfig,
    SessionState,
    SessionStatus,
    SummaryOrder,
    TileChart,
    Verdict,
)
from sessions.models.translation import TranslationJob, TranslationSegment, TranslationUsage
from sessions.rollup.session_rows import recompute
from sessions.search.index import index
from tests.tracing.reports import at, call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import DirtyMark, ModelPrice
from tracing.records import Issue, Reason, ScoreRecord, Sdk
from tracing.store.activity import meter, recompute_project
from tracing.store.media import File, keep
from tracing.store.repricing import order as order_repricing

CANARY = "canary"


@dataclass
class World:
    """The tenant, and the headers or cookies of everybody who comes to its doors."""

    organization: Organization
    project: Project
    owner: User
    values: dict[str, object]  # for the placeholders of routes
    clients: dict[str, Client]  # by column of the table
    headers: dict[str, dict[str, str]]


@pytest.fixture
def world(db: None, other_project: Project, charlie: User) -> World:
    return new_world(other_project, charlie)


@pytest.fixture(scope="module")
def world_of_all(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One for all tests of a module, in a transaction around theirs."""
    with django_db_blocker.unblock(), transaction.atomic():
        elsewhere = Organization.objects.create(name="Globex")
        stranger = User.objects.create_user("charlie@example.com", "correct horse battery")
        elsewhere.memberships.create(user=stranger, role=Role.OWNER)
        yield new_world(elsewhere.projects.create(name="Secret"), stranger)
        transaction.set_rollback(True)


@pytest.fixture
def same_world(db: None, settings: Settings, world_of_all: World) -> World:
    """As it was at first: what a test does to the rows is undone, and it has cookies of its own."""
    settings.REQUESTS_PER_SECOND = 0  # the keys are those of all tests
    clients = {who: Client() for who in world_of_all.clients}
    for who, client in clients.items():
        client.cookies = deepcopy(world_of_all.clients[who].cookies)
    return replace(world_of_all, clients=clients)


def new_world(other_project: Project, charlie: User) -> World:
    organization = people.found_organization(
        f"{CANARY} organization", owner := User.objects.create_user(f"{CANARY}@example.com", name=f"{CANARY} person")
    )
    project = organization.projects.create(name=f"{CANARY} project")
    fill(project, owner)
    viewer = User.objects.create_user("viewer@example.com", "correct horse battery")
    organization.memberships.create(user=viewer, role=Role.VIEWER)
    invitation, _ = people.invite(organization, f"{CANARY}-guest@example.com", Role.MEMBER, by=owner)
    key, _ = create_key(project, name=f"{CANARY} key", public_key=f"pk-{CANARY}")
    new_demo(project.pk)
    new_answer(project.pk)
    values = {
        "project_id": project.pk,
        "organization_id": organization.pk,
        "session_id": "s1",
        "trace_id": "t1",
        "turn_id": "t1",
        "score_id": "score-1",
        "media_id": new_file(project.pk),
        "erasure_id": erasing.begin(project.pk, Erasure.Subject.TRACE, CANARY, by=CANARY).id,
        "facet_name": "tag",
        "cohort_id": create_cohort(project, name=f"{CANARY} cohort", by=owner, session_ids=["s1"]).id,
        "price_id": new_price(project.pk),
        "view_id": new_view(project.pk),
        "job_id": new_job(project.pk),
        **new_alert(project.pk),
        **new_notices(project.pk, owner.pk, viewer.pk),
        **new_judge(project.pk),
        **new_board(project.pk),
        "export_id": new_export(project, owner),
        **annotated(project, owner),
        "page": "sessions",
        "span_id": "a",
        "kind": "trace",  # whose key is t1
        "action": "resolve",
        "form": "json",
        "key_id": key.pk,
        "user_id": owner.pk,
        "member_id": owner.pk,
        "invitation_id": invitation.pk,
        "provider_id": "oidc",
        "token": "guessed",
        "uidb64": "MQ",
        "content_type_id": 1,
        "object_id": owner.pk,
        "app_label": "projects",
        "key": "t1",
        "url": "unknown",
    }
    return World(
        organization,
        project,
        owner,
        values,
        {"nobody": Client(), "stranger": signed_in(charlie), "viewer": signed_in(viewer)}
        | {"their_key": Client(), "ingest_key": Client()},
        {"their_key": bearer(other_project), "ingest_key": bearer(project, scopes=["ingest"])},
    )


def fill(project: Project, owner: User) -> None:
    claims = in_session("s1", user_id="u1", tags=["all", f"{CANARY}-tag"], metadata={"plan": CANARY})
    score = ScoreRecord(id="score-1", name="quality", data_type="NUMERIC", value=1.0, trace_id="t1", scored_at=at(3))
    issue = Issue(Reason.INVALID_SPAN, f"{CANARY} sample")
    spans = [
        call(
            "t1",
            "a",
            name=f"{CANARY} call",
            input=f"{CANARY} question",
            output=f"{CANARY} answer",
            claims=claims,
            raw={"said": CANARY},
        ),
        failed("t1", "b", "a", status_message=f"{CANARY} failure"),
    ]
    ingest(project.pk, [*spans, score], sdk=Sdk("an-sdk", "1"), issues=[issue])
    recompute(project.pk, ["s1"])
    record(Action.PROJECT_CREATED, project, actor=owner, target=f"{CANARY} project")
    SessionState.objects.create(
        project_id=project.pk, session_id="s1", title=f"{CANARY} title", note=CANARY, status=SessionStatus.OPEN,
        assignee_id=owner.pk, labels=[f"{CANARY} label"],
    )  # fmt: skip
    index(project.pk, ["t1"])
    meter(project.pk, [timezone.now().date()])
    for target in (DirtyMark.Target.HOUR, DirtyMark.Target.DAY):
        recompute_project(project.pk, target)
    order_repricing(project.pk, CANARY)
    translated(project.pk)


def translated(project_id: int) -> None:
    """A translation of the trace that is done, and what it was made of."""
    now = timezone.now()
    TranslationJob.objects.create(
        project_id=project_id, trace_id="t1", version=CANARY, target="de", provider="embedded", engine=CANARY,
        state=TranslationJob.State.DONE, result={"input": f"{CANARY} Frage"}, wanted_until=now, finished_at=now,
    )  # fmt: skip
    TranslationSegment.objects.create(project_id=project_id, trace_id="t1", key=b"k" * 32, text=f"{CANARY} Frage")
    TranslationUsage.objects.create(project_id=project_id, day=now.date(), provider="embedded", characters=11)


def new_price(project_id: int) -> str:
    return ModelPrice.objects.create(project_id=project_id, pattern=CANARY, input_price=1, output_price=1).id


def new_view(project_id: int) -> object:
    view = SavedView(project_id=project_id, owner_id=0, owner=CANARY, name=CANARY, is_shared=True)
    view.save(force_insert=True)
    return view.id


def new_board(project_id: int) -> dict[str, object]:
    """A shared board with a tile."""
    board = Board(project_id=project_id, owner_id=0, owner=CANARY, name=CANARY, sharing=BoardSharing.EDIT)
    board.save(force_insert=True)
    tile = BoardTile(project_id=project_id, board_id=board.id, place=0, chart=TileChart.TEXT, text=CANARY)
    tile.save(force_insert=True)
    return {"board_id": board.id, "tile_id": tile.id}


def new_judge(project_id: int) -> dict[str, object]:
    """A judge with a verdict about the session, and a backfill."""
    config = ScoreConfig.objects.create(project_id=project_id, name=f"{CANARY} answer", data_type="BOOLEAN")
    judge = Judge(
        project_id=project_id, name=f"{CANARY} judge", config_id=config.id, created_by=CANARY, version=1, is_on=True
    )
    ModelProvider.objects.create(project_id=project_id, protocol="anthropic", model=CANARY, consent_at=timezone.now())
    judge.save(force_insert=True)
    JudgeVersion.objects.create(
        project_id=project_id, judge_id=judge.id, number=1, kind="prompt", prompt=CANARY, created_by=CANARY
    )
    Verdict.objects.create(
        project_id=project_id, judge_id=judge.id, session_id="s1", version=1, content_hash=1, state="done",
        is_current=True, value=1.0, string_value="True", reason=CANARY,
    )  # fmt: skip
    JudgeSpending.objects.create(project_id=project_id, judge_id=judge.id, month=timezone.now().replace(day=1).date())
    run = JudgeRun(
        project_id=project_id, judge_id=judge.id, version=1, purpose="backfill", query=f"{CANARY}", requested_by=CANARY,
        expected_count=1, stopped_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    run.save(force_insert=True)
    return {"judge_id": judge.id, "run_id": run.id}


def new_alert(project_id: int) -> dict[str, object]:
    """An alert that fired for the session, and a channel to which that was sent."""
    now = timezone.now()
    channel = AlertChannel(project_id=project_id, name=f"{CANARY} channel", kind=AlertChannel.Kind.WEBHOOK, host=CANARY)
    channel.save(force_insert=True)
    alert = Alert(
        project_id=project_id, name=f"{CANARY} alert", kind="enters", query_string=f"q={CANARY}", owner=CANARY,
        channel_ids=[channel.id], is_known=True,
    )  # fmt: skip
    alert.save(force_insert=True)
    AlertMember.objects.create(project_id=project_id, watch_id=alert.watch_id, session_id="s1", entered_at=now)
    firing = AlertFiring(project_id=project_id, alert_id=alert.id, began_at=now, told_at=now, session_count=1)
    firing.save(force_insert=True)
    AlertFiringSession.objects.create(project_id=project_id, firing_id=firing.id, session_id="s1")
    delivery = AlertDelivery(
        project_id=project_id, firing_id=firing.id, channel_id=channel.id, event="fired", finished_at=now,
        attempts=[{"at": now.isoformat(), "status": 500, "error": f"{CANARY} error", "ms": 1}], is_dead=True,
    )  # fmt: skip
    delivery.save(force_insert=True)
    return {"alert_id": alert.id, "channel_id": channel.id, "delivery_id": delivery.id}


def new_notices(project_id: int, *user_ids: int) -> dict[str, object]:
    """What each of these people was told of the session."""
    for user_id in user_ids:
        Notice(
            project_id=project_id, recipient_id=user_id, kind="assigned", actor=f"{CANARY} rule",
            object_type="SESSION", object_id="s1",
        ).save(force_insert=True)  # fmt: skip
        SummaryOrder.objects.create(
            project_id=project_id, user_id=user_id, pace="daily", due_at=timezone.now() + timedelta(days=1),
            period_end=timezone.now(),
        )  # fmt: skip
    return {"notice_id": Notice.objects.for_project(project_id).filter(recipient_id=user_ids[0]).get().id}


def new_answer(project_id: int) -> None:
    KeptAnswer.objects.create(
        project_id=project_id,
        digest="d" * 64,
        request_digest="r" * 64,
        status=200,
        answer=f'[{{"id": "{CANARY}"}}, {{}}]',
    )


def new_demo(project_id: int) -> None:
    DemoFill.objects.create(
        project_id=project_id, seed=1, expected_count=1, session_ids=["s1"], requested_by=CANARY, requested_by_id=0,
        finished_at=timezone.now(),
    )  # fmt: skip


def new_job(project_id: int) -> object:
    return BulkJob.objects.create(
        project_id=project_id, action="bookmark", query=CANARY, expected_count=1, requested_by=CANARY, requested_by_id=0
    ).id


def new_file(project_id: int) -> str:
    file = File("t1", "text/plain", f"{CANARY} file".encode())
    keep(project_id, [file])
    return file.media_id


def new_export(project: Project, owner: User) -> object:
    """A finished file."""
    file = files.begin(project, QueryDict("format=messages"), by=owner)
    while files.proceed(file, 0.0):
        file.refresh_from_db(from_queryset=ExportFile.objects.for_project(project))
    return file.id


def annotated(project: Project, owner: User) -> dict[str, str]:
    """The ids of a score config, a comment, and an item of a review queue."""
    config = configs.create(project, {"name": f"{CANARY} config", "data_type": "TEXT"}, by=owner)
    queue = queues.create(project, {"name": f"{CANARY} queue", "score_config_ids": [config.id]}, by=owner)
    queues.enqueue(queue, ["s1"], owner)
    comment = comments.add(project, "SESSION", "s1", f"{CANARY} comment", by=owner)
    item = ReviewItem.objects.for_project(project).get()
    claim(queue, owner.pk)
    return {"config_id": config.id, "comment_id": comment.id, "queue_id": queue.id, "item_id": item.id}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def bearer(project: Project, **fields: list[str]) -> dict[str, str]:
    _, secret = create_key(project, **fields)
    return {"Authorization": f"Bearer {secret}"}


def contents(project: Project) -> dict[str, object]:
    """Everything of the tenant that another one could have changed."""
    organization = project.organization
    project.refresh_from_db()
    organization.refresh_from_db()
    return {
        "names": (project.name, organization.name, project.archived_at, project.deleted_at, organization.deleted_at),
        "limits": (project.retention_days, project.monthly_span_quota),
        "members": sorted(organization.memberships.values_list("user", "role")),
        "invitations": sorted(organization.invitations.values_list("email", "role")),
        "projects": sorted(organization.projects.values_list("name", flat=True)),
        "keys": sorted(ApiKey.objects.filter(project=project).values_list("public_key", "revoked_at")),
    }
