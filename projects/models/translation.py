"""What a project decided about translation: by whom, how much, and whether its texts may leave the host."""

from django.db import models

from projects.models.tenants import Project

DAILY_CHARACTERS = 500_000  # five minutes of one core with the embedded models


class TranslationSettings(models.Model):
    """One row per project that changed anything; without one, the embedded provider translates."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    provider = models.CharField(
        max_length=40, default="embedded", blank=True, help_text="One of sessions/translation/registry.py; empty: off."
    )
    base_url = models.URLField(blank=True, help_text="Where a provider listens that has no address of its own.")
    model = models.CharField(max_length=120, blank=True)
    secret = models.TextField(blank=True, help_text="The provider's key, encrypted by sessions/translation/secrets.py.")
    daily_characters = models.PositiveIntegerField(default=DAILY_CHARACTERS)
    tool_results = models.BooleanField(default=False, help_text="Whether the answers of tools are translated too.")
    consent_by = models.CharField(max_length=254, blank=True, help_text="Who agreed that texts leave this host.")
    consent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "translation_settings"

    def __str__(self) -> str:
        return f"translation of {self.project_id}"
