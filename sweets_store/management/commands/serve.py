"""`manage.py serve`: migrate, then serve under gunicorn on HOST and PORT."""

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command


class Command(BaseCommand):
    help = "Bring the database up to date and serve the store under gunicorn on HOST:PORT."
    requires_system_checks = "__all__"

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = settings.HOST, settings.PORT
        check_free(host, port)
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(greeting(host, port))
        self.stdout.flush()
        os.execv(sys.executable, gunicorn_command(host, port))  # noqa: S606  # gunicorn takes this process over


def check_free(host: str, port: int) -> None:
    """Raise CommandError if nobody can listen there: better now than after a minute of gunicorn's retries."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as fault:
        raise CommandError(
            f"Cannot serve on {host}:{port}: {fault.strerror}. Set HOST and PORT to a free one."
        ) from None


def gunicorn_command(host: str, port: int) -> list[str]:
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [
        sys.executable,
        *("-m", "gunicorn", "sweets_store.wsgi:application"),
        *("--pythonpath", str(settings.BASE_DIR)),
        *("--bind", bind),
        *("--worker-class", "sweets_store.worker.Worker"),
        *("--workers", str(settings.WORKERS)),
        *("--threads", str(settings.THREADS)),
        *("--keep-alive", "75"),
        *("--log-level", "warning"),
        "--no-control-socket",
    ]


def greeting(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{port}"
    kind = "production: HTTPS behind a proxy" if settings.PRODUCTION else "open API, not for the internet"
    return (
        f"The sweets store is at {url} ({kind}; {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]})\n"
        f"  try the API     {url}/docs\n"
        f"  dispatchers     {url}/admin/  (first: manage.py createsuperuser)\n"
        f"  stop            Ctrl-C"
    )
