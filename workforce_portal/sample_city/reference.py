"""Reference data, through the same resources that staff import their spreadsheets with."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from accounts.models import ChargingCategory, User
from accounts.resources import ClusterResource, OrganisationResource
from accounts.spreadsheets import read_spreadsheet
from accounts.spreadsheets.resource import PortalResource
from courses.actions import courses
from courses.models import (
    ChargingPolicy,
    Course,
    CourseVersion,
    DiscountRule,
    LearningFormat,
    Offer,
    Strand,
    VatRate,
)
from courses.resources import CourseResource, CourseTextResource, PriceResource, VenueResource
from evaluation.actions import questionnaires
from evaluation.models import Questionnaire
from evaluation.resources import QuestionResource

DATA = Path(__file__).parent / "data"
# Longer than the history that is loaded: what was answered then was asked in these words.
IN_USE_FOR = timedelta(days=1100)
# An invented place: nothing answers there.
SELF_PACED_LINK = "https://learning.example.org/introduction-to-safeguarding/"
FIRST_POLICY = "2024-04"
VAT_SINCE = date(2011, 1, 4)
# Reviewed long ago, so that the team sees a course whose content is older than the newest guidance.
LONG_UNREVIEWED = "M14"
OWNERS = {
    "C": "Practice development",
    "ST": "Social work academy",
    "TR": "Traded services",
    "M": "Safeguarding partnership",
}


class SampleDataRefused(Exception):
    """A file of the sample city does not fit the portal any more; the words name the file and the rows."""


def take(resource: type[PortalResource], name: str, *, now: datetime, by: User | None = None) -> None:
    """Import one of the files; nothing of it is kept when any of its rows fails."""
    dataset = read_spreadsheet((DATA / name).read_bytes())
    result = resource().import_data(dataset, now=now, user=by)
    if result.has_errors() or result.has_validation_errors():
        problems = [f"row {row.number}: {row.error}" for row in result.invalid_rows]
        problems += [f"row {number}: {error.error}" for number, errors in result.row_errors() for error in errors]
        raise SampleDataRefused(f"{name}: {'; '.join(problems) or [str(error.error) for error in result.base_errors]}")


def load_organisations(*, now: datetime) -> None:
    take(ClusterResource, "clusters.csv", now=now)
    take(OrganisationResource, "organisations.csv", now=now)


def load_catalogue(*, now: datetime, by: User | None) -> None:
    """Venues, prices, courses with their texts, all published; and when each was last reviewed."""
    take(VenueResource, "venues.csv", now=now, by=by)
    take(PriceResource, "prices.csv", now=now, by=by)
    take(CourseResource, "courses.csv", now=now, by=by)
    take(CourseTextResource, "course_texts.csv", now=now, by=by)
    self_paced = Course.objects.filter(learning_format=LearningFormat.SELF_PACED)
    self_paced.update(learning_link=SELF_PACED_LINK)
    Offer.objects.filter(course__in=self_paced).update(charges_non_completion=True)
    for course in Course.objects.order_by("code"):
        courses.publish(course=course, by=by, now=now)
    # They have been in the catalogue for years, whatever day they were loaded on.
    CourseVersion.objects.update(published_at=now - IN_USE_FOR)
    date_reviews(now.date())
    load_policy()
    load_vat_and_discounts()


def date_reviews(today: date) -> None:
    """Every course has an owner and a year until its next review; one is overdue since the newest guidance."""
    rows = list(Course.objects.order_by("code"))
    for position, course in enumerate(rows):
        age = 800 if course.code == LONG_UNREVIEWED else 30 + position * 37 % 300
        course.content_reviewed_on = today - timedelta(days=age)
        course.review_due_on = course.content_reviewed_on + timedelta(days=365)
        course.content_owner = OWNERS[course.code.rstrip("0123456789")]
    Course.objects.bulk_update(rows, ["content_reviewed_on", "review_due_on", "content_owner"])


def load_policy() -> None:
    """The booking terms and what late cancelling costs (DOMAIN 6.2)."""
    ChargingPolicy.objects.get_or_create(
        version=FIRST_POLICY,
        defaults={
            "effective_from": date(2024, 4, 1),
            "late_charge_half_day": Decimal(25),
            "late_charge_full_day": Decimal(50),
            "terms": (DATA / f"terms_{FIRST_POLICY}.txt").read_text().strip(),
        },
    )


def load_vat_and_discounts() -> None:
    """The rate that emptying the portal took away, and one discount that schools know."""
    VatRate.objects.get_or_create(effective_from=VAT_SINCE, defaults={"percent": Decimal(20)})
    DiscountRule.objects.get_or_create(
        name="School groups",
        defaults={
            "percent": Decimal(10),
            "min_places": 5,
            "charging_category": ChargingCategory.EDUCATION,
            "strand": Strand.TRADED,
        },
    )


def load_questionnaires(*, now: datetime, by: User | None) -> None:
    """The items of every stage, then each stage published: from then on its words are frozen."""
    take(QuestionResource, "evaluation_items.csv", now=now, by=by)
    for questionnaire in Questionnaire.objects.order_by("stage"):
        questionnaires.publish(questionnaire=questionnaire, by=by, now=now - IN_USE_FOR)
