"""Read-only admin pages of a tenant table, one project at a time. Django's own admin refuses composite keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path

from projects.models import Project
from tracing.lists.keyset import BadCursor, Order
from tracing.models import Trace

ADMIN_PAGE_ROWS = 100


@dataclass(frozen=True)
class TenantRows:
    """Admin pages of one table: a list with the latest rows first, and one row in full by its `key`."""

    rows: Any  # the model's manager
    key: str
    latest: str
    columns: Sequence[str]

    @property
    def model(self) -> type[Model]:
        model: type[Model] = self.rows.model
        return model

    @property
    def urls(self) -> list[URLPattern]:
        words = str(self.model._meta.verbose_name_plural)
        return [
            path(f"{words}/<int:project_id>", admin.site.admin_view(self.list), name=f"admin-{words}"),
            path(f"{words}/<int:project_id>/<path:key>", admin.site.admin_view(self.detail), name=f"admin-{words}-row"),
        ]

    def list(self, request: HttpRequest, project_id: int) -> HttpResponse:
        """Show a page of rows. `?id=` finds one row, and `?cursor=` continues the list."""
        project, rows = self._project(request, project_id)
        if asked := request.GET.get("id", "").strip().replace("\x00", ""):
            rows = rows.filter(**{self.key: asked})
        field: Any = self.model._meta.get_field(self.latest)
        order = Order(self.latest, self.latest, self.key, field, is_descending=True)
        try:
            page = order.page(rows, cursor=request.GET.get("cursor", ""), limit=ADMIN_PAGE_ROWS)
        except BadCursor as error:
            raise Http404(str(error)) from None
        cells = [(getattr(row, self.key), [getattr(row, name) for name in self.columns]) for row in page.rows]
        found = {"rows": cells, "next": page.next, "asked": asked, "columns": self.columns, "key": self.key}
        return self._answer(request, project, "admin/tenant_rows.html", found)

    def detail(self, request: HttpRequest, project_id: int, key: str) -> HttpResponse:
        project, rows = self._project(request, project_id)
        row = get_object_or_404(rows, **{self.key: key.replace("\x00", "")})
        fields = [(field.name, field.value_from_object(row)) for field in self.model._meta.concrete_fields]
        return self._answer(request, project, "admin/tenant_row.html", {"key": key, "fields": fields})

    def _project(self, request: HttpRequest, project_id: int) -> tuple[Project, QuerySet[Any]]:
        """Return the project and its rows. Raises PermissionDenied if the person may not see this model."""
        options = self.model._meta
        if not request.user.has_perm(f"{options.app_label}.{get_permission_codename('view', options)}"):
            raise PermissionDenied
        project = get_object_or_404(Project.objects.select_related("organization"), pk=project_id)
        return project, self.rows.for_project(project)

    def _answer(self, request: HttpRequest, project: Project, template: str, found: dict[str, Any]) -> HttpResponse:
        words = str(self.model._meta.verbose_name_plural)
        links = {"list_name": f"admin-{words}", "row_name": f"admin-{words}-row", "words": words}
        title = f"{words.capitalize()} of {project}"
        return render(
            request,
            template,
            {**admin.site.each_context(request), **links, **found, "project": project, "title": title},
        )


TRACE_ROWS = TenantRows(
    Trace.objects,
    "trace_id",
    "started_at",
    ("name", "session_id", "started_at", "span_count", "error_count", "total_cost"),
)
