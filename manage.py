#!/usr/bin/env python3
"""Django's command line for the sweets store."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sweets_store.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError) as fault:
        # What an operator can mend is one line; the trace is there for who asks.
        if "--traceback" in sys.argv:
            raise
        kind = "Settings" if isinstance(fault, ImproperlyConfigured) else "Database"
        sys.exit(f"{kind}: {' '.join(str(fault).split())}")


if __name__ == "__main__":
    main()
