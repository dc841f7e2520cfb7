import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couriers.serializers import CourierSerializer
from orders.serializers import OrderSerializer
from sweets_store.imports.cells import as_it_was, inert
from sweets_store.imports.formats import reader_of
from sweets_store.imports.json_files import JSONReader
from sweets_store.imports.reader import MAX_ROW, BrokenFile, BrokenRow, decoded
from sweets_store.imports.writing import written
from sweets_store.strict_json import BrokenJSON, loads_object

ORDER = '{"order_id": 1, "weight": 0.50, "region": 2, "delivery_hours": ["09:00-12:00"]}'
HEADER = "order_id,weight,region,delivery_hours\n"
BROKEN_JSON = [
    ("a key twice", '{"order_id": 1, "order_id": 1}'),
    ("a key twice, once escaped", '{"order_id": 1, "order\\u005fid": 1}'),
    ("NaN", '{"weight": NaN}'),
    ("an infinity", '{"weight": -Infinity}'),
    ("a number beyond a double", '{"weight": 1e400}'),
    ("a number of 5,000 digits", '{"weight": ' + "1" * 5_000 + "}"),
    ("NUL", '{"region": "\\u0000"}'),
    ("a raw NUL", '{"region": "\0"}'),
    ("a lone surrogate", '{"region": "\\ud800"}'),
    ("a lone surrogate as a key", '{"\\udfff": 1}'),
    ("an object seven levels deep", '{"region": [[[[[[]]]]]]}'),
    ("5,000 levels", '{"region": ' + "[" * 5_000 + "]" * 5_000 + "}"),
    ("5,000 open brackets", "[" * 5_000),
    ("a comma too many", '{"region": 1,}'),
    ("a single quote", "{'region': 1}"),
    ("a leading zero", '{"region": 01}'),
    ("a no-break space", '\u00a0{"region": 1}'),
    ("no JSON at all", "region=1"),
]


def read(text, file_format=None, serializer=OrderSerializer, **options):
    content = text if isinstance(text, bytes) else text.encode()
    return list(reader_of(io.BytesIO(content), serializer, file_format=file_format, **options))


def objects(text, file_format=None, **options):
    return [sent for _, _, sent in read(text, file_format, **options)]


def broken(text, file_format=None, **options):
    with pytest.raises(BrokenFile) as refused:
        read(text, file_format, **options)
    return str(refused.value)


def test_the_three_formats_give_the_same_objects():
    expected = [json.loads(ORDER), {"order_id": 2, "weight": 50, "region": 3, "delivery_hours": []}]

    assert objects(f'{{"data": [{ORDER}, {json.dumps(expected[1])}]}}', "json") == expected
    assert objects(f"{ORDER}\n{json.dumps(expected[1])}\n", "ndjson") == expected
    assert objects(f"{HEADER}1,0.50,2,09:00-12:00\n2,50,3,\n", "csv") == expected


def test_couriers_in_csv_have_lists_of_numbers_and_of_hours():
    text = 'working_hours,courier_id,regions,courier_type\n09:00-12:00;13:00-14:00,1,1;22;x,foot\n"",2,,"car"\n'

    assert objects(text, "csv", serializer=CourierSerializer) == [
        {
            "working_hours": ["09:00-12:00", "13:00-14:00"],
            "courier_id": 1,
            "regions": [1, 22, "x"],
            "courier_type": "foot",
        },
        {"working_hours": [], "courier_id": 2, "regions": [], "courier_type": "car"},
    ]


def test_rows_have_their_places():
    assert [place for place, _, _ in read(f'{{"data":[{ORDER},{ORDER}]}}', "json")] == [0, 1]
    assert [place for place, _, _ in read(f"\n{ORDER}\r\n \n{ORDER}", "ndjson")] == [2, 4]
    assert [place for place, _, _ in read(f'{HEADER}\r\n1,1,"\n\n",\r\n2,1,1,\r\n', "csv")] == [3, 6]


@pytest.mark.parametrize(("file_format", "text"), [
    ("json", f'{{"data": [{ORDER}]}}'),
    ("ndjson", ORDER),
    ("csv", HEADER + "1,0.50,2,09:00-12:00"),
])  # fmt: skip
def test_a_byte_order_mark_does_not_count(file_format, text):
    assert objects("\ufeff" + text, file_format) == objects(text, file_format) == [json.loads(ORDER)]


