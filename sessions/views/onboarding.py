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
    """Asks itself by htmx what has arrived.

    The first visit of somebody who administers the project makes its first key pair, which this answer alone shows."""
    if request.htmx:
        return render(request, "sessions/_arrival.html", _arrival(project))
    if request.method == "GET" and project.role.administers and not request.headers.get("Sec-Purpose"):
        made = _first_key(request, project)
        if made:
            return render(request, "sessions/setup.html", _page(project, made[0].public_key, made[1]))
    key = ApiKey.objects.live().filter(project=project).order_by("-created_at").first()
    return render(request, "sessions/setup.html", _page(project, key.public_key if key else NO_PUBLIC_KEY))


@never_cache
@require_http_methods(["GET", "POST"])
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def new_key(request: PageRequest, project: Project) -> HttpResponse:
    """Create a key pair and show it in all snippets. Its secret is shown in this response only.

    Whoever reloads the answer by its address is led to the page."""
    if request.method == "GET":
        return redirect("setup", project.pk)
    key, secret = _make_key(request, project)
    return render(request, "sessions/setup.html", _page(project, key.public_key, secret))


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


def _first_key(request: PageRequest, project: Project) -> tuple[ApiKey, str] | None:
    """Make a key pair unless a key of the project was used before, or this page made one."""
    if project.archived_at or Trace.objects.for_project(project).exists():
        return None
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if project.api_keys.filter(Q(name=SETUP_KEY_NAME) | ~Q(last_used_at=None)).exists():
            return None
        return _make_key(request, project)


def _make_key(request: PageRequest, project: Project) -> tuple[ApiKey, str]:
    key, secret = create_key(project, name=SETUP_KEY_NAME)
    record(Action.KEY_CREATED, project, actor=person(request), target=str(key), request=request)
    return key, secret


def _page(project: Project, public_key: str, secret_key: str = "") -> dict[str, object]:
    keys = {"public_key": public_key, "secret_key": secret_key or NO_SECRET_KEY}
    choices = [(choice, [filled(snippet, **keys) for snippet in choice.snippets]) for choice in CHOICES]
    return {
        **_arrival(project),
        "section": "setup",
        "public_key": public_key,
        "secret_key": secret_key,
        "groups": [(group, list(found)) for group, found in groupby(choices, key=lambda choice: choice[0].group)],
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
