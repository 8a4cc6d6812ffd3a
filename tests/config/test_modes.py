"""What Confab keeps on disk is for its account alone, whatever the umask is or was."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from config.embedded.account import account_for_postgres, our_account
from config.embedded.data import locked
from config.embedded.modes import close_to_others
from tests.live import data_directory

GUEST = account_for_postgres()


@pytest.fixture
def data() -> Iterator[Path]:
    with data_directory() as path:
        yield path


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def assert_is_closed(data: Path) -> None:
    """Everything is closed; PostgreSQL's own account may pass through the directory, and nobody else."""
    for path in data.rglob("*"):
        assert path.is_symlink() or mode(path) & 0o077 == 0, path
    expected = 0o700 if our_account() == GUEST else 0o710
    assert (mode(data), data.stat().st_gid) == (expected, GUEST.gid)


@pytest.mark.usefixtures("open_umask")
def test_an_installation_that_stood_open_is_closed_at_its_next_start(data: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.touch(mode=0o644)
    for directory in ("files/1/ab", "logs", "valkey/appendonlydir", "postgres/18"):
        (data / directory).mkdir(parents=True)
    for file in ("files/1/ab/picture", "logs/postgres.log", "valkey/appendonlydir/aof", "beat-schedule.dat", "lock"):
        (data / file).touch()
    (data / "files" / "link").symlink_to(foreign)
    for directory in ("postgres", "postgres/18"):  # as PostgreSQL keeps them
        (data / directory).chmod(0o700)
    assert mode(data / "files/1/ab/picture") == 0o666

    for _ in range(2):
        with locked(data):
            assert_is_closed(data)
    assert mode(foreign) == 0o644, "what a link leads to is not ours"
    assert GUEST.can_reach(data / "postgres"), "PostgreSQL still gets to its data"


@pytest.mark.usefixtures("open_umask")
def test_a_directory_that_is_made_is_closed_from_the_start(data: Path) -> None:
    with locked(data / "new"):
        assert_is_closed(data / "new")


def test_closing_that_was_interrupted_is_taken_up_again(data: Path) -> None:
    (data / "files").mkdir(mode=0o755)
    (data / "files" / "picture").touch(mode=0o644)
    close_to_others(data)
    assert mode(data / "files" / "picture") == 0o600
    (data / "files" / "picture").chmod(0o644)
    close_to_others(data)

    assert mode(data / "files" / "picture") == 0o644, "a closed directory is not looked through again"
    (data / "files").chmod(0o755)
    close_to_others(data)
    assert mode(data / "files" / "picture") == 0o600


def test_a_directory_that_root_keeps_to_itself_stays_as_it_is(data: Path) -> None:
    data.chmod(0o700)
    close_to_others(data)

    assert mode(data) == 0o700


@pytest.mark.usefixtures("open_umask")
def test_files_of_traces_are_written_for_their_account_alone(data: Path) -> None:
    """With the settings of the installation, as the storage of a program that runs without `up` has them."""
    FileSystemStorage(data / "files").save("1/ab/picture", ContentFile(b"..."))

    assert mode(data / "files/1/ab/picture") == 0o600
    assert {mode(data / part) for part in ("files/1", "files/1/ab")} == {0o700}
