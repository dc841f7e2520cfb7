"""The Russian catalogue holds every text that is marked, and its compiled form is the one that is read."""

import ast
import re

import polib
import pytest
from django.conf import settings

CATALOGUE = settings.BASE_DIR / "dispatchers" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
FOLDERS = ("sweets_store", "record", "access", "couriers", "bundles", "orders", "dispatchers")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
PLACEHOLDER = re.compile(r"%\(\w+\)\S*?[sdf]|\{\w*\}")


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE))


def sources(ending):
    for folder in FOLDERS:
        for path in (settings.BASE_DIR / folder).rglob(f"*.{ending}"):
            if "tests" not in path.parts:
                yield path


def marked():
    for path in sources("py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=mark), args=[ast.Constant(value=text), *_]) if mark in MARKS:
                    yield text
    for path in sources("html"):
        yield from (found for _, found in re.findall(r"""{% translate (["'])(.+?)\1 %}""", path.read_text()))


def test_every_text_that_is_marked_is_translated(catalogue):
    translated = {entry.msgid for entry in catalogue.translated_entries()}

    assert sorted(set(marked()) - translated) == []
    assert [entry.msgid for entry in catalogue if not entry.translated() or entry.obsolete] == []


def test_a_translation_keeps_the_places_for_what_is_put_in(catalogue):
    for entry in catalogue:
        for translation in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(PLACEHOLDER.findall(translation)) == sorted(PLACEHOLDER.findall(entry.msgid)), entry.msgid


def test_the_compiled_catalogue_is_of_this_text(catalogue):
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    def texts(entries):
        return {entry.msgid: (entry.msgstr, dict(entry.msgstr_plural)) for entry in entries}

    assert texts(compiled) == texts(catalogue)
