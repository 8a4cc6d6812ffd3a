"""Pages of judges, below a project."""

from django.urls import path

from sessions.judges.views import judges, runs

P = "project/<int:project_id>"

urlpatterns = [
    path(f"{P}/judges", judges.judges, name="judges"),
    path(f"{P}/judges/new", judges.new_judge, name="judge-new"),
    path(f"{P}/judges/<uuid:judge_id>", judges.judge, name="judge"),
    path(f"{P}/judges/<uuid:judge_id>/change", judges.change_judge, name="judge-change"),
    path(f"{P}/judges/<uuid:judge_id>/switch", judges.switch_judge, name="judge-switch"),
    path(f"{P}/judges/<uuid:judge_id>/retry", judges.retry_judge, name="judge-retry"),
    path(f"{P}/judges/<uuid:judge_id>/runs", runs.order_run, name="judge-order"),
    path(f"{P}/judges/runs/<uuid:run_id>", runs.judge_run, name="judge-run"),
    path(f"{P}/judges/runs/<uuid:run_id>/stop", runs.stop_run, name="judge-run-stop"),
    path(f"{P}/judges/session", runs.judged_session, name="judged-session"),
]
