"""Runs the pg_dump and pg_restore of the embedded PostgreSQL on the configured server."""

import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from config.embedded.account import our_account
from config.embedded.modes import UMASK
from config.embedded.wheels import postgres_programs

POOLER_MESSAGE = (
    "DATABASE_URL names a pooler. Set it to the server behind the pooler for this command. Nothing was changed."
)
POOLER_ERROR = "unsupported startup parameter"


def refuse_unnamed() -> None:
    """Raise CommandError unless a database is configured, because libpq would choose one by itself."""
    if not settings.IS_DATABASE_NAMED:
        raise CommandError(
            f"No database is configured, and no Confab runs on {settings.DATA_DIR}. Nothing was changed. Start Confab"
            " with ./run up in another terminal, set CONFAB_DATA to the directory of one that runs elsewhere, or set"
            " DATABASE_URL to the database that you mean."
        )


def run_tool(program: str, *arguments: str | Path) -> None:
    """Run one of PostgreSQL's programs on the database of the settings.

    Address and password are passed in the environment, which other users of the machine cannot read. Raises
    CommandError if the program fails, or if DATABASE_URL names a pooler: it would give the settings that these programs
    make to other sessions."""
    settings = connection.settings_dict
    address = {f"PG{name}": settings[name] for name in ("HOST", "PORT", "USER", "PASSWORD") if settings[name]}
    command = [postgres_programs(our_account()) / program, *arguments]
    environment = os.environ | address | {"PGOPTIONS": "-c statement_timeout=0"}
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, umask=UMASK, check=False)
    if done.returncode and POOLER_ERROR in done.stderr:
        raise CommandError(POOLER_MESSAGE)
    if done.returncode:
        raise CommandError(f"{program} failed: {done.stderr.strip()}")
