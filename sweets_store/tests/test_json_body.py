"""The stream of an import's body: the same as the parser makes of the whole body, whatever the pieces and lengths."""

import codecs
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.serializers import OrderSerializer
from sweets_store.errors import ValidationFailed
from sweets_store.json_body import JSONBody
from sweets_store.strict_json import BrokenJSON, loads_object
from sweets_store.tests.test_import_readers import BROKEN_JSON, ORDER, blanks, documents, sizes, values

pytestmark = pytest.mark.once

FIELDS = OrderSerializer.checks()


def streamed(body, size, **options):
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return JSONBody(codecs.iterdecode(pieces, "utf-8"), FIELDS, **options)


def taken(body):
    """The members of the body, lists whole."""
    return {name: list(value) if isinstance(value, (list, Iterator)) else value for name, value in body.items()}


def members(body):
    """The same; None if the body is broken."""
    try:
        return taken(body)
    except BrokenJSON:
        return None


def loaded(body):
    try:
        return loads_object(body)
    except BrokenJSON:
        return None


@st.composite
def bodies(draw):
    """Objects with members of any kind, and such with a slip of the pen."""
    text = json.dumps(draw(st.dictionaries(st.sampled_from(["data", "x", "é", "\\u0000"]), values)))
    text = draw(blanks) + text + draw(blanks)
    cut = draw(st.integers(0, len(text)))
    slip = draw(st.sampled_from(["", "", "", "\\", '"', ",", "[", "}", "1", "\\ud800", "NaN", ' "x": 1,']))
    return (text[:cut] + slip + text[cut:]).encode("utf-8", "surrogatepass")


@given(body=bodies() | documents(), size=sizes)
def test_a_body_read_in_pieces_is_the_body_read_whole(body, size):
    assert members(streamed(body, size)) == loaded(body)


def report(body):
    """The bad fields of every object, and the broken body as None: what is wrong with a value is not told."""
    try:
        OrderSerializer.checked_import(body() if callable(body) else body).raise_if_bad()
    except BrokenJSON:
        return None
    except ValidationFailed as refused:
        return {name: list(faults) for name, faults in refused.report.items()}
    return {}


long_values = st.sampled_from(
    ["a" * 99, "é🍬" * 40, ["09:00-18:00"] * 9, [[]] * 50, {"x": [1] * 60}, [0, "a" * 99]],
)
members_of_any_length = values | long_values
near_orders = st.fixed_dictionaries(
    {},
    optional={
        "order_id": st.integers(1, 3) | values,
        "weight": st.just(1) | values,
        "region": st.just(1) | values,
        "delivery_hours": st.lists(st.sampled_from(["09:00-18:00", "9-18", 7, []]), max_size=3) | members_of_any_length,
        "x": members_of_any_length,
    },
)


@given(
    data=st.lists(near_orders | members_of_any_length, max_size=3),
    more=st.dictionaries(st.just("x"), members_of_any_length),
    size=sizes,
    longest=st.integers(40, 80),
)
def test_values_too_long_for_the_parser_make_the_same_report(data, more, size, longest):
    body = json.dumps({"data": data} | more).encode()

    whole = loaded(body)

    assert report(lambda: streamed(body, size, longest=longest)) == (None if whole is None else report(whole))


@pytest.mark.parametrize(("name", "text"), BROKEN_JSON, ids=[name for name, _ in BROKEN_JSON])
@pytest.mark.parametrize("longest", [40, 10_000])
def test_what_is_broken_in_an_object_is_broken_wherever_it_stands(name, text, longest):
    for body in (f'{{"data": [{ORDER}, {text}, {ORDER}]}}', f'{{"data": [{ORDER}, 1], "x": [1, {text}]}}'):
        assert report(lambda: streamed(body.encode(), 30, longest=longest)) is None  # noqa: B023


