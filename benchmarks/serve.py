"""`python -m benchmarks.serve APPLICATION [OPTION…]`: serve it as `manage.py serve` serves the store.

Options are gunicorn's and win over those of the store.
"""

import os
import sys

from django.conf import settings

from sweets_store.management.commands.serve import gunicorn_command

STORE_APPLICATION = "sweets_store.wsgi:application"


def main(application: str, *options: str) -> None:
    command = gunicorn_command(settings.HOST, settings.PORT)
    command[command.index(STORE_APPLICATION)] = application
    os.execv(sys.executable, [*command, *options])


if __name__ == "__main__":
    main(*sys.argv[1:])
