"""The operator's first five minutes: settings, `manage.py serve`, what a wrong setting says."""

import os
import signal
import socket
import stat
import subprocess
import sys
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.db import connection

from sweets_store.management.commands.serve import alone_on_this_database
from sweets_store.tests.serving import PROJECT, Store, free_port, manage, own_database, served_store
from sweets_store.tests.side_by_side import results, side_by_side, started

SECRET = "abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnop"


@pytest.fixture
def environment(tmp_path):
    """A machine on which the store was never started."""
    return {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}


def test_one_command_migrates_makes_a_secret_and_serves(tmp_path):
    with served_store(tmp_path, f"first_{os.getpid()}") as store:
        assert store.get("/couriers").body == {"next": None, "previous": None, "results": []}

    secret = tmp_path / "secret_key"
    assert len(secret.read_text()) >= 50
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_second_start_keeps_secret_and_data(tmp_path):
    name = f"again_{os.getpid()}"
    with own_database(tmp_path, name) as url:
        seen = []
        for _ in range(2):
            with served_store(tmp_path, f"{name}_unused", DATABASE_URL=url) as store:
                store.post("/orders", {"data": [{"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}]})
                seen.append((store.get("/orders").body["results"], (tmp_path / "secret_key").read_text()))

    assert seen[0] == seen[1]
    assert [order["order_id"] for order in seen[0][0]] == [1]


@pytest.mark.once
def test_ctrl_c_ends_it(tmp_path):
    with served_store(tmp_path, f"ctrl_c_{os.getpid()}", WORKERS="1") as store:
        os.killpg(store.process.pid, signal.SIGINT)  # a terminal sends it to every process

        assert store.process.wait(timeout=10) == 0
        assert "SIGKILL" not in store.said()


def test_the_start_says_where_to_go_next(tmp_path):
    with served_store(tmp_path, f"greeting_{os.getpid()}") as store:
        greeting = store.said()

    assert f"http://127.0.0.1:{store.port}/docs" in greeting
    assert f"http://127.0.0.1:{store.port}/admin/" in greeting
    assert "createsuperuser" in greeting
    assert "API access      open: whoever reaches the store may do all" in greeting


@pytest.mark.once
def test_a_taken_port_stops_the_start_with_one_line(environment):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(environment["PORT"])))
        listener.listen()

        done = manage("serve", environment=environment)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"CommandError: Cannot serve on 127.0.0.1:{environment['PORT']}: Address already in use. "
        "Set HOST and PORT to a free one."
    ]


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("port", {"PORT": "eighty"}, ["PORT must be a whole number from 1 to 65535, not 'eighty'"]),
        ("port beyond", {"PORT": "65536"}, ["PORT must be a whole number from 1 to 65535"]),
        ("several", {"PORT": "0", "WORKERS": "none", "PRODUCTION": "perhaps"}, ["PORT", "WORKERS", "PRODUCTION"]),
        ("another database", {"DATABASE_URL": "mysql://u@h/n"}, ["DATABASE_URL must begin with postgresql://"]),
        ("no name", {"DATABASE_URL": "postgresql://u@h"}, ["DATABASE_URL must end in a name"]),
        ("memory", {"DATABASE_URL": "sqlite://"}, ["DATABASE_URL must end in a name"]),
        ("half of the old names", {"DB_HOST": "h", "DB_USER": "u"}, ["DB_SCHEME, DB_NAME must be set"]),
        (
            "an old name for another",
            {"DB_SCHEME": "mysql", "DB_HOST": "h", "DB_USER": "u", "DB_NAME": "/n"},
            ["DB_SCHEME"],
        ),
        ("production, nothing given", {"PRODUCTION": "true"}, ["SECRET_KEY must be", "ALLOWED_HOSTS must name"]),
        *(
            ("weak secret", {"PRODUCTION": "1", "SECRET_KEY": weak, "ALLOWED_HOSTS": "a.example"}, ["SECRET_KEY"])
            for weak in ("changeme" * 8, "abcde" * 11, f"django-insecure-{SECRET}")
        ),
        ("weak secret", {"PRODUCTION": "1", "SECRET_KEY": "a" * 60, "ALLOWED_HOSTS": "a.example"}, ["SECRET_KEY"]),
        ("any host", {"PRODUCTION": "1", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "*"}, ["ALLOWED_HOSTS"]),
        (
            "password with a sharp",
            {"DATABASE_URL": "postgresql://u:a#b@h/n"},
            ["# is written %23"],
        ),
        ("no such file of settings", {"ENV_FILE": "/nowhere/.env"}, ["ENV_FILE cannot be read", "/nowhere/.env"]),
        (
            "hosts that are none",
            {"ALLOWED_HOSTS": "http://x/,a b"},
            ["ALLOWED_HOSTS must hold names", "http://x/, a b"],
        ),
        (
            "an origin that is none",
            {"PRODUCTION": "1", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "x", "CSRF_TRUSTED_ORIGINS": "foo"},
            ["CSRF_TRUSTED_ORIGINS must hold origins"],
        ),
        ("another access", {"API_ACCESS": "closed"}, ["API_ACCESS must be open or token, not 'closed'"]),
        (
            "rates that are none",
            {"RATE_PER_ADDRESS": "0/minute", "RATE_PER_TOKEN": "10 a day"},
            ["RATE_PER_ADDRESS must be none or a number a second", "RATE_PER_TOKEN must be"],
        ),
        ("data folder is a file", {"DATA_DIR": "/dev/null"}, ["DATA_DIR must be a folder that the store may write"]),
    ],
)
def test_wrong_settings_stop_the_start_with_one_line(name, given, said, environment):
    no_database = {"DATABASE_URL": ""} if any(key.startswith("DB_") for key in given) else {}

    done = manage("serve", environment=environment | no_database | given)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Settings: ")
    for words in said:
        assert words in done.stderr


