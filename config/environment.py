"""The environment that `manage.py up` gives its programs; what the operator has set is left as it is."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from config.urls_of_services import database_from_url, redis_client_url

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def environment_of_programs(*, host: str, port: int, grpc_port: int, data: Path, secret_key: str) -> dict[str, str]:
    """Without the URLs of the services, which are known when they stand."""
    made = {"CONFAB_SECRET_KEY": secret_key, "CONFAB_BASE_URL": f"http://{_written(reachable(host))}:{port}"}
    if host not in LOOPBACK:
        # Whoever opens the port to a network is called by names that we cannot know; links are made from the base URL.
        made["CONFAB_ALLOWED_HOSTS"] = "*"
    given = {name: os.environ[name] for name in made if name in os.environ}
    return made | given | {"CONFAB_DATA": str(data), "CONFAB_GRPC_PORT": str(grpc_port)}


def adopt(environment: Mapping[str, str]) -> None:
    """This process read its settings before the servers stood: it takes over what its children will read."""
    os.environ.update(environment)
    settings.DATABASES["default"].update(database_from_url(environment["DATABASE_URL"]))
    settings.CACHES["default"]["LOCATION"] = redis_client_url(environment["REDIS_URL"])
    settings.SECRET_KEY = environment["CONFAB_SECRET_KEY"]
    settings.BASE_URL = environment["CONFAB_BASE_URL"]


def reachable(host: str) -> str:
    """The address by which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
