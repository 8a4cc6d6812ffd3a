"""The way to the first session: what to paste into one's code, and a page that notices when a trace arrives."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.auth import create_key
from projects.htmx import PageRequest
from projects.models import ApiKey, Project, Role
from sessions.models import Session
from tracing.models import Trace

NO_PUBLIC_KEY, NO_SECRET_KEY = "pk-…", "sk-…"


@dataclass(frozen=True, slots=True)
class SdkSnippet:
    """What to install and to paste for one SDK; the code stands in templates/sessions/snippets/."""

    name: str
    label: str
    install: str
    template: str
    tested: str  # the version that the code was run with


# In the order of the tabs; the first one stands open.
SNIPPETS = (
    SdkSnippet(
        "interactiveai", "InteractiveAI", "pip install interactiveai", "interactiveai.py", "interactiveai 1.1.9"
    ),
    SdkSnippet("laminar-python", "Laminar, Python", "pip install lmnr", "laminar.py", "lmnr 0.8.1"),
    SdkSnippet("laminar-js", "Laminar, JavaScript", "npm install @lmnr-ai/lmnr", "laminar.mjs", "@lmnr-ai/lmnr 0.8.44"),
    SdkSnippet("langfuse", "Langfuse", "pip install langfuse", "langfuse.py", "langfuse 5.0.4"),
    SdkSnippet(
        "opentelemetry",
        "OpenTelemetry",
        "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        "opentelemetry.py",
        "opentelemetry-sdk 1.45.2",
    ),
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A snippet with addresses and keys in their places."""

    snippet: SdkSnippet
    code: str


def filled(snippet: SdkSnippet, *, public_key: str, secret_key: str) -> Filled:
    base = urlsplit(settings.BASE_URL)
    context = {
        "base_url": settings.BASE_URL,
        "origin": f"{base.scheme}://{base.hostname}",  # for SDKs that take the port apart from the address
        "http_port": base.port or (443 if base.scheme == "https" else 80),
        "grpc_port": settings.GRPC_PORT,
        "public_key": public_key,
        "secret_key": secret_key,
    }
    return Filled(snippet, str(render_to_string(f"sessions/snippets/{snippet.template}", context)))


@require_safe
@vary_on_headers("HX-Request")
@project_view
def setup(request: PageRequest, project: Project) -> HttpResponse:
    """Asks itself by htmx whether something has arrived."""
    if request.htmx:
        return render(request, "sessions/_arrival.html", _arrival(project))
    key = ApiKey.objects.live().filter(project=project).order_by("-created_at").first()
    return render(request, "sessions/setup.html", _page(project, key.public_key if key else NO_PUBLIC_KEY))


@never_cache
@require_POST
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def new_key(request: PageRequest, project: Project) -> HttpResponse:
    """Create a key pair and show it in all snippets. Its secret is shown in this response only."""
    key, secret = create_key(project, name="setup page")
    record(Action.KEY_CREATED, project, actor=person(request), target=str(key), request=request)
    return render(request, "sessions/setup.html", _page(project, key.public_key, secret))


def _page(project: Project, public_key: str, secret_key: str = "") -> dict[str, object]:
    keys = {"public_key": public_key, "secret_key": secret_key or NO_SECRET_KEY}
    return {
        **_arrival(project),
        "section": "setup",
        "public_key": public_key,
        "secret_key": secret_key,
        "snippets": [filled(snippet, **keys) for snippet in SNIPPETS],
    }


def _arrival(project: Project) -> dict[str, object]:
    """Find the session with the last activity, or else a trace without a session."""
    session = Session.objects.for_project(project).order_by("-updated_at", "-session_id").first()
    traces = Trace.objects.for_project(project).order_by("-started_at", "-trace_id")
    return {"project": project, "session": session, "stray": None if session else traces.first()}