def test_a_database_that_is_away_stops_the_start_with_one_line(environment):
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"

    done = manage("serve", environment=environment | {"DATABASE_URL": away})

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Database nothing: ")
    assert "Connection refused" in done.stderr


@pytest.mark.once
def test_a_secret_that_was_cut_off_stops_the_start(environment):
    data_dir = Path(environment["DATA_DIR"])
    data_dir.mkdir()
    (data_dir / "secret_key").write_text("")

    done = manage("serve", environment=environment)

    assert done.returncode == 1
    assert done.stderr == (
        f"Settings: {data_dir}/secret_key holds no whole secret; delete it, and the next start makes a new one\n"
    )


@pytest.mark.sqlite
def test_a_file_that_is_no_database_stops_the_start_with_one_line(tmp_path, environment):
    (tmp_path / "junk").write_bytes(b"junk" * 1000)

    done = manage("serve", environment=environment | {"DATABASE_URL": f"sqlite:///{tmp_path / 'junk'}"})

    assert done.returncode == 1
    assert done.stderr == f"Database {tmp_path / 'junk'}: file is not a database\n"


@pytest.mark.sqlite
def test_a_database_in_no_folder_stops_the_start_with_one_line(tmp_path, environment):
    name = tmp_path / "nowhere" / "store.sqlite3"

    done = manage("serve", environment=environment | {"DATABASE_URL": f"sqlite:///{name}"})

    assert done.returncode == 1
    assert done.stderr == f"Database {name}: unable to open database file\n"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_start_waits_for_one_that_migrates_however_long_that_takes():
    def start():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1ms'")
        with alone_on_this_database():
            return "alone"

    with alone_on_this_database():
        futures = started(start)
        waits = not futures[0].done()

    assert waits
    assert results(futures) == ["alone"]


@pytest.mark.once
def test_production_on_the_embedded_database_makes_its_folder(environment):
    production = {"PRODUCTION": "true", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "sweets.example", "DATABASE_URL": ""}

    done = manage("migrate", environment=environment | production)

    folder = Path(environment["DATA_DIR"])
    assert (done.returncode, done.stderr) == (0, "")
    assert os.listdir(folder) == ["sweets.sqlite3"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.once
def test_a_folder_is_named_from_the_projects_own(tmp_path):
    """Wherever a command is run: another folder would hold another store."""
    given = {"DATA_DIR": "data", "SECRET_KEY": SECRET, "DATABASE_URL": f"sqlite:///{tmp_path}/sweets.sqlite3"}
    shown = [sys.executable, PROJECT / "manage.py", "diffsettings"]

    told = subprocess.run(shown, cwd=tmp_path, env=os.environ | given, capture_output=True, text=True, timeout=60)

    assert f"DATA_DIR = {PROJECT / 'data'!r}" in told.stdout


def test_first_starts_at_once_all_migrate(tmp_path):
    with own_database(tmp_path, f"twins_{os.getpid()}") as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)}
        stores = side_by_side(*[partial(Store, tmp_path, environment)] * 3)
        answers = [store.get("/orders").status for store in stores]
        for store in stores:
            store.stop()

    assert answers == [200] * 3


@pytest.mark.once
def test_a_dotenv_file_is_read(tmp_path, environment):
    (tmp_path / ".env").write_text("PORT=none\n")
    del environment["PORT"]

    done = manage("check", environment=environment | {"ENV_FILE": str(tmp_path / ".env")})

    assert done.stderr == "Settings: PORT must be a whole number from 1 to 65535, not 'none'\n"


@pytest.mark.once
def test_a_line_of_a_dotenv_file_that_sets_nothing_is_named(tmp_path, environment):
    (tmp_path / ".env").write_text("# ours\n\nexport WORKERS=1\nPORT 9000\n")

    done = manage("check", environment=environment | {"ENV_FILE": str(tmp_path / ".env")})

    assert done.stderr == "Settings: .env must hold NAME=value in line 4\n"


@pytest.mark.once
def test_the_environment_wins_over_the_dotenv_file(tmp_path, environment):
    (tmp_path / ".env").write_text("PORT=none\n")

    done = manage("check", environment=environment | {"ENV_FILE": str(tmp_path / ".env")})

    assert done.returncode == 0


