"""Keeps the table of guards true: the script itself runs the slow tests many times, and on demand."""

import pytest

from bundles.tests.without_locks import GUARDS, PROJECT


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_guard_stands_in_the_source_exactly_once(guard):
    source = (PROJECT / guard.path).read_text()

    assert source.count(guard.text) == 1
    assert guard.text != guard.instead
    assert all((PROJECT / test).exists() for test in guard.tests)
