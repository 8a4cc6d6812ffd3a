from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    label = "llm_sessions"  # django.contrib.sessions already owns "sessions"
    verbose_name = "Sessions"

    def ready(self) -> None:
        from django.core.checks import register
        from django.db.models.signals import post_delete
        from django.urls import register_converter

        from projects.audit import naming
        from projects.deletion import contents_asked
        from projects.models import Membership
        from sessions.annotation.configs import named
        from sessions.annotation.deletion import bury_spans
        from sessions.annotation.deletion import forget as forget_annotations
        from sessions.audited import audited_names
        from sessions.dashboard.cached_days import forget_days
        from sessions.deletion.contents import count_contents
        from sessions.deletion.remains import forgotten
        from sessions.inbox.leaving import forget_member
        from sessions.judges.deletion import forget as forget_verdicts
        from sessions.rollup.tasks import wake
        from sessions.search.index import forget
        from sessions.session_paths import SessionIdConverter
        from sessions.translation.cache import forget as forget_translations
        from sessions.translation.checks import check_providers
        from tracing.ingest.score_configs import configs_requested
        from tracing.store.deletion import burying, deleting
        from tracing.store.dirty import marked

        register(check_providers)
        register_converter(SessionIdConverter, "id")
        naming.connect(audited_names, dispatch_uid="audited-names")
        contents_asked.connect(count_contents, dispatch_uid="contents-of-a-project")
        configs_requested.connect(named, dispatch_uid="score-configs")
        marked.connect(wake, dispatch_uid="wake-worker")
        burying.connect(bury_spans, dispatch_uid="bury-spans")
        post_delete.connect(forget_member, sender=Membership, dispatch_uid="forget-member")
        forgotten.connect(forget_days, dispatch_uid="forget-days")
        deleting.connect(forget, dispatch_uid="forget-texts")
        deleting.connect(forget_annotations, dispatch_uid="forget-annotations")
        deleting.connect(forget_verdicts, dispatch_uid="forget-verdicts")
        deleting.connect(forget_translations, dispatch_uid="forget-translations")
