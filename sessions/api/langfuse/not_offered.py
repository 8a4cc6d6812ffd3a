"""What the original platforms have and Confab does not: a 404 that says so, and what to do instead.

A 501 would be asked again by the clients, and their fallbacks, as for prompts, are made for a 404."""

from collections.abc import Collection

from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Scope
from sessions.api.langfuse.faces import LangfuseView
from tracing.ingest.rest.views import VIEW_METHODS
from tracing.wire.refusals import NotOffered

DATASETS = "Confab keeps no datasets and runs no experiments: keep them where your evaluations run."
ACCOUNTS = "People and keys are managed on the settings pages of Confab, not by this API."
UNOFFERED = {
    "prompts": "Confab keeps no prompts: give get_prompt a fallback, or keep them in your code.",
    "datasets": DATASETS,
    "dataset-items": DATASETS,
    "dataset-run-items": DATASETS,
    "experiments": DATASETS,
    "experiment-items": DATASETS,
    "evaluators": "Confab runs no evaluators of this API: send their results as scores.",
    "evaluation-rules": "Confab runs no evaluators of this API: send their results as scores.",
    "llm-connections": "Confab calls no models for this API, so it keeps no connections to them.",
    "models": "Prices are set on the page Prices of a project, not by this API.",
    "integrations": "Confab writes to no storage of yours by this API: see docs/export.md.",
    "feedback": "Confab passes no feedback on: send it as a score.",
    "dashboards": "Boards are made on the pages of a project, not by this API.",
    "dashboard-widgets": "Boards are made on the pages of a project, not by this API.",
    "skills": "Confab keeps no skills.",
    "organizations": ACCOUNTS,
    "projects": ACCOUNTS,
    "scim": ACCOUNTS,
}
OF_PROJECT = "|".join(name for name, why in UNOFFERED.items() if why is not ACCOUNTS)
PUBLIC_PATHS = rf"^api/public/(?:v\d/|unstable/)?(?P<name>{OF_PROJECT}|organizations|scim|projects(?=/))(?:/.*)?$"
PLATFORM_PATHS = rf"^api/platform/v1/(?:organizations/[^/]+/)?projects/[^/]+/(?P<name>{OF_PROJECT})(?:/.*)?$"


class NotOfferedCall(LangfuseView):
    """Answers calls on what Confab does not have."""

    scopes = dict.fromkeys(VIEW_METHODS, Scope.INGEST)

    def parameters(self) -> Collection[str]:
        """Return all that were sent: it is the address that is not offered."""
        return self.request.query_params

    def get(self, request: Request, name: str) -> Response:
        """Raise NotOffered."""
        raise NotOffered(f"Confab has no {request.method} {request.path}. {UNOFFERED[name]}")

    post = put = patch = delete = get
