"""Runs pg_dump and pg_restore out of the wheel, on the server of the settings."""

import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from config.embedded.account import our_account
from config.embedded.modes import UMASK
from config.embedded.wheels import postgres_programs

POOLER = "DATABASE_URL names a pooler: name the server behind it, for this command alone. Nothing was changed."
POOLERS_WORDS = "unsupported startup parameter"


def refuse_unnamed() -> None:
    """Raise CommandError unless somebody said which database is meant: libpq would choose one by itself."""
    if not settings.IS_DATABASE_NAMED:
        raise CommandError(
            f"No database is named, and no Confab runs on {settings.DATA_DIR}: nothing was touched. Start it by"
            " ./run up in another terminal, set CONFAB_DATA to the directory of one that runs elsewhere, or set"
            " DATABASE_URL to the database that you mean."
        )


def run_tool(program: str, *arguments: str | Path) -> None:
    """The address and the password go by the environment, which other users of the machine cannot read.

    A pooler refuses the option of the session. It would give the settings that these programs make to somebody else."""
    settings = connection.settings_dict
    address = {f"PG{name}": settings[name] for name in ("HOST", "PORT", "USER", "PASSWORD") if settings[name]}
    command = [postgres_programs(our_account()) / program, *arguments]
    environment = os.environ | address | {"PGOPTIONS": "-c statement_timeout=0"}
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, umask=UMASK, check=False)
    if done.returncode and POOLERS_WORDS in done.stderr:
        raise CommandError(POOLER)
    if done.returncode:
        raise CommandError(f"{program} failed: {done.stderr.strip()}")
