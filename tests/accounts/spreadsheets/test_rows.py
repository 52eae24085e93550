"""Rows out: straight from the database or from instances, the cells are the same."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from import_export.fields import Field

from accounts.models import Membership, Organisation
from accounts.resources import MembershipResource, OrganisationResource
from accounts.spreadsheets import PortalResource, YesNoColumn
from accounts.spreadsheets.rows import from_instances, own_column, rows_of
from courses.models import Event
from courses.resources import EventResource
from tests import cast
from tests.makers import make_event

pytestmark = pytest.mark.django_db


class ShoutingResource(PortalResource):
    """A column in which Python has a say."""

    class Meta:
        model = Organisation
        fields = ("name",)

    def dehydrate_name(self, organisation):
        return organisation.name.upper()


class OrganisationFactsResource(PortalResource):
    partner = Field("is_partner", "partner", YesNoColumn())
    parent = Field("parent__name", "parent")

    class Meta:
        model = Organisation
        fields = ("name", "partner", "parent", "sector", "child_facing_headcount", "headcount_on")


def both_ways(resource, queryset):
    fields = resource.get_export_fields()
    straight = [["" if cell is None else cell for cell in row] for row in rows_of(resource, fields, queryset)]
    instances = [
        ["" if cell is None else cell for cell in row] for row in from_instances(resource, fields, queryset.all())
    ]
    return straight, instances


def columns_of(resource):
    return [own_column(resource, field) is not None for field in resource.get_export_fields()]


def test_rows_of_own_columns_are_those_of_the_instances():
    cast.amina()
    make_event(starts_at=datetime(2027, 6, 8, 8, 30, tzinfo=UTC))
    make_event(starts_at=datetime(2027, 12, 8, 9, 30, tzinfo=UTC))
    parent = cast.make_organisation("Trust", child_facing_headcount=40, headcount_on=date(2026, 4, 1))
    cast.make_organisation("School", parent=parent, is_partner=True)
    for resource, queryset in (
        (MembershipResource(), Membership.objects.order_by("pk")),
        (EventResource(), Event.objects.order_by("pk")),
        (OrganisationFactsResource(), Organisation.objects.order_by("pk")),
    ):
        assert all(columns_of(resource))
        straight, instances = both_ways(resource, queryset)
        assert straight == instances
        assert len(straight) == queryset.count() > 0


def test_rows_tell_moments_in_british_time():
    make_event(starts_at=datetime(2027, 6, 8, 8, 30, tzinfo=UTC))
    exported = EventResource().export(export_fields=["starts_at"])
    assert exported["starts_at"] == [datetime(2027, 6, 8, 9, 30)]  # noqa: DTZ001 (spreadsheets know no zones)


def test_rows_leave_columns_to_python_that_it_has_a_say_in():
    cast.make_organisation("School")
    assert columns_of(ShoutingResource()) == [False]
    assert "SCHOOL" in ShoutingResource().export()["name"]
    assert columns_of(OrganisationResource())[:5] == [True, True, True, True, False]  # the parent is another row


def test_rows_that_look_the_same_are_all_exported():
    for name in ("One", "Two"):
        cast.make_organisation(name)
    queryset = Organisation.objects.filter(name__in=["One", "Two"]).distinct()
    assert len(OrganisationResource().export(queryset, export_fields=["sector"])) == 2


def test_rows_ask_once_for_one_row_and_for_three():
    for number in range(3):
        make_event(starts_at=datetime(2027, 6, 8 + number, 8, 30, tzinfo=UTC))
        with CaptureQueriesContext(connection) as queries:
            assert len(EventResource().export()) == number + 1
        assert len(queries) == 1
