"""Serves OTLP over gRPC until SIGTERM, then finishes the calls at hand."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.addresses import host_and_port, port_number
from projects.alive import prove
from tracing.ingest.database_watchdog import watchdog
from tracing.ingest.grpc import Certificate, serve

STOP_GRACE_SECONDS = 10.0
STOPPING = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = "Serve OTLP over gRPC."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=port_number, default=settings.GRPC_PORT)
        parser.add_argument("--processes", type=int, default=1, help="worker processes that share the port")
        parser.add_argument("--tls-cert", type=Path, help="PEM certificate chain; without it the port is plaintext")
        parser.add_argument("--tls-key", type=Path, help="PEM private key of --tls-cert")

    def handle(self, *args: Any, **options: Any) -> None:
        certificate = read_certificate(options["tls_cert"], options["tls_key"])
        address = host_and_port(options["host"], options["port"])
        if options["processes"] == 1:
            work(address, certificate, shared=False)
        else:
            supervise(options["processes"], address, certificate)


def read_certificate(chain: Path | None, key: Path | None) -> Certificate | None:
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise CommandError("--tls-cert and --tls-key belong together.")
    try:
        return Certificate(chain.read_bytes(), key.read_bytes())
    except OSError as error:
        raise CommandError(str(error)) from None


def work(address: str, certificate: Certificate | None, *, shared: bool) -> None:
    """Serves in this process until SIGTERM or SIGINT. These are waited for, since a handler runs when the main thread
    does something, and another thread may have been told."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    watchdog.enable()
    try:
        server = serve(address, certificate=certificate, shared=shared)
    except RuntimeError as error:
        raise CommandError(f"gRPC cannot start on {address}: {error}") from None
    prove("grpc")
    signal.sigwait(STOPPING)
    server.stop(STOP_GRACE_SECONDS).wait()


def supervise(count: int, address: str, certificate: Certificate | None) -> None:
    """Keeps `count` processes serving one port, each forked before gRPC starts any thread; replaces one that dies."""
    stopping = threading.Event()
    for number in STOPPING:
        signal.signal(number, lambda *_: stopping.set())
    workers = {fork(address, certificate) for _ in range(count)}
    while not stopping.wait(0.2):
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            workers.discard(pid)
            if os.waitstatus_to_exitcode(status) > 0:  # an error of its own, which would only come again
                stopping.set()
            else:
                workers.add(fork(address, certificate))
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        os.waitpid(pid, 0)


def fork(address: str, certificate: Certificate | None) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        return pid
    try:
        work(address, certificate, shared=True)
    except BaseException as error:
        os.write(2, f"{error}\n".encode())
        os._exit(1)
    os._exit(0)
