"""The ports of `manage.py up`: refused when another program has them, for it would be taken for ours."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from config.embedded import CannotStart
from projects.addresses import HIGHEST_PORT


class Ports(NamedTuple):
    """Those of pages, of gRPC and of /healthz, which may be left to us."""

    pages: int
    grpc: int
    health: int | None = None


@contextmanager
def listening(host: str, ports: Ports) -> Iterator[socket.socket]:
    """Give the socket that listens for /healthz. Raise CannotStart when a port cannot be listened on."""
    given = [port for port in ports if port]
    for port in given:
        if given.count(port) > 1:
            raise CannotStart(f"Port {port} is given twice: choose another with --port, --grpc-port or --health-port")
    refuse_taken(host, ports.pages, "--port")
    refuse_taken(host, ports.grpc, "--grpc-port")
    with _health_socket(host, ports) as listener:
        listener.listen()
        yield listener


def refuse_taken(host: str, port: int, option: str) -> None:
    _bound(host, port, option).close()


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _health_socket(host: str, ports: Ports) -> socket.socket:
    """Without a port that was asked for it is the one after that of the pages or, where that is taken, any free one."""
    if ports.health:
        return _bound(host, ports.health, "--health-port")
    beside = ports.pages + (1 if ports.grpc != ports.pages + 1 else 2)
    try:
        return _bound(host, min(beside, HIGHEST_PORT), "--health-port")
    except CannotStart:
        return _bound(host, 0, "--health-port")


def _bound(host: str, port: int, option: str) -> socket.socket:
    probe = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
    except OSError as error:
        probe.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise CannotStart(f"{host} is no address of this machine: choose another with --host") from None
        raise CannotStart(
            f"Port {port} of {host} cannot be used ({error.strerror}): choose another with {option}"
        ) from None
    return probe
