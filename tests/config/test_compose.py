"""compose.yaml: what it says, and each of its units run by its command, environment and health check, without a
container."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from compose_spec import ComposeSpecification

from tests.config.deployed import FILE, OURS, SERVICES, environment_of, make_secrets
from tests.config.exporting import eventually
from tests.live import BASE_DIR, data_directory, free_port, own_database

START_SECONDS = 120.0
LONG_RUNNING = [name for name in SERVICES if name != "prepare"]


def test_the_file_is_valid() -> None:
    assert ComposeSpecification.model_validate(FILE)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_limits_and_what_it_names(name: str) -> None:
    service = SERVICES[name]

    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert set(service.get("secrets", [])) <= set(FILE["secrets"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    assert {volume.partition(":")[0] for volume in service.get("volumes", []) if volume[0] != "."} <= set(
        FILE["volumes"]
    )


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_each_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_do_little_and_find_their_secrets(name: str) -> None:
    service = SERVICES[name]
    named = {Path(value).name for key, value in service["environment"].items() if key.endswith("_FILE")}

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert set(service["secrets"]) == named


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    secrets = make_secrets(tmp_path, "s3")
    made = {path.name: path.read_text() for path in secrets.iterdir()}
    (secrets / "email_url").chmod(0o600)
    (secrets / "email_url").write_text("smtp://mail.example.com")

    make_secrets(tmp_path)

    assert {path.name for path in secrets.iterdir()} == set(FILE["secrets"])
    assert {path.name: path.read_text() for path in secrets.iterdir()} == made | {
        "email_url": "smtp://mail.example.com"
    }
    assert urlsplit(made["database_url"]).password == made["postgres_password"]
    assert json.loads(made["storage_options"])["secret_key"] == made["s3_secret_key"]
    assert len(made["secret_key"]) == 48
    assert secrets.stat().st_mode & 0o777 == 0o700


class Units:
    """The units, on one directory that stands for their disks."""

    def __init__(self, directory: Path, database: str) -> None:
        secrets = make_secrets(directory)
        for name, url in {"database_url": database, "redis_url": os.environ["REDIS_URL"]}.items():
            (secrets / name).chmod(0o600)
            (secrets / name).write_text(url)
        self.web, self.grpc = free_port(), free_port()
        self._places = {"/run/secrets": str(secrets), "/tmp/alive": "{}", "/data": str(directory / "data")}
        self._ports = {"8000": str(self.web), "4317": str(self.grpc)}
        self._directory = directory
        (directory / "data").mkdir()

    def run(self, unit: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a command with the environment of its unit, which has a directory for signs of life of its own."""
        alive = self._directory / f"alive-{unit}"
        environment = environment_of(unit, CONFAB_BASE_URL="https://confab.example.com")
        for name in environment:
            for place, ours in self._places.items():
                if Path(environment[name]).is_relative_to(place):
                    environment[name] = environment[name].replace(place, ours.format(alive), 1)
        words = [self._ports.get(word, word).replace("/data/", f"{self._places['/data']}/") for word in command]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with open(self._directory / f"{unit}.log", "ab") as log:
            return subprocess.Popen(words, cwd=BASE_DIR, env={"PATH": path, **environment}, stdout=log, stderr=log)

    def log(self, unit: str) -> str:
        return (self._directory / f"{unit}.log").read_text()

    def is_healthy(self, unit: str) -> bool:
        _, *command = SERVICES[unit]["healthcheck"]["test"]
        return self.run(unit, command).wait(60) == 0

    def are_ready(self) -> bool:
        """Return what `/readyz` says of all of them together, asked as a proxy with TLS asks."""
        headers = {"Host": "confab.example.com", "X-Forwarded-Proto": "https"}
        return httpx.get(f"http://127.0.0.1:{self.web}/readyz", headers=headers, timeout=10).status_code == 200


@contextmanager
def running(units: Units, unit: str) -> Iterator[None]:
    process = units.run(unit, shlex.split(SERVICES[unit]["command"]))
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def test_every_unit_starts_and_passes_its_health_check() -> None:
    with data_directory() as directory, own_database() as database, ExitStack() as stack:
        units = Units(directory, database)
        assert not units.is_healthy("web"), "nothing runs yet"
        assert units.run("prepare", shlex.split(SERVICES["prepare"]["command"])).wait(120) == 0, units.log("prepare")
        for unit in OURS[1:]:
            stack.enter_context(running(units, unit))
        for unit in OURS[1:]:
            assert eventually(partial(units.is_healthy, unit), START_SECONDS), units.log(unit)
        assert eventually(units.are_ready, START_SECONDS), units.log("worker")
