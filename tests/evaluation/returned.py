"""Training returns of agencies for tests, taken through their own actions as far as a test wants them."""

from datetime import date

from evaluation.actions import agency_returns
from evaluation.actions.agency_returns import LevelGiven, ResultGiven
from evaluation.models import AgencyReturn, Section11Standard
from evaluation.models.agency_return import TrainingLevel
from tests import cast
from tests.makers import NOW

YEAR = 2025
DUE = date(2026, 12, 31)
WHOLE = LevelGiven(need=40, trained=36, courses_held=3, evaluated=("form", "later"))


def make_section_11() -> list[Section11Standard]:
    """Those that a fresh database knows, and that tests which empty theirs have lost."""
    rows = [Section11Standard(number=number, words=f"Section 11 standard {number}") for number in range(1, 7)]
    Section11Standard.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Section11Standard.objects.in_force())


def opened(lead=None, *, year: int = YEAR, due_on: date = DUE) -> AgencyReturn:
    """Lou asks the agency that this lead speaks for; Lea's school, if nobody is named."""
    organisation = (lead or cast.lea()).practitioner.memberships.get(role="AGENCY_LEAD").organisation
    agency_returns.open_returns(organisations=[organisation], year=year, due_on=due_on, by=cast.lou(), now=NOW)
    return AgencyReturn.objects.get(organisation=organisation, year=year)


def filled(
    agency_return: AgencyReturn | None = None, *, headcount: int = 46, score: int = 2, **levels: LevelGiven
) -> AgencyReturn:
    """Everything written, alike at each level but for those named, and alike for each standard."""
    agency_return = agency_return or opened()
    who = {"return_id": agency_return.pk, "by": lead_of(agency_return), "now": NOW}
    agency_returns.save_training(
        headcount=headcount,
        headcount_on=date(2026, 11, 1),
        levels={level: levels.get(level, WHOLE) for level in TrainingLevel.values},
        **who,
    )
    result = ResultGiven(score=score, evidence="A register of who was trained.", plan="Ask the night staff.")
    return agency_returns.save_section_11(results=dict.fromkeys(make_section_11(), result), **who)


def sent(agency_return: AgencyReturn | None = None, **given) -> AgencyReturn:
    agency_return = filled(agency_return, **given)
    return agency_returns.submit(return_id=agency_return.pk, by=lead_of(agency_return), now=NOW)


def accepted(agency_return: AgencyReturn | None = None, **given) -> AgencyReturn:
    return agency_returns.accept(return_id=sent(agency_return, **given).pk, by=cast.lou(), now=NOW)


def lead_of(agency_return: AgencyReturn):
    return agency_return.organisation.memberships.as_lead().first().practitioner.user
