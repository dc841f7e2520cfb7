"""The health check of a kept connection: it finds a hung-up server and asks a standing one nothing."""

import os
from contextlib import closing

import psycopg2
import pytest
from django.db import connection

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def said_by_others(statement, *parameters):
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as other, other.cursor() as cursor:
        other.autocommit = True
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def process_id():
    connection.ensure_connection()
    return connection.connection.info.backend_pid


def last_statement(pid):
    return said_by_others("SELECT query, query_start FROM pg_stat_activity WHERE pid = %s", pid)


def test_a_standing_connection_is_asked_nothing():
    pid = process_id()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'the last statement'")
    before = last_statement(pid)

    assert connection.is_usable()
    assert last_statement(pid) == before


def test_a_connection_with_a_notice_for_it_stands():
    with connection.cursor() as cursor:
        cursor.execute("LISTEN sweets")
    said_by_others("SELECT pg_notify('sweets', '')")

    assert connection.is_usable()


def test_a_connection_that_the_server_has_ended_does_not_stand():
    said_by_others("SELECT pg_terminate_backend(%s, 10000)", process_id())

    assert not connection.is_usable()
    connection.close()


def test_a_connection_that_is_closed_does_not_stand():
    connection.ensure_connection()
    connection.connection.close()

    assert not connection.is_usable()
    connection.close()
