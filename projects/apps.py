from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        import_module("projects.accounts.sign_in_audit")  # receives signals
        if settings.SQL_GUARD:
            import_module("projects.sqlguard").stand_guard()
