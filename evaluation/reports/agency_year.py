"""What our own registers say of one agency's people in one financial year: it stands in the agency's return."""

from dataclasses import dataclass

from django.db.models import Count

from bookings.models.booking import TOOK_PART_STATES
from courses.models import Strand
from evaluation.models import AgencyReturn
from evaluation.reports import cells
from evaluation.reports.cells import Cell
from evaluation.reports.periods import Period, months_from
from evaluation.reports.selection import Selection
from evaluation.suppression import Hidden, is_small


@dataclass(frozen=True)
class AgencyYear:
    """Different people who took part, how often they did, and on how many different courses."""

    people: int = 0
    attendances: int = 0
    courses: int = 0


def period_of(agency_return: AgencyReturn) -> Period:
    return months_from(agency_return.starts_on, 12)


def learned(agency_return: AgencyReturn) -> AgencyYear:
    """Count it now, from all that the portal offers."""
    bookings = Selection(period_of(agency_return), tuple(Strand.values)).bookings()
    took_part = bookings.filter(organisation=agency_return.organisation_id, state__in=TOOK_PART_STATES)
    return AgencyYear(
        **took_part.aggregate(
            people=Count("practitioner", distinct=True),
            attendances=Count("pk"),
            courses=Count("event__version__course", distinct=True),
        )
    )


def as_sent(agency_return: AgencyReturn) -> AgencyYear:
    """What it was when the return was sent; counted now while the agency still writes."""
    if agency_return.is_writable:
        return learned(agency_return)
    return AgencyYear(agency_return.people or 0, agency_return.attendances or 0, agency_return.courses or 0)


def printed(year: AgencyYear, threshold: int) -> list[tuple[str, Cell]]:
    """Of so few people nothing is told: with attendances and courses, their number could be worked out."""
    why = Hidden.LINKED if is_small(year.people, threshold) else None
    people = cells.concealed(Hidden.SMALL, threshold) if why else cells.count(year.people)
    others = [
        cells.concealed(why, threshold) if why else cells.count(each) for each in (year.attendances, year.courses)
    ]
    return list(zip(("People who took part", "Attendances", "Different courses"), [people, *others], strict=True))
