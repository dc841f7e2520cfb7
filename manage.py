#!/usr/bin/env python3
"""Django's command line for the sweets store."""

import os
import signal
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from sweets_store.away import lacks_tables, one_line


def run() -> None:
    try:
        execute_from_command_line(sys.argv)
    finally:
        if sys.stdout is not None:  # closed by who started us
            sys.stdout.flush()  # here a reader who is gone is met for good


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sweets_store.settings")
    try:
        run()
    except (ImproperlyConfigured, DatabaseError) as fault:
        # What an operator can mend is one line; the trace is there for who asks.
        if "--traceback" in sys.argv:
            raise
        wrong = "Settings"
        if isinstance(fault, DatabaseError):
            wrong = f"Database {settings.DATABASES['default']['NAME']}"
        hint = ". Bring it up to date first: manage.py migrate" if lacks_tables(fault) else ""
        sys.exit(f"{wrong}: {one_line(fault)}{hint}")
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # Whoever read has enough, such as `head`. Python would still flush into the pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


if __name__ == "__main__":
    main()
