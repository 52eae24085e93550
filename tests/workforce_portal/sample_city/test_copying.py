"""Rows that go in by COPY come out as they were."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Practitioner
from evaluation.models import Answer
from workforce_portal.sample_city.copying import Table, Tables, array, text, unhindered

pytestmark = pytest.mark.django_db

NAME = 'Tab\tline\nback\\slash "quote" 🌱 Ł \\N'
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def test_text_writes_what_postgres_reads():
    values = [None, "", NAME, True, 12, NOW, ["a", 'b"\\']]
    assert [text(value) for value in values] == [
        "\\N", "", 'Tab\\tline\\nback\\\\slash "quote" 🌱 Ł \\\\N', "t", "12", "2026-11-21T10:00:00+00:00",
        '{"a","b\\\\"\\\\\\\\"}',
    ]  # fmt: skip
    assert array([]) == "{}"


def test_rows_come_back_as_they_went_in():
    table = Table(Practitioner, "id", "full_name", "created_at")
    table.add(900_001, NAME, NOW)
    with connection.cursor() as cursor:
        table.flush(cursor)
    person = Practitioner.objects.get(pk=900_001)
    assert (person.full_name, person.created_at, person.email, person.email_owner) == (NAME, NOW, "", "SELF")


def test_arrays_come_back_as_they_went_in():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE words (list text[])")
        with cursor.copy("COPY words FROM STDIN") as copy:
            copy.write(array([NAME, "", "a,b", "{c}"]) + "\n")
        cursor.execute("SELECT list FROM words")
        assert cursor.fetchone()[0] == [NAME, "", "a,b", "{c}"]


def test_numbering_goes_on_after_the_last_row():
    tables = Tables([Table(Practitioner, "id", "full_name", "created_at")])
    table = tables.tables[0]
    table.last_id = 900_000
    for _ in range(3):
        table.add(table.next_id(), "Somebody", NOW)
    tables.flush()
    tables.count_on()
    assert Practitioner.objects.create(full_name="The next").pk == table.last_id + 1


def test_unhindered_keeps_no_history_and_checks_all_rows_at_the_end():
    with unhindered(large=[Practitioner], small=[]):
        Practitioner.objects.create(full_name="Quietly")
    Practitioner.objects.create(full_name="On the record")
    history = Practitioner._meta.get_field("history").related_model
    names = history.objects.filter(full_name__in=["Quietly", "On the record"]).values_list("full_name", flat=True)
    assert list(names) == ["On the record"]
    with pytest.raises(IntegrityError), transaction.atomic():
        load_answer_to_nothing()


def load_answer_to_nothing() -> None:
    with unhindered(large=[Answer], small=[]), connection.cursor() as cursor:
        table = Table(Answer, "response_id", "question_id", "outcome_id", "rating")
        table.add(999, 999, None, 5)
        table.flush(cursor)
