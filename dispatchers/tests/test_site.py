"""The site around the records: its languages, its search, its sidebar."""

import pytest
from django.contrib.auth.models import Permission

from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db


def test_speaks_the_browsers_language_or_the_one_chosen(dispatcher):
    chosen = dispatcher.post("/admin/language/", {"language": "ru", "next": "/admin/"})
    russian = dispatcher.get("/admin/")

    assert (chosen.status_code, chosen["Location"]) == (302, "/admin/")
    assert russian["Content-Language"] == "ru"
    assert dispatcher.get("/admin/", headers={"Accept-Language": "en"})["Content-Language"] == "ru"


@pytest.mark.parametrize(("language", "said"), [("en", "0 couriers"), ("ru", "курьеры: 0")])
def test_a_list_is_counted_in_words_right_for_every_number(dispatcher, language, said):
    """Russian has three forms, of which the theme would take the wrong one for most numbers."""
    assert said in words(dispatcher.get("/admin/couriers/courier/", headers={"Accept-Language": language}))


def test_a_user_is_active_in_another_word_than_a_bundle(dispatcher, django_user_model):
    user = django_user_model.objects.get()

    page = dispatcher.get(f"/admin/auth/user/{user.pk}/change/", headers={"Accept-Language": "ru"})

    assert "Активный" in words(page)
    assert "в пути" in words(dispatcher.get("/admin/bundles/bundle/", headers={"Accept-Language": "ru"}))


def test_the_api_speaks_english_alone(api):
    answer = api.get("/couriers/5", headers={"Accept-Language": "ru"})

    assert (answer.status, answer.body["detail"]) == (404, "There is no courier 5. Hire him first.")


@pytest.mark.parametrize("page", ["0", "x", "-1", "9" * 30, "2"])
def test_no_page_breaks_the_search(dispatcher, page):
    assert dispatcher.get("/admin/search/", {"s": "orders", "page": page}).status_code in (200, 404)


def test_the_sidebar_leads_only_where_the_reader_may_go(client, django_user_model):
    viewer = django_user_model.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_bundle"))
    client.force_login(viewer)

    page = client.get("/admin/")

    assert "Bundles" in words(page)
    assert "/admin/orders/order/" not in page.content.decode()
    assert "Who works here" not in words(page)
