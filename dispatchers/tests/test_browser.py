"""The admin in a real browser: light and dark, wide and narrow, English and Russian; and usable by everybody.

pytest -m browser --browser=/usr/bin/chromium
"""

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from sweets_store.tests.serving import manage, served_store

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # as long as a click may take: a slow machine is no fault

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ALL_DAY = ["00:00-23:59"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A served store of its own: courier 5 carries the orders 1 to 4, 6 and 7 are idle, more orders are free."""
    with served_store(tmp_path_factory.mktemp("shop"), f"shop_{os.getpid()}") as store:
        store.post(
            "/couriers",
            {
                "data": [
                    {"courier_id": 5, "courier_type": "foot", "regions": [1], "working_hours": ALL_DAY},
                    {"courier_id": 6, "courier_type": "car", "regions": [1, 2], "working_hours": ALL_DAY},
                    {"courier_id": 7, "courier_type": "bike", "regions": [3], "working_hours": ALL_DAY},
                ]
            },
        )
        store.post(
            "/orders",
            {"data": [{"order_id": n, "weight": 2.5, "region": 1, "delivery_hours": ALL_DAY} for n in range(1, 5)]},
        )
        store.post("/orders/assign", {"courier_id": 5})
        store.post(
            "/orders",
            {
                "data": [
                    {"order_id": n, "weight": n, "region": n % 4 + 1, "delivery_hours": ALL_DAY if n % 5 else []}
                    for n in range(11, 51)
                ]
            },
        )
        password = {"DJANGO_SUPERUSER_PASSWORD": "bonbon-und-praline"}
        made = manage(
            "createsuperuser", "--noinput", "--username=boss", "--email=", environment=store.environment | password
        )
        assert made.returncode == 0, made.stderr
        yield store


@pytest.fixture(scope="module")
def chromium(pytestconfig):
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=pytestconfig.getoption("browser"), args=options)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, shop):
    """Open a page of the shop, logged in; at the end nothing was wrong in any of them."""
    contexts, faults = [], []

    def open_page(path="/admin/", *, viewport=WIDE, dark=False, language="en", away=False):
        context = chromium.new_context(
            base_url=shop.url, viewport=viewport, color_scheme="dark" if dark else "light", locale=language
        )
        contexts.append(context)
        page = context.new_page()
        if not away:  # the browser itself tells of an answer 503
            page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto("/admin/login/?next=" + path)
        page.fill("[name=username]", "boss")
        page.fill("[name=password]", "bonbon-und-praline")
        page.press("[name=password]", "Enter")
        page.wait_for_url(shop.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def told(page):
    """The rows of a preview or of what happened, once they are there: a click does not wait for the page it asks."""
    rows = page.locator("#told tbody tr")
    rows.first.wait_for()
    page.wait_for_load_state()
    return [" ".join(row.split()) for row in rows.all_inner_texts()]


def confirm(page):
    page.get_by_role("button", name=re.compile(r": \d+$")).click()
    page.get_by_text("What happened").wait_for()


PAGES = [
    "/admin/",
    "/admin/orders/order/",
    "/admin/orders/order/1/change/",
    "/admin/orders/order/11/why/",
    "/admin/orders/order/import/",
    "/admin/couriers/courier/",
    "/admin/couriers/courier/5/change/",
    "/admin/bundles/bundle/1/change/",
    "/admin/orders/order/import/",
    "/admin/day/",
    "/admin/day/?courier=5",
    "/admin/pay/",
    "/admin/pay/?courier=5",
    "/admin/dispatch/assign/",
    "/admin/dispatch/change/?courier=6",
    "/admin/dispatch/complete/?orders=1",
    "/admin/access/token/",
    "/admin/access/token/add/",
]


@pytest.mark.parametrize(
    ("viewport", "dark", "language"),
    [(WIDE, False, "en"), (WIDE, True, "ru"), (NARROW, False, "ru"), (NARROW, True, "en")],
    ids=["wide light English", "wide dark Russian", "narrow light Russian", "narrow dark English"],
)
def test_every_page_fits_its_screen(opened, viewport, dark, language):
    page = opened(viewport=viewport, dark=dark, language=language)
    for path in PAGES:
        page.goto(path)

        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert page.evaluate("document.documentElement.lang") == language


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_used_by_everybody(opened, dark):
    page = opened(dark=dark)
    for path in PAGES:
        page.goto(path)

        violations = Axe().run(page).response["violations"]
        serious = [fault for fault in violations if fault["impact"] in ("serious", "critical")]
        assert [(path, fault["id"], [node["html"] for node in fault["nodes"]]) for fault in serious] == []


def test_the_docs_are_drawn_under_their_policy(opened):
    page = opened()
    page.goto("/docs")

    expect(page.get_by_text("Hire couriers")).to_be_visible()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_text("where the store asks for tokens")).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_new_token_is_shown_once_and_whole(opened, viewport):
    page = opened(viewport=viewport)
    page.goto("/admin/access/token/add/")
    page.fill("#id_owner", "shop system")
    page.select_option("#id_scope", "integrator")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("code.secret")).to_have_text(re.compile(r"^sweets_[\w-]{43}$"))
    secret = page.locator("code.secret").bounding_box()
    assert secret["x"] + secret["width"] <= viewport["width"]
    page.reload()
    expect(page.get_by_text("shop system").first).to_be_visible()
    expect(page.locator("code")).to_have_count(0)


def test_who_logs_in_comes_to_the_board(opened):
    page = opened()

    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    expect(page.get_by_text("3 of them").or_(page.get_by_text("Couriers on shift")).first).to_be_visible()


def test_the_board_refreshes_without_losing_place_filter_or_focus(opened, shop):
    page = opened(viewport=NARROW)
    page.fill("#only-region", "4")
    row = page.locator('tr[data-region="4"]').last
    before = row.locator("td").first.inner_text()
    row.locator("a").focus()
    page.evaluate("scrollTo(0, 700)")
    place = page.evaluate("scrollY")
    shop.post("/orders", {"data": [{"order_id": 900, "weight": 1, "region": 4, "delivery_hours": ALL_DAY}]})

    page.evaluate("refresh()")

    expect(row.locator("td").first).to_have_text(str(int(before) + 1))
    assert page.evaluate("scrollY") == place
    assert page.evaluate("document.activeElement.textContent") == "4"
    assert page.locator('tr[data-region="1"]').last.is_hidden()


def test_a_region_in_which_nothing_waits_is_said_to_be_so(opened):
    page = opened()
    page.fill("#only-region", "4321")

    expect(page.get_by_text("Nothing waits there.")).to_be_visible()
    page.fill("#only-region", "")
    expect(page.get_by_text("Nothing waits there.")).to_have_count(0)


def test_a_board_that_cannot_be_refreshed_says_so(opened):
    page = opened(away=True, viewport=NARROW)
    page.route("**/admin/", lambda route: route.fulfill(status=503, content_type="text/html", body="away"))
    page.evaluate("scrollTo(0, 900)")
    page.evaluate("refresh()")
    expect(page.get_by_text("Not refreshed: the store does not answer.")).to_be_in_viewport()

    expect(page.locator("#board-state")).to_contain_text("Not refreshed")
    page.unroute_all()


def test_what_a_list_holds_stands_together_on_a_phone(opened):
    page = opened("/admin/couriers/courier/?q=6", viewport=NARROW)

    first, second = (page.locator(".field-first_regions").get_by_text(number, exact=True) for number in "12")

    assert first.bounding_box()["x"] + 30 > second.bounding_box()["x"]


A4 = {"width": 718, "height": 1047}  # less a margin of a centimetre on each side


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_slip_is_printed_whole_and_dark_on_white(opened, language):
    page = opened("/admin/pay/?courier=5", viewport=A4, dark=True, language=language)

    page.emulate_media(media="print", color_scheme="dark")

    slip = page.locator("#slip")
    assert slip.evaluate("slip => slip.getBoundingClientRect().right") <= A4["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    for shown in (page.locator("#content h2"), slip.locator("thead th").first, slip.locator("td").first):
        assert shown.evaluate("shown => getComputedStyle(shown).color") == "rgb(0, 0, 0)"


def test_from_the_picture_of_a_day_a_bundle_opens(opened):
    page = opened("/admin/day/")
    page.get_by_role("link", name=re.compile("^Bundle 1, ")).focus()

    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/bundles/bundle/1/change/")


def test_couriers_are_assigned_from_their_list(opened):
    page = opened("/admin/couriers/courier/")
    for row in page.locator("input.action-select").all():
        row.check()
    page.locator("select[name=action]").select_option("assign")
    page.get_by_role("button", name="Run").click()
    rows = told(page)
    assert rows[0].startswith("Courier 5 Refused He carries a bundle since")
    assert [row.split(":")[0] for row in rows[1:]] == ["Courier 6 He gets 3 orders", "Courier 7 He gets 1 order"]

    confirm(page)

    assert [row.split(":")[0] for row in told(page)] == [
        "Courier 6 Done He gets 3 orders",
        "Courier 7 Done He gets 1 order",
    ]


def test_what_was_sent_cannot_be_sent_by_a_second_click(opened):
    page = opened("/admin/dispatch/complete/?orders=1")
    page.evaluate("document.querySelector('.deed-form').addEventListener('submit', (event) => event.preventDefault())")
    button = page.get_by_role("button", name="Show what will happen")
    expect(button).to_be_enabled()

    button.click()

    expect(button).to_be_disabled()


def test_a_second_click_is_told_that_it_did_nothing(opened):
    page = opened("/admin/orders/order/1/change/")
    page.get_by_role("button", name="Mark delivered").click()
    assert told(page)[0].startswith("Order 1 Courier 5 delivered it at")
    second = page.context.new_page()
    second.goto("/admin/dispatch/complete/?orders=1")
    second.get_by_role("button", name="Show what will happen").click()
    assert told(second)[0].startswith("Order 1 Courier 5 delivered it at")
    confirm(page)

    confirm(second)

    assert told(page)[0].startswith("Order 1 Done Courier 5 delivered it at")
    page.reload()
    assert page.url.endswith("/admin/orders/order/1/change/")
    assert told(second) == ["Order 1 Refused Not done, for something changed meanwhile. Now: It is delivered already."]


def test_a_delivery_is_taken_back(opened, shop):
    shop.post("/orders/complete", {"courier_id": 5, "order_id": 2, "complete_time": "2100-01-01T00:00:00Z"})
    page = opened("/admin/orders/order/2/change/")
    page.get_by_role("button", name="Take the delivery back").click()
    assert "Earnings: 0 → 0. Rating: none → none." in told(page)[0]

    confirm(page)

    assert shop.get("/orders/2").body["complete_time"] is None


def test_an_order_is_released(opened, shop):
    page = opened("/admin/orders/order/3/change/")
    page.get_by_role("button", name="Release orders").click()
    assert told(page) == ["Order 3 Courier 5 no longer carries 1 order: 3."]

    confirm(page)

    assert shop.get("/orders/3").body["bundle_id"] is None


def test_a_bundle_moves_to_who_has_nothing(opened, shop):
    shop.post(
        "/couriers",
        {
            "data": [
                {"courier_id": n, "courier_type": "foot", "regions": [1], "working_hours": ALL_DAY} for n in (20, 21)
            ]
        },
    )
    shop.post("/orders/assign", {"courier_id": 20})
    [bundle] = shop.get("/bundles?courier_id=20").body["results"]
    page = opened(f"/admin/bundles/bundle/{bundle['bundle_id']}/change/")
    page.get_by_role("button", name="Move to another courier").click()
    page.get_by_label("To courier").fill("5")
    page.get_by_role("button", name="Show what will happen").click()
    assert "Refused Courier 5 carries bundle" in told(page)[0]

    page.get_by_role("button", name="Ask differently").click()
    page.get_by_label("To courier").fill("21")
    page.get_by_role("button", name="Show what will happen").click()
    confirm(page)

    assert "Done Courier 21 takes over" in told(page)[0]
    release = page.context.new_page()
    [moved] = shop.get("/bundles?courier_id=21").body["results"]
    release.goto(f"/admin/bundles/bundle/{moved['bundle_id']}/change/")
    release.get_by_role("button", name="Release all that is undelivered").click()
    confirm(release)
    assert shop.get(f"/bundles/{moved['bundle_id']}").body["is_completed"] is True


def test_a_courier_is_changed_by_keyboard_alone(opened, shop):
    shop.post(
        "/couriers",
        {
            "data": [
                {
                    "courier_id": 30,
                    "courier_type": "foot",
                    "regions": [8],
                    "working_hours": ["09:00-12:00", "13:00-15:00"],
                }
            ]
        },
    )
    page = opened("/admin/couriers/courier/30/change/")
    page.get_by_role("button", name="Change type, regions, hours").press("Enter")
    page.get_by_label("Type").select_option("car")
    add_region = page.get_by_role("group", name="Regions").get_by_role("button", name="Add")
    add_region.press("Enter")
    page.keyboard.type("9")
    page.get_by_role("group", name="Working hours").get_by_role("button", name="Remove").first.press("Enter")
    page.get_by_role("button", name="Show what will happen").press("Enter")
    assert told(page) == [
        "Courier 30 Type: foot → car Regions: 8 → 8, 9 Working hours: 09:00-12:00, 13:00-15:00 → 13:00-15:00"
        " He keeps all that he carries."
    ]

    confirm(page)

    courier = shop.get("/couriers/30").body
    assert (courier["courier_type"], courier["regions"], courier["working_hours"]) == ("car", [8, 9], ["13:00-15:00"])


def test_bad_hours_are_told_at_their_field(opened):
    page = opened("/admin/dispatch/change/?courier=6")
    page.get_by_role("group", name="Working hours").get_by_label("to").fill("00:00")
    page.get_by_role("button", name="Show what will happen").click()

    expect(page.get_by_text("Item 0 must start before it ends")).to_be_visible()


CSV = "order_id,weight,region,delivery_hours\n701,1,8,09:00-18:00\n702,99,8,09:00-18:00\n703,2,8,\n"


@pytest.mark.parametrize(("viewport", "dark"), [(WIDE, False), (NARROW, True)], ids=["wide light", "narrow dark"])
def test_a_file_is_checked_imported_mended_and_imported_again(opened, tmp_path, viewport, dark):
    numbers = "70" if viewport is WIDE else "80"
    path = tmp_path / "orders.csv"
    path.write_text(CSV.replace("\n70", f"\n{numbers}"))
    page = opened("/admin/orders/order/import/", viewport=viewport, dark=dark)
    counts = page.locator("#import-counts dd")

    page.set_input_files("#import-file", path)
    page.get_by_role("button", name="Check the file").press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Nothing is imported yet. This is what would come of it:")
    expect(counts).to_have_text(["2", "0", "1"])
    expect(page.locator("#import-warning summary")).to_contain_text("which no courier can ever take: 1")
    expect(page.locator("#import-bad tbody tr")).to_have_text([re.compile("line 3.*weight: must be a number")])
    serious = [fault for fault in Axe().run(page).response["violations"] if fault["impact"] in ("serious", "critical")]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]

    page.get_by_role("button", name="Import the good rows").press("Enter")
    expect(page.get_by_text("Imported, without the bad rows.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_text("Download the bad rows with their reasons").click()
    mended = tmp_path / "mended.csv"
    assert download.value.suggested_filename == "orders-bad.csv"
    mended.write_text(download.value.path().read_text().replace(",99,", ",9,"))

    page.set_input_files("#import-file", mended)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported.", exact=True)).to_be_visible()
    expect(counts).to_have_text(["1", "0", "0"])

    page.set_input_files("#import-file", path)
    page.get_by_role("button", name="Check the file").click()
    expect(counts).to_have_text(["0", "2", "1"])
