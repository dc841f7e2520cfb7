"""What a dispatcher does: shown before it is done, done row by row, and told row by row."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.utils import timezone

from bundles.dispatch import release_bundle, undo_completion
from bundles.models import Bundle
from bundles.services import assign_orders, change_courier, complete_order
from bundles.tests.scenes import NOW, rows
from couriers.models import Courier
from couriers.tests.factories import CourierFactory
from dispatchers.deeds import DEEDS
from orders.models import Order
from orders.tests.factories import OrderFactory
from record.models import Event
from sweets_store.acting import command_acts
from sweets_store.tests.pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    """Couriers 5 and 6 of region 1, idle; 7 carries order 70; orders 1 and 2 are free in region 1."""
    for courier_id in (5, 6):
        CourierFactory(courier_id=courier_id, regions=[1])
    OrderFactory(order_id=70, region=9)
    CourierFactory(courier_id=7, regions=[1, 9])
    assign_orders(courier_id=7, now=NOW)
    OrderFactory(order_id=1, region=1), OrderFactory(order_id=2, region=1)


def deed(name, browser, **asked):
    return browser.post(f"/admin/dispatch/{name}/", asked)


def told(answer):
    """What the page tells of each row."""
    assert answer.status_code == 200
    body = re.search(r'<table id="told">.*?<tbody>(.*?)</tbody>', answer.content.decode(), re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [re.sub(r"\s+([.,]|$)", r"\1", " ".join(re.sub("<.*?>", " ", row).split())) for row in found]


def kept(answer):
    """The hidden fields with which the preview is confirmed."""
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.content.decode())
    return {name: unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}


def confirm(browser, answer):
    name = re.search(r'action="/admin/dispatch/([\w-]+)/"', answer.content.decode())[1]
    return deed(name, browser, **kept(answer))


# Each deed is shown, and then done


def test_an_assign_is_shown_and_then_done(dispatcher, scene):
    before = rows()
    shown = deed("assign", dispatcher, couriers="5, 6, 7")

    assert told(shown) == [
        "Courier 5 He gets 2 orders: 1, 2",
        "Courier 6 Refused Nothing that he can carry is free.",
        "Courier 7 Refused He carries a bundle since 2026-01-10 09:00:00, and gets nothing new until it is completed.",
    ]
    assert "1 can be done. 2 refused." in words(shown)
    assert rows() == before

    done = confirm(dispatcher, shown)

    assert told(done) == ["Courier 5 Done He gets 2 orders: 1, 2"]
    assert set(Event.objects.filter(courier_id=5).values_list("door", "actor")) == {("admin", "dispatcher")}
    assert list(Order.objects.filter(bundle__courier_id=5).values_list("pk", flat=True)) == [1, 2]


@pytest.fixture
def noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 1, 10, 12, tzinfo=UTC))


def test_all_idle_couriers_of_regions_are_assigned(dispatcher, scene, noon):
    """Who is on shift at this minute and carries nothing, as on the board."""
    CourierFactory(courier_id=4, regions=[1], working_hours=["08:00-11:59", "13:00-18:00"])
    CourierFactory(courier_id=8, regions=[2])
    CourierFactory(courier_id=9, regions=[9], working_hours=["12:00-12:01"])

    shown = deed("assign", dispatcher, regions="1 9")

    assert [row.split(" ")[1] for row in told(shown)] == ["5", "6", "9"]
    assert kept(shown)["regions"] == ""


def test_idle_is_read_by_the_shop_s_clock(dispatcher, scene, noon, settings):
    settings.TIME_ZONE = "America/New_York"  # where it is 07:00

    shown = deed("assign", dispatcher, regions="1 9")

    assert told(shown) == []
    assert "Nobody of these regions is on shift now and carries nothing." in words(shown)


def test_a_delivery_is_shown_and_then_done(dispatcher, scene):
    before = rows()
    shown = deed("complete", dispatcher, orders="70, 1, 99", complete_time="2026-01-10T10:00")

    assert told(shown) == [
        "Order 70 Courier 7 delivered it at 2026-01-10 10:00:00.",
        "Order 1 Refused No courier carries order 1: it is free.",
        "Order 99 Refused There is no order 99.",
    ]
    assert rows() == before

    assert told(confirm(dispatcher, shown)) == ["Order 70 Done Courier 7 delivered it at 2026-01-10 10:00:00."]
    assert Bundle.objects.get(courier_id=7).is_completed


def test_a_delivery_without_a_time_is_of_the_moment_shown(dispatcher, scene):
    start = timezone.now()

    confirm(dispatcher, deed("complete", dispatcher, orders="70", complete_time=""))

    assert start <= Order.objects.get(pk=70).complete_time <= timezone.now()


def test_who_asks_differently_finds_the_time_that_he_had_given(dispatcher, scene, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    shown = deed("complete", dispatcher, orders="70", complete_time="2026-01-10T10:33:01")

    form = deed("complete", dispatcher, **kept(shown), differently="").content.decode()

    assert re.search(r'name="complete_time"[^>]*value="2026-01-10T10:33:01"', form) or re.search(
        r'value="2026-01-10T10:33:01"[^>]*name="complete_time"', form
    )


def test_who_asks_differently_may_have_asked_for_more_than_a_url_holds(dispatcher, scene):
    """The server reads no request line of more than 4,094 characters."""
    regions = list(map(str, range(10**6, 10**6 + 1000)))
    shown = deed("change", dispatcher, **change_form(dispatcher, 6) | {"regions": "\n".join(regions)})

    form = deed("change", dispatcher, **kept(shown), differently="")

    assert max(map(len, links(shown))) < 4000
    assert re.search(r'name="regions".*?>([^<]*)<', form.content.decode(), re.DOTALL)[1].split() == regions
    assert not Event.objects.filter(courier_id=6, what="changed").exists()


def test_more_couriers_than_are_done_at_once_are_refused_and_none_is_left_out_unsaid(dispatcher, noon):
    Courier.objects.bulk_create(CourierFactory.build(courier_id=n, regions=[3]) for n in range(1, 103))

    answer = deed("assign", dispatcher, couriers="900", regions="3")

    assert "These are 103 couriers, and at most 100 are done at once." in words(answer)
    assert told(answer) == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_no_time_that_a_phone_tells_breaks_a_page(dispatcher, api, scene, settings, zone, at):
    settings.TIME_ZONE = zone
    done = api.post("/orders/complete", {"courier_id": 7, "order_id": 70, "complete_time": at})
    bundle_id = Bundle.objects.get().pk

    assert done.status == 200
    for page in (
        "orders/order/",
        "orders/order/?assigned=today",
        "orders/order/70/change/",
        "orders/order/70/why/",
        "couriers/courier/7/change/",
        f"bundles/bundle/{bundle_id}/change/",
        "day/",
        "pay/",
        "",
    ):
        assert dispatcher.get(f"/admin/{page}").status_code == 200, page
    assert deed("undo", dispatcher, orders="70").status_code == 200


@pytest.mark.parametrize("given", ["%20", "x", "-1", "9" * 30, "%00", "1&courier=2"])
def test_no_query_breaks_a_page(dispatcher, scene, given):
    for page in (f"day/?after={given}", f"dispatch/change/?courier={given}", f"day/?courier={given}"):
        assert dispatcher.get(f"/admin/{page}").status_code in (200, 400, 404)


def test_a_release_of_orders_is_shown_and_then_done(dispatcher, scene):
    before = rows()
    shown = deed("release", dispatcher, orders="70 1 99")

    assert told(shown) == [
        "Order 70 Courier 7 no longer carries 1 order: 70. His bundle is completed.",
        "Order 1 Refused No courier carries order 1: it is free.",
        "Order 99 Refused There is no order 99.",
    ]
    assert rows() == before

    assert told(confirm(dispatcher, shown)) == [
        "Order 70 Done Courier 7 no longer carries 1 order: 70. His bundle is completed."
    ]
    assert Order.objects.get(pk=70).bundle is None


def test_a_release_of_a_bundle_is_shown_and_then_done(dispatcher, scene):
    bundle = Bundle.objects.get()
    before = rows()
    shown = deed("release-bundle", dispatcher, bundles=f"{bundle.pk} 99")

    assert told(shown) == [
        f"Bundle {bundle.pk} Courier 7 no longer carries 1 order: 70. His bundle is completed.",
        "Bundle 99 Refused There is no bundle 99.",
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    assert Order.objects.get(pk=70).bundle is None


def test_a_move_is_shown_and_then_done(dispatcher, scene):
    OrderFactory(order_id=71, region=8, bundle=Bundle.objects.get())
    CourierFactory(courier_id=9, regions=[9])
    bundle = Bundle.objects.get()
    before = rows()
    shown = deed("move", dispatcher, bundle=bundle.pk, courier="9")

    assert told(shown) == [
        f"Bundle {bundle.pk} Courier 9 takes over 1 order: 70. These do not fit him and stay: 71 (region)"
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    assert list(Bundle.objects.values_list("courier_id", "orders")) == [(7, 71), (9, 70)]


def test_an_undo_is_shown_with_pay_and_rating_and_then_done(dispatcher, scene):
    now = timezone.now()
    complete_order(courier_id=7, order_id=70, complete_time=now)
    bundle = Bundle.objects.get()
    before = rows()
    shown = deed("undo", dispatcher, orders="70 1")

    assert told(shown) == [
        f"Order 70 Courier 7 carries it again, in Bundle {bundle.pk}. Earnings: 1000 → 0. Rating: 0.00 → none.",
        "Order 1 Refused No courier carries order 1: it is free.",
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    assert Order.objects.get(pk=70).complete_time is None


def test_an_undo_comes_too_late_after_the_time_set(dispatcher, scene, settings):
    settings.UNDO_MINUTES = 30
    with command_acts("complete", at=timezone.now() - timedelta(minutes=31)):
        complete_order(courier_id=7, order_id=70, complete_time=timezone.now())

    assert told(deed("undo", dispatcher, orders="70")) == [
        "Order 70 Refused That order 70 is delivered was said more than 30 minutes ago."
    ]


def test_a_mistyped_time_is_told_and_can_be_taken_back(dispatcher, scene):
    shown = deed("complete", dispatcher, orders="70", complete_time="2020-01-01T10:00")
    confirm(dispatcher, shown)
    undone = deed("undo", dispatcher, orders="70")

    assert told(shown) == [
        "Order 70 Courier 7 delivered it at 2020-01-01 10:00:00, before it was assigned at 2026-01-10 09:00:00."
    ]
    assert told(undone)[0].startswith("Order 70 Courier 7 carries it again")


def test_nothing_is_delivered_later_than_a_clock_may_be_fast(dispatcher, scene, noon):
    fast = deed("complete", dispatcher, orders="70", complete_time="2026-01-10T12:05")
    to_come = deed("complete", dispatcher, orders="70", complete_time="2026-01-10T12:06")

    assert told(fast) == ["Order 70 Courier 7 delivered it at 2026-01-10 12:05:00."]
    assert told(to_come) == []
    assert "This is still to come." in words(to_come)


def change_form(browser, courier_id):
    """What the form of the courier's change is filled with."""
    form = browser.post("/admin/dispatch/change/", {"courier": courier_id, "begin": ""}).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def test_a_change_of_a_courier_is_shown_with_its_releases_and_then_done(dispatcher, scene):
    form = change_form(dispatcher, 7)
    assert (form["courier_type"], form["regions"], form["working_hours"]) == ("foot", "1\n9", "09:00-18:00")
    before = rows()

    shown = deed("change", dispatcher, **form | {"regions": "1, 2", "working_hours": "08:00-09:30"})

    assert told(shown) == [
        "Courier 7 Regions: 1, 9 → 1, 2 Working hours: 09:00-18:00 → 08:00-09:30 He no longer carries 1 order: 70"
    ]
    assert rows() == before

    confirm(dispatcher, shown)
    courier = Courier.objects.get(pk=7)
    assert (courier.courier_type, courier.regions, courier.working_hours) == ("foot", [1, 2], ["08:00-09:30"])
    assert Order.objects.get(pk=70).bundle is None