@pytest.mark.parametrize(
    "string", ["a" * 50, "é😀" * 20, r"\\n\"\u00e9\ud83d\ude00" * 5, r"\uD7FF\uE000\uDBFF\uDFFF" * 3]
)
def test_long_strings_are_bad_values_and_no_more(string):
    for size in range(1, 40):
        body = f'{{"data": [{{"region": "{string}", "x": ["{string}"]}}]}}'.encode()

        assert report(lambda: streamed(body, size, longest=40)) == report(loads_object(body))  # noqa: B023


@pytest.mark.parametrize(
    "string", ["\\u0000", "\\ud800", "\\ud800\\u0041", "\\udc00\\ud800", "\\x", "\n", "\\u00g", "\\"]
)
def test_long_strings_are_strict(string):
    for size in range(1, 60):
        body = f'{{"data": ["{"a" * 30}{string}{"a" * 30}"]}}'.encode()

        assert report(lambda: streamed(body, size, longest=40)) is None  # noqa: B023


def test_a_list_too_long_for_the_parser_is_counted_as_far_as_it_matters():
    (order,) = members(streamed(b'{"data": [{"region": [' + b"1," * 5_000 + b"[]]}]}", 64, longest=100))["data"]

    assert order == {"region": [1] * 1_001}


def test_of_an_object_too_long_for_the_parser_the_fields_are_kept():
    body = (
        b'{"data": [{"order_id": 1, "x": [[7]], "delivery_hours": ["09:00-18:00", [8]], "y": "' + b"a" * 200 + b'"}]}'
    )

    (order,) = members(streamed(body, 64, longest=40))["data"]

    assert order == {"order_id": 1, "x": None, "delivery_hours": ["09:00-18:00", [8]], "y": None}


@pytest.mark.parametrize(
    "names", [map(str, range(2**17 + 1)), (f"{n}{'a' * 2**17}" for n in range(33))], ids=["many", "long"]
)
def test_the_names_of_an_object_have_a_bound(names):
    body = "{" + ",".join(f'"{name}":1' for name in names) + "}"

    with pytest.raises(BrokenJSON, match="the names of an object are too many or too long"):
        list(streamed(body.encode(), 2**16).items())


@pytest.mark.parametrize("body", ['{"%s": 1}', '{"data": [], "%s": 1}', '{"data": [{"%s": 1}]}', '{"x": [{"%s": 1}]}'])
def test_a_name_too_long_for_the_parser_is_called_so(body):
    sent = (body % ("a" * 200)).encode()

    with pytest.raises(BrokenJSON, match=r"^a name is too long: line 1 column "):
        taken(streamed(sent, 64, longest=40))


@pytest.mark.parametrize("name", ["1", "[1]", "x", "'x'", "null", "}", "[" + "1, " * 100 + "1]"])
def test_a_name_that_is_no_string_is_called_so(name):
    sent = f'{{"x": 1, {name}: 1}}'.encode()

    with pytest.raises(BrokenJSON, match=r"^a name in double quotes expected: line 1 column 10$"):
        taken(streamed(sent, 64, longest=40))


def members_of_object(body, size, fields):
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return JSONBody(codecs.iterdecode(pieces, "utf-8"), fields).members()


@given(body=bodies(), size=sizes)
def test_the_members_read_in_pieces_are_those_of_the_object(body, size):
    whole = loaded(body)
    try:
        found = members_of_object(body, size, {"data"})
    except BrokenJSON:
        found = None

    assert found == (whole and {name: value if name == "data" else None for name, value in whole.items()})


@pytest.mark.parametrize(
    ("value", "left"),
    [("null", None), ('"' + "a" * 400_000 + '"', ""), ("[" + "[]," * 200_000 + "1]", [None] * 1_001)],
)
def test_of_a_member_that_no_field_takes_no_more_is_left_than_to_refuse_it(value, left):
    body = f'{{"x": {value}, "y": {value}}}'.encode()

    assert members_of_object(body, 65_536, {"x"}) == {"x": left, "y": None}
