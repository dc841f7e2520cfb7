"""`manage.py serve`: migrate, then serve under gunicorn on HOST and PORT."""

import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

# Beside the regions, which are positive, that `assign` locks.
MIGRATING = -1
ACCESS = {
    "open": "open: whoever reaches the store may do all (API_ACCESS=token asks for tokens)",
    "token": "by token (make one: manage.py create_token)",
}


class Command(BaseCommand):
    help = "Bring the database up to date and serve the store under gunicorn on HOST:PORT."

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = settings.HOST, settings.PORT
        check_free(host, port)
        with alone_on_this_database():
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


@contextmanager
def alone_on_this_database() -> Iterator[None]:
    """Keep other starts waiting: of two that make the same tables the second would fail."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")  # migrating a large store takes longer than a request may wait
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
            cursor.execute("RESET lock_timeout")
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
    else:
        connection.ensure_connection()  # the database's own words for a folder that is not there
        with open(f"{connection.settings_dict['NAME']}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


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
        *("--forwarder-headers", ""),  # or who is let in by a proxy says what the URL is
        "--no-control-socket",
    ]


def greeting(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    url, kind = f"http://{shown}:{port}", "not for the internet"
    if settings.PRODUCTION:
        url, kind = f"https://{settings.ALLOWED_HOSTS[0].removeprefix('.')}", f"production: your proxy calls {url}"
    return (
        f"The sweets store is at {url} ({kind}; {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]})\n"
        f"  API access      {ACCESS[settings.API_ACCESS]}\n"
        f"  try the API     {url}/docs\n"
        f"  dispatchers     {url}/admin/  (first: manage.py createsuperuser)\n"
        f"  stop            Ctrl-C"
    )
