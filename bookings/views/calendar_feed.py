"""A person's dates for their calendar program, at an address that only they know."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import CalendarFeed, Partnership
from bookings import emails
from bookings.models import Booking
from courses.calendars import FeedEntry, feed_text

KEPT_BACK = timedelta(days=365)
MOST = 500


@require_safe
def calendar_feed(request, token):
    """Everything that stands in the calendar of whoever made this address. A wrong one looks like none at all."""
    now = clock.now()
    found = CalendarFeed.objects.opened_by(token)
    feed = found.first()
    if feed is None:
        raise Http404
    found.note_reading(now)
    text = feed_text(
        [entry_of(booking) for booking in _bookings_of(feed, now)],
        name=f"Training: {Partnership.objects.current().short_name}",
        now=now,
    )
    return HttpResponse(
        text,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Cache-Control": "private, no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
            "Content-Disposition": 'attachment; filename="training.ics"',
        },
    )


def _bookings_of(feed, now):
    """Places that stand, with those of the last year."""
    return (
        Booking.objects.on_the_register()
        .filter(practitioner=feed.practitioner_id, event__ends_at__gt=now - KEPT_BACK)
        .exclude(event__state="CANCELLED")
        .select_related("event__version__course", "event__venue")
        .prefetch_related("event__sessions__venue")
        .order_by("-event__starts_at", "pk")[:MOST]
    )


def entry_of(booking):
    """Title and place. No link to the room and no names: people share their calendars."""
    return FeedEntry(
        uid=emails.calendar_uid(booking),
        sequence=booking.calendar_sequence,
        summary=booking.event.version.course.title,
        location=emails.place_of(booking.event),
        sessions=emails.sessions_of(booking.event),
    )
