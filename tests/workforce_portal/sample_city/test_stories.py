"""What goes on in the city today: there for whoever tries the portal out, and by its rules."""

import pytest

from bookings import invariants, money_invariants
from bookings.models import Booking, EventChange, Order, Package, WaitingListEntry
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from workforce_portal.sample_city import orders, stories

pytestmark = pytest.mark.django_db


def test_the_citys_stories_are_told_and_break_no_rule(small_city):
    stories.tell(now=small_city)

    assert {State.SUBSTITUTED, State.TRANSFERRED} <= set(Booking.objects.values_list("state", flat=True).distinct())
    offer = WaitingListEntry.objects.offered().get()
    assert offer.practitioner.email == "tom@example.org"
    assert WaitingListEntry.objects.filter(event=offer.event, state=WaitingState.WAITING).count() == 8
    change = EventChange.objects.get()
    assert change.answer_due_at > small_city
    school = Order.objects.filter(organisation__code="A19")
    assert school.filter(state="AWAITING_PO", po_due_at__gt=small_city).count() == 1
    assert school.baskets().get().lines.in_basket().count() == 2
    assert Package.objects.get().balance < orders.PACKAGE_POUNDS
    assert list(invariants.breaches(now=small_city)) == []
    assert list(money_invariants.breaches(now=small_city)) == []
