#!/usr/bin/env python3
"""Django's command line for the sweets store."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sweets_store.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, DatabaseError) as fault:
        # What an operator can mend is one line; the trace is there for who asks.
        if "--traceback" in sys.argv:
            raise
        wrong = "Settings"
        if isinstance(fault, DatabaseError):
            wrong = f"Database {settings.DATABASES['default']['NAME']}"
        sys.exit(f"{wrong}: {' '.join(str(fault).split())}")


if __name__ == "__main__":
    main()
