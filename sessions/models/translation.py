"""Translation: a project's settings, the cache of translated segments, jobs, and the characters used on each day.

Everything but the settings can be lost without harm: the original texts are stored elsewhere and never changed."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from projects.jobs.leases import Leased
from projects.models import Project
from projects.tenancy import TenantQuerySet
from tracing.models import IdField
from tracing.models.fields import CompressedJSONField

DAILY_CHARACTERS = 500_000  # five minutes of one core with the embedded models


class TranslationSettings(models.Model):
    """Settings of one project. A project that changed nothing has no row, and the embedded provider translates."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    provider = models.CharField(
        max_length=40, default="embedded", blank=True, help_text="One of sessions/translation/registry.py; empty: off."
    )
    base_url = models.URLField(blank=True, help_text="The address of a provider that has none of its own.")
    model = models.CharField(max_length=120, blank=True)
    secret = models.TextField(blank=True, help_text="The provider's key, encrypted by sessions/translation/secrets.py.")
    daily_characters = models.PositiveIntegerField(default=DAILY_CHARACTERS)
    tool_results = models.BooleanField(default=False, help_text="Whether results of tools are translated, too.")
    consent_by = models.CharField(max_length=254, blank=True, help_text="Who agreed that texts leave this host.")
    consent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "translation_settings"

    def __str__(self) -> str:
        return f"translation of {self.project_id}"


class TranslationSegment(models.Model):
    """One translated sentence or line; it belongs to the trace that needed it first, and is deleted with it."""

    pk = models.CompositePrimaryKey("project_id", "trace_id", "key")
    project_id = models.BigIntegerField()
    trace_id = IdField()
    key = models.BinaryField(help_text="32 bytes: what, from and into which language, by whom (sessions/translation).")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "translation_segment"
        indexes = [models.Index(fields=["project_id", "key"], name="translation_segment_key")]

    def __str__(self) -> str:
        return f"segment of {self.trace_id}"


class TranslationJob(Leased):
    """The translation of one version of a trace into one language by one engine, for everybody who orders it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        PARTIAL = "partial"
        FAILED = "failed"
        CANCELLED = "cancelled"

    LEASE = timedelta(seconds=90)  # longer than a batch may take with its retries
    UNFINISHED = models.Q(state__in=[State.QUEUED, State.RUNNING])  # as its index has it

    pk = models.CompositePrimaryKey("project_id", "id")
    id = models.UUIDField(default=uuid.uuid4)
    trace_id = IdField()
    version = models.CharField(max_length=32, help_text="Of the trace's texts: a corrected trace is another job.")
    target = models.CharField(max_length=16)
    provider = models.CharField(max_length=40)
    engine = models.CharField(max_length=64, help_text="The provider's revision and ours: another engine, another job.")
    budget = models.IntegerField(default=20_000, help_text="Characters after which the rest of a trace stays as it is.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    done = models.IntegerField(default=0, help_text="Segments.")
    total = models.IntegerField(default=0)
    result = CompressedJSONField(
        null=True, help_text="The texts by side and what is to say of them; null before the end."
    )
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    attempt = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    wanted_until = models.DateTimeField(help_text="Whoever waits keeps moving it; after it nobody does.")

    class Meta:
        db_table = "translation_job"
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "trace_id", "version", "target", "provider", "engine"],
                name="translation_job_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["project_id"],
                name="translation_job_open",
                condition=models.Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"translation of {self.trace_id} into {self.target}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class TranslationUsage(models.Model):
    """The characters of one day (UTC), reserved before an engine gets them."""

    pk = models.CompositePrimaryKey("project_id", "day", "provider")
    project_id = models.BigIntegerField()
    day = models.DateField()
    provider = models.CharField(max_length=40)
    characters = models.BigIntegerField(default=0)
    requests = models.IntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "translation_usage"

    def __str__(self) -> str:
        return f"{self.characters} characters on {self.day}"
