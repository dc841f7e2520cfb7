"""Where the page of a deed leads, whom it serves, and how it refuses."""

import pytest
from django.contrib.auth.models import Permission

from bundles.tests.scenes import rows
from dispatchers.deeds import DEEDS
from dispatchers.tests.deeds import change_form, confirm, deed, kept, links, told
from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db


# Where it leads back


def test_a_deed_begun_in_a_list_leads_back_to_what_was_found_there(dispatcher, scene):
    found = "/admin/orders/order/?q=region+9&status=assigned"
    shown = dispatcher.post(found, {"action": "release", "_selected_action": "70", "index": "0"})
    assert found in links(shown)

    done = confirm(dispatcher, shown)

    assert found in links(done)


def test_a_deed_begun_on_a_record_s_page_leads_back_to_it(dispatcher, scene):
    page = "/admin/couriers/courier/6/change/"
    begun = kept(dispatcher.get(page))["back"]
    asking = dispatcher.post("/admin/dispatch/change/", {"begin": "", "courier": "6", "back": begun})

    shown = deed("change", dispatcher, **change_form(dispatcher, 6) | {"regions": "2"}, back=kept(asking)["back"])

    assert page in links(shown)
    assert kept(deed("change", dispatcher, **kept(shown), differently=""))["back"] == page


@pytest.mark.parametrize(
    "said",
    ["https://example.com/admin/", "//example.com/admin/", "javascript:alert(1)", "/couriers", "\\\\evil.example"],
)
def test_a_deed_leads_to_no_other_site(dispatcher, scene, said):
    shown = deed("assign", dispatcher, couriers="5", back=said)

    assert kept(shown)["back"] == "/admin/couriers/courier/"
    assert said not in links(shown)


# Who asks, and how


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("assign", {}, "Name couriers, or regions."),
        ("assign", {"couriers": "five"}, "Give numbers, such as 12, or several: 12, 15."),
        ("assign", {"couriers": "1 " * 101}, "At most 100 at once."),
        ("assign", {"regions": str(2**63)}, "Give numbers, such as 12, or several: 12, 15."),
        ("change", {"courier": "5"}, "This field is required."),
        ("change", {"courier": "5", "courier_type": "boat"}, "boat is not one of the available choices."),
        ("change", {"courier": "5", "courier_type": "car", "regions": "1 abc"}, "“abc” must be an integer from 1 to"),
        (
            "change",
            {"courier": "5", "courier_type": "car", "working_hours": "10:00-09:00"},
            "Item 0 must start before it ends",
        ),
        ("change", {"courier": "5", "courier_type": "car", "was": "[" * 9_000}, "This form is broken."),
        (
            "change",
            {
                "courier": "5",
                "courier_type": "foot",
                "was": '{"courier_type": "foot", "regions": [], "working_hours": []}',
            },
            "Nothing is different from what he has.",
        ),
        ("move", {"bundle": "x", "courier": "5"}, "Give a number, such as 12."),
        ("complete", {"orders": ""}, "This field is required."),
        ("complete", {"orders": "1", "complete_time": "noon"}, "Give a day and a time."),
        ("complete", {"orders": "1", "complete_time": "0001-01-01T00:00:00+14:00"}, "Give a day and a time."),
    ],
)
@pytest.mark.parametrize("step", ["", "do"])
def test_what_makes_no_sense_is_told_at_its_field(dispatcher, scene, name, asked, said, step):
    before = rows()

    answer = deed(name, dispatcher, step=step, **asked)

    assert answer.status_code == 200
    assert said in words(answer)
    assert rows() == before


@pytest.mark.parametrize("name", DEEDS)
def test_only_who_may_dispatch_does(client, scene, django_user_model, name):
    staff = django_user_model.objects.create(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(staff)

    assert [client.get(f"/admin/dispatch/{name}/").status_code, deed(name, client).status_code] == [403, 403]
    assert 'name="begin"' not in client.get("/admin/couriers/courier/5/change/").content.decode()


def test_there_is_no_other_deed(dispatcher):
    assert dispatcher.get("/admin/dispatch/delete/").status_code == 404


def test_a_deed_begins_from_a_list_and_from_a_page(dispatcher, scene):
    from_list = dispatcher.post(
        "/admin/couriers/courier/", {"action": "assign", "_selected_action": [5, 6], "index": 0}
    )
    from_page = deed("assign", dispatcher, couriers="5", begin="")
    asks_more = deed("assign", dispatcher, begin="")

    assert [row[:9] for row in told(from_list)] == ["Courier 5", "Courier 6"]
    assert [row[:9] for row in told(from_page)] == ["Courier 5"]
    assert "Name couriers" not in words(asks_more)
    assert 'name="begin"' in dispatcher.get("/admin/couriers/courier/5/change/").content.decode()


# In the reader's language


def test_refusals_and_reasons_are_told_in_russian(dispatcher, scene):
    russian = {"HTTP_ACCEPT_LANGUAGE": "ru"}
    page = dispatcher.post("/admin/dispatch/undo/", {"orders": "1, 70"}, **russian)
    assert "Заказ 70 не доставлен." in words(page)
    assert "Заказ 1 не везёт никто: он свободен." in words(page) or "Нет" in words(page)

    page = dispatcher.get("/admin/orders/order/70/why/?numbers=5", **russian)
    assert "Его везёт курьер 7 с 2026-01-10 09:00:00+00:00" in words(page)

    page = dispatcher.post("/admin/dispatch/change/", {"courier": "5", "working_hours": "9-18", "do": ""}, **russian)
    assert "пишется как" in words(page)

    changed = {"courier": "5", "courier_type": "car", "was": '{"regions": [1], "working_hours": []}', "regions": "1"}
    page = dispatcher.post("/admin/dispatch/change/", changed, **russian)
    assert "Тип: пеший → машина" in words(page)


def test_the_api_speaks_english_whatever_the_client_asks_for(api, scene):
    russian = {"HTTP_ACCEPT_LANGUAGE": "ru"}

    assert api.post("/orders/assign", {"courier_id": "5"}, **russian).body == {
        "validation_error": {"courier_id": f"must be an integer from 1 to {2**63 - 1}"}
    }
    assert api.get("/orders/9", **russian).body["detail"] == "There is no order 9."