def test_a_change_keeps_what_another_dispatcher_changed_meanwhile(dispatcher, scene):
    form = change_form(dispatcher, 5)
    change_courier(courier_id=5, changes={"courier_type": "car"})

    confirm(dispatcher, deed("change", dispatcher, **form | {"regions": "3"}))

    courier = Courier.objects.get(pk=5)
    assert (courier.courier_type, courier.regions) == ("car", [3])


def test_a_change_that_was_shown_is_not_done_to_another_courier_than_shown(dispatcher, scene):
    shown = deed("change", dispatcher, **change_form(dispatcher, 5) | {"regions": "3"})
    change_courier(courier_id=5, changes={"regions": [4]})

    assert told(confirm(dispatcher, shown)) == [
        "Courier 5 Refused Not done, for something changed meanwhile. Now: Regions: 4 → 3 He keeps all that he carries."
    ]
    assert Courier.objects.get(pk=5).regions == [4]


# Double clicks, stale pages, two dispatchers at once


def test_a_second_click_does_nothing_and_says_so(dispatcher, scene):
    shown = deed("assign", dispatcher, couriers="5")
    confirm(dispatcher, shown)
    before = rows()

    again = confirm(dispatcher, shown)

    assert "Courier 5 Refused Not done, for something changed meanwhile. Now: He carries a bundle" in told(again)[0]
    assert rows() == before


