"""locking: a row that was waited for comes with what it is joined to by then."""

import pytest
from django.db import transaction

from accounts.locking import locked
from accounts.models import Organisation
from tests.cast import make_organisation
from tests.threads import while_held

pytestmark = pytest.mark.django_db(transaction=True)


def payer_of(rows):
    """What somebody reads who locks a school's row while its payer is being chosen."""
    school, council = make_organisation("Eastgate Primary"), make_organisation("Airedon Council")
    [found] = while_held(
        lambda: Organisation.objects.filter(pk=school.pk).update(payer=council), in_a_transaction(rows, school)
    )
    assert found.payer_id == council.pk
    return found.payer and found.payer.name


def in_a_transaction(rows, school):
    def read():
        with transaction.atomic():
            return rows(Organisation.objects.select_related("payer").filter(pk=school.pk)).get()

    return read


def test_what_a_row_refers_to_is_read_after_the_wait():
    assert payer_of(locked) == "Airedon Council"


def test_locked_and_joined_in_one_statement_it_is_read_before_the_wait():
    """The control: why there are two questions."""
    assert payer_of(lambda rows: rows.select_for_update(of=("self",))) is None


def test_rows_that_somebody_holds_are_passed_over_where_that_is_asked():
    mine, theirs = make_organisation("Eastgate Primary"), make_organisation("Northbeck Primary")
    rows = Organisation.objects.filter(pk__in=[mine.pk, theirs.pk])

    [found] = while_held(
        lambda: list(Organisation.objects.filter(pk=theirs.pk).select_for_update()),
        lambda: names(rows, skip_locked=True),
    )

    assert found == ["Eastgate Primary"]


@transaction.atomic
def names(rows, **how):
    return [row.name for row in locked(rows, **how)]


def test_no_more_rows_are_held_than_are_wanted():
    for name in ("Eastgate Primary", "Northbeck Primary", "Southmoor Primary"):
        make_organisation(name)

    assert names(Organisation.objects.order_by("name"), at_most=2) == ["Eastgate Primary", "Northbeck Primary"]
