from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        for receiver in ("sign_in_audit", "browsers"):  # they receive signals
            import_module(f"projects.accounts.{receiver}")
        import_module("projects.database_times").read_times_fast()
        if settings.SQL_GUARD:
            import_module("projects.sqlguard").stand_guard()
