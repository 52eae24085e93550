"""A worker killed in the middle of cancelling a date: whoever comes next goes on, and everybody hears once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import clock
from accounts.models import OutboundEmail
from bookings.actions import capacity, event_changes
from bookings.actions.event_changes import Plan
from bookings.models import Booking, EventChange
from bookings.models.booking import State
from bookings.models.event_change import ChangeKind
from tests import cast
from tests.crash.crowd import make_date, make_people
from tests.local_run import WORKER, wait_for
from tests.makers import make_booking
from tests.sizes import size

pytestmark = pytest.mark.soak

PEOPLE = 40
# In full nobody helps the leases of dead workers to lapse.
PATIENCE_SECONDS = size(120, 900)
# In the middle of the first portion, and of the second: the bookings that stand in the way when the worker is killed.
STOPS = (7, 31)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%bookings_booking%'"


def kill_the_worker_at(portal, change, booking_id):
    """Hold one booking still until the worker waits for it, and kill the worker there."""
    with portal.database("portal_owner") as holder, portal.database("postgres") as watcher, holder.transaction():
        holder.execute("SELECT id FROM bookings_booking WHERE id = %s FOR UPDATE", [booking_id])
        EventChange.objects.filter(pk=change.pk).update(claimed_at=clock.now() - timedelta(minutes=10))
        portal.send_task("bookings.carry_out_changes")
        wait_for(lambda: watcher.execute(WAITING).fetchone()[0] > 0, portal.story)
        killed = portal.main_process(WORKER)
        portal.kill(WORKER)
        wait_for(lambda: portal.main_process(WORKER) not in (killed, None), portal.story)


def test_a_cancelled_date_survives_workers_that_are_killed(portal, post_office, figures):
    event, before = make_date("Cancelled half way"), post_office.extras()
    bookings = [make_booking(event, person, now=clock.now()) for person in make_people("Calledoff", PEOPLE)]
    # Nobody hears of it yet: the hint goes to a broker that is not this portal's.
    change = event_changes.start(
        event_id=event.pk,
        plan=Plan(kind=ChangeKind.CANCEL, reason="WEATHER"),
        by=cast.wendy(),
        now=clock.now(),
        idempotency_key=uuid4(),
    )
    done = []
    for stop in STOPS:
        kill_the_worker_at(portal, change, bookings[stop].pk)
        change.refresh_from_db()
        done.append(change.done_count)
    # After a failure the first goes alone, in case it is the one that cannot be dealt with.
    assert done == [0, 1 + event_changes.PORTION]

    EventChange.objects.filter(pk=change.pk).update(claimed_at=clock.now() - timedelta(minutes=10))
    portal.send_task("bookings.carry_out_changes")
    wait_for(lambda: EventChange.objects.get(pk=change.pk).finished_at, portal.story)
    wait_for(post_office.has_everything, portal.story, PATIENCE_SECONDS)

    change.refresh_from_db()
    event.refresh_from_db()
    assert (change.done_count, event.places_taken, event.state) == (PEOPLE, 0, "CANCELLED")
    assert set(Booking.objects.filter(event=event).values_list("state", flat=True)) == {State.CANCELLED_BY_PROVIDER}
    assert OutboundEmail.objects.filter(letter="bookings/cancelled_by_us", to__startswith="calledoff").count() == PEOPLE
    assert capacity.count_places(event_id=event.pk) == 0
    extras = post_office.extras() - before
    assert extras <= len(STOPS)
    figures(f"{len(STOPS)} kills; {PEOPLE} people told, 0 missing, {extras} letters twice under one Message-ID")
