"""How often a client may call."""

from collections import Counter

import pytest

from access.tests.tokens import let_in
from couriers.tests.factories import CourierFactory
from sweets_store.addresses import address_of
from sweets_store.rates import MOST_CLIENTS, Meter, Rate
from sweets_store.tests.serving import served_store
from sweets_store.tests.side_by_side import side_by_side

SECOND = 1_000_000_000


class Clock:
    def __init__(self):
        self.now = 10 * SECOND

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize("rate", [Rate(1, 1), Rate(3, 60), Rate(7, 3600), Rate(1200, 60)])
def test_as_many_as_the_rate_at_once_and_then_one_in_each_share_of_time(clock, rate):
    meter = Meter(clock)

    told = [meter.spend(rate, "a") for _ in range(rate.requests)]

    assert [spent.remaining for spent in told] == list(range(rate.requests - 1, -1, -1))
    assert {spent.wait for spent in told} == {0}
    refused = meter.spend(rate, "a")
    assert refused.remaining == 0
    assert 0 < refused.wait <= max(1, -(-rate.seconds // rate.requests))
    clock.now += refused.wait * SECOND
    assert meter.spend(rate, "a").wait == 0


def test_who_waits_out_the_reset_has_all_of_them_again(clock):
    meter, rate = Meter(clock), Rate(5, 60)
    for _ in range(5):
        spent = meter.spend(rate, "a")

    clock.now += spent.reset * SECOND

    assert meter.spend(rate, "a").remaining == 4


def test_a_refused_request_costs_nothing(clock):
    meter, rate = Meter(clock), Rate(1, 10)
    meter.spend(rate, "a")
    for _ in range(100):
        assert meter.spend(rate, "a").wait == 10

    clock.now += 10 * SECOND

    assert meter.spend(rate, "a").wait == 0


def test_each_client_and_each_rate_is_counted_apart(clock):
    meter = Meter(clock)

    assert [meter.spend(*asked).wait for asked in [(Rate(1, 9), "a"), (Rate(1, 9), "b"), (Rate(1, 8), "a")]] == [0] * 3


def test_a_million_addresses_take_no_more_memory_than_the_last_of_them(clock):
    meter, rate = Meter(clock), Rate(1, 3600)
    for number in range(3 * MOST_CLIENTS):
        meter.spend(rate, str(number))

    assert len(meter._paid_until) <= MOST_CLIENTS
    assert meter.spend(rate, str(3 * MOST_CLIENTS - 1)).wait > 0


def test_who_goes_on_calling_is_not_forgotten_for_others(clock):
    meter, rate = Meter(clock), Rate(2, 3600)
    for number in range(3 * MOST_CLIENTS):
        meter.spend(rate, str(number))
        if number % 1000 == 0:
            meter.spend(rate, "one of us")

    assert meter.spend(rate, "one of us").wait > 0


def test_threads_together_get_no_more_than_the_rate():
    meter, rate = Meter(), Rate(50, 3600)

    told = side_by_side(*[lambda: [meter.spend(rate, "a").wait == 0 for _ in range(20)]] * 8)

    assert sum(map(sum, told)) == 50


# At the API


@pytest.fixture
def limited(db, settings):
    """Settings of a store that lets an address send three requests an hour, and a token two; each test has its own."""
    settings.RATE_PER_ADDRESS, settings.RATE_PER_TOKEN = Rate(3, 3600), Rate(2, 3600)
    return settings


def test_an_address_is_told_where_it_stands(api, limited):
    answers = [api.get("/couriers", REMOTE_ADDR="10.0.0.1") for _ in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"3"}
    assert answers[-1].headers["Retry-After"] == "1200"
    assert answers[-1].headers["RateLimit-Reset"] == "3600"
    assert answers[-1].body["code"] == "too_many_requests"
    assert api.get("/couriers", REMOTE_ADDR="10.0.0.2").status == 200


def test_a_token_is_counted_wherever_it_is_shown(api, limited):
    limited.API_ACCESS = "token"
    token = let_in()

    answers = [api.get("/couriers", REMOTE_ADDR=f"10.0.1.{n}", **token) for n in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Limit"] for answer in answers] == ["2"] * 3
    assert api.get("/couriers", REMOTE_ADDR="10.0.1.9", **let_in()).status == 200


def test_who_guesses_at_tokens_is_limited_by_his_address(api, limited):
    limited.API_ACCESS = "token"

    tried = [api.get("/couriers", REMOTE_ADDR="10.0.2.1", HTTP_AUTHORIZATION=f"Token {n}") for n in range(5)]

    assert [answer.status for answer in tried] == [401, 401, 401, 429, 429]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "others"),
    [
        (0, "1.1.1.1", "2.2.2.2"),  # nobody's word counts where no proxy of ours stands
        (1, "9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1"),  # a client may say that it forwards
    ],
)
def test_a_client_takes_no_other_address_by_saying_so(api, limited, proxies, forwarded, others, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.api_settings.NUM_PROXIES", proxies)
    address = f"10.0.3.{proxies}"
    for _ in range(3):
        api.get("/couriers", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=forwarded)

    assert api.get("/couriers", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=others).status == 429


def test_behind_a_proxy_each_client_is_counted_apart(api, limited, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.api_settings.NUM_PROXIES", 1)

    told = [api.get("/couriers", REMOTE_ADDR="10.0.4.1", HTTP_X_FORWARDED_FOR=f"5.5.5.{n}").status for n in range(5)]

    assert told == [200] * 5


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:50412", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::"),
        ("[2001:db8:1:2:9::]:50412", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:1", "192.0.2.7"),
        ("unknown", "10.0.6.1"),
        ("[2001:db8", "10.0.6.1"),
        ("192.0.2.7.example", "10.0.6.1"),
        ("", "10.0.6.1"),
    ],
)
def test_an_address_is_counted_however_a_proxy_writes_it(rf, said, counted, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.api_settings.NUM_PROXIES", 1)

    assert address_of(rf.get("/", REMOTE_ADDR="10.0.6.1", HTTP_X_FORWARDED_FOR=said)) == counted


def test_who_has_a_network_of_addresses_is_one_client(api, limited):
    told = [api.get("/couriers", REMOTE_ADDR=f"2001:db8:7:7::{n}").status for n in range(4)]

    assert told == [200, 200, 200, 429]
    assert api.get("/couriers", REMOTE_ADDR="2001:db8:7:8::1").status == 200


def test_a_refused_write_changes_nothing_and_may_be_sent_again_under_its_key(api, limited):
    CourierFactory(courier_id=5)
    asked = {"REMOTE_ADDR": "10.0.5.1", "HTTP_IDEMPOTENCY_KEY": "a"}
    for _ in range(3):
        api.get("/couriers", REMOTE_ADDR="10.0.5.1")

    refused = api.patch("/couriers/5", {"regions": [7]}, **asked)
    limited.RATE_PER_ADDRESS = None
    done = api.patch("/couriers/5", {"regions": [7]}, **asked)

    assert (refused.status, done.status, done.body["regions"]) == (429, 200, [7])
    assert "Idempotency-Replayed" not in done.headers


def test_without_limits_nothing_is_told(api, db):
    assert not [name for name in api.get("/couriers").headers if name.startswith("RateLimit")]


@pytest.mark.once
def test_a_served_store_keeps_its_limits(tmp_path):
    with served_store(tmp_path, "limited", WORKERS="2", RATE_PER_ADDRESS="20/hour") as store:
        told = side_by_side(*[lambda: [store.get("/couriers").status for _ in range(15)]] * 4)

    counts = Counter(status for statuses in told for status in statuses)
    assert set(counts) == {200, 429}
    assert 19 <= counts[200] <= 2 * 20  # each of two workers counts for itself; the start asked once