@pytest.mark.parametrize(("name", "text"), BROKEN_JSON, ids=[name for name, _ in BROKEN_JSON])
def test_a_broken_line_is_a_bad_row_and_a_broken_document_no_document(name, text):
    with pytest.raises(BrokenJSON):
        loads_object(f'{{"data": [{ORDER}, {text}, {ORDER}]}}'.encode())

    first, bad, last = objects(f"{ORDER}\n{text}\n{ORDER}\n", "ndjson")
    assert isinstance(bad, BrokenRow)
    assert first == last == json.loads(ORDER)
    broken(f'{{"data": [{ORDER}, {text}, {ORDER}]}}', "json")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        '{"data": {}}',
        '{"data": null}',
        '{"data": [], "data": []}',
        '{"data": [], "more": 1}',
        '{"more": 1, "data": []}',
        '{"data": [],}',
        '{"data": [1,]}',
        '{"data": [1 2]}',
        '{"data": [1]',
        '{"data": [1',
        '{"data": []} x',
        '{"data": []}{"data": []}',
        '{"data" []}',
        '{1: []}',
        '{"data": [-]}',
    ],
)  # fmt: skip
def test_a_document_holds_data_and_nothing_else(text):
    assert "line 1, column" in broken(text, "json")


def test_a_document_tells_where_it_breaks():
    assert "(line 3, column 12)" in broken('{"data": [\n{"region": 1},\n{"region": x}]}', "json")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["\\", '"', "é", "😀", "\0", "\ud800"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=8,
)
blanks = st.text(" \t\r\n", max_size=3)
sizes = st.integers(1, 40)


@st.composite
def documents(draw):
    """Documents as they should be, and such with a slip of the pen."""
    ascii_only = draw(st.booleans())
    data = [json.dumps(value, ensure_ascii=ascii_only, indent=draw(st.sampled_from([None, 1])))
            for value in draw(st.lists(values, max_size=4))]  # fmt: skip
    text = draw(blanks) + '{"data"' + draw(blanks) + ":[" + (draw(blanks) + ",").join(data) + "]" + draw(blanks) + "}"
    if draw(st.booleans()):
        cut, skipped = draw(st.integers(0, len(text))), draw(st.integers(0, 2))
        text = text[:cut] + draw(st.text('{}[],:"1e.-\\ udata', max_size=2)) + text[cut + skipped :]
    return text.encode("utf-8", "surrogatepass")


def reference(body):
    """What the API would make of the same document; None if it is broken."""
    try:
        body = loads_object(body)
    except BrokenJSON:
        return None
    if list(body) != ["data"] or not isinstance(body["data"], list):
        return None
    return [{key: child for key, child in value.items() if key != "reason"} if isinstance(value, dict) else value
            for value in body["data"]]  # fmt: skip


def read_in_pieces(body, size):
    try:
        return [sent for _, _, sent in JSONReader(decoded(io.BytesIO(body), size), OrderSerializer)]
    except BrokenFile:
        return None


@given(body=documents(), size=sizes)
def test_a_document_read_in_pieces_is_the_document_read_whole(body, size):
    assert read_in_pieces(body, size) == reference(body)


@pytest.mark.parametrize(
    "data", ['1, -1.5e+10, {"a": tru' + 'e}, "é😀\\ud83d\\ude00"', "12, 1e4001, 3", '{"a": 1]', ""]
)
def test_a_document_may_be_cut_at_every_byte(data):
    body = f'{{ "data" : [{data}] }}\n'.encode()

    for size in range(1, len(body) + 1):
        assert read_in_pieces(body, size) == reference(body), size


@given(body=st.lists(st.sampled_from([ORDER, "", " ", "x", '"é\\n"', "[1]"]), max_size=6), size=sizes)
def test_lines_read_in_pieces_are_the_lines(body, size):
    text = "\n".join(["[0]", *body])
    kept = [line for line in text.split("\n") if line.strip()]

    pieces = decoded(io.BytesIO(text.encode()), size)
    whole = reader_of(io.BytesIO(text.encode()), OrderSerializer, file_format="ndjson")
    assert [line for _, line, _ in whole] == kept
    assert [line for _, line, _ in type(whole)(pieces, OrderSerializer)] == kept


@pytest.mark.parametrize("text", [ORDER, f'{{"data": [{ORDER}]}}', HEADER + "1,0.50,2,09:00-12:00"])
def test_the_text_tells_its_format_where_the_name_does_not(text):
    assert objects("\n " * (not text.startswith("o")) + text) == [json.loads(ORDER)]


def test_the_ending_tells_the_format_and_the_option_before_it():
    assert objects(ORDER, name="a.JSONL") == objects(ORDER, "ndjson", name="a.csv") == [json.loads(ORDER)]
    assert "header" in broken(ORDER, name="orders.CSV")


