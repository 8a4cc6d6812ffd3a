"""`manage.py grpc`: serves OTLP over gRPC until SIGTERM, then finishes running calls."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.addresses import host_and_port, port_number
from projects.alive import prove
from projects.collector import look_less_often
from projects.observing.beginning import begin_observing
from tracing.ingest.database_watchdog import watchdog
from tracing.ingest.grpc import Certificate, serve

GRPC_STOP_GRACE_SECONDS = 10.0
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = "Serves OTLP over gRPC."
    requires_system_checks = ()  # they touch, and so copy, most of the memory that is shared with `up`

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=port_number, default=settings.GRPC_PORT)
        parser.add_argument("--processes", type=int, default=1, help="number of processes that share the port")
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
    """Read the certificate and its key, or return None for plaintext. Raises CommandError."""
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise CommandError("Use --tls-cert and --tls-key together.")
    try:
        return Certificate(chain.read_bytes(), key.read_bytes())
    except OSError as error:
        raise CommandError(str(error)) from None


def work(address: str, certificate: Certificate | None, *, shared: bool) -> None:
    """Serve in this process until SIGTERM or SIGINT.

    The signals are awaited, because a handler would run only when the main thread does something."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    watchdog.enable()
    try:
        server = serve(address, certificate=certificate, shared=shared)
    except RuntimeError as error:
        raise CommandError(f"Cannot serve gRPC on {address}: {error}") from None
    prove("grpc")
    begin_observing("grpc")
    look_less_often()
    signal.sigwait(STOP_SIGNALS)
    server.stop(GRPC_STOP_GRACE_SECONDS).wait()


def supervise(count: int, address: str, certificate: Certificate | None) -> None:
    """Keep `count` processes serving one port, and replace one that dies.

    They are forked before gRPC starts any thread."""
    stopping = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stopping.set())
    workers = {fork(address, certificate) for _ in range(count)}
    while not stopping.wait(0.2):
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            workers.discard(pid)
            if os.waitstatus_to_exitcode(status) > 0:  # an error that would only happen again
                stopping.set()
            else:
                workers.add(fork(address, certificate))
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        os.waitpid(pid, 0)


def fork(address: str, certificate: Certificate | None) -> int:
    """Start a process that serves, and return its id."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        return pid
    try:
        work(address, certificate, shared=True)
    except BaseException as error:
        os.write(2, f"{error}\n".encode())
        os._exit(1)
    os._exit(0)
