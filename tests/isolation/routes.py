"""What every route owes whom: one line per route, and a route without a line fails the walk.

The columns are the answers to somebody signed out (`nobody`), to the cookie of a member of another organization
(`stranger`), to the cookie of a viewer of this one (`viewer`), to the key of another project (`their_key`) and to a key
of this project with the scope `ingest` alone (`ingest_key`). Keys come without a cookie, so pages treat them like
nobody. A method that is not named must not be answered with a success."""

from dataclasses import dataclass, replace

from django.urls import URLPattern, URLResolver, get_resolver

from sessions.api.langfuse.not_offered import PLATFORM_PATHS, PUBLIC_PATHS

SIGN_IN = 302  # pages send whoever is signed out to sign in
GONE, FORBIDDEN, UNKNOWN = 404, 403, 401


@dataclass(frozen=True)
class Owed:
    methods: tuple[str, ...]
    nobody: int
    stranger: int
    viewer: int
    their_key: int | dict[str, int]  # by method, where they differ
    ingest_key: int | dict[str, int]
    path: str = ""  # where the pattern is an expression
    query: str = ""
    is_tenants: bool = False  # what a viewer is answered with success holds the tenant's data


def page(*methods: str, viewer: int = 200) -> Owed:
    """A page of one tenant, open to all of its members unless said otherwise."""
    return Owed(methods or ("GET",), SIGN_IN, GONE, viewer, SIGN_IN, SIGN_IN, is_tenants=True)


def machine(*methods: str, their_key: int | dict[str, int], ingest_key: int | dict[str, int] = 200) -> Owed:
    """An endpoint that looks at keys alone. `their_key` is answered out of their own project, which has nothing."""
    return Owed(methods, UNKNOWN, UNKNOWN, UNKNOWN, their_key, ingest_key)


def own(*methods: str, nobody: int = SIGN_IN, somebody: int = 200) -> Owed:
    """A page about whoever looks at it."""
    return Owed(methods or ("GET",), nobody, somebody, somebody, nobody, nobody)


def open_to_all(*methods: str, status: int = 200) -> Owed:
    return Owed(methods or ("GET",), *[status] * 5)


READ = page()
ADMINS = page(viewer=FORBIDDEN)
ADMINS_POST = page("POST", viewer=FORBIDDEN)
OPERATORS = Owed(("GET", "POST"), *[SIGN_IN] * 5)  # to a page that refuses whoever is no operator
ENTRANCE = own(nobody=200, somebody=302)
UNINVITED = own(nobody=302, somebody=302)  # a step of a flow that nobody has begun
REAUTHENTICATED = own(somebody=302)
PLATFORM = "api/platform/v1/organizations/<str:organization_id>/projects/<str:project_id>"

