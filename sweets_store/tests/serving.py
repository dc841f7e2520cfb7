"""Stores of their own for tests from outside: `manage.py serve` as an operator runs it, on a database made for it."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote

import psycopg2
from django.conf import settings

from sweets_store.tests.client import Answer

PROJECT = Path(settings.BASE_DIR)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def can_listen(port):
    """Whether nobody else does on this port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def url_of(name):
    """The DATABASE_URL of the database of this name: a file, or one of the server that the tests run on."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        return f"sqlite:///{name}"
    server, _, query = os.environ["DATABASE_URL"].partition("?")
    return f"{server.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@contextmanager
def own_database(folder, name):
    """Yield the DATABASE_URL of a new, empty database of the kind that the tests run on."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        yield url_of(folder / f"{name}.sqlite3")
        return
    url = os.environ["DATABASE_URL"]
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield url_of(name)
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.close()


@contextmanager
def connected(url):
    """A cursor of our own on the database of this URL, each statement in a transaction of its own."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(unquote(url.removeprefix("sqlite:///")), timeout=60, isolation_level=None)
    else:
        connection = psycopg2.connect(url)
        connection.autocommit = True
    with closing(connection), closing(connection.cursor()) as cursor:
        yield cursor


@contextmanager
def locked(store, *statements):
    """Hold what every write needs, from a connection of our own: on PostgreSQL what the statements lock."""
    url = store.url_of_database
    with connected(url) as cursor:
        if url.startswith("sqlite"):
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute("BEGIN")
            for statement in statements:
                cursor.execute(statement)
        yield


def manage(*arguments, environment, **options):
    """Run a management command as a process of its own and return it completed."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


class Store:
    """A served store. `get`, `post` and `patch` answer like the in-process client."""

    def __init__(self, folder, environment):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment | {"PORT": str(self.port)}
        self.output = folder / f"output_{self.port}.txt"
        self.start()

    def start(self):
        """Serve; after a stop again, on the same port."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=PROJECT,
                env=os.environ | self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._await_answer()

    def _await_answer(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(self.said())
            try:
                return self.request("GET", "/couriers?limit=1", headers={"X-Forwarded-Proto": "https"})
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the store does not answer: {self.said()}")

    @property
    def url_of_database(self):
        return self.environment["DATABASE_URL"]

    def said(self):
        """What the store has printed so far."""
        return self.output.read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)

    def request(self, method, path, body=None, headers=None):
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | (headers or {})
        request = urllib.request.Request(self.url + path, content, sent, method=method)
        try:
            response = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as refusal:
            response = refusal
        with response:
            return Answer(response.status, json.loads(response.read()), dict(response.headers))

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, body, **headers):
        return self.request("POST", path, body, headers)

    def patch(self, path, body, **headers):
        return self.request("PATCH", path, body, headers)


def configured(name):
    """The environment of a store whose gunicorn is configured by this module of the tests."""
    return {"GUNICORN_CMD_ARGS": f"--config python:sweets_store.tests.{name}"}


@contextmanager
def served_store(folder, name, **environment):
    with own_database(folder, name) as url, served(folder, url, **environment) as store:
        yield store


@contextmanager
def served(folder, url, **environment):
    """A store served on the database of this URL."""
    store = Store(folder, {"DATABASE_URL": url, "DATA_DIR": str(folder)} | environment)
    try:
        yield store
    finally:
        store.stop()
