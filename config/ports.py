"""The ports of `manage.py up`. A port that another program uses is refused, for its answers would be taken for ours."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from config.embedded import CannotStart
from projects.addresses import HIGHEST_PORT


class Ports(NamedTuple):
    """Port numbers of the pages, of gRPC and of `/healthz`. Without the last one, `up` chooses it."""

    pages: int
    grpc: int
    health: int | None = None


@contextmanager
def listening(host: str, ports: Ports) -> Iterator[socket.socket]:
    """Yield the socket that listens for `/healthz`. Raises CannotStart if one of the ports cannot be used."""
    chosen = [port for port in ports if port]
    for port in chosen:
        if chosen.count(port) > 1:
            raise CannotStart(
                f"Port {port} is used twice: choose different values for --port, --grpc-port and --health-port"
            )
    refuse_taken(host, ports.pages, "--port")
    refuse_taken(host, ports.grpc, "--grpc-port")
    with _health_socket(host, ports) as listener:
        listener.listen()
        yield listener


def refuse_taken(host: str, port: int, option: str) -> None:
    """Raise CannotStart if the port cannot be used."""
    _bound(host, port, option).close()


def port_of(listener: socket.socket) -> int:
    """Return the port of a socket."""
    return int(listener.getsockname()[1])


def _health_socket(host: str, ports: Ports) -> socket.socket:
    """Return the socket for `/healthz`: on the given port, the one after that of the pages, or any free one."""
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
            raise CannotStart(f"{host} is not an address of this machine: choose another with --host") from None
        raise CannotStart(
            f"Port {port} of {host} cannot be used ({error.strerror}): choose another with {option}"
        ) from None
    return probe
