"""Sweeps of the courses app: commissioned dates that are over or off are found, once, and no others."""

from datetime import timedelta

import pytest

from courses.models import Enquiry, Event
from courses.sweeps import follow_commissioned_dates
from tests import cast
from tests.makers import NOW, make_course, make_enquiry, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def scheduled(**fields):
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=Enquiry.State.SCHEDULED)
    make_event(enquiry.course, enquiry=enquiry, commissioned_by=enquiry.organisation, **fields)
    return enquiry


def test_sweep_follows_dates_that_are_over_or_off_and_is_harmless_twice():
    coming = scheduled(starts_at=NOW + timedelta(days=1))
    over = scheduled(starts_at=NOW - timedelta(days=1), state=Event.State.DELIVERED)
    off = scheduled()
    off.event.state, off.event.cancelled_at, off.event.cancelled_by = Event.State.CANCELLED, NOW, cast.wendy()
    off.event.save()
    for _ in range(2):
        follow_commissioned_dates()
        found = [Enquiry.objects.get(pk=enquiry.pk).state for enquiry in (coming, over, off)]
        assert found == ["SCHEDULED", "DELIVERED", "ACCEPTED"]
