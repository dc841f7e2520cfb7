"""Fixtures for the tests of bundles."""

import pytest

from bundles.tests.verifying import fill_store


@pytest.fixture
def sound_store(api):
    """A store in which all is well; the ids of its bundles, as `fill_store` returns them."""
    return fill_store(api)
