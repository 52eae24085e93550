"""Organisations come in from the team's spreadsheet and go out as they came."""

import pytest
import tablib

from accounts import clock
from accounts.models import Cluster, Organisation
from accounts.resources import OrganisationResource, PractitionerResource
from accounts.spreadsheets import PortalCSV, read_spreadsheet
from tests import cast

pytestmark = pytest.mark.django_db
HEADERS = ["code", "name", "sector", "parent", "partner", "charging_category", "cluster"]
ROWS = [
    ["P01", "Airedon City Council", "la_other", "", "yes", "internal", ""],
    ["S01", "Beckside Primary", "school_maintained", "Airedon City Council", "no", "education", "Eastgate"],
]


def bring_in(rows=ROWS):
    now = clock.now()
    dataset = tablib.Dataset(*rows, headers=HEADERS)
    result = OrganisationResource().import_data(dataset, raise_errors=True, user=cast.lou(), now=now)
    return result, now


def test_import_finds_a_parent_that_stands_above():
    bring_in()
    school = Organisation.objects.get(code="S01")
    assert (school.parent.code, school.cluster.name, school.is_partner) == ("P01", "Eastgate", False)
    assert Cluster.objects.count() == 1


def test_import_remembers_who_set_a_charging_category():
    _, now = bring_in()
    school = Organisation.objects.get(code="S01")
    assert (school.charging_category_set_at, school.charging_category_set_by) == (now, cast.lou())
    bring_in()
    school.refresh_from_db()
    assert school.charging_category_set_at == now


def test_export_reads_back_without_a_change():
    bring_in()
    Organisation.objects.filter(code="S01").update(name="=1+1", finance_reference="+44")
    text = PortalCSV().export_data(OrganisationResource().export(force_native_type=True))
    result = OrganisationResource().import_data(read_spreadsheet(text.encode()), now=clock.now())
    assert (result.totals["skip"], result.totals["update"], result.invalid_rows) == (2, 0, [])


def test_export_of_people_leaves_addresses_out():
    cast.amina()
    exported = PractitionerResource().export()
    assert exported.headers == ["id", "full_name", "job_role", "created_at"]
    assert "amina@example.org" not in exported.csv