def test_what_is_so_already_is_said_to_be(dispatcher, scene):
    delivered = deed("complete", dispatcher, orders="70", complete_time="")
    changed = deed("change", dispatcher, **change_form(dispatcher, 6) | {"regions": "2"})

    for shown, said in ((delivered, "It is delivered already."), (changed, "He is so already.")):
        confirm(dispatcher, shown)
        assert told(confirm(dispatcher, shown))[0].endswith(f"Not done, for something changed meanwhile. Now: {said}")


def test_who_comes_second_is_told_what_changed(dispatcher, scene):
    shown = deed("assign", dispatcher, couriers="5")
    OrderFactory(order_id=3, region=1)
    before = rows()

    late = confirm(dispatcher, shown)

    assert told(late) == ["Courier 5 Refused Not done, for something changed meanwhile. Now: He gets 3 orders: 1, 2, 3"]
    assert "0 done. 1 refused." in words(late)
    assert rows() == before


def test_a_delivery_by_his_own_phone_meanwhile_stays(dispatcher, scene):
    shown = deed("complete", dispatcher, orders="70", complete_time="")
    complete_order(courier_id=7, order_id=70, complete_time=NOW)

    late = confirm(dispatcher, shown)

    assert told(late) == ["Order 70 Refused Not done, for something changed meanwhile. Now: It is delivered already."]
    assert Order.objects.get(pk=70).complete_time == NOW


