"""The letter about a report that a schedule had made: a link for whoever may read it, and never the figures."""

from datetime import date, datetime

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail, Practitioner, User
from accounts.wording import LetterKind
from bookings.emails import address_of
from bookings.emails.specimens import specimen_booking
from courses.models import Strand
from evaluation.emails.observations import person_of
from evaluation.models import QualityReport
from evaluation.reports.facts import period_of, strands_in_words

MADE = "evaluation/report_made"
LETTERS = (MADE,)


def report_made(*, report: QualityReport, to: User, now: datetime) -> None:
    """To a recipient of the schedule: the report is there to be read."""
    reader = person_of(to)
    address = address_of(reader) if reader else ""
    if reader is None or not address:
        return
    queue_email(
        key=f"evaluation.report_made:{report.pk}:{to.pk}",
        to=address,
        letter=MADE,
        context=_facts(report, reader),
        now=now,
        about=f"report:{report.pk}",
        practitioner=reader,
    )


def _facts(report: QualityReport, reader: Practitioner) -> dict:
    return {
        "report": report,
        "practitioner": reader,
        "period": period_of(report).name,
        "strands": strands_in_words(report.strands),
    }


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Who may no longer read the report when the letter is about to leave gets none."""
    number, reader = email.about.partition(":")[2], email.practitioner
    reports = QualityReport.objects.visible_to(reader.user) if reader and reader.user else QualityReport.objects.none()
    may_read = number.isdecimal() and reports.filter(pk=int(number)).exists()
    return "" if may_read else "They may not read this report any more."


def _specimen(now: datetime) -> dict:
    booking, _ = specimen_booking(now)
    report = QualityReport(
        pk=0, starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), strands=[Strand.MULTI_AGENCY.value]
    )
    return _facts(report, booking.practitioner)


CATALOGUE = [
    LetterKind(
        name=MADE,
        title="A report is ready to read",
        when="When a period is over and the report that a schedule asks for is made",
        to="the schedule’s recipients who may read it",
        placeholders=("name", "team"),
        specimen=_specimen,
    )
]
