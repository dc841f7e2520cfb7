"""Tokens in the admin: made, shown once, revoked, never changed."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from access.models import Token
from access.services import create_token, revoke_token
from access.tests.tokens import shown
from couriers.tests.factories import CourierFactory
from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db

ADD, LIST = "/admin/access/token/add/", "/admin/access/token/"
FORM = {"owner": "shop system", "scope": "integrator", "courier": "", "expires_at_0": "", "expires_at_1": ""}


def revoked(client, *tokens):
    chosen = {"action": "revoke", "_selected_action": [token.pk for token in tokens]}
    return client.post(LIST, chosen, follow=True)


def test_a_new_token_is_shown_once(dispatcher, api, settings):
    settings.API_ACCESS = "token"

    made = dispatcher.post(ADD, FORM, follow=True)

    [secret] = set(re.findall(r"sweets_[\w-]{40,}", made.content.decode()))
    assert "shown this once" in words(made)
    assert secret not in str(dispatcher.cookies)
    assert api.get("/couriers", **shown(secret)).status == 200
    token = Token.objects.get()
    for page in (LIST, f"{LIST}{token.pk}/change/", "/admin/"):
        assert secret not in dispatcher.get(page, follow=True).content.decode()


def test_the_form_offers_a_year(dispatcher, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 1, 31, 23, 59, tzinfo=UTC))

    page = dispatcher.get(ADD).content.decode()

    assert 'value="2027-01-31"' in page


def test_a_couriers_token_names_him(dispatcher):
    CourierFactory(courier_id=5)

    dispatcher.post(ADD, FORM | {"scope": "courier", "courier": "5"})

    assert Token.objects.get().courier_id == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "courier"},
        {"courier": "5"},
        {"scope": "courier", "courier": "77"},
        {"scope": "courier", "courier": "x"},
        {"scope": "courier", "courier": "99999999999999999999999"},
        {"scope": "king"},
        {"owner": ""},
        {"owner": "a\0b"},
        {"owner": "a\nb"},
        {"owner": " "},
        {"expires_at_0": "tomorrow", "expires_at_1": "12:00"},
        {"expires_at_0": "0001-01-01", "expires_at_1": "00:00"},
    ],
)
def test_a_form_that_makes_no_sense_makes_no_token(dispatcher, settings, wrong):
    settings.TIME_ZONE = "Europe/Berlin"
    CourierFactory(courier_id=5)

    answer = dispatcher.post(ADD, FORM | wrong)

    assert answer.status_code == 200
    assert not Token.objects.exists()


def test_revoking_closes_at_once_and_tells_so_for_each(dispatcher):
    tokens = [create_token(owner=owner, scope="dispatcher").token for owner in ("Anna", "Boris", "Clara")]

    said = words(revoked(dispatcher, *tokens[:2]))

    assert [token.owner for token in Token.objects.filter(revoked_at=None)] == ["Clara"]
    assert re.search(r"Anna \(sweets_\S{4}…\) opens nothing any more", said)
    assert "Boris (" in said


def test_a_token_is_neither_changed_nor_deleted(dispatcher):
    token = create_token(owner="Anna", scope="dispatcher").token

    page = dispatcher.get(f"{LIST}{token.pk}/change/")
    changed = dispatcher.post(f"{LIST}{token.pk}/change/", FORM)
    deleted = dispatcher.post(f"{LIST}{token.pk}/delete/", {"post": "yes"})

    assert (page.status_code, changed.status_code, deleted.status_code) == (200, 403, 403)
    assert Token.objects.get().owner == "Anna"


def test_who_may_only_see_tokens_revokes_none(client, django_user_model):
    token = create_token(owner="Anna", scope="dispatcher").token
    viewer = django_user_model.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_token"))
    client.force_login(viewer)

    assert client.get(LIST).status_code == 200
    revoked(client, token)

    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_list_tells_what_has_become_of_each(dispatcher):
    CourierFactory(courier_id=5)
    create_token(owner="Anna", scope="courier", courier_id=5)
    over = create_token(owner="Boris", scope="dispatcher", expires_at=timezone.now()).token
    gone = create_token(owner="Clara", scope="dispatcher").token
    revoke_token(token_id=gone.token_id, now=timezone.now())

    said = words(dispatcher.get(LIST))

    assert re.search("Anna.*Courier 5.*in use.*never", said[said.index("Anna") :])
    assert "expired" in said
    assert "revoked" in said
    assert over.beginning in said
    assert "Boris" in words(dispatcher.get(LIST, {"q": over.beginning}))


def test_an_owners_name_is_text(dispatcher):
    said = dispatcher.post(ADD, FORM | {"owner": "<script>alert(1)</script>{0}%(x)s"}, follow=True).content.decode()

    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)" in said


@pytest.mark.parametrize("query", ["expires_at=x", "expires_at_0=x", "owner=a&scope=king&courier=x"])
def test_no_query_breaks_the_form(dispatcher, query):
    assert dispatcher.get(f"{ADD}?{query}").status_code == 200


@pytest.mark.parametrize("chosen", ["x", "", "9" * 26])
def test_what_was_chosen_and_is_no_token_is_refused(dispatcher, chosen):
    assert dispatcher.post(LIST, {"action": "revoke", "_selected_action": [chosen]}).status_code == 400
