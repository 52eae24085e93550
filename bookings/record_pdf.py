"""The training record as a document to hand over: rows in, PDF out, by the press that prints certificates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Organisation, Partnership, Practitioner
from bookings import reports
from bookings.models import Booking, SelfPacedEnrolment
from bookings.models.booking import State
from bookings.pdfs import logo_uri, press

# A course in one's own time has none.
NO_CERTIFICATE = "-"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One course of the record, in the words that are printed."""

    title: str
    learning_format: str
    organisation: str
    dates: str
    hours: Decimal | None
    hours_in_words: str
    outcome: str
    certificate: str


def training_record(*, practitioner: Practitioner, record: Sequence[reports.Learning], now: datetime) -> bytes:
    """Return the record as tagged PDF (PDF/UA-1), A4 upright; long ones run over several numbered pages."""
    html = training_record_html(practitioner=practitioner, record=record, now=now)
    return press().print(html, "bookings/pdfs/training_record.css")


def training_record_html(*, practitioner: Practitioner, record: Sequence[reports.Learning], now: datetime) -> str:
    """Return the record as the page that is printed."""
    partnership = Partnership.objects.current()
    lines = [_line(one) if isinstance(one, Booking) else _line_in_own_time(one) for one in record]
    return render_to_string(
        "bookings/pdfs/training_record.html",
        {
            "practitioner": practitioner,
            "organisations": list(_organisations_of(practitioner)),
            "partnership": partnership,
            "logo": logo_uri(partnership.logo_svg),
            "lines": lines,
            "hours": _number(sum((line.hours for line in lines if line.hours is not None), Decimal(0))),
            "certificates": sum(line.certificate not in ("", NO_CERTIFICATE) for line in lines),
            "learning_days": reports.learning_days(record, now),
            "year_starts": reports.learning_year_start(now),
            "now": now,
        },
    )


def _organisations_of(practitioner: Practitioner) -> Any:
    """Where the person works or volunteers now."""
    memberships = practitioner.memberships.filter(ended_on__isnull=True)
    return Organisation.objects.filter(memberships__in=memberships).distinct().order_by("name")


def _line(booking: Booking) -> Line:
    course = booking.event.version.course
    was_whole = booking.state == State.ATTENDED
    hours = course.duration_hours if was_whole else None
    return Line(
        title=course.title,
        learning_format=course.get_learning_format_display(),
        organisation=booking.organisation.name,
        dates=_days(booking),
        hours=hours,
        hours_in_words="-" if hours is None else _number(hours),
        outcome="took part" if was_whole else "took part in some of it",
        certificate=next((certificate.number for certificate in booking.certificates.all()), ""),
    )


def _line_in_own_time(enrolment: SelfPacedEnrolment) -> Line:
    course = enrolment.course
    return Line(
        title=course.title,
        learning_format=course.get_learning_format_display(),
        organisation=enrolment.organisation.name,
        dates=reports.days_in_words([timezone.localtime(enrolment.passed_at).date()], written="j F Y"),
        hours=course.duration_hours,
        hours_in_words=_number(course.duration_hours),
        outcome="finished",
        certificate=NO_CERTIFICATE,
    )


def _number(hours: Decimal) -> str:
    """6, 13.5 and 1.25: as many places as there are."""
    return f"{hours.normalize():f}"


def _days(booking: Booking) -> str:
    starts = [session.starts_at for session in booking.event.sessions.all()]
    days = sorted({timezone.localtime(start).date() for start in starts})
    return reports.days_in_words(days, written="j F Y")
