"""What people say about sessions beside their scores: what may be scored, comments, queues of sessions to review."""

import uuid
from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from projects.models import User
from projects.tenancy import TenantQuerySet
from tracing.models import IdField


def new_id() -> str:
    return uuid.uuid4().hex


class DataType(models.TextChoices):
    NUMERIC = "NUMERIC", "Number"
    CATEGORICAL = "CATEGORICAL", "Category"
    BOOLEAN = "BOOLEAN", "Yes or no"
    TEXT = "TEXT", "Text"


class ObjectType(models.TextChoices):
    """What is commented or reviewed, in the words of the Langfuse-compatible API."""

    SESSION = "SESSION"
    TRACE = "TRACE"
    OBSERVATION = "OBSERVATION"
    PROMPT = "PROMPT"


class ScoreConfig(models.Model):
    """What people are asked for under one name. Changing or archiving it leaves every score as it was given."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = IdField(default=new_id)
    name = models.TextField()
    data_type = models.CharField(max_length=12, choices=DataType)
    min_value = models.FloatField(null=True)
    max_value = models.FloatField(null=True)
    categories = models.JSONField(
        default=list, help_text='[{"value": number, "label": text}], in the order of keys 1-9.'
    )
    description = models.TextField(default="")
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "score_config"
        indexes = [models.Index(fields=["project_id", "name"], name="score_config_name")]

    def __str__(self) -> str:
        return self.name


class Comment(models.Model):
    """A remark on a session, a trace or a span. Answers name the first comment of their thread."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = IdField(default=new_id)
    object_type = models.CharField(max_length=12, choices=ObjectType)
    object_id = IdField()
    trace_id = IdField(null=True, help_text="The trace of a commented span.")
    thread_id = IdField(null=True, help_text="The comment that this one answers; null for the first of a thread.")
    content = models.TextField()
    author_id = models.BigIntegerField(null=True, help_text="The person; null when a program wrote it.")
    author = models.CharField(max_length=254, default="", help_text="The name to show, also after the person left.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=254, default="")

    objects = TenantQuerySet.as_manager()
    person: User | None = None  # the author, where a page loads them
    parts: Sequence[tuple[str, bool]] = ()  # the text, and whether a part mentions a member, where a page loads them

    class Meta:
        db_table = "comment"
        indexes = [
            models.Index(fields=["project_id", "object_type", "object_id", "created_at"], name="comment_object"),
            models.Index("project_id", models.F("created_at").desc(), name="comment_newest"),
            models.Index(
                fields=["project_id", "trace_id"], name="comment_trace", condition=models.Q(trace_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.content[:40]}"


class ReviewQueue(models.Model):
    """Sessions (or traces, or spans) that people are to score, and with which configs."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = IdField(default=new_id)
    name = models.TextField()
    description = models.TextField(default="")
    score_config_ids = ArrayField(models.TextField(), default=list)
    user_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Who reviews; empty: every member.")
    reviewers_per_item = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "review_queue"
        indexes = [models.Index(fields=["project_id", "created_at"], name="review_queue_created")]

    def __str__(self) -> str:
        return self.name

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"review queue {self.id}"


class ReviewItem(models.Model):
    """One thing in a queue; complete when as many people as the queue wants have reviewed it."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        COMPLETED = "COMPLETED"

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = IdField(default=new_id)
    queue_id = IdField()
    object_type = models.CharField(max_length=12, choices=ObjectType)
    object_id = IdField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    completed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "review_item"
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "queue_id", "object_type", "object_id"], name="review_item_once"
            )
        ]
        indexes = [
            models.Index(fields=["project_id", "queue_id", "status", "created_at", "id"], name="review_item_next"),
            models.Index(fields=["project_id", "object_type", "object_id"], name="review_item_object"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"


class Review(models.Model):
    """One person's part in one item: a lease while they look at it, then done or skipped."""

    class State(models.TextChoices):
        LEASED = "leased"
        DONE = "done"
        SKIPPED = "skipped"

    pk = models.CompositePrimaryKey("project_id", "item_id", "user_id")
    project_id = models.BigIntegerField()
    item_id = IdField()
    user_id = models.BigIntegerField()
    queue_id = IdField()
    state = models.CharField(max_length=8, choices=State, default=State.LEASED)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "review"
        indexes = [models.Index(fields=["project_id", "queue_id", "user_id", "state"], name="review_person")]

    def __str__(self) -> str:
        return f"{self.state} by {self.user_id}"
