"""The environment that `manage.py up` gives to its programs. Variables that the operator has set are kept."""

import importlib
import os
import socket
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings

import config.settings
from config.celery import app as celery
from config.embedded import CannotStart
from config.embedded.sockets import place_of_sockets
from config.machine import list_names_of_this_machine
from projects.addresses import host_and_port

HELD_BY_DJANGO = {"DATABASES", "CACHES"}  # settings whose values other objects hold already


def listening_address(host: str) -> str:
    """Return the IP address for `--host`: an IPv6 address with or without brackets, or a name known here.

    Raises CannotStart if this machine has no such address."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise CannotStart(f"{host!r} is not an address of this machine: choose another with --host") from None
    return str(min(found, key=lambda entry: entry[0] != socket.AF_INET)[4][0])


def environment_of_programs(*, host: str, port: int, grpc_port: int, data: Path, secret_key: str) -> dict[str, str]:
    """Return the environment of the programs, without the URLs of the database and of Redis."""
    made = {
        "CONFAB_SECRET_KEY": secret_key,
        "CONFAB_BASE_URL": f"http://{host_and_port(reachable(host), port)}",
        "CONFAB_ALIVE_DIR": str(place_of_sockets(data / "alive")),
    }
    if not ip_address(host).is_loopback:
        made["CONFAB_ALLOWED_HOSTS"] = ",".join(list_names_of_this_machine())
    chosen = {name: os.environ[name] for name in made if os.environ.get(name)}
    return made | chosen | {"CONFAB_DATA": str(data), "CONFAB_GRPC_PORT": str(grpc_port)}


def adopt(environment: Mapping[str, str]) -> None:
    """Apply `environment` to this process and to what is forked from it, by reading all settings again.

    They were read before the servers had started."""
    os.environ.update(environment)
    for part in [name for name in sys.modules if name.startswith("config.settings.")]:
        del sys.modules[part]  # reloading the folder alone would keep what its modules read before
    renewed = vars(importlib.reload(config.settings))
    for name in filter(str.isupper, renewed):
        if name in HELD_BY_DJANGO:
            getattr(settings, name)["default"].update(renewed[name]["default"])
        else:
            setattr(settings, name, renewed[name])
    celery.conf.broker_url = settings.CELERY_BROKER_URL


def reachable(host: str) -> str:
    """Return the address by which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