def test_one_row_that_changed_does_not_hold_up_the_others(dispatcher, scene):
    CourierFactory(courier_id=8, regions=[2])
    OrderFactory(order_id=20, region=2)
    shown = deed("assign", dispatcher, couriers="5, 8")
    assign_orders(courier_id=6, now=NOW)

    late = confirm(dispatcher, shown)

    assert ["Refused" in row for row in told(late)] == [True, False]
    assert Order.objects.get(pk=20).bundle.courier_id == 8


def test_what_was_refused_can_be_shown_anew_and_done(dispatcher, scene):
    CourierFactory(courier_id=8, regions=[2])
    OrderFactory(order_id=20, region=2)
    shown = deed("assign", dispatcher, couriers="5, 8")
    OrderFactory(order_id=3, region=1)

    anew = confirm(dispatcher, confirm(dispatcher, shown))

    assert told(anew) == ["Courier 5 He gets 3 orders: 1, 2, 3"]
    assert told(confirm(dispatcher, anew)) == ["Courier 5 Done He gets 3 orders: 1, 2, 3"]


def test_a_change_that_was_refused_is_shown_anew_as_it_was_asked_for(dispatcher, scene):
    shown = deed("change", dispatcher, **change_form(dispatcher, 7) | {"regions": "1"})
    complete_order(courier_id=7, order_id=70, complete_time=NOW)

    anew = confirm(dispatcher, confirm(dispatcher, shown))

    assert told(anew) == ["Courier 7 Regions: 1, 9 → 1 He keeps all that he carries."]


def test_rows_done_before_the_database_refused_are_told(dispatcher, scene, monkeypatch):
    """They stay done: a page of a failure would tell nothing of them."""
    OrderFactory(order_id=3, region=2)
    CourierFactory(courier_id=8, regions=[2]), CourierFactory(courier_id=9, regions=[2])
    OrderFactory(order_id=4, region=2, weight=10)
    shown = deed("assign", dispatcher, couriers="5, 8, 9")
    assert len(told(shown)) == 3

    def locked(*, courier_id, now):
        if courier_id == 8:
            raise OperationalError("canceling statement due to lock timeout")
        return assign_orders(courier_id=courier_id, now=now)

    monkeypatch.setattr("dispatchers.deeds.assign.assign_orders", locked)
    done = confirm(dispatcher, shown)

    assert told(done) == [
        "Courier 5 Done He gets 2 orders: 1, 2",
        "Courier 8 Refused The database is away or locked: look whether this was done.",
        "Courier 9 Refused Not done: the database is away or locked. Try again in a moment.",
    ]
    assert "1 done. 2 refused." in words(done)
    assert not Bundle.objects.filter(courier_id__in=[8, 9]).exists()


def test_what_was_done_and_taken_back_is_not_done_again_by_the_same_page(dispatcher, scene):
    """Whoever loads it again sends it again."""
    now = timezone.now()
    delivered = deed("complete", dispatcher, orders="70", complete_time=now.isoformat())
    assigned = deed("assign", dispatcher, couriers="5")
    confirm(dispatcher, delivered), confirm(dispatcher, assigned)
    undo_completion(order_id=70, now=now, within=timedelta(minutes=1))
    release_bundle(bundle_id=Bundle.objects.get(courier_id=5).pk)
    before = rows()

    again = [confirm(dispatcher, delivered), confirm(dispatcher, assigned)]

    for row in (told(again[0])[0], told(again[1])[0]):
        assert "Refused Not done, for something changed meanwhile. Now: " in row
    assert rows() == before


@pytest.mark.parametrize("shown", [{}, {"shown-5": "x"}, {"shown-0": "x"}, {"shown-x": "x"}, {"shown-6": "x"}])
def test_nothing_is_done_that_was_not_shown(dispatcher, scene, shown):
    before = rows()

    answer = deed("assign", dispatcher, couriers="5", step="do", **shown)

    assert answer.status_code == 200
    assert rows() == before


# Where it leads back


def links(answer):
    return [unescape(url) for url in re.findall(r'href="([^"]*)"', answer.content.decode())]


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
