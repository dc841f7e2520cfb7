"""Fixtures for the tests of every app."""

import os

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from sweets_store.tests.client import JSONClient
from sweets_store.tests.serving import served_store

# The same examples in every run, and no clock judges them.
hypothesis_settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("steady")


def pytest_addoption(parser):
    parser.addoption("--assigns", type=int, default=40, help="how often each client of a storm assigns")
    parser.addoption("--writes", type=int, default=400, help="how many writes are acknowledged amid kills")
    parser.addoption("--kills", type=int, default=6, help="how often the store is killed; PostgreSQL a third as often")
    parser.addoption("--requests", type=int, default=5_000, help="how many hostile requests are sent")
    parser.addoption("--browser", help="the Chromium that the tests of pages run in; without it they are left out")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("browser"):
        left_out = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """A file, not memory: the threads of a test then meet the locks that processes meet."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        name = tmp_path_factory.mktemp("database") / "test.sqlite3"
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(name)


@pytest.fixture
def api(db):
    """The API, called in process."""
    return JSONClient(Client(raise_request_exception=False))


@pytest.fixture
def dispatcher(client, django_user_model):
    """The browser of someone who may see and do all that the admin offers."""
    ContentType.objects.get_for_models(*apps.get_models())  # looked up once by a process, whichever page is the first
    client.force_login(django_user_model.objects.create(username="dispatcher", is_staff=True, is_superuser=True))
    return client


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A store under gunicorn, served once for all tests; each uses ids of its own."""
    with served_store(tmp_path_factory.mktemp("store"), f"served_{os.getpid()}") as served:
        yield served


@pytest.fixture
def nothing_tried_again(caplog):
    """PostgreSQL rolled nothing back for a deadlock that `retried` would hide."""
    yield
    assert [record for record in caplog.get_records("call") if record.name == "sweets_store.retries"] == []