@pytest.mark.postgresql
def test_the_old_services_names_put_the_store_on_its_database(tmp_path):
    database = settings.DATABASES["default"]
    with own_database(tmp_path, f"old_{os.getpid()}") as url:
        old = {
            "DB_SCHEME": "postgresql",
            "DB_USER": database["USER"],
            "DB_PASSWORD": database["PASSWORD"] or "$unused",
            "DB_HOST": database["HOST"] or database["OPTIONS"]["host"],
            "DB_PORT": str(database["PORT"] or 5432),
            "DB_NAME": urlsplit(url).path,
            "DATABASE_URL": "",
        }

        done = manage("migrate", environment=old | {"DATA_DIR": str(tmp_path)})

        shown = manage("showmigrations", "orders", environment={"DATABASE_URL": url, "DATA_DIR": str(tmp_path)})
    assert done.stderr == ""
    assert old["DB_NAME"].startswith("/")
    assert "[X] 0001_initial" in shown.stdout


@pytest.mark.sqlite
def test_a_relative_sqlite_name_is_one_file_for_migration_and_server(tmp_path):
    with served_store(
        tmp_path, "unused", DATABASE_URL=f"sqlite:///{quote(os.path.relpath(tmp_path, settings.BASE_DIR))}/r.sqlite3"
    ) as store:
        assert store.get("/orders").status == 200

    assert (tmp_path / "r.sqlite3").exists()


def test_deployment_checks_are_clean_in_production(environment):
    production = {"PRODUCTION": "true", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "sweets.example"}

    done = manage("check", "--deploy", "--fail-level", "WARNING", environment=environment | production)

    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.once
def test_production_asks_for_tokens_and_counts_unless_told_otherwise(tmp_path):
    production = {"PRODUCTION": "true", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "127.0.0.1"}
    with served_store(tmp_path, f"guarded_{os.getpid()}", **production) as store:
        made = manage("create_token", "shop", "--scope", "dispatcher", environment=store.environment)
        over_tls = {"X-Forwarded-Proto": "https", "Authorization": f"Token {made.stdout.strip()}"}
        without = store.request("GET", "/couriers", headers={"X-Forwarded-Proto": "https"})
        with_one = store.request("GET", "/couriers", headers=over_tls)
        said = store.said()

    assert (without.status, without.body["code"], without.headers["RateLimit-Limit"]) == (401, "token_missing", "12000")
    assert (with_one.status, with_one.headers["RateLimit-Limit"]) == (200, "6000")
    assert "API access      by token (make one: manage.py create_token)" in said


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """A store on the internet, open, as the proxy in front of it calls it."""
    folder = tmp_path_factory.mktemp("production")
    given = {"PRODUCTION": "true", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "sweets.example, 127.0.0.1"}
    with served_store(folder, f"production_{os.getpid()}", API_ACCESS="open", **given) as store:
        yield store


@pytest.mark.once
def test_production_says_where_it_is_and_where_its_proxy_finds_it(production):
    where = f"https://sweets.example (production: your proxy calls http://127.0.0.1:{production.port}; sqlite3)"

    assert production.said().startswith(f"The sweets store is at {where}\n")


@pytest.mark.once
@pytest.mark.parametrize("path", ["/admin/", "/admin", "/docs"])
def test_production_sends_who_reads_pages_to_https(production, path):
    plain = HTTPConnection("127.0.0.1", production.port)
    plain.request("GET", path)
    redirect = plain.getresponse()
    plain.close()

    assert (redirect.status, redirect.getheader("Location")) == (301, f"https://127.0.0.1:{production.port}{path}")


@pytest.mark.once
def test_production_refuses_the_api_in_plain_http(production):
    order = {"order_id": 1, "weight": 1, "region": 1, "delivery_hours": []}
    answers = [production.get("/orders"), production.post("/orders", {"data": [order]}), production.get("/nothing")]
    over_tls = production.get("/orders", **{"X-Forwarded-Proto": "https"})

    assert [(answer.status, answer.body["code"]) for answer in answers] == [(403, "https_only")] * 3
    assert (over_tls.status, over_tls.body["results"]) == (200, [])
    assert over_tls.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.once
def test_whoever_watches_the_store_needs_no_name_no_tls_and_no_token(production):
    answer = production.get("/health", Host="10.0.0.7:8080")

    assert (answer.status, answer.body) == (200, {"status": "ok"})


@pytest.mark.once
def test_the_store_s_health_can_only_be_asked_for(production):
    answer = production.post("/health", {})

    assert (answer.status, answer.body["code"], answer.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD")


@pytest.mark.once
@pytest.mark.parametrize(("host", "allowed"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_strange_hosts_are_served_only_where_every_address_is(host, allowed, tmp_path):
    with served_store(tmp_path, f"hosts_{os.getpid()}", HOST=host) as store:
        answer = store.get("/couriers", Host="sweets.example")

    assert answer.status == (200 if allowed else 400)