@pytest.mark.parametrize("file_format", ["json", "ndjson", "csv", None])
@pytest.mark.parametrize("content", [b"", b" \r\n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(file_format, content):
    assert broken(content, file_format) == "The file is empty."


@pytest.mark.parametrize("file_format", ["json", "ndjson", "csv", None])
@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00", ORDER.encode("utf-16"), b"\xe9", b"{\xed\xa0\x80}", b"\xc3"])
def test_what_is_not_utf_8_is_refused(file_format, content):
    assert "is not UTF-8 text near byte" in broken(content, file_format)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("order_id,weight,region", "lacks delivery_hours"),
        ("order_id,weight,region,delivery_hours,colour,", 'has the unknown colour, ""'),
        ("order_id,weight,region,delivery_hours,weight", "repeats weight"),
        ("order_id,weight,region,delivery_hours,reason,reason", "repeats reason"),
        ("Order_id, weight,region,delivery_hours", "lacks order_id, weight; it has the unknown Order_id,  weight"),
        ("order_id;weight;region;delivery_hours", "parted by commas"),
    ],
)
def test_a_bad_header_is_one_fault(header, told):
    assert told in broken(f"{header}\n1,1,1,\n", "csv")


def test_a_csv_record_with_other_cells_than_the_header_is_a_bad_row():
    short, good, long = objects(f"{HEADER}1,1,1\n2,1,1,\n3,1,1,,\n", "csv")

    assert str(short) == "must have 4 cells, as the header has, not 3"
    assert good["order_id"] == 2
    assert str(long) == "must have 4 cells, as the header has, not 5"


@pytest.mark.parametrize("rest", ['1,"1"1,1,\n', '1,"1,1,\n2,1,1,\n', "1,1\r2,1\n"])
def test_broken_quoting_breaks_the_file(rest):
    assert "cannot be read as CSV" in broken(HEADER + rest, "csv")


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " 1",
        "1 ",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "0x1",
        "1_0",
        "١",
        "NaN",
        "Infinity",
        "1e400",
        "1" * 5_000,
        '"""1"""',
    ],
)
def test_a_number_in_csv_is_written_as_in_json(cell):
    (sent,) = objects(f"{HEADER}{cell},1,1,\n", "csv")

    assert isinstance(sent["order_id"], str)


def test_a_column_or_field_reason_is_passed_over():
    for text, file_format in [
        ('{"data": [{"region": 1, "reason": {}}]}', "json"),
        ('{"reason": "region: is bad", "region": 1}', "ndjson"),
    ]:
        assert objects(text, file_format) == [{"region": 1}]
    assert objects("reason," + HEADER + "old,1,0.50,2,09:00-12:00\n", "csv") == [json.loads(ORDER)]


@pytest.mark.parametrize(
    ("file_format", "beginning", "endless"),
    [
        ("json", '{"data": [', '{"a": ['),
        ("json", '{"data": [', '"' + "a" * 50),
        ("json", '{"data": [', "1" * 50),
        ("ndjson", "", " " * 50),
        ("csv", HEADER, "1," * 50),
        ("csv", HEADER + '1,"', "a" * 50),
        ("csv", HEADER, '"\n",' * 50),
    ],
)
def test_a_row_without_end_is_given_up_within_a_bound(file_format, beginning, endless):
    file = io.BytesIO(beginning.encode() + endless.encode() * (4 * MAX_ROW // len(endless)))

    with pytest.raises(BrokenFile):
        list(reader_of(file, OrderSerializer, file_format=file_format))

    assert file.tell() < 2 * MAX_ROW


@pytest.mark.parametrize("before", range(0, 3 * 2**16, 2**15))
def test_a_line_that_is_too_long_is_found_wherever_it_stands(before):
    padding = '{"p": "' + "b" * before + '"}\n'
    file = io.BytesIO((padding + '{"x": "' + "a" * MAX_ROW + '"}\n{}\n').encode())

    with pytest.raises(BrokenFile, match="in line 2"):
        list(reader_of(file, OrderSerializer, file_format="ndjson"))


@pytest.mark.parametrize("file_format", ["json", "ndjson", "csv", "xlsx"])
@pytest.mark.parametrize("serializer", [OrderSerializer, CourierSerializer])
def test_what_is_written_is_read_again(serializer, file_format):
    names = list(serializer.declared())
    large = serializer.sample[0] | {names[0]: 2**63 - 1}
    objects_written = [*serializer.sample, large] * 400

    content = b"".join(written(objects_written, names, file_format))

    assert [sent for _, _, sent in read(content, file_format, serializer)] == objects_written


@pytest.mark.parametrize("file_format", ["json", "ndjson", "csv", "xlsx"])
def test_nothing_is_written_as_a_file_too(file_format):
    content = b"".join(written([], ["order_id", "weight", "region", "delivery_hours"], file_format))

    if file_format == "ndjson":
        assert content == b""
    else:
        assert objects(content, file_format) == []


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-x", "@x", "\tx", "\rx", "1;=2;+3", "'=1", "-1", "-1.5e3", "a=b", "", "x;y", "''=1"]
)
def test_a_text_made_inert_is_read_as_it_was(text):
    cell = inert(text)

    assert not any(part[0] in "=+@\t\r" or part == "-x" for part in cell.split(";") if part)
    assert as_it_was(cell) == as_it_was(text)
    assert inert(cell) == cell