ROUTES: dict[str, Owed] = {
    # Operation
    "healthz": open_to_all(),
    "readyz": open_to_all(status=503),  # no worker runs in this test
    "metrics": open_to_all(status=404),  # without a token in the settings
    "status": own(somebody=GONE),  # for operators
    "status/mail": own("POST", somebody=GONE),
    "status/storage": own("POST", somebody=GONE),
    "assets/<str:kind>/<str:names>": replace(open_to_all(), path="assets/css/tokens+base"),
    # Documentation
    "docs": open_to_all(),
    "docs.txt": open_to_all(),
    "docs/<slug:name>": replace(open_to_all(), path="docs/query"),
    # What SDKs send to
    "v1/traces": machine("POST", their_key=200),
    "v1/logs": machine("POST", their_key=200),
    "v1/metrics": machine("POST", their_key=200),
    "v1/evaluators/score": machine("POST", their_key=404, ingest_key=404),
    "v1/tag": machine("POST", their_key=400, ingest_key=400),
    "v1/traces/metadata": machine("POST", their_key=400, ingest_key=400),
    "api/public/otel/v1/traces": machine("POST", their_key=200),
    "api/public/ingestion": machine("POST", their_key=400, ingest_key=400),
    "api/public/health": open_to_all(),
    "api/public/projects": machine("GET", their_key=200),
    "api/public/scores": machine(
        "GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key={"GET": FORBIDDEN, "POST": 400}
    ),
    "api/public/scores/<str:score_id>": machine("GET", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/public/media": machine("POST", their_key=400, ingest_key=400),
    "api/public/media/<str:media_id>": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/public/media/<str:media_id>/upload": open_to_all("PUT", status=403),
    "api/public/media/<str:media_id>/download": open_to_all(status=403),
    "api/platform/v1/projects": machine("GET", their_key=200),
    f"{PLATFORM}/scores": machine("POST", their_key=404, ingest_key=400),
    f"{PLATFORM}/scores/<str:score_id>": machine("DELETE", their_key=404, ingest_key=FORBIDDEN),
    "^(?:v1|api/public|api/platform)/": replace(
        machine("GET", "POST", "PUT", "PATCH", "DELETE", their_key=404, ingest_key=404), path="v1/unknown"
    ),
    PUBLIC_PATHS: replace(
        machine("GET", "POST", "PUT", "PATCH", "DELETE", their_key=404, ingest_key=404), path="api/public/v2/prompts/a"
    ),
    PLATFORM_PATHS: replace(
        machine("GET", "POST", "PUT", "PATCH", "DELETE", their_key=404, ingest_key=404),
        path="api/platform/v1/projects/1/prompts/a",
    ),
    "api/public/sessions": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/public/sessions/<id:session_id>": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/public/traces": machine("GET", "DELETE", their_key={"GET": 200, "DELETE": 400}, ingest_key=FORBIDDEN),
    "api/public/traces/<path:trace_id>": machine("GET", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/public/observations": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/public/observations/<path:span_id>": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/public/v2/observations": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/public/v2/scores": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/public/v2/scores/<str:score_id>": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/public/v3/scores": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/public/metrics": machine("GET", their_key=400, ingest_key=FORBIDDEN),
    "api/public/metrics/daily": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/public/v2/metrics": machine("GET", their_key=400, ingest_key=FORBIDDEN),
    **{
        f"{face}/{route}": machine(
            *methods,
            their_key={"GET": 200, "POST": 400} if face == "api/public" and not single else 404,
            ingest_key=FORBIDDEN,
        )
        for face in ("api/public", PLATFORM)
        for single, route, methods in (
            (False, "score-configs", ("GET", "POST")),
            (True, "score-configs/<str:config_id>", ("GET", "PATCH")),
            (False, "comments", ("GET", "POST")),
            (True, "comments/<str:comment_id>", ("GET",)),
            (False, "annotation-queues", ("GET", "POST")),
            (True, "annotation-queues/<str:queue_id>", ("GET",)),
            (True, "annotation-queues/<str:queue_id>/items", ("GET", "POST")),
            (True, "annotation-queues/<str:queue_id>/items/<str:item_id>", ("GET", "PATCH", "DELETE")),
            (True, "annotation-queues/<str:queue_id>/assignments", ("POST", "DELETE")),
        )
    },
    # The read API
    "api/v1/openapi.json": open_to_all(),
    "api/v1/installation": open_to_all("PUT", status=404),  # without CONFAB_PROVISIONING_TOKEN
    "api/v1/me": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/sessions": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/bulk-jobs": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/bulk-jobs/<uuid:job_id>": machine("GET", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/export": replace(machine("GET", their_key=200, ingest_key=FORBIDDEN), query="?format=jsonl"),
    "api/v1/exports": replace(
        machine("GET", "POST", their_key={"GET": 200, "POST": 202}, ingest_key=FORBIDDEN), query="?format=jsonl"
    ),
    "api/v1/exports/<uuid:export_id>": machine("GET", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/exports/<uuid:export_id>/file": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/sessions/<id:session_id>": machine("GET", "PATCH", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/traces/<path:trace_id>/translation": replace(
        machine("GET", "POST", their_key=GONE, ingest_key=FORBIDDEN),
        their_key={"GET": GONE, "POST": 400},
        query="?to=en",
    ),
    "api/v1/traces/<path:trace_id>": machine("GET", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/traces": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/spans": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/turns": replace(machine("GET", their_key=404, ingest_key=FORBIDDEN), query="?session_id=s1"),
    "api/v1/transcript": replace(machine("GET", their_key=404, ingest_key=FORBIDDEN), query="?session_id=s1"),
    "api/v1/explanation": replace(machine("GET", their_key=404, ingest_key=FORBIDDEN), query="?session_id=s1"),
    "api/v1/users": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/users/<path:user_id>": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/projects": machine("GET", "POST", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/projects/<int:project_id>": machine("GET", "PATCH", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/members": machine("GET", "POST", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/members/<int:member_id>": machine("PATCH", "DELETE", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/invitations": machine("GET", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/invitations/<int:invitation_id>": machine("DELETE", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/keys": machine("GET", "POST", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/keys/<int:key_id>": machine("DELETE", their_key=FORBIDDEN, ingest_key=FORBIDDEN),
    "api/v1/cohorts": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/comparison": replace(
        machine("GET", their_key=200, ingest_key=FORBIDDEN), query="?cohort=all&cohort=%3Fq%3Dhas%3Aerror"
    ),
    "api/v1/views": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/prices": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/metrics": replace(machine("GET", their_key=200, ingest_key=FORBIDDEN), query="?measure=sessions"),
    "api/v1/models": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/issues": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/erasures": machine("POST", their_key=400, ingest_key=FORBIDDEN),
    "api/v1/erasures/<uuid:erasure_id>": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/scores": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/scores/<path:score_id>": machine("GET", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/score-configs": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/score-configs/<str:config_id>": machine("GET", "PATCH", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/comments": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/alerts": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/alerts/<uuid:alert_id>": machine("GET", "PATCH", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/alert-firings": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/alert-channels": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/alert-channels/<uuid:channel_id>": machine("DELETE", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/notices": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/notices/<uuid:notice_id>": machine("PATCH", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/judges": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/judges/<uuid:judge_id>": machine("GET", "PATCH", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/judges/<uuid:judge_id>/price": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/judges/<uuid:judge_id>/backfills": machine("GET", "POST", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/verdicts": machine("GET", their_key=200, ingest_key=FORBIDDEN),
    "api/v1/standings": replace(machine("GET", their_key=404, ingest_key=FORBIDDEN), query="?session_id=s1"),
    "api/v1/review-queues": machine("GET", "POST", their_key={"GET": 200, "POST": 400}, ingest_key=FORBIDDEN),
    "api/v1/review-queues/<str:queue_id>/items": machine("GET", "POST", their_key=404, ingest_key=FORBIDDEN),
    "api/v1/review-queues/<str:queue_id>/results": machine("GET", their_key=404, ingest_key=FORBIDDEN),
    "mcp": machine("POST", their_key=400, ingest_key=FORBIDDEN),
    "api/v1/": machine("GET", "POST", "PUT", "PATCH", "DELETE", their_key=404, ingest_key=FORBIDDEN),
    # Signing in and one's own account
    "": own(somebody=302),
    "sign-in": ENTRANCE,
    "sign-in/link/<uidb64>/<token>": UNINVITED,
    "sign-in/passkey": own("GET", "POST", nobody=302, somebody=302),
    "sign-in/second-factor": UNINVITED,
    "sign-in/inactive": open_to_all(),
    "sign-in/oidc/<provider_id>": open_to_all(status=404),
    "sign-in/oidc/<provider_id>/callback": open_to_all(status=404),
    "sign-in/cancelled": open_to_all(),
    "sign-in/error": open_to_all(status=401),
    "sign-out": own(nobody=302, somebody=200),
    "sign-up": ENTRANCE,
    "sign-up/oidc": UNINVITED,
    "sign-up/code": UNINVITED,
    "password/reset": open_to_all(),
    "password/reset/code": UNINVITED,
    "password/reset/new": UNINVITED,
    "password/reset/done": open_to_all(),
    "account": own(),
    "account/reading": own(),
    "account/notices": own(),
    "unsubscribe/<str:token>": open_to_all("GET", "POST", status=404),
    "account/keys": own(),
    "account/keys/<int:key_id>/revoke": own("POST", somebody=404),
    "account/security": own(),
    "account/devices": own(),
    "account/devices/others/sign-out": own("POST", somebody=302),
    "account/devices/<slug:key>/sign-out": own("POST", somebody=404),
    "account/invitations/<int:invitation_id>/join": own("POST", somebody=404),
    "account/email": own(),
    "account/confirm/passkey": own(somebody=302),
    "account/passkeys/new": REAUTHENTICATED,
    "account/passkeys/<int:pk>/rename": replace(REAUTHENTICATED, path="account/passkeys/1/rename"),
    "account/passkeys/<int:pk>/remove": replace(REAUTHENTICATED, path="account/passkeys/1/remove"),
    "account/password": own(),
    "account/password/set": own(somebody=302),
    "account/confirm": own(),
    "account/confirm/second-factor": own(somebody=302),
    "account/connections": own(),
    "account/second-factor/app": REAUTHENTICATED,
    "account/second-factor/app/remove": own(somebody=404),
    "account/recovery-codes": own(somebody=404),
    "account/recovery-codes/new": REAUTHENTICATED,
    "account/recovery-codes/file": own(somebody=404),
    "organizations": own(),
    "organizations/new": own("POST", somebody=400),
    "invitation/<token>": open_to_all(status=404),
    "invitation/<token>/accept": own("POST", somebody=404),
    # Projects
    "project/<int:project_id>": page(viewer=302),
    "project/<int:project_id>/sessions": READ,
    "project/<int:project_id>/dashboard": READ,
    "project/<int:project_id>/boards": READ,
    "project/<int:project_id>/boards/new": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/boards/<uuid:board_id>": READ,
    "project/<int:project_id>/boards/<uuid:board_id>/change": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/boards/<uuid:board_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/boards/<uuid:board_id>/preview": replace(
        READ, query="?chart=ranking&split=tag&range=all"
    ),
    "project/<int:project_id>/boards/<uuid:board_id>/tiles": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/boards/<uuid:board_id>/tiles/<uuid:tile_id>": READ,
    "project/<int:project_id>/boards/<uuid:board_id>/tiles/<uuid:tile_id>.<str:form>": page(viewer=GONE),  # unknown
    "project/<int:project_id>/boards/<uuid:board_id>/tiles/<uuid:tile_id>/arrange": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/dashboard.<str:form>": page(viewer=GONE),  # there is no chart without a name
    "project/<int:project_id>/strip": replace(READ, is_tenants=False),  # numbers alone
    "project/<int:project_id>/users": READ,
    "project/<int:project_id>/user": replace(READ, query="?id=u1"),
    "project/<int:project_id>/judges": READ,
    "project/<int:project_id>/judges/new": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/judges/<uuid:judge_id>": READ,
    "project/<int:project_id>/judges/<uuid:judge_id>/change": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/judges/<uuid:judge_id>/switch": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/judges/<uuid:judge_id>/retry": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/judges/<uuid:judge_id>/runs": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/judges/runs/<uuid:run_id>": READ,
    "project/<int:project_id>/judges/runs/<uuid:run_id>/stop": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/judges/session": READ,
    "project/<int:project_id>/settings/models": page("GET", viewer=FORBIDDEN),
    "project/<int:project_id>/settings/providers": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts": READ,
    "project/<int:project_id>/alerts/count": replace(READ, is_tenants=False),
    "project/<int:project_id>/alerts/new": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/channels": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/channels/<uuid:channel_id>/test": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/channels/<uuid:channel_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/messages/<uuid:delivery_id>/again": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/<uuid:alert_id>": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/<uuid:alert_id>/mute": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/alerts/<uuid:alert_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/scan": replace(READ, query="?find=order"),
    "project/<int:project_id>/suggest": replace(READ, query="?q=tag:"),
    "project/<int:project_id>/facets/<str:facet_name>": READ,
    "project/<int:project_id>/export": replace(READ, query="?format=jsonl"),
    "project/<int:project_id>/exports": READ,
    "project/<int:project_id>/exports/<uuid:export_id>": READ,
    "project/<int:project_id>/exports/<uuid:export_id>/file": READ,
    "project/<int:project_id>/exports/<uuid:export_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/export/session/<id:session_id>": READ,
    "project/<int:project_id>/sessions/<id:session_id>": READ,
    "project/<int:project_id>/go": READ,
    "project/<int:project_id>/views": READ,
    "project/<int:project_id>/views/new": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/views/default": page("POST", viewer=302),
    "project/<int:project_id>/views/<uuid:view_id>/change": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/views/<uuid:view_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/bulk": READ,
    "project/<int:project_id>/bulk/new": page("POST", viewer=GONE),  # there is no action without a name
    "project/<int:project_id>/bulk/<uuid:job_id>": READ,
    "project/<int:project_id>/bulk/<uuid:job_id>/cancel": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/layout/<str:page>": page("POST", viewer=302),
    "project/<int:project_id>/annotate/<str:kind>/<path:key>": READ,
    "project/<int:project_id>/scores/<str:score_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/scores/<str:score_id>/change": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/comments/<str:kind>/<path:key>": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/comment/<str:comment_id>/<str:action>": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/mentions": page(viewer=FORBIDDEN),
    "project/<int:project_id>/inbox": READ,
    "project/<int:project_id>/inbox/count": replace(READ, is_tenants=False),
    "project/<int:project_id>/inbox/read": page("POST", viewer=302),
    "project/<int:project_id>/review": READ,
    "project/<int:project_id>/review/new": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/review/<str:queue_id>": READ,
    "project/<int:project_id>/review/<str:queue_id>/change": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/review/<str:queue_id>/delete": ADMINS_POST,
    "project/<int:project_id>/review/<str:queue_id>/fill": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/review/<str:queue_id>/next": page(viewer=FORBIDDEN),
    "project/<int:project_id>/review/<str:queue_id>/skipped": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/review/<str:queue_id>/items/<str:item_id>": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/review/<str:queue_id>/results.<str:form>": READ,
    "project/<int:project_id>/settings/scores": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/settings/scores/<str:config_id>": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/traces": READ,
    "project/<int:project_id>/traces/<path:trace_id>": READ,
    "project/<int:project_id>/texts/<path:trace_id>": replace(READ, query="?span=a&side=input"),
    "project/<int:project_id>/media/<str:media_id>": READ,
    "project/<int:project_id>/issues": READ,
    "project/<int:project_id>/issues/count": replace(READ, is_tenants=False),
    "project/<int:project_id>/setup": READ,
    "project/<int:project_id>/setup/key": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/setup/demo": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/setup/test": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/state/session/<id:session_id>": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/delete/session/<id:session_id>": ADMINS_POST,
    "project/<int:project_id>/delete/trace/<path:trace_id>": ADMINS_POST,
    "project/<int:project_id>/cohorts": READ,
    "project/<int:project_id>/cohorts/new": page(viewer=FORBIDDEN),
    "project/<int:project_id>/cohorts/<uuid:cohort_id>/change": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/cohorts/<uuid:cohort_id>/delete": page("POST", viewer=FORBIDDEN),
    "project/<int:project_id>/compare": replace(READ, query="?cohort=all&by=tags"),
    "project/<int:project_id>/compare.csv": replace(READ, query="?cohort=all&by=tags"),
    "project/<int:project_id>/compare.svg": replace(page(viewer=GONE), query="?cohort=all&by=tags"),  # names no chart
    "project/<int:project_id>/settings": ADMINS,
    "project/<int:project_id>/translation/<path:turn_id>": replace(
        page("GET", "POST"), viewer={"GET": 200, "POST": 302}, query="?to=en"
    ),
    "project/<int:project_id>/language": page("GET", "POST", viewer=302),
    "project/<int:project_id>/settings/translation": page("GET", viewer=FORBIDDEN),
    "project/<int:project_id>/settings/erasures": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/settings/rename": ADMINS_POST,
    "project/<int:project_id>/settings/usage": ADMINS,
    "project/<int:project_id>/settings/prices": page("GET", "POST", viewer=FORBIDDEN),
    "project/<int:project_id>/settings/prices/reprice": ADMINS_POST,
    "project/<int:project_id>/settings/prices/<str:price_id>/delete": ADMINS_POST,
    "project/<int:project_id>/settings/limits": ADMINS_POST,
    "project/<int:project_id>/settings/archive": ADMINS_POST,
    "project/<int:project_id>/settings/delete": ADMINS_POST,
    "project/<int:project_id>/settings/keys": ADMINS,
    "project/<int:project_id>/settings/keys/new": ADMINS_POST,
    "project/<int:project_id>/settings/keys/<int:key_id>/rotate": ADMINS_POST,
    "project/<int:project_id>/settings/keys/<int:key_id>/revoke": ADMINS_POST,
    # Organizations
    "organization/<int:organization_id>": READ,
    "organization/<int:organization_id>/projects/new": ADMINS_POST,
    "organization/<int:organization_id>/members": READ,
    "organization/<int:organization_id>/members/invite": ADMINS_POST,
    "organization/<int:organization_id>/members/<int:user_id>/role": ADMINS_POST,
    "organization/<int:organization_id>/members/<int:user_id>/remove": ADMINS_POST,
    "organization/<int:organization_id>/invitations/<int:invitation_id>/renew": ADMINS_POST,
    "organization/<int:organization_id>/invitations/<int:invitation_id>/withdraw": ADMINS_POST,
    "organization/<int:organization_id>/leave": page("POST", viewer=302),
    "organization/<int:organization_id>/transfer": ADMINS_POST,
    "organization/<int:organization_id>/settings": page("GET", "POST", viewer=FORBIDDEN),
    "organization/<int:organization_id>/delete": ADMINS_POST,
    "organization/<int:organization_id>/usage": ADMINS,
    "organization/<int:organization_id>/audit": ADMINS,
    "organization/<int:organization_id>/audit.csv": ADMINS,
    # The operator's admin
    "admin/": OPERATORS,
    "admin/sessions/<int:project_id>": OPERATORS,
    "admin/sessions/<int:project_id>/<path:key>": OPERATORS,
    "admin/traces/<int:project_id>": OPERATORS,
    "admin/traces/<int:project_id>/<path:key>": OPERATORS,
    "admin/login/": Owed(("GET", "POST"), SIGN_IN, FORBIDDEN, FORBIDDEN, SIGN_IN, SIGN_IN),
    "admin/logout/": OPERATORS,
    "admin/password_change/": OPERATORS,
    "admin/password_change/done/": OPERATORS,
    "admin/autocomplete/": OPERATORS,
    "admin/jsi18n/": OPERATORS,
    "admin/r/<path:content_type_id>/<path:object_id>/": OPERATORS,
    "admin/<app_label>/": OPERATORS,
    "admin/<model>/*": OPERATORS,
    "admin/(?P<url>.*)$": OPERATORS,
}
ROUTES["styleguide"] = open_to_all()
# Models whose pages the admin makes by itself, five for each: no other model may be registered unseen.
ADMIN_MODELS = {
    "auth/group",
    "account/emailaddress",
    "projects/apikey",
    "projects/auditevent",
    "projects/invitation",
    "projects/jobrun",
    "projects/membership",
    "projects/organization",
    "projects/project",
    "projects/user",
}


def every_route(resolver: URLResolver | None = None, prefix: str = "") -> list[str]:
    """Every pattern of the site map, written in one piece."""
    routes = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        routes += [route] if isinstance(entry, URLPattern) else every_route(entry, route)
    return routes
