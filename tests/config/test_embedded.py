"""The embedded servers find a place for their data, programs and sockets, and say clearly when there is none."""

import os
import socket
import stat
from pathlib import Path

import pytest

from config.embedded import CannotStart, wheels
from config.embedded.account import SystemUser, our_account
from config.embedded.children import Children
from config.embedded.data import locked
from config.embedded.postgres import Postgres
from config.embedded.published import environment_of_running, published
from config.embedded.sockets import MAX_SOCKET_PATH_BYTES, socket_directory
from config.environment import environment_of_programs, listening_address
from tests.live import data_directory

STRANGER = SystemUser(uid=65534, gid=65534)


def test_a_stranger_reaches_what_every_directory_above_lets_it_reach(tmp_path: Path) -> None:
    with data_directory() as data:
        (data / "open").mkdir(mode=0o755)
        (data / "closed").mkdir(mode=0o700)

        assert STRANGER.can_reach(data / "closed")
        assert STRANGER.can_reach(data / "open" / "file")
        assert not STRANGER.can_reach(data / "closed" / "file")
        assert our_account().can_reach(data / "closed" / "file")


def test_a_copy_of_the_programs_keeps_their_libraries_beside_them(tmp_path: Path) -> None:
    for file in ("package/pginstall/bin/postgres", "package.libs/libpq.so"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()

    package = wheels._copied(tmp_path / "package", tmp_path / "copy")
    assert (package / "pginstall" / "bin" / "postgres").exists()
    assert (package.parent / "package.libs" / "libpq.so").exists()


def test_sockets_stand_with_their_data_when_the_path_fits() -> None:
    assert socket_directory(Path("/srv/data"), our_account()) == Path("/srv/data")


def test_sockets_of_a_long_path_stand_in_a_short_directory_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (socket_directory(Path(f"/{name}" * 60), our_account()) for name in ("a", "b"))

    assert first != second
    assert len(bytes(first)) <= max(MAX_SOCKET_PATH_BYTES, len(bytes(tmp_path)) + 24)
    assert stat.S_IMODE(first.stat().st_mode) == 0o700


def test_a_socket_directory_that_others_may_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    socket_directory(Path("/a" * 60), our_account()).chmod(0o755)

    with pytest.raises(CannotStart, match="belongs to somebody else"):
        socket_directory(Path("/a" * 60), our_account())


def test_data_of_another_major_version_are_left_alone() -> None:
    with data_directory() as data, Children() as children:
        postgres = Postgres(data / "postgres", log=data / "log")
        (data / "postgres" / "17").mkdir()

        with pytest.raises(CannotStart, match=r"PostgreSQL 17.*Upgrading PostgreSQL"):
            postgres.spawn(children)


def test_the_secret_key_is_made_once_and_readable_for_its_owner_only(tmp_path: Path) -> None:
    with locked(tmp_path) as directory:
        key = directory.secret_key()
        assert len(key) >= 50
        assert directory.secret_key() == key
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_only_one_may_hold_a_data_directory(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(CannotStart, match=f"already runs on .* \\(process {os.getpid()}\\)"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


def test_a_place_that_cannot_hold_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="choose another directory with --data"), locked(tmp_path / "file"):
        pass


def test_other_commands_learn_the_environment_while_it_is_published(tmp_path: Path) -> None:
    with published({"DATABASE_URL": "postgresql://x/y"}, tmp_path):
        assert environment_of_running(tmp_path) == {"DATABASE_URL": "postgresql://x/y"}
        assert stat.S_IMODE((tmp_path / "environment.json").stat().st_mode) == 0o600
    assert environment_of_running(tmp_path) == {}


def made_for(host: str) -> dict[str, str]:
    return environment_of_programs(host=host, port=80, grpc_port=81, data=Path("/data"), secret_key="key")


def test_what_the_operator_has_set_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFAB_BASE_URL", "https://confab.example.com")
    monkeypatch.setenv("CONFAB_ALLOWED_HOSTS", "other.example.com")
    made = made_for("0.0.0.0")

    assert made["CONFAB_BASE_URL"] == "https://confab.example.com"
    assert made["CONFAB_ALLOWED_HOSTS"] == "other.example.com"
    assert made["CONFAB_GRPC_PORT"] == "81"


@pytest.mark.parametrize("variable", ["CONFAB_BASE_URL", "CONFAB_ALLOWED_HOSTS"])
def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "")

    assert made_for("0.0.0.0")[variable] != ""


def test_a_server_that_is_open_to_the_network_answers_to_the_names_of_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CONFAB_ALLOWED_HOSTS", raising=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, and tells which address would
        address = probe.getsockname()[0]
    hosts = made_for("0.0.0.0")["CONFAB_ALLOWED_HOSTS"].split(",")

    assert socket.gethostname().lower() in hosts
    assert address in hosts
    assert not {"*", "", ".", "0.0.0.0"} & set(hosts)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80")],
)
def test_links_lead_to_where_this_machine_reaches_us(host: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONFAB_BASE_URL", raising=False)
    made = made_for(host)

    assert made["CONFAB_BASE_URL"] == url
    assert ("CONFAB_ALLOWED_HOSTS" in made) == (host != "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "address"), [("localhost", "127.0.0.1"), ("[::1]", "::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0")]
)
def test_a_host_to_listen_on_is_a_name_or_an_address_of_this_machine(host: str, address: str) -> None:
    assert listening_address(host) == address


@pytest.mark.parametrize("host", ["no.such.host.invalid", "1.2.3.4.5", "a" * 70 + ".example", "host name"])
def test_a_host_that_nobody_knows_is_named(host: str) -> None:
    with pytest.raises(CannotStart, match=r"choose another with --host"):
        listening_address(host)
