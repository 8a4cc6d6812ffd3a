"""The base of every tenant table: its key starts with `project_id` and its queries start with `for_project`."""

from typing import Self

from django.db import models

from projects.models import Project


class TenantQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def for_project(self, project: Project | int) -> Self:
        """Only the rows of `project`, given as the object or its id."""
        return self.filter(project_id=project.pk if isinstance(project, Project) else project)
