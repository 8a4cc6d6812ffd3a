"""The way to the first session: a key, what to paste into one's code, and a page that shows what arrives."""

import json
import secrets
from datetime import timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.auth import create_key
from projects.htmx import PageRequest
from projects.models import ApiKey, Project, Role
from sessions.demo.views import demo_part
from sessions.models import Session
from sessions.views.sdk_choices import CHOICES
from sessions.views.snippets import filled
from tracing.ingest import quota
from tracing.ingest.intake import take_traces
from tracing.models import IngestionIssue, Trace
from tracing.reading.explained import explained
from tracing.wire.refusals import IngestRefused

NO_PUBLIC_KEY, NO_SECRET_KEY = "pk-…", "sk-…"
SETUP_KEY_NAME = "setup page"
TEST_SESSION_PREFIX = "setup-test-"
ARRIVED_TRACES = 5  # shown while the page is open
RECENT_ISSUE = timedelta(minutes=15)
QUESTION, ANSWER = "Does the test trace arrive?", "Yes. This one was sent by the button on the setup page."


@require_safe
@never_cache
@vary_on_headers("HX-Request")
@project_view
def setup(request: PageRequest, project: Project) -> HttpResponse:
    """Asks itself by htmx what has arrived, and orders the first key pair of a project that needs one."""
    if request.htmx:
        return render(request, "sessions/_arrival.html", _arrival(project))
    return render(request, "sessions/setup.html", _page(project))


@never_cache
@require_http_methods(["GET", "POST"])
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def new_key(request: PageRequest, project: Project) -> HttpResponse:
    """Create a key pair and show it in all snippets. Its secret is shown in this response only.

    With `first`, nothing is created where a key pair is in use already, or another window was faster. Whoever reloads
    the answer by its address is led to the page."""
    if request.method == "GET":
        return redirect("setup", project.pk)
    Project.objects.select_for_update().get(pk=project.pk)
    if "first" in request.POST and not _needs_key(project):
        return render(request, "sessions/setup.html", _page(project))
    key, secret = create_key(project, name=SETUP_KEY_NAME)
    record(Action.KEY_CREATED, project, actor=person(request), target=str(key), request=request)
    return render(request, "sessions/setup.html", _page(project, key, secret))


@require_POST
@project_view
@requires(Role.MEMBER)
def send_test_trace(request: PageRequest, project: Project) -> HttpResponse:
    """Send a trace to ourselves, in the way of every exporter but the network."""
    session_id = f"{TEST_SESSION_PREFIX}{secrets.token_hex(3)}"
    refusal = ""
    try:
        quota.admit(project)
        take_traces(project, _test_request(session_id), "application/json", request.headers)
    except IngestRefused as refused:
        refusal = str(refused)
    if not request.htmx:
        return redirect("setup", project.pk)
    context = _arrival(project) | {"refusal": refusal, "test_session": session_id}
    return render(request, "sessions/_arrival.html", context)


def _test_request(session_id: str) -> bytes:
    """Return a request of OTLP with one model call."""
    ended = int(timezone.now().timestamp() * 1e9)
    question = [{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}]
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}]
    attributes = {
        "session.id": session_id,
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps(question),
        "gen_ai.output.messages": json.dumps(answer),
    }
    span = {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": "test trace",
        "kind": 1,
        "startTimeUnixNano": str(ended - 250_000_000),
        "endTimeUnixNano": str(ended),
        "attributes": [{"key": name, "value": {"stringValue": value}} for name, value in attributes.items()],
    }
    scope_spans = {"scope": {"name": SETUP_KEY_NAME}, "spans": [span]}
    return json.dumps({"resourceSpans": [{"scopeSpans": [scope_spans]}]}).encode()


def _needs_key(project: Project) -> bool:
    """Return whether nothing was ever sent to the project, and this page has made no key pair yet."""
    if project.archived_at or Trace.objects.for_project(project).exists():
        return False
    return not project.api_keys.filter(Q(name=SETUP_KEY_NAME) | ~Q(last_used_at=None)).exists()


def _page(project: Project, key: ApiKey | None = None, secret_key: str = "") -> dict[str, object]:
    """Return the context of the page: with a key pair that was just made, or else the public key of the newest."""
    key = key or ApiKey.objects.live().filter(project=project).order_by("-created_at").first()
    public_key = key.public_key if key else NO_PUBLIC_KEY
    keys = {"public_key": public_key, "secret_key": secret_key or NO_SECRET_KEY}
    choices = [(choice, [filled(snippet, **keys) for snippet in choice.snippets]) for choice in CHOICES]
    return {
        **_arrival(project),
        "section": "setup",
        "public_key": public_key,
        "secret_key": secret_key,
        "orders_key": not secret_key and project.role.administers and _needs_key(project),
        "groups": [(group, list(found)) for group, found in groupby(choices, key=lambda choice: choice[0].group)],
        "demo": demo_part(project) if project.role.administers else None,
        "base_url": settings.BASE_URL,
        "grpc_port": settings.GRPC_PORT,
    }


def _arrival(project: Project) -> dict[str, object]:
    """Find what arrived last: traces, the session with the last activity, and what was not stored as sent."""
    session = Session.objects.for_project(project).order_by("-updated_at", "-session_id").first()
    traces = list(Trace.objects.for_project(project).order_by("-started_at", "-trace_id")[:ARRIVED_TRACES])
    recent = IngestionIssue.objects.for_project(project).filter(last_seen__gt=timezone.now() - RECENT_ISSUE)
    issue = recent.order_by("-last_seen").first()
    return {
        "project": project,
        "session": session,
        "traces": traces,
        "stray": traces[0] if traces and not session else None,
        "issue": (issue, explained(issue.reason)) if issue else None,
    }
