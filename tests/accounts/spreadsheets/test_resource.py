"""One bad row keeps all rows out, and every error names its row and column."""

import pytest
import tablib

from accounts import clock
from accounts.models import Cluster, Organisation
from accounts.resources import ClusterResource, OrganisationResource
from accounts.spreadsheets import SpreadsheetRefused
from tests import cast

pytestmark = pytest.mark.django_db

GOOD = {"code": "S01", "name": "Beckside Primary", "sector": "school_maintained", "child_facing_headcount": "40"}


def bring_in(*rows, dry_run=False):
    headers = list(rows[0])
    dataset = tablib.Dataset(*[[row.get(header) for header in headers] for row in rows], headers=headers)
    return OrganisationResource().import_data(dataset, dry_run=dry_run, user=cast.wendy(), now=clock.now())


def errors_of(result):
    return {
        (row.number, column): problems for row in result.invalid_rows for column, problems in row.error_dict.items()
    }


def test_import_writes_all_rows():
    cast.wendy()
    before = Organisation.objects.count()
    result = bring_in(GOOD, {**GOOD, "code": "S02"})
    assert result.totals["new"] == 2
    assert Organisation.objects.count() == before + 2


def test_import_twice_changes_nothing():
    bring_in(GOOD)
    organisation = Organisation.objects.get(code="S01")
    result = bring_in(GOOD)
    assert (result.totals["skip"], result.totals["update"], result.totals["new"]) == (1, 0, 0)
    assert organisation.history.count() == 1


def test_import_writes_nothing_when_one_row_fails():
    cast.wendy()
    before = Organisation.objects.count()
    result = bring_in(GOOD, {**GOOD, "code": "S02", "sector": "castle"})
    assert result.has_validation_errors()
    assert Organisation.objects.count() == before


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"sector": "castle"}, "sector", "not one of the choices"),
        ({"child_facing_headcount": "many"}, "child_facing_headcount", "not a number"),
        ({"child_facing_headcount": "2.5"}, "child_facing_headcount", "not a whole number"),
        ({"child_facing_headcount": "1e400"}, "child_facing_headcount", "not a whole number"),
        ({"headcount_on": "12/05/2026"}, "headcount_on", "is text, not a date"),
        ({"parent": "Nowhere"}, "parent", "There is no organisation “Nowhere”"),
        ({"partner": "perhaps"}, "partner", "neither yes nor no"),
        ({"name": "=1+1"}, "name", "is a formula"),
        ({"name": ""}, "name", "cannot be blank"),
        ({"name": "x" * 201}, "name", "at most 200 characters"),
        ({"code": ""}, "code", "is empty"),
        ({"code": "S01"}, "code", "already stands in row 2"),
        ({"code": "s01 "}, "code", "already stands in row 2"),
    ],
)
def test_import_names_row_and_column_of_an_error(change, column, words):
    first = {**dict.fromkeys(change, None), **GOOD}
    result = bring_in(first, {**GOOD, "code": "S02", **change})
    (place, problems), *others = errors_of(result).items()
    assert (place, others) == ((3, column), [])
    assert words in problems[0]


@pytest.mark.parametrize(
    ("headers", "words"),
    [(["code", "nmae"], "“nmae” is not known"), (["name"], "“code” is missing")],
)
def test_import_refuses_other_columns(headers, words):
    dataset = tablib.Dataset(["x"] * len(headers), headers=headers)
    result = OrganisationResource().import_data(dataset, dry_run=True, now=clock.now())
    assert words in str(result.base_errors[0].error)
    assert result.base_errors[0].traceback == ""
    assert isinstance(result.base_errors[0].error, SpreadsheetRefused)


def test_import_works_with_the_portals_own_rights(working_role):
    result = ClusterResource().import_data(tablib.Dataset(["Eastgate"], headers=["name"]))
    assert not result.has_errors()
    assert Cluster.objects.get().name == "Eastgate"


def test_preview_shows_a_change_without_style_attributes():
    bring_in(GOOD)
    result = bring_in({**GOOD, "name": "<b>Beckside</b>"}, dry_run=True)
    shown = result.rows[0].diff
    assert "<del>Beckside Primary</del> <ins>&lt;b&gt;Beckside&lt;/b&gt;</ins>" in shown
    assert not any("style=" in cell for cell in shown)
    assert Organisation.objects.get(code="S01").name == "Beckside Primary"
