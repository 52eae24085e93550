"""Agencies' training returns in the sample city."""

import pytest

from accounts.models import OutboundEmail
from evaluation.models import AgencyReturn, ImprovementAction

pytestmark = pytest.mark.django_db


def test_agencies_answered_for_last_year_but_for_three_and_are_asked_for_this_one(small_city):
    last, this = (AgencyReturn.objects.filter(year=year) for year in (2025, 2026))
    counts = {state: last.filter(state=state).count() for state in ("OPEN", "SUBMITTED", "SENT_BACK")}
    assert counts == {"OPEN": 2, "SUBMITTED": 1, "SENT_BACK": 1}
    assert last.accepted().count() > 30
    assert set(this.values_list("state", flat=True)) == {"OPEN"}
    # A school without a lead; and the agency of three, which says itself how few it has.
    assert [each.organisation.code for each in last.without_a_lead()] == ["A19"]
    assert last.get(organisation__code="A40").headcount == 3
    concern = ImprovementAction.objects.get(source="AGENCY")
    assert (concern.agency_return.organisation.code, concern.state) == ("A45", "OPEN")
    assert not OutboundEmail.objects.filter(letter__startswith="evaluation/return_", sent_at=None).exclude(
        to="lea@example.org"
    )
