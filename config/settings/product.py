"""What the product does: first start, sessions, ingestion, translation and the API."""

from config.settings.application import SECRET_KEY
from config.settings.further_packages import url_for
from config.settings.variables import env, env_list, headers, long_token, read_env, share, whole_number

# First start: what `up` creates (see projects/first_start.py).
INIT_EMAIL = env("CONFAB_INIT_EMAIL")
INIT_PASSWORD = env("CONFAB_INIT_PASSWORD")
INIT_ORG = env("CONFAB_INIT_ORG")
INIT_PROJECT = env("CONFAB_INIT_PROJECT")
INIT_PUBLIC_KEY = env("CONFAB_INIT_PUBLIC_KEY")
INIT_SECRET_KEY = env("CONFAB_INIT_SECRET_KEY")

# A session is idle if its last span ended longer ago than this.
SESSION_QUIET_MINUTES = read_env("CONFAB_SESSION_QUIET_MINUTES", whole_number, "5")

# Metrics: who has this token may read them; without one, nothing is counted and there is no page.
METRICS_TOKEN = read_env("CONFAB_METRICS_TOKEN", long_token, "")

# Failures go to a server of Sentry's, and traces of Confab itself to an OTLP endpoint, if they are named.
SENTRY_DSN = read_env("SENTRY_DSN", url_for("sentry_sdk"), "")
TRACES_ENDPOINT = read_env("CONFAB_TRACES_ENDPOINT", url_for("opentelemetry.sdk"), "")
TRACES_HEADERS = read_env("CONFAB_TRACES_HEADERS", headers, "{}")
TRACES_SHARE = read_env("CONFAB_TRACES_SHARE", share, "1")

# Provisioning by API: who has this token may make organizations and projects; without one, there is no such address.
PROVISIONING_TOKEN = read_env("CONFAB_PROVISIONING_TOKEN", long_token, "")

# Ingestion: the requests per second of one API key; 0 means no limit.
REQUESTS_PER_SECOND = read_env("CONFAB_REQUESTS_PER_SECOND", whole_number, "100")
# Bodies of pages. Those of machines are limited by tracing/wire/bodies.py, before Django's limit could answer 400.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_HANDLERS: list[str] = []  # no page accepts a file

# Translation: a directory of Mozilla's model files; the providers that projects may choose; hosts inside our network
# that projects may use as providers, as host or host:port; and the key that encrypts the projects' own keys.
TRANSLATION_MODELS = env("CONFAB_TRANSLATION_MODELS")
TRANSLATION_PROVIDERS = env_list("CONFAB_TRANSLATION_PROVIDERS", "all")
TRANSLATION_HOSTS = env_list("CONFAB_TRANSLATION_HOSTS")
# Alerts: hosts inside our network that webhooks of projects may be on, in the same form.
ALERT_HOSTS = env_list("CONFAB_ALERT_HOSTS")
ENCRYPTION_KEY = env("CONFAB_ENCRYPTION_KEY", SECRET_KEY)

REST_FRAMEWORK = {
    # A view gets its permission from a base class (tracing/ingest/rest/views.py); one without any refuses everybody.
    "DEFAULT_AUTHENTICATION_CLASSES": ["tracing.ingest.rest.keys.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tracing.ingest.rest.keys.NobodyMay"],
    "DEFAULT_THROTTLE_CLASSES": ["tracing.ingest.rest.throttles.KeyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tracing.ingest.rest.wires.JsonObjectParser"],
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is the export's
    "EXCEPTION_HANDLER": "sessions.api.v1.failures.answer",
    "COERCE_DECIMAL_TO_STRING": True,
}
