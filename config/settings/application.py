"""Who we are and what this program consists of: addresses, apps, middleware, templates, static files, logs."""

import warnings
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded.sockets import place_of_sockets
from config.settings.variables import BASE_DIR, DATA_DIR, env, env_flag, env_list, one_of, read_env
from projects.addresses import base_url, bracketed, port_number

# Core
VERSION = "0.1.0"
DEBUG = env_flag("CONFAB_DEBUG")
INSECURE_SECRET_KEY = "insecure-key-for-tests-and-build-steps-only"
SECRET_KEY = env("CONFAB_SECRET_KEY", INSECURE_SECRET_KEY)
BASE_URL = read_env("CONFAB_BASE_URL", base_url, "http://127.0.0.1:8000")
# Always includes our own name and those of this machine, for health checks and for `up` itself.
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    bracketed(urlsplit(BASE_URL).hostname or ""),
    *env_list("CONFAB_ALLOWED_HOSTS"),
]
CSRF_TRUSTED_ORIGINS = [BASE_URL, *env_list("CONFAB_TRUSTED_ORIGINS")]
CSRF_FAILURE_VIEW = "config.csrf.refused"
# Without this variable, `up` takes the port after that of the pages.
HEALTH_PORT = read_env("CONFAB_HEALTH_PORT", port_number, "") if env("CONFAB_HEALTH_PORT") else None
# The directory in which the processes of one machine or container prove that they live (projects/alive.py).
ALIVE_DIR = Path(env("CONFAB_ALIVE_DIR") or place_of_sockets(DATA_DIR / "alive"))
GRPC_PORT = read_env("CONFAB_GRPC_PORT", port_number, "4317")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "template_partials",
    "rest_framework",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "config",
    "projects",
    "tracing",
    "sessions",
]

MIDDLEWARE = [
    "config.request_ids.request_ids",
    "config.answers.answer_headers",
    "tracing.ingest.http.edge.machine_edge",  # everything below is only for pages
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "projects.accounts.browsers.sessions_noted",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.csp.content_security_policy",
    "config.error_pages.wrong_methods",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.page_rate_limits.RatedPages",
    "config.too_long.TooLongMiddleware",
    "config.bodies.bounded_bodies",  # behind everything that a page needs, for the refusal is a page
    "projects.refusals.RefusedPages",
    "tracing.reading.budget.budgeted",  # last: it limits the page itself
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# Exporters take a redirect for success and lose the data, so no URL ends in a slash or redirects to one.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Language and time
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Static files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/(css|js|img|django_htmx)/"  # their addresses always contain a version
warnings.filterwarnings("ignore", "No directory at", UserWarning)  # STATIC_ROOT is optional: finders work, too

LOG_FORMATTERS = {
    "text": {
        "class": "config.log_formats.LineFormatter",
        "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
    },
    "json": {"class": "config.log_formats.JsonFormatter"},
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": LOG_FORMATTERS,
    "handlers": {
        "console": {
            "class": "config.logs.CountingHandler",
            "formatter": read_env("CONFAB_LOG_FORMAT", one_of(*LOG_FORMATTERS), "text"),
        }
    },
    "root": {"handlers": ["console"], "level": env("CONFAB_LOG_LEVEL", "WARNING")},
    "loggers": {"confab.access": {"level": "INFO" if env_flag("CONFAB_ACCESS_LOG") else "WARNING"}},
}
