"""What stands beside us: the database, Redis, the queue, mail and the storage of files."""

import json
from urllib.parse import urlsplit

from config.settings.application import BASE_URL
from config.settings.further_packages import backup_place, storage_class
from config.settings.variables import DATA_DIR, env, env_flag, read_env, whole_number
from config.urls_of_services import (
    backups_from_url,
    broker_from_url,
    database_from_url,
    email_from_url,
    redis_client_url,
)

NO_SOCKET_DIR = "/nonexistent/no-database-is-named"  # nothing listens there

# Database: PostgreSQL 15 or newer; `manage.py up` sets DATABASE_URL to the embedded server when it is not given.
# Nothing else is ever used instead: without a URL, and while no `up` runs, the address leads nowhere.
IS_DATABASE_NAMED = bool(env("DATABASE_URL"))
DATABASES = {"default": read_env("DATABASE_URL", database_from_url, f"postgresql:///?host={NO_SOCKET_DIR}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Whether each statement is checked to pin its project before it runs: see projects/sqlguard.py.
SQL_GUARD = env_flag("CONFAB_SQL_GUARD")

# Redis protocol: cache, rate counters and the Celery broker.
IS_REDIS_NAMED = bool(env("REDIS_URL"))
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_client_url(REDIS_URL),
        "OPTIONS": {
            "pool_class": "projects.jobs.redis_pools.Pools",
            "socket_connect_timeout": 1,  # a page must not hang on a dead cache
            "socket_timeout": 1,
        },
    }
}

# Celery: the queue only wakes workers, rows in PostgreSQL are the truth (see tracing/store/dirty.py).
CELERY_BROKER_URL, BROKER_OPTIONS = read_env("REDIS_URL", broker_from_url, REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its formatter would not mask secrets
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # must exceed the longest task
    "socket_connect_timeout": 1,  # an ingest request must not hang on a dead broker
    **BROKER_OPTIONS,
}

# Mail: on the console until CONFAB_EMAIL_URL names a server, as smtp+tls://user:password@host:587 or file:///directory.
globals().update(read_env("CONFAB_EMAIL_URL", email_from_url, "console:"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("CONFAB_EMAIL_FROM", f"Confab <confab@{urlsplit(BASE_URL).hostname}>")

# Files of traces: a directory, or a backend of django-storages in CONFAB_STORAGE with its options as JSON.
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
STORAGES = {
    "default": {
        "BACKEND": read_env("CONFAB_STORAGE", storage_class, "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": read_env("CONFAB_STORAGE_OPTIONS", json.loads, "{}"),
    },
    "staticfiles": {"BACKEND": "projects.assets.VersionedStorage"},
    "backups": backups_from_url(
        read_env("CONFAB_BACKUP_TO", backup_place, str(DATA_DIR / "backups")),
        read_env("CONFAB_BACKUP_OPTIONS", json.loads, "{}"),
    ),
}
# Backups: the hours from one to the next, 0 for none; and how many are kept.
BACKUP_EVERY = read_env("CONFAB_BACKUP_EVERY", whole_number, "0")
BACKUP_KEEP = max(1, read_env("CONFAB_BACKUP_KEEP", whole_number, "7"))
