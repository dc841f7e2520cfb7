"""Tokens: made, shown, used, over."""

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from access.models import Token
from access.services import TokenOver, TokenUnknown, create_token, revoke_token, token_shown
from access.tests.tokens import let_in, shown
from couriers.tests.factories import CourierFactory
from sweets_store.tests.serving import manage, served_store
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def guarded(settings):
    settings.API_ACCESS = "token"


def made(**facts):
    return create_token(**{"owner": "shop", "scope": "dispatcher"} | facts)


def test_of_the_secret_only_a_digest_is_stored():
    token, secret = made()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tokens")
        [row] = cursor.fetchall()
    assert not any(secret in str(value) for value in row)
    assert secret.startswith(token.beginning)
    assert len(secret) - len(token.beginning) >= 38


def test_no_two_secrets_are_alike():
    assert len({made().secret for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"scope": "courier"}, "names its courier"),
        ({"scope": "dispatcher", "courier_id": 5}, "names its courier"),
        ({"scope": "courier", "courier_id": 77}, "77"),
        ({"scope": "king"}, "king"),
        ({"owner": ""}, "blank"),
        ({"owner": "x" * 201}, "200"),
        ({"owner": "a\tb"}, "printed"),
        ({"owner": "\udcff"}, "printed"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(facts, fault):
    CourierFactory(courier_id=5)

    with pytest.raises(ValidationError, match=fault):
        made(**facts)
    assert not Token.objects.exists()


def test_a_token_lasts_until_it_expires():
    token, secret = made(expires_at=NOON)

    assert token_shown(secret=secret, now=NOON - SECOND) == token
    with pytest.raises(TokenOver, match="expired"):
        token_shown(secret=secret, now=NOON)


def test_a_revoked_token_opens_nothing_any_more_and_the_first_time_stays():
    token, secret = made()
    other = made()

    revoke_token(token_id=token.token_id, now=NOON)
    again = revoke_token(token_id=token.token_id, now=NOON + SECOND)

    assert again.revoked_at == NOON
    with pytest.raises(TokenOver, match="revoked"):
        token_shown(secret=secret, now=NOON)
    assert token_shown(secret=other.secret, now=NOON) == other.token


def test_its_use_is_kept_to_the_minute():
    token, secret = made()

    for later, kept in [(0, 0), (59, 0), (60, 60), (61, 60)]:
        token_shown(secret=secret, now=NOON + later * SECOND)
        token.refresh_from_db()
        assert token.last_used_at == NOON + kept * SECOND


def test_who_shows_a_token_waits_for_nobody_who_writes(tmp_path):
    with served_store(tmp_path, f"tokens_{os.getpid()}", API_ACCESS="token", LOCK_TIMEOUT="20") as store:
        made = manage("create_token", "shop", "--scope", "dispatcher", environment=store.environment)
        token = {"Authorization": f"Token {made.stdout.strip()}"}
        with writing(store.environment["DATABASE_URL"]):
            started = time.monotonic()
            answers = [store.get("/couriers", **token).status for _ in range(3)]

        assert answers == [200] * 3
        assert time.monotonic() - started < 10
        assert "could not be kept" not in store.said() or "sqlite" in store.environment["DATABASE_URL"]


@contextmanager
def writing(url):
    """Somebody changes all tokens and takes his time."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with closing(psycopg2.connect(url)) as other, other.cursor() as cursor:
            cursor.execute("UPDATE tokens SET owner = owner")
            yield


def test_a_clock_set_back_takes_no_use_back():
    token, secret = made()
    token_shown(secret=secret, now=NOON)

    token_shown(secret=secret, now=NOON - timedelta(days=1))

    token.refresh_from_db()
    assert token.last_used_at == NOON


def test_a_token_costs_one_statement(api, guarded):
    token = let_in()
    api.get("/couriers/5", **token)

    with statements_captured() as with_token:
        api.get("/couriers/5", **token)

    assert len([sql for sql in with_token if "tokens" in sql]) == 1


def test_the_open_api_asks_for_none_and_costs_nothing(api):
    CourierFactory(courier_id=5)

    with statements_captured() as statements:
        assert api.get("/couriers/5", HTTP_AUTHORIZATION="Token sweets_x").status == 200

    assert not [sql for sql in statements if "tokens" in sql]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Token", "token_missing"),
        ("Token ", "token_missing"),
        ("Basic YTpi", "token_missing"),
        ("Token sweets_nothing", "unknown_token"),
        ("token ä\x00", "unknown_token"),
        ("Token a b", "unknown_token"),
        ("Token " + "x" * 5000, "unknown_token"),
    ],
)
def test_who_shows_no_good_token_is_told_what_to_do(api, guarded, header, code):
    answer = api.get("/couriers", **({} if header is None else {"HTTP_AUTHORIZATION": header}))

    assert (answer.status, answer.body["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert "operator" in answer.body["detail"]


def test_a_token_is_shown_in_either_case_and_with_blanks(api, guarded):
    secret = made().secret

    assert api.get("/couriers", HTTP_AUTHORIZATION=f" tOKEN   {secret} ").status == 200


def test_schema_and_docs_stay_open(client, guarded):
    assert client.get("/schema").status_code == 200
    assert client.get("/docs").status_code == 200


def test_unknown_secrets_are_no_digests():
    token, _ = made()

    with pytest.raises(TokenUnknown):
        token_shown(secret=token.digest, now=NOON)


# Commands


def run(capsys, *arguments):
    call_command(*arguments)
    return capsys.readouterr()


def test_create_token_prints_the_secret_alone(capsys, api, guarded):
    said = run(capsys, "create_token", "shop system", "--scope", "integrator")

    token = Token.objects.get()
    assert api.get("/couriers", **shown(said.out.strip())).status == 200
    assert (token.owner, token.scope) == ("shop system", "integrator")
    assert timedelta(days=364) < token.expires_at - timezone.now() < timedelta(days=366)
    assert "shown this once" in said.err


def test_create_token_for_a_courier_and_for_good(capsys):
    CourierFactory(courier_id=5)

    said = run(capsys, "create_token", "phone", "--scope", "courier", "--courier", "5", "--no-expiry")

    token = Token.objects.get()
    assert (token.courier_id, token.expires_at) == (5, None)
    assert "until it is revoked" in said.err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--scope", "king"],
        ["--scope", "courier"],
        ["--scope", "courier", "--courier", "77"],
        ["--scope", "courier", "--courier", "99999999999999999999"],
        ["--scope", "dispatcher", "--days", "0"],
        ["--scope", "dispatcher", "--days", "1", "--no-expiry"],
        [],
    ],
)
def test_create_token_refuses_what_makes_no_sense(wrong):
    with pytest.raises(CommandError):
        call_command("create_token", "shop", *wrong)
    assert not Token.objects.exists()


def test_create_token_names_every_bad_field():
    with pytest.raises(CommandError) as refused:
        call_command("create_token", "", "--scope", "courier", "--courier", "77")

    assert str(refused.value) == (
        "owner: This field cannot be blank. courier: courier instance with courier_id 77 is not a valid choice."
    )


def test_list_tokens_tells_all_but_the_secrets(capsys):
    CourierFactory(courier_id=5)
    first, second = made(owner="Anna", scope="courier", courier_id=5), made(owner="shop", expires_at=NOON)
    revoke_token(token_id=first.token.token_id, now=NOON)

    said = run(capsys, "list_tokens").out

    newest, oldest = (line.split("\t") for line in said.splitlines())
    beginning = f"{second.token.beginning}…"
    assert newest[:5] == [str(second.token.token_id), beginning, "shop", "dispatcher", "expired"]
    assert oldest[2:] == ["Anna", "courier 5", "revoked", "expires never", "last used never"]
    assert first.secret not in said


def test_revoke_token_names_every_one_that_is_none(capsys):
    token, secret = made()

    with pytest.raises(CommandError, match=r"no token 1000001\. There is no token 1000002"):
        call_command("revoke_token", "1000001", str(token.token_id), "1000002")

    assert "shop: revoked" in capsys.readouterr().out
    with pytest.raises(TokenOver):
        token_shown(secret=secret, now=NOON)
