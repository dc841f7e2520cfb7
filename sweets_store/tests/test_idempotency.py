"""A write that its client names by an Idempotency-Key is done once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bundles.models import Bundle
from bundles.tests.scenes import rows
from couriers.tests.factories import CourierFactory
from orders.models import Order
from orders.tests.factories import OrderFactory
from sweets_store.models import KeptAnswer
from sweets_store.tests.side_by_side import asks, side_by_side
from sweets_store.tests.statements import statements_captured

pytestmark = pytest.mark.django_db

ORDER = {"order_id": 7, "weight": 1, "region": 1, "delivery_hours": ["09:00-18:00"]}
COMPLETION = {"courier_id": 5, "order_id": 1, "complete_time": "2026-01-10T10:33:01.42Z"}
WRITES = [
    ("POST", "/couriers", {"data": [{"courier_id": 9, "courier_type": "car", "regions": [], "working_hours": []}]}),
    ("POST", "/orders", {"data": [ORDER]}),
    ("POST", "/orders/assign", {"courier_id": 6}),
    ("POST", "/orders/complete", COMPLETION),
    ("PATCH", "/couriers/5", {"regions": []}),
    ("POST", "/orders", {"data": [{"order_id": 0}]}),
    ("POST", "/orders/complete", COMPLETION | {"courier_id": 77}),
    ("PATCH", "/couriers/77", {}),
    ("POST", "/orders/assign", b"no JSON"),
]


@pytest.fixture
def scene(api):
    """Courier 5 carries order 1; courier 6 is idle, order 2 is free."""
    CourierFactory(courier_id=5, regions=[1])
    OrderFactory(order_id=1, region=1)
    api.post("/orders/assign", {"courier_id": 5})
    CourierFactory(courier_id=6, regions=[2])
    OrderFactory(order_id=2, region=2)


def sent(api, key, method="POST", path="/orders/assign", body=None):
    return api.request(method, path, {"courier_id": 6} if body is None else body, HTTP_IDEMPOTENCY_KEY=key)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_sent_again_it_is_answered_again_and_done_no_second_time(api, scene, method, path, body):
    first = sent(api, "a", method, path, body)
    after = rows()

    again = sent(api, "a", method, path, body)

    assert (again.status, again.body) == (first.status, first.body)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert rows() == after


def test_the_first_answer_comes_again_whatever_has_happened_since(api, scene):
    first = sent(api, "a")
    api.post("/orders/complete", {"courier_id": 6, "order_id": 2, "complete_time": "2026-01-10T10:33:01.42Z"})

    assert api.post("/orders/assign", {"courier_id": 6}).body == {"orders": []}
    assert sent(api, "a").body == first.body == {"orders": [{"id": 2}], "assign_time": first.body["assign_time"]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/orders/assign", {"courier_id": 5}),
        ("POST", "/orders/assign", b'{"courier_id":6}'),
        ("POST", "/orders", {"data": [ORDER]}),
        ("PATCH", "/couriers/6", {"courier_id": 6}),
    ],
)
def test_a_key_is_one_requests_alone(api, scene, method, path, body):
    sent(api, "a")
    after = rows()

    answer = sent(api, "a", method, path, body)

    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")
    assert rows() == after


@pytest.mark.parametrize("wrong", ["text/plain", "application/json; charset=utf-16"])
def test_a_content_type_that_was_mended_is_another_request(api, scene, wrong):
    first = sent_as(api, wrong)

    assert first.status == 415
    assert sent_as(api, "application/json").status == 422
    assert sent_as(api, wrong).body == first.body


def sent_as(api, content_type):
    body = {"courier_id": 6}
    return api.request("POST", "/orders/assign", body, HTTP_IDEMPOTENCY_KEY="a", content_type=content_type)


def test_another_key_is_another_request(api, scene):
    sent(api, "a", body=COMPLETION | {"order_id": 2})
    sent(api, "b")

    assert Bundle.objects.count() == 2


@pytest.mark.parametrize(("one", "other"), [('"8e03978e"', "8e03978e"), ('"a b"', ' "a b" ')])
def test_a_key_may_stand_in_quotes(api, scene, one, other):
    sent(api, one)

    assert sent(api, other).headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", '""', '"', 'a"b', "a b", "a\\b", "ä", "a\x7f", "k" * 256])
def test_a_bad_key_is_refused(api, scene, key):
    before = rows()

    answer = sent(api, key)

    assert (answer.status, answer.body["code"]) == (400, "bad_idempotency_key")
    assert rows() == before


def test_reads_know_no_keys(api, scene):
    answer = api.get("/couriers/5", HTTP_IDEMPOTENCY_KEY='"')

    assert answer.status == 200
    assert not KeptAnswer.objects.exists()


def test_without_a_key_nothing_is_kept_and_nothing_more_is_asked_of_the_database(api, scene):
    with statements_captured() as statements:
        api.post("/orders/assign", {"courier_id": 6})

    assert not [statement for statement in statements if "kept_answers" in statement]
    assert not KeptAnswer.objects.exists()


def test_an_answer_is_kept_for_a_day(api, scene):
    sent(api, "a")
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=23, minutes=59))
    assert sent(api, "a").headers["Idempotency-Replayed"] == "true"

    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=24))
    assert "Idempotency-Replayed" not in sent(api, "a").headers
    assert KeptAnswer.objects.count() == 1


def test_old_answers_are_forgotten(api, scene):
    old = timezone.now() - timedelta(days=2)
    KeptAnswer.objects.bulk_create(KeptAnswer(key=f"{n}", at=old, digest="", body="") for n in range(150))

    sent(api, "a")
    assert KeptAnswer.objects.count() == 51
    sent(api, "b")
    assert KeptAnswer.objects.count() == 2


def test_an_expired_key_is_free_also_before_it_is_forgotten(api, scene):
    sent(api, "a")
    old = timezone.now() - timedelta(days=2)
    KeptAnswer.objects.bulk_create(KeptAnswer(key=f"{n}", at=old, digest="", body="") for n in range(150))
    KeptAnswer.objects.filter(key="a").update(at=timezone.now() - timedelta(days=1, hours=1))

    assert sent(api, "a", body={"courier_id": 5}).status == 200


def test_what_fails_is_not_kept_and_may_be_tried_again(api, scene, monkeypatch):
    def fail(**asked):
        raise RuntimeError("the store failed")

    before = rows()
    with monkeypatch.context() as patch:
        patch.setattr("orders.views.assign_orders", fail)
        assert sent(api, "a").status == 500
    assert rows() == before

    answer = sent(api, "a")
    assert (answer.status, answer.body["orders"]) == (200, [{"id": 2}])


def test_an_effect_whose_answer_cannot_be_kept_does_not_happen(api, scene, monkeypatch):
    before = rows()

    def fail(*asked):
        raise RuntimeError("the store failed")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", fail)
    assert sent(api, "a", body={"courier_id": 6}).status == 500

    monkeypatch.undo()
    assert rows() == before
    assert not KeptAnswer.objects.exists()


def test_a_body_over_the_limit_is_refused_as_without_a_key(api, scene, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    answer = sent(api, "a", path="/orders", body={"data": [ORDER]})

    assert (answer.status, answer.body["code"]) == (413, "body_too_large")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_the_others_wait_for_its_answer():
    CourierFactory(courier_id=6, regions=[2])
    OrderFactory(order_id=2, region=2)

    answers = side_by_side(*[asks("POST", "/orders/assign", {"courier_id": 6}, HTTP_IDEMPOTENCY_KEY="a")] * 8)

    assert {answer.status for answer in answers} == {200}
    assert len({str(answer.body) for answer in answers}) == 1
    assert sorted("Idempotency-Replayed" in answer.headers for answer in answers) == [False] + [True] * 7
    assert Bundle.objects.count() == 1
    assert Order.objects.get().bundle_id is not None


def test_where_there_is_nothing_to_write_a_key_means_nothing(api, scene):
    assert sent(api, "a", "PATCH", "/orders/assign").status == 405
    assert sent(api, "a", "POST", "/nowhere").status == 404
    assert not KeptAnswer.objects.exists()
