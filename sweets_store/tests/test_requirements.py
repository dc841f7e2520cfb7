"""What is installed is what the requirements name, and all that these bring along is locked in constraints.txt."""

import re
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)")
NEEDED = re.compile(r"([A-Za-z0-9._-]+)(\[[^]]*\])?")


def normal(name):
    return re.sub("[-_.]+", "-", name).lower()


def pinned(file):
    lines = (settings.BASE_DIR / file).read_text().splitlines()
    return {normal(match[1]): match[2] for line in lines if (match := PIN.fullmatch(line))}


def brought_along(names):
    """The names and all that they need here, extras included."""
    found, left = {}, list(names)
    while left:
        name = normal(left.pop())
        if name in found:
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:  # for another system, or an extra that nobody asked for
            continue
        found[name] = installed.version
        left += [NEEDED.match(needed)[1] for needed in installed.requires or ()]
    return found


def test_what_is_installed_is_what_is_named():
    named = pinned("requirements.txt") | pinned("requirements-dev.txt")

    assert len(named) > 20
    assert {name: distribution(name).version for name in named} == named


def test_all_that_comes_along_is_locked():
    named = pinned("requirements.txt") | pinned("requirements-dev.txt")
    locked = pinned("constraints.txt")

    installed = brought_along(named)

    assert len(installed) > len(named)
    unlocked = {name: version for name, version in installed.items() if locked.get(name) != version}
    assert {name for name in unlocked if name not in ("pip", "setuptools", "wheel")} == set()


def test_every_way_to_install_goes_by_the_lock():
    assert "-c constraints.txt" in (settings.BASE_DIR / "requirements.txt").read_text()
    assert "-r requirements.txt" in (settings.BASE_DIR / "requirements-dev.txt").read_text()
