"""What the generator needs to know of the catalogue, the agencies and the questionnaires, read once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from accounts.models import ChargingCategory, Organisation, Partnership
from courses.models import Course, DeliveryMode, LearningFormat, Price, Strand
from courses.pricing import best_offer, prices_in_force, quote


@dataclass(slots=True)
class Agency:
    """An organisation that people work for."""

    id: int
    code: str
    name: str
    sector: str
    category: str
    headcount: int
    gives_trainers: bool
    members: list[int] = field(default_factory=list)
    contact: int | None = None


@dataclass(slots=True, frozen=True)
class Terms:
    """On which offer a charging category books a course, and for how much."""

    offer_id: int
    strand: str
    price: Decimal
    notice_days: int
    is_explicit: bool
    vat_treatment: str


@dataclass(slots=True)
class CourseFacts:
    """A course as dates of it are planned and asked about."""

    id: int
    code: str
    title: str
    version_id: int
    outcome_ids: list[int]
    outcomes: list[str]
    level: str
    refresh_months: int | None
    learning_format: str
    mode: str
    hours: float
    days: int
    capacity: int | None
    min_numbers: int
    offers: list[tuple[int, str]]
    terms: dict[str, Terms]
    region_terms: dict[str, Terms]

    @property
    def strands(self) -> set[str]:
        return {strand for _, strand in self.offers}

    @property
    def is_multi_agency(self) -> bool:
        return Strand.MULTI_AGENCY in self.strands

    @property
    def has_dates(self) -> bool:
        """Self-paced courses and those made to order have no dates that people book."""
        return self.mode not in (DeliveryMode.RECORDED, DeliveryMode.AT_YOUR_SETTING) and self.learning_format not in (
            LearningFormat.SELF_PACED,
            LearningFormat.COMMISSIONED,
            LearningFormat.SERVICE,
        )


def read_agencies() -> dict[str, Agency]:
    """Agencies with people of their own, by code; a parent body counts through its services."""
    parents = set(Organisation.objects.filter(parent__isnull=False).values_list("parent_id", flat=True))
    return {
        row.code: Agency(
            row.id,
            row.code,
            row.name,
            row.sector,
            row.charging_category,
            row.child_facing_headcount or 0,
            row.gives_trainers,
        )
        for row in Organisation.objects.listed().filter(code__isnull=False).order_by("code")
        if row.id not in parents
    }


def read_courses(*, on: date) -> dict[str, CourseFacts]:
    """Every published course by code, with its price for each charging category."""
    prices = prices_in_force(on=on)
    partnership = Partnership.objects.current()
    courses = Course.objects.published().order_by("code").prefetch_related("offers__price_band", "versions__outcomes")
    return {course.code: course_facts(course, prices, partnership, on) for course in courses}


def course_facts(course: Course, prices, partnership: Partnership, on: date) -> CourseFacts:
    offers = sorted((offer for offer in course.offers.all() if offer.is_active), key=lambda offer: offer.id)
    version = max(course.versions.all(), key=lambda version: version.number)
    outcomes = sorted(version.outcomes.all(), key=lambda row: row.position)
    return CourseFacts(
        id=course.id,
        code=course.code,
        title=course.title,
        version_id=version.id,
        outcome_ids=[row.id for row in outcomes],
        outcomes=[row.text for row in outcomes],
        level=course.level,
        refresh_months=course.refresh_months,
        learning_format=course.learning_format,
        mode=course.default_mode,
        hours=float(course.duration_hours),
        days=max(1, round(float(course.days))),
        capacity=course.default_capacity,
        min_numbers=course.default_min_numbers,
        offers=[(offer.id, offer.strand) for offer in offers],
        terms=terms_by_category(offers, prices, partnership, on),
        region_terms=terms_by_category(offers, prices, partnership, on, is_open_to_region=True),
    )


def terms_by_category(
    offers: Iterable, prices, partnership: Partnership, on: date, *, is_open_to_region: bool = False
) -> dict[str, Terms]:
    """Only categories that can book at a fixed price; the others ask for a quote, or are not offered the course."""
    terms = {}
    for category in ChargingCategory.values:
        offer = best_offer(offers=offers, category=category)
        if offer is None:
            continue
        answer = quote(offer=offer, category=category, on=on, is_open_to_region=is_open_to_region, prices=prices)
        if answer.terms != Price.Terms.FIXED:
            continue
        terms[category] = Terms(
            offer_id=offer.id,
            strand=offer.strand,
            price=answer.amount,
            notice_days=notice_days(offer, partnership),
            is_explicit=offer.approval_mode == "explicit",
            vat_treatment=offer.price_band.vat_treatment,
        )
    return terms


def notice_days(offer, partnership: Partnership) -> int:
    """Rule B7."""
    if offer.free_cancel_working_days is not None:
        return offer.free_cancel_working_days
    if offer.strand == Strand.TRADED:
        return partnership.free_cancel_days_traded
    return partnership.free_cancel_days_free_places
