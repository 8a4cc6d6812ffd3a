"""Settings of a person in one project."""

from django.db import models

from projects.models.people import User
from projects.models.tenants import Project


class Preference(models.Model):
    """Settings of one person on one page of one project. `value` never has to do with access."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="preferences")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="preferences")
    page = models.CharField(max_length=40)
    value = models.JSONField(default=dict)

    class Meta:
        db_table = "preference"
        constraints = [models.UniqueConstraint(fields=["user", "project", "page"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.page} of {self.user}"
