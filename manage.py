#!/usr/bin/env python
"""Django's command line; `manage.py up` runs everything."""

import os
import sys


def main() -> None:
    """Run a command of Django, and print expected errors without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    if sys.argv[1:2] == ["alive"]:  # runs every few seconds, so Django is not loaded
        from config.management.commands.alive import Command

        return Command().run_from_argv(sys.argv)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as reason:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(reason))
    except OperationalError as error:
        was_connected = getattr(error.__cause__, "sqlstate", None)
        if was_connected or "--traceback" in sys.argv:
            raise
        sys.exit(
            f"The database does not answer: {error}\n"
            "Start Confab first with ./run up in another terminal, or set DATABASE_URL to the database that you mean,"
            " or CONFAB_DATA to the directory of a Confab that runs elsewhere."
        )


if __name__ == "__main__":
    main()
