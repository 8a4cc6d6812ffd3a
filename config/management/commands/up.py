"""`manage.py up`: runs everything that Confab needs on this machine, as one process tree."""

import os
import signal
from argparse import ArgumentParser
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import programs
from config.embedded import CannotStart
from config.embedded.children import Children
from config.embedded.data import DataDirectory, locked
from config.embedded.modes import UMASK
from config.embedded.postgres import Postgres
from config.embedded.published import published
from config.embedded.supervisor import Stopped, Supervisor, line
from config.embedded.valkey import Valkey
from config.environment import adopt, environment_of_programs, listening_address
from config.health_listener import HealthListener
from config.ports import Ports, listening, port_of
from config.preloading import preload
from config.preparation import prepare
from config.process_probes import ProcessWatch
from config.watchdog import Watchdog
from config.welcome import welcome
from projects.addresses import host_and_port, port_number
from projects.first_start import InitError


class Command(BaseCommand):
    help = "Runs Confab on this machine. DATABASE_URL and REDIS_URL replace the embedded PostgreSQL and Valkey."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on, 0.0.0.0 or :: for all (127.0.0.1)"
        )
        parser.add_argument("--port", type=port_number, default=8000, help="port of pages, API and OTLP/HTTP (8000)")
        parser.add_argument(
            "--grpc-port", type=port_number, default=settings.GRPC_PORT, help="port of OTLP/gRPC (4317)"
        )
        parser.add_argument(
            "--health-port",
            type=port_number,
            default=settings.HEALTH_PORT,
            help="port of /healthz with the health of each process (the one after --port)",
        )
        parser.add_argument("--data", type=Path, default=settings.DATA_DIR, help="directory of all data (.data)")

    def handle(self, *, host: str, data: Path, **options: Any) -> None:
        os.umask(UMASK)
        stop = Event()
        is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        for number in (signal.SIGINT, signal.SIGTERM, *(() if is_nohup else (signal.SIGHUP,))):
            signal.signal(number, lambda *_: stop.set())
        try:
            ports = Ports(options["port"], options["grpc_port"], options["health_port"])
            self.run(stop, listening_address(host), ports, data.resolve())
        except Stopped:
            return
        except (CannotStart, InitError) as reason:
            raise CommandError(str(reason)) from None

    def run(self, stop: Event, host: str, ports: Ports, data: Path) -> None:
        """Run everything, and return with everything stopped when we are asked to stop."""
        with (
            locked(data) as directory,
            Children(held=directory.lock) as children,
            Supervisor(children, stop=stop, say=self.say) as supervisor,
            listening(host, ports) as health,
        ):
            environment = self.start_servers(supervisor, directory) | environment_of_programs(
                host=host, port=ports.pages, grpc_port=ports.grpc, data=data, secret_key=directory.secret_key()
            )
            environment["CONFAB_HEALTH_PORT"] = str(port_of(health))
            adopt(environment)
            with published(environment, data):
                started = prepare()
                preload()
                running = (
                    programs.web(host, ports.pages),
                    programs.worker(directory.beat_schedule),
                    programs.grpc(host, ports.grpc),
                )
                try:
                    supervisor.start(*running)
                finally:  # shown even if a program does not start, because a new secret key cannot be shown later
                    self.say("\n".join(["", *welcome(started)]))
                HealthListener(Watchdog(running, ProcessWatch(settings.ALIVE_DIR), self.say), health, self.say).start()
                self.say(line("Health", f"on {host_and_port(host, port_of(health))}"))
                self.say(f"Confab is ready on {settings.BASE_URL}. Ctrl-C stops it.")
                supervisor.keep()

    def start_servers(self, supervisor: Supervisor, directory: DataDirectory) -> dict[str, str]:
        """Return the URLs of PostgreSQL and Redis, and start those that the environment does not name."""
        servers: dict[str, Postgres | Valkey] = {}
        if not os.environ.get("DATABASE_URL"):
            servers["DATABASE_URL"] = Postgres(directory.postgres, log=directory.logs / "postgres.log")
        if not os.environ.get("REDIS_URL"):
            servers["REDIS_URL"] = Valkey(directory.valkey, log=directory.logs / "valkey.log")
        supervisor.start(*servers.values())
        chosen = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if name not in servers}
        for name, url in chosen.items():
            self.say(line(name.removesuffix("_URL").title(), f"on {urlsplit(url).hostname or 'a socket'} ({name})"))
        return chosen | {name: server.url() for name, server in servers.items()}

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
