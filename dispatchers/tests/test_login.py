"""The login holds up who guesses."""

import pytest
from axes.models import AccessAttempt

from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db

PAGE = "/admin/login/"
RIGHT = {"username": "anna", "password": "pralines-and-nougat"}
WRONG = RIGHT | {"password": "guess"}


@pytest.fixture
def anna(django_user_model):
    return django_user_model.objects.create_user(is_staff=True, **RIGHT)


def tried(client, given, times=1, **sent):
    for _ in range(times):
        answer = client.post(PAGE, given, **sent)
    return answer


def test_ten_wrong_passwords_close_the_login_to_that_address_alone(client, anna):
    last = tried(client, WRONG, 10, REMOTE_ADDR="10.1.0.1")

    assert (last.status_code, last["Retry-After"]) == (429, "900")
    assert "Try again in 15 minutes" in words(last)
    assert tried(client, RIGHT, REMOTE_ADDR="10.1.0.1").status_code == 429
    assert tried(client, RIGHT, REMOTE_ADDR="10.1.0.2").status_code == 302


def test_it_does_not_matter_whose_password_is_guessed(client, anna):
    for n in range(10):
        answer = tried(client, {"username": f"user {n}", "password": "guess"}, REMOTE_ADDR="10.1.1.1")

    assert answer.status_code == 429


def test_who_mistypes_and_then_gets_it_right_starts_anew(client, anna):
    for _ in range(3):
        tried(client, WRONG, 9, REMOTE_ADDR="10.1.2.1")
        assert tried(client, RIGHT, REMOTE_ADDR="10.1.2.1").status_code == 302


def test_who_has_an_account_of_his_own_guesses_at_others_no_more_for_it(client, anna, django_user_model):
    own = {"username": "boris", "password": "his-own-password"}
    django_user_model.objects.create_user(**own)
    for _ in range(3):
        tried(client, WRONG, 3, REMOTE_ADDR="10.1.6.1")
        tried(client, own, REMOTE_ADDR="10.1.6.1")

    assert tried(client, WRONG, REMOTE_ADDR="10.1.6.1").status_code == 429


def test_who_goes_on_guessing_is_let_in_no_later_and_takes_no_more_room(client, anna):
    tried(client, WRONG, 10, REMOTE_ADDR="10.1.7.1")
    [before] = AccessAttempt.objects.values()

    tried(client, WRONG | {"more": "x" * 1000}, 20, REMOTE_ADDR="10.1.7.1")

    assert list(AccessAttempt.objects.values()) == [before]


def test_who_is_logged_in_works_on(client, dispatcher, anna):
    tried(client, WRONG, 10, REMOTE_ADDR="10.1.3.1")

    assert dispatcher.get("/admin/", REMOTE_ADDR="10.1.3.1").status_code == 200


@pytest.mark.parametrize(
    "given", [{}, {"username": "a\0b", "password": "c"}, {"username": "x" * 9999, "password": "y"}]
)
def test_no_login_breaks_it(client, anna, given):
    assert tried(client, given, REMOTE_ADDR="10.1.4.1").status_code == 200


@pytest.mark.parametrize("forwarded", ["", "nobody", "1.2.3.4:99", "fe80::1%eth0", "x" * 9999])
def test_no_word_of_a_proxy_breaks_it(client, anna, forwarded, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.api_settings.NUM_PROXIES", 1)

    last = tried(client, WRONG, 10, REMOTE_ADDR="10.1.5.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert last.status_code == 429
