"""The register on paper: a sheet to sign for every session, and a page about needs for the trainer alone."""

from collections.abc import Sequence
from datetime import datetime

from django.template.loader import render_to_string

from accounts.models import Partnership
from bookings.models import Booking
from bookings.pdfs import logo_uri, press
from courses.models import Event

# People who come without a booking sign below the others.
EMPTY_LINES = 3
# More boxes than these do not fit beside a name on a sheet: the next ones get sheets of their own.
BOXES_BESIDE = 4


def sheet(*, event: Event, bookings: Sequence[Booking], now: datetime) -> bytes:
    """Return the sheet as tagged PDF (PDF/UA-1), A4 lying; `bookings` come with person, agency and needs."""
    html = sheet_html(event=event, bookings=bookings, now=now)
    return press().print(html, "bookings/pdfs/register.css")


def sheet_html(*, event: Event, bookings: Sequence[Booking], now: datetime) -> str:
    """Return the sheet as the page that is printed."""
    partnership = Partnership.objects.current()
    sessions = list(event.sessions.select_related("venue").order_by("position"))
    return render_to_string(
        "bookings/pdfs/register.html",
        {
            "event": event,
            "course": event.version.course,
            "parts": [sessions[start : start + BOXES_BESIDE] for start in range(0, len(sessions), BOXES_BESIDE)],
            "sessions": sessions,
            "bookings": bookings,
            "empty_lines": range(EMPTY_LINES),
            "needy": [booking for booking in bookings if _needs_something(booking)],
            "partnership": partnership,
            "logo": logo_uri(partnership.logo_svg),
            "now": now,
        },
    )


def _needs_something(booking: Booking) -> bool:
    needs = getattr(booking, "needs", None)
    return bool(needs and (needs.access or needs.diet))
