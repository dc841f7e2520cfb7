"""What a page is refused with says what happened and what to do, in the reader's language."""

import re

import pytest
from django.db import OperationalError
from django.test import Client

from sweets_store.tests.pages import words


def raising(fault):
    def context(request):
        raise fault

    return context


def test_a_page_that_there_is_not(dispatcher):
    page = dispatcher.get("/admin/nothing/?a=<b>", HTTP_X_REQUEST_ID="found-by-this")

    assert (page.status_code, page["X-Request-ID"]) == (404, "found-by-this")
    assert "There is nothing here The address is mistyped, or what it showed is gone." in words(page)
    assert words(page).endswith("Request found-by-this")
    assert re.findall('href="([^"]*)"', page.content.decode()) == ["/admin/nothing/?a=%3Cb%3E", "/admin/"]


def test_in_the_reader_s_language(dispatcher):
    page = dispatcher.get("/admin/nothing/", HTTP_ACCEPT_LANGUAGE="ru")

    assert "Здесь ничего нет" in words(page)
    assert '<html lang="ru">' in page.content.decode()


def test_what_is_not_his_to_do(client, django_user_model):
    client.force_login(django_user_model.objects.create(username="new", is_staff=True))

    page = client.get("/admin/orders/order/")

    assert page.status_code == 403
    assert "This is not yours to do Nothing was changed." in words(page)


def test_what_no_page_sends(dispatcher):
    page = dispatcher.get("/admin/orders/order/?_to_field=weight")

    assert page.status_code == 400
    assert "This cannot be understood" in words(page)


def test_a_form_that_is_older_than_the_login(dispatcher):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = dispatcher.cookies

    page = browser.post("/admin/dispatch/assign/", {"couriers": "1", "csrfmiddlewaretoken": "a" * 64})

    assert page.status_code == 403
    assert "This page is too old" in words(page)


def test_a_form_from_another_address(dispatcher):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = dispatcher.cookies

    page = browser.post("/admin/dispatch/assign/", {"couriers": "1"}, HTTP_ORIGIN="https://sweets.example")

    assert page.status_code == 403
    assert "This form comes from another address" in words(page)


def test_a_name_that_is_not_the_store_s(dispatcher):
    page = dispatcher.get("/admin/", HTTP_HOST="other.example")

    assert page.status_code == 400
    assert "The store is not called so" in words(page)


@pytest.mark.parametrize(
    ("fault", "status", "retry_after", "said"),
    [
        (OperationalError("server closed the connection"), 503, "1", "The database is away or locked"),
        (RuntimeError("a bug"), 500, None, "The store failed"),
    ],
)
def test_what_fails(dispatcher, monkeypatch, fault, status, retry_after, said):
    monkeypatch.setattr("dispatchers.site.board_context", raising(fault))
    dispatcher.raise_request_exception = False

    page = dispatcher.get("/admin/")

    assert (page.status_code, page.get("Retry-After")) == (status, retry_after)
    assert said in words(page)
    assert str(fault) not in words(page)
