"""Logs are JSON lines without personal data."""

import json
import logging
import sys

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.logs import JsonFormatter
from accounts.models import Practitioner


def logged(message, *arguments, with_error=False):
    trace = sys.exc_info() if with_error else None
    record = logging.LogRecord("portal", logging.ERROR, "", 0, message, arguments, trace)
    return json.loads(JsonFormatter().format(record))


def test_addresses_are_left_out():
    assert logged("letter to %s failed", "amina@example.org")["message"] == "letter to (address) failed"


def test_secrets_of_links_are_left_out():
    assert logged("Not Found: %s", "/approve/w3jK-x_Q/")["message"] == "Not Found: /approve/(secret)/"


def test_the_secret_of_a_calendar_address_is_left_out():
    assert logged("Not Found: %s", "/calendar/Zq3-x_9.ics")["message"] == "Not Found: /calendar/(secret)"
    assert logged("GET https://portal.example.org/calendar/Zq3-x_9.ics?x=1")["message"].endswith(
        "/calendar/(secret)?x=1"
    )


@pytest.mark.django_db
def test_the_row_that_postgres_refused_is_left_out():
    person = Practitioner.objects.create(full_name="Zuleika Quill\nof two lines", email="")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_practitioner SET created_at = NULL WHERE id = %s", [person.pk])
    except IntegrityError as error:
        said, trace = str(error), logged("failed", with_error=True)["trace"]
    assert "Zuleika" in said
    assert "Zuleika" not in trace
    assert "of two lines" not in trace
    assert "violates not-null constraint" in trace
    assert "IntegrityError" in trace
