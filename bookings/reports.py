"""Rows in, figures and stories out: the training record, and the story of one booking in time order."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.models import OutboundEmail, User
from accounts.spreadsheets import neutralised
from bookings.models import Booking, Certificate
from bookings.models.booking import ATTENDANCE_OUTCOMES, TOOK_PART_STATES, State
from courses.models.course import HALF_DAY_HOURS

# The year of learning days begins with the financial year (DOMAIN 7.3).
LEARNING_YEAR_BEGINS = (4, 1)
HALF_DAY, FULL_DAY = Decimal("0.5"), Decimal("1.0")
# More days than these are printed as a span.
DAYS_PRINTED = 4
RECORD_COLUMNS = ["Date", "Course", "Format", "Took part", "Hours", "Organisation", "Certificate"]


def days_in_words(days: list[date], *, written: str) -> str:
    """Return the days as documents print them, each `written` so ("l j F Y"); many days are printed as a span."""
    words = [format_date(day, written) for day in days]
    if len(words) > DAYS_PRINTED:
        return f"{words[0]} to {words[-1]} ({len(words)} days)"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def training_record(user: User) -> list[Booking]:
    """Return what a person has taken part in, the latest first, with the valid certificate of each."""
    issued = Certificate.objects.filter(state=Certificate.State.ISSUED)
    return list(
        Booking.objects.of(user)
        .took_part()
        .with_event_facts()
        .prefetch_related(Prefetch("certificates", issued), "event__sessions")
        .order_by("-event__starts_at", "-pk")
    )


def learning_year_start(now: datetime) -> date:
    """Return the first day of the year that `now` lies in: 1 April."""
    today = timezone.localtime(now).date()
    start = date(today.year, *LEARNING_YEAR_BEGINS)
    return start if today >= start else date(today.year - 1, *LEARNING_YEAR_BEGINS)


def learning_days(record: Sequence[Booking], now: datetime) -> Decimal:
    """Count the learning days of this year: half a day up to four hours, a day above, for each session (DOMAIN 7.3)."""
    start = learning_year_start(now)
    sessions = [
        session
        for booking in record
        if booking.state == State.ATTENDED
        for session in booking.event.sessions.all()
        if timezone.localtime(session.starts_at).date() >= start
    ]
    return sum((HALF_DAY if session.hours <= HALF_DAY_HOURS else FULL_DAY for session in sessions), Decimal("0"))


def training_record_csv(record: Sequence[Booking]) -> str:
    """Return the record as CSV that a spreadsheet opens in British letters and runs no formula from."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(RECORD_COLUMNS)
    for booking in record:
        course = booking.event.version.course
        cells = [
            timezone.localtime(booking.event.starts_at).date().isoformat(),
            course.title,
            course.get_learning_format_display(),
            "yes" if booking.state == State.ATTENDED else "in part",
            course.duration_hours if booking.state == State.ATTENDED else "",
            booking.organisation.name,
            next((certificate.number for certificate in booking.certificates.all()), ""),
        ]
        writer.writerow([neutralised(cell) for cell in cells])
    return "\ufeff" + file.getvalue()


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One thing that happened to a booking, or will."""

    at: datetime
    title: str
    text: str = ""
    is_ahead: bool = False
    is_whole_day: bool = False
    letter: OutboundEmail | None = None
    certificate: Certificate | None = None


def story_of(booking: Booking, now: datetime) -> list[Chapter]:
    """Tell everything about a booking in time order: steps, letters, sessions, certificate; then what lies ahead."""
    # What was held back was never sent, so it is no part of what the person knows.
    letters = OutboundEmail.objects.about(f"booking:{booking.pk}").filter(withheld_at=None).defer("html", "calendar")
    certificates = booking.certificates.order_by("issued_at")
    chapters = [
        *_steps(booking),
        *(
            Chapter(at=letter.created_at, title=f"Letter: {letter.subject}", letter=letter)
            for letter in letters.order_by("created_at", "pk")
        ),
        *_sittings(booking, now),
        *(
            Chapter(at=certificate.issued_at, title="Your certificate is ready", certificate=certificate)
            for certificate in certificates
            if certificate.issued_at
        ),
    ]
    return sorted(chapters, key=lambda chapter: chapter.at)


def _steps(booking: Booking) -> list[Chapter]:
    steps = [Chapter(at=booking.booked_at, title=_first_words(booking))]
    if booking.confirmed_at and booking.decided_at:
        steps.append(Chapter(at=booking.confirmed_at, title="Your place was confirmed"))
    if booking.state == State.DECLINED and booking.decided_at:
        steps.append(Chapter(at=booking.decided_at, title="Your request was declined", text=booking.decided_reason))
    if booking.state == State.LAPSED and booking.hold_ends_at:
        steps.append(Chapter(at=booking.hold_ends_at, title="Your request lapsed", is_whole_day=True))
    if booking.cancelled_at:
        steps.append(Chapter(at=booking.cancelled_at, title=_cancelled_words(booking), text=booking.cancelled_reason))
    return steps


def _first_words(booking: Booking) -> str:
    if booking.is_walk_in:
        return "You joined on the day"
    was_request = booking.confirmed_at is None or booking.decided_at is not None
    return "You asked for a place" if was_request else "You booked this place"


def _cancelled_words(booking: Booking) -> str:
    if booking.state == State.CANCELLED_BY_PROVIDER:
        return "We cancelled this date"
    if booking.state == State.CANCELLED_LATE:
        return "You cancelled after the last free day"
    return "You cancelled your place" if booking.confirmed_at else "You withdrew your request"


def _sittings(booking: Booking, now: datetime) -> list[Chapter]:
    """The sessions and the last free day, while the place stands."""
    if not booking.is_live:
        return []
    sessions = sorted(booking.event.sessions.all(), key=lambda session: session.position)
    chapters = [
        Chapter(
            at=session.starts_at,
            title=f"Day {session.position} of your course" if len(sessions) > 1 else "The day of your course",
            text=_outcome_words(booking) if session is sessions[-1] else "",
            is_ahead=session.ends_at > now,
        )
        for session in sessions
    ]
    if booking.state == State.CONFIRMED and booking.free_cancel_until and booking.free_cancel_until > now:
        chapters.append(_deadline(booking.free_cancel_until, "Last day to cancel free of charge"))
    if booking.state == State.REQUESTED and booking.hold_ends_at:
        chapters.append(_deadline(booking.hold_ends_at, "Last day that we hold the place for you"))
    return chapters


def _deadline(at: datetime, title: str) -> Chapter:
    return Chapter(at=at, title=title, is_ahead=True, is_whole_day=True)


def _outcome_words(booking: Booking) -> str:
    """What the register says, once it says something."""
    if booking.state in TOOK_PART_STATES:
        return "You took part." if booking.state == State.ATTENDED else "You took part in some of it."
    return f"The register says: {booking.get_state_display()}." if booking.state in ATTENDANCE_OUTCOMES else ""
