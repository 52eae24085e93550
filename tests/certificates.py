"""Attended courses and promised certificates, for tests."""

from datetime import timedelta

from bookings.actions import certificates
from bookings.models import Attendance, Booking, Certificate
from courses.models import Event
from tests import cast
from tests.makers import NOW, make_booking, make_event


def attended(user=None, *, course=None, days=1, state=Booking.State.ATTENDED, now=NOW) -> Booking:
    """A booking of a course whose last session was yesterday, with its register marked."""
    user = user or cast.amina()
    event = make_event(course, starts_at=now - timedelta(days=days), days=days, state=Event.State.DELIVERED)
    booking = make_booking(event, user, state=state, now=now - timedelta(days=30))
    if state == Booking.State.ATTENDED:
        for session in event.sessions.all():
            Attendance.objects.create(
                booking=booking,
                session=session,
                mark=Attendance.Mark.PRESENT,
                marked_at=session.ends_at,
                marked_by=cast.dev(),
            )
    return booking


def promised(user=None, **facts) -> Certificate:
    """A certificate that is owed and not built yet."""
    return certificates.release(booking_id=attended(user, **facts).pk, now=facts.get("now", NOW))
