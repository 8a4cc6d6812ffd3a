"""All settings, in Django's order. Every environment variable that Confab reads is named in this file."""

import json
import os
import warnings
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.embedded.published import environment_of_running
from config.embedded.sockets import place_of_sockets
from config.urls_of_services import database_from_url, email_from_url, oidc_app, redis_client_url
from projects.addresses import base_url, bracketed, port_number

EnvValue = TypeVar("EnvValue")
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("CONFAB_DATA", BASE_DIR / ".data"))
RUNNING = environment_of_running(DATA_DIR)
NO_SOCKET_DIR = "/nonexistent/no-database-is-named"  # nothing listens there


def env(name: str, default: str = "") -> str:
    """Return a variable of the environment or, if it is not set, of the `up` that runs on our data."""
    return os.environ.get(name, RUNNING.get(name, default))


def env_flag(name: str, default: bool = False) -> bool:
    return env(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


def read_env(name: str, read: Callable[[str], EnvValue], default: str) -> EnvValue:
    """Return a variable converted by `read`. Raises ImproperlyConfigured with its name if `read` refuses it."""
    try:
        return read(env(name) or default)
    except (ValueError, ArgumentTypeError) as reason:
        raise ImproperlyConfigured(f"{name}: {reason}.") from None


def whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


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
    "config.answers.answer_headers",
    "projects.audit.remember_request",
    "tracing.ingest.http.edge.machine_edge",  # everything below is only for pages
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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

# Database: PostgreSQL 15 or newer; `manage.py up` sets DATABASE_URL to the embedded server when it is not given.
# Nothing else is ever used instead: without a URL, and while no `up` runs, the address leads nowhere.
IS_DATABASE_NAMED = bool(env("DATABASE_URL"))
DATABASES = {"default": read_env("DATABASE_URL", database_from_url, f"postgresql:///?host={NO_SOCKET_DIR}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis protocol: cache, rate counters and the Celery broker.
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_client_url(REDIS_URL),
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},  # a page must not hang on a dead cache
    }
}

# Celery: the queue only wakes workers, rows in PostgreSQL are the truth (see tracing/store/dirty.py).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its formatter would not mask secrets
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # must exceed the longest task
    "socket_connect_timeout": 1,  # an ingest request must not hang on a dead broker
}

# Sign-in: by e-mail address and password, with an optional second factor (TOTP), and by OIDC if it is configured.
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Who may sign up: only "invited" people or, if "open", anybody who can read mail.
SIGN_UP = env("CONFAB_SIGN_UP", "invited")
ACCOUNT_ADAPTER = "projects.accounts.sign_in.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "projects.accounts.sign_in.SocialAccountAdapter"
ACCOUNT_FORMS = {
    "login": "projects.accounts.sign_in.LoginForm",
    "signup": "projects.accounts.sign_in.SignupForm",
    "reset_password": "projects.accounts.sign_in.ResetPasswordForm",
    "add_email": "projects.accounts.sign_in.AddEmailForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True  # a code, since mail scanners follow links
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 900
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no stranger can make us write to an unknown address
# In addition to allauth's limits: actions that send mail are limited per day, by address (key) or person (user).
ACCOUNT_RATE_LIMITS = {
    "reset_password": "20/m/ip,5/m/key,10/d/key",
    "confirm_email": "1/10s/key,20/d/key",
    "manage_email": "10/m/user,20/d/user",
    "signup": "20/m/ip,100/d/ip",
}
COUNT_PEOPLE = True  # rates of other expensive actions: config/page_rate_limits.py
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Confab] "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Confab"
MFA_ADAPTER = "projects.secrets.MFAAdapter"
# An OIDC provider is trusted to have verified the addresses that it reports.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = True  # the content security policy lets no form lead to another host
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": oidc_app(
            server_url=env("CONFAB_OIDC_URL"),
            client_id=env("CONFAB_OIDC_CLIENT_ID"),
            secret=env("CONFAB_OIDC_SECRET"),
            name=env("CONFAB_OIDC_NAME", "single sign-on"),
        ),
    }
}
# The number of proxies in front of us that add to X-Forwarded-For. Rate limits and the audit log need the client's
# address.
ALLAUTH_TRUSTED_PROXY_COUNT = read_env("CONFAB_TRUSTED_PROXIES", whole_number, "0")

# Security of pages. Endpoints for machines answer before the middleware that reads these settings.
IS_HTTPS = BASE_URL.startswith("https://")
SESSION_ENGINE = "projects.accounts.session_store"
SESSION_COOKIE_NAME = "confab"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# A browser applies this to all ports of the host name, so its reach is for the operator to decide.
SECURE_HSTS_SECONDS = read_env("CONFAB_HSTS_SECONDS", whole_number, "86400") if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_flag("CONFAB_HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env_flag("CONFAB_HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they demand subdomains and preload everywhere
# Only a trusted proxy can tell which requests came over TLS. Without one, redirects would loop.
SECURE_SSL_REDIRECT = IS_HTTPS and ALLAUTH_TRUSTED_PROXY_COUNT > 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SSL_REDIRECT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Named and shaped like the setting that Django 6 reads by itself.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "media-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

# Mail: on the console until CONFAB_EMAIL_URL names a server, as smtp+tls://user:password@host:587 or file:///directory.
globals().update(read_env("CONFAB_EMAIL_URL", email_from_url, "console:"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("CONFAB_EMAIL_FROM", f"Confab <confab@{urlsplit(BASE_URL).hostname}>")

# First start: what `up` creates (see projects/first_start.py).
INIT_EMAIL = env("CONFAB_INIT_EMAIL")
INIT_PASSWORD = env("CONFAB_INIT_PASSWORD")
INIT_ORG = env("CONFAB_INIT_ORG")
INIT_PROJECT = env("CONFAB_INIT_PROJECT")
INIT_PUBLIC_KEY = env("CONFAB_INIT_PUBLIC_KEY")
INIT_SECRET_KEY = env("CONFAB_INIT_SECRET_KEY")

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

# Files of traces: a directory, or a backend of django-storages in CONFAB_STORAGE with its options as JSON.
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STORAGES = {
    "default": {
        "BACKEND": env("CONFAB_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": read_env("CONFAB_STORAGE_OPTIONS", json.loads, "{}"),
    },
    "staticfiles": {"BACKEND": "projects.assets.VersionedStorage"},
}
# Whether each statement is checked to pin its project before it runs: see projects/sqlguard.py.
SQL_GUARD = env_flag("CONFAB_SQL_GUARD")

# A session is idle if its last span ended longer ago than this.
SESSION_QUIET_MINUTES = read_env("CONFAB_SESSION_QUIET_MINUTES", whole_number, "5")

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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "projects.masking.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "config.logs.CountingHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("CONFAB_LOG_LEVEL", "WARNING")},
}
