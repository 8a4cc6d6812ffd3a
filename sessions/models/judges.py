"""Judges: questions that a rule or a model answers about whole conversations, their verdicts, and what these cost."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from projects.jobs.leases import Leased
from projects.models import Project
from projects.tenancy import TenantQuerySet
from tracing.models import IdField, cost_field

MAX_JUDGE_NAME_CHARACTERS = 80
MAX_PROMPT_CHARACTERS = 20_000


class ModelProvider(models.Model):
    """The model endpoint of a project, to which its judges send conversations. No row: none was chosen."""

    class Protocol(models.TextChoices):
        OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible endpoint"
        ANTHROPIC = "anthropic", "Anthropic endpoint"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    protocol = models.CharField(max_length=20, choices=Protocol)
    base_url = models.URLField(blank=True, help_text="The address, unless it is the vendor's own.")
    model = models.CharField(max_length=120, help_text="What judges ask that name no other.")
    secret = models.TextField(blank=True, help_text="The key, encrypted by sessions/translation/secrets.py.")
    requests_per_minute = models.PositiveIntegerField(default=60)
    window_tokens = models.PositiveIntegerField(
        default=60_000, help_text="What is longer is read in parts, and the answers are merged."
    )
    consent_by = models.CharField(
        max_length=254, blank=True, help_text="Who agreed that conversations leave this host."
    )
    consent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "model_provider"

    def __str__(self) -> str:
        return f"{self.model} of {self.project_id}"


class Judge(models.Model):
    """One question about every conversation in its scope. `version` is the one in force; 0 before the first."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=MAX_JUDGE_NAME_CHARACTERS)
    query = models.TextField(blank=True, help_text="Which sessions it judges; empty is every session.")
    quiet_seconds = models.PositiveIntegerField(default=900, help_text="It waits until nothing new was said for this.")
    sample_percent = models.PositiveSmallIntegerField(default=100, help_text="Of the sessions, drawn by their ids.")
    config_id = IdField(help_text="The score config: the name of its score, and which answers are valid.")
    monthly_cap = models.DecimalField(max_digits=12, decimal_places=4, null=True, help_text="USD; null: no cap.")
    version = models.IntegerField(default=0)
    is_on = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    since = models.DateTimeField(null=True, help_text="Earlier sessions are not judged; null: all.")
    scanned_at = models.DateTimeField(null=True, help_text="When all of its sessions were looked at last.")
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "judge"
        indexes = [
            models.Index(fields=["project_id", "name"], name="judge_name"),
            models.Index(fields=["project_id"], name="judge_on", condition=models.Q(is_on=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"judge {self.id}"


class JudgeVersion(models.Model):
    """How a judge decides, frozen: whatever gave a verdict can be read for as long as the verdict."""

    class Kind(models.TextChoices):
        RULE = "rule", "Rule"
        PROMPT = "prompt", "Prompt"

    pk = models.CompositePrimaryKey("project_id", "judge_id", "number")
    project_id = models.BigIntegerField()
    judge_id = models.UUIDField()
    number = models.IntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    rule = models.TextField(blank=True, help_text="A query: the answer is `value` for sessions that match.")
    value = models.TextField(blank=True)
    otherwise = models.TextField(blank=True, help_text="The answer for the other sessions of the scope; empty: none.")
    prompt = models.TextField(blank=True, max_length=MAX_PROMPT_CHARACTERS)
    model = models.CharField(max_length=120, blank=True, help_text="Empty: the one of the project's provider.")
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "judge_version"

    def __str__(self) -> str:
        return f"version {self.number} of {self.judge_id}"


class Verdict(Leased):
    """The answer of one version of a judge about one state of a session, or the work of finding it.

    The primary key makes it the only one. `is_current` is the one that the session's score repeats."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Judged"
        FAILED = "failed", "Failed"

    LEASE = timedelta(seconds=20)  # extended while a model is asked
    UNFINISHED = models.Q(state__in=["waiting", "running"])  # as its index has it

    pk = models.CompositePrimaryKey("project_id", "judge_id", "session_id", "version", "content_hash")
    judge_id = models.UUIDField()
    session_id = IdField()
    version = models.IntegerField()
    content_hash = models.BigIntegerField(help_text="The state of the session that it is about.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    is_current = models.BooleanField(default=False)
    value = models.FloatField(null=True)
    string_value = models.TextField(null=True)
    is_unsure = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    turns = ArrayField(models.IntegerField(), default=list, help_text="The numbers of the turns that it rests on.")
    turn_ids = ArrayField(models.TextField(), default=list, help_text="The ids of these turns.")
    part_count = models.IntegerField(default=1, help_text="In so many parts the conversation was read.")
    model = models.CharField(max_length=120, blank=True)
    asked_bytes = models.BigIntegerField(null=True, help_text="Of what was sent: tells how many tokens others take.")
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost = cost_field(null=True, help_text="USD, of all attempts; null: unknown, or a rule.")
    attempt_count = models.IntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, help_text="Not before this.")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    seen_at = models.DateTimeField(null=True, help_text="The recompute of the session that a rule looked at last.")
    run_id = models.UUIDField(null=True, help_text="The backfill or test that asked for it; null: the judge itself.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "verdict"
        indexes = [
            models.Index(
                fields=["project_id", "due_at"],
                name="verdict_waiting",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
            models.Index(fields=["project_id", "session_id"], name="verdict_session"),
            models.Index("project_id", "judge_id", "version", models.F("finished_at").desc(), name="verdict_newest"),
            models.Index(fields=["project_id", "judge_id"], name="verdict_failed", condition=models.Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on {self.session_id}: {self.answer}"

    @property
    def answer(self) -> str:
        """The answer in words; empty while there is none."""
        if self.is_unsure:
            return "can't tell"
        if self.string_value is not None:
            return {"True": "yes", "False": "no"}.get(self.string_value, self.string_value)
        return "" if self.value is None else f"{self.value:g}"


class JudgeSpending(models.Model):
    """What a judge spends in one month (UTC), reserved before a model is asked."""

    pk = models.CompositePrimaryKey("project_id", "judge_id", "month")
    project_id = models.BigIntegerField()
    judge_id = models.UUIDField()
    month = models.DateField(help_text="Its first day.")
    cost = models.DecimalField(max_digits=20, decimal_places=12, default=0, help_text="USD, with what is reserved.")
    requests = models.IntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "judge_spending"

    def __str__(self) -> str:
        return f"{self.cost} in {self.month}"
