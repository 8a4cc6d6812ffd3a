"""The audit log, which is kept for good."""

from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """Record of who did what, when, from where, and to what.

    Rows are only ever added: a trigger refuses changes. No column references a row that may be deleted, so the log
    outlives its subjects."""

    class Action(models.TextChoices):
        SIGNED_IN = "signed in"
        SIGN_IN_FAILED = "sign-in failed"
        SIGNED_OUT = "signed out"
        SECURITY_CHANGED = "sign-in security changed"
        MEMBER_INVITED = "member invited"
        INVITATION_WITHDRAWN = "invitation withdrawn"
        MEMBER_JOINED = "member joined"
        MEMBER_ROLE_CHANGED = "member role changed"
        MEMBER_REMOVED = "member removed"
        MEMBER_LEFT = "member left"
        OWNERSHIP_TRANSFERRED = "ownership transferred"
        ORGANIZATION_CREATED = "organization created"
        ORGANIZATION_CHANGED = "organization changed"
        ORGANIZATION_DELETED = "organization deleted"
        PROJECT_CREATED = "project created"
        PROJECT_CHANGED = "project changed"
        PROJECT_ARCHIVED = "project archived"
        PROJECT_RESTORED = "project restored"
        PROJECT_DELETED = "project deleted"
        DEMO_ORDERED = "demo sessions ordered"
        KEY_CREATED = "key created"
        KEY_ROTATED = "key rotated"
        KEY_REVOKED = "key revoked"
        SESSION_DELETED = "session deleted"
        TRACE_DELETED = "trace deleted"
        PERSON_ERASED = "person erased"
        SESSION_CHANGED = "session changed"
        EXPORTED = "exported"
        VIEW_SAVED = "view saved"
        VIEW_CHANGED = "view changed"
        VIEW_DELETED = "view deleted"
        BULK_ACTION = "bulk action"
        SCORE_GIVEN = "score given"
        SCORE_DELETED = "score deleted"
        COMMENTED = "commented"
        COMMENT_CHANGED = "comment changed"
        COMMENT_DELETED = "comment deleted"
        SCORE_CONFIG_CREATED = "score config created"
        SCORE_CONFIG_CHANGED = "score config changed"
        QUEUE_CREATED = "review queue created"
        QUEUE_CHANGED = "review queue changed"
        QUEUE_DELETED = "review queue deleted"
        QUEUE_FILLED = "sessions queued for review"
        COHORT_CREATED = "cohort created"
        COHORT_CHANGED = "cohort changed"
        COHORT_DELETED = "cohort deleted"
        BOARD_CREATED = "board created"
        BOARD_CHANGED = "board changed"
        BOARD_DELETED = "board deleted"
        ALERT_CREATED = "alert created"
        ALERT_CHANGED = "alert changed"
        ALERT_DELETED = "alert deleted"
        ALERT_MUTED = "alert muted"
        CHANNEL_CREATED = "channel created"
        CHANNEL_DELETED = "channel deleted"
        CHANNEL_TESTED = "channel tested"
        TRANSLATION_SENT = "translation sent out"
        TOOL_CALLED = "tool called by an agent"
        JUDGE_CREATED = "judge created"
        JUDGE_CHANGED = "judge changed"
        JUDGE_ARCHIVED = "judge archived"
        CONVERSATION_SENT = "conversation sent to a model"

    at = models.DateTimeField(default=timezone.now)
    organization_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True, help_text="The person; null for a key or the system.")
    actor = models.CharField(max_length=254, help_text="The person's e-mail address or the public key.")
    action = models.CharField(max_length=40, help_text="One of Action; projects/audit.py writes nothing else.")
    target = models.CharField(max_length=254, blank=True)
    ip = models.GenericIPAddressField(null=True)
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_event"
        indexes = [
            models.Index("organization_id", models.F("at").desc(), models.F("id").desc(), name="audit_newest"),
            models.Index("action", models.F("at").desc(), name="audit_of_a_kind"),  # for daily limits
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.target}"
