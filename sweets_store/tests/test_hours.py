"""What a delivery mask says of the hours that it stands for."""

from hypothesis import given
from hypothesis import strategies as st

from sweets_store.hours import EDGE_BITS, delivery_mask, outer_window, parse_window, touched_half_hours


@st.composite
def windows(draw):
    start = draw(st.integers(0, 1_438))
    end = draw(st.integers(start + 1, 1_439))
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


@given(st.lists(windows(), min_size=1, max_size=4))
def test_it_has_the_half_hours_and_the_outermost_minutes(hours):
    starts, ends = zip(*map(parse_window, hours), strict=True)

    mask = delivery_mask(hours)

    assert mask >> EDGE_BITS == touched_half_hours(hours)
    assert outer_window(mask) == (min(starts), max(ends))
    assert 0 < mask < 2**63


def test_no_hours_are_no_bits():
    assert delivery_mask([]) == 0
