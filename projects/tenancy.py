"""The base of every tenant table: its key begins with `project_id`, and its queries begin with `for_project`."""

from typing import Self

from django.db import OperationalError, connections, models

from projects.cluster.nodes import is_cluster, projects_within_reach
from projects.models import Project
from projects.sqlguard import EVERY_PROJECT


class TenantQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rows of a tenant table."""

    def for_project(self, project: Project | int) -> Self:
        """Return only the rows of `project`, which may be an object or an id."""
        return self.filter(project_id=project.pk if isinstance(project, Project) else project)

    def project_ids(self) -> list[int]:
        """Return the ids of the projects that have any of these rows: what a sweep asks of all tenants at once.

        Projects of a node that is away are left out and named in the log."""
        try:
            return self._fetch_project_ids()
        except OperationalError:
            if not is_cluster():
                raise
            return self.filter(project_id__in=projects_within_reach())._fetch_project_ids()

    def _fetch_project_ids(self) -> list[int]:
        sql, params = self.order_by().values_list("project_id").distinct().query.sql_with_params()
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"{sql} {EVERY_PROJECT}", params)
            return [project_id for (project_id,) in cursor.fetchall()]
