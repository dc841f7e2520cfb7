"""A store goes from one database to another by Django's own commands."""

import pytest
from django.core.management import call_command

from bundles.tests.scenes import what_is_wrong
from orders.models import Order


@pytest.mark.django_db(transaction=True)
def test_what_is_dumped_is_loaded_to_the_microsecond(sound_store, tmp_path):
    dump = str(tmp_path / "store.xml")
    whole = list(Order.objects.values())
    call_command(
        "dumpdata", format="xml", natural_foreign=True, exclude=["contenttypes", "auth.permission"], output=dump
    )
    call_command("flush", interactive=False, verbosity=0)

    call_command("loaddata", dump, verbosity=0)

    assert list(Order.objects.values()) == whole
    assert what_is_wrong() == []
