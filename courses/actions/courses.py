"""Verbs for courses: create, amend with a new version where one is due, publish, pause, retire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.text import slugify

from accounts import audit
from accounts.models import User
from courses.models import Course, CourseVersion, Event, LearningOutcome, Offer, PriceBand


class CannotPublish(Exception):
    """Something is missing. `reasons` is a list of sentences."""

    def __init__(self, reasons: list[str]):
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class AlreadyThere(Exception):
    """Somebody made a course of this code or title a moment ago."""


class CannotRetire(Exception):
    """The course still has coming dates."""


@dataclass(frozen=True, kw_only=True)
class OfferTerms:
    """One strand's terms for a course, as the form or the spreadsheet gave them."""

    strand: str
    approval_mode: str
    price_band: PriceBand
    audience: str = ""
    free_cancel_working_days: int | None = None
    is_area_only: bool = False
    charges_non_completion: bool = False


@transaction.atomic
def create(
    *,
    facts: Mapping[str, Any],
    outcomes: Sequence[str],
    offers: Sequence[OfferTerms],
    by: User | None,
    now: datetime,
    required_courses: Sequence[Course] = (),
) -> Course:
    """Make a draft course with its first version, learning outcomes and offers. Raises AlreadyThere."""
    try:
        with transaction.atomic():
            course = Course.objects.create(**{"slug": free_slug(title=facts["title"], code=facts["code"]), **facts})
    except IntegrityError as error:
        raise AlreadyThere("Another course has this code.") from error
    course.required_courses.set(required_courses)
    _write_outcomes(CourseVersion.objects.create(course=course, number=1), outcomes)
    write_offers(course=course, offers=offers)
    audit.record(by=by, verb="course.create", subject=f"course:{course.pk}", now=now)
    return course


@transaction.atomic
def amend(
    *,
    course: Course,
    facts: Mapping[str, Any],
    outcomes: Sequence[str],
    offers: Sequence[OfferTerms],
    by: User | None,
    now: datetime,
    required_courses: Sequence[Course] | None = None,
) -> Course:
    """Change a course. Its address stays, because letters and bookmarks carry it."""
    Course.objects.filter(pk=course.pk).update(**facts)
    if required_courses is not None:
        course.required_courses.set(required_courses)
    revise_outcomes(course=course, outcomes=outcomes, now=now)
    write_offers(course=course, offers=offers)
    audit.record(by=by, verb="course.amend", subject=f"course:{course.pk}", now=now)
    course.refresh_from_db()
    return course


@transaction.atomic
def publish(*, course: Course, by: User | None, now: datetime) -> Course:
    """Show a course on the public pages; whatever is still missing is refused in one list."""
    version = course.versions.latest("number")
    checks = [
        (bool(course.summary), "Write a summary."),
        (bool(course.audience), "Say who the course is for."),
        (version.outcomes.exists(), "Write at least one learning outcome."),
        (course.offers.active().exists(), "Choose at least one strand."),
        (not course.is_self_paced or bool(course.learning_link), "Give the link to the self-paced course itself."),
        (course.state != Course.State.ARCHIVED, "A retired course cannot be published again. Make a new one."),
    ]
    reasons = [words for is_met, words in checks if not is_met]
    if reasons:
        raise CannotPublish(reasons)
    CourseVersion.objects.filter(pk=version.pk, published_at__isnull=True).update(published_at=now)
    return _move_to(course, Course.State.PUBLISHED, by=by, now=now)


@transaction.atomic
def pause(*, course: Course, by: User, now: datetime) -> Course:
    """Take a course off the public pages for a while. Dates already booked are honoured."""
    return _move_to(course, Course.State.PAUSED, by=by, now=now)


@transaction.atomic
def retire(*, course: Course, by: User, now: datetime) -> Course:
    """Keep a course for training records only. It must have no coming dates."""
    coming = Event.objects.filter(version__course=course).upcoming(now).count()
    if coming:
        dates = "a coming date" if coming == 1 else f"{coming} coming dates"
        raise CannotRetire(f"This course has {dates}. Cancel or deliver them first.")
    return _move_to(course, Course.State.ARCHIVED, by=by, now=now)


def free_slug(*, title: str, code: str) -> str:
    """Return the address words of a title; the code is added where another course has them already."""
    slug = slugify(title)[:100].strip("-") or slugify(code)
    return slug if not Course.objects.filter(slug=slug).exists() else f"{slug}-{slugify(code)}"


def _move_to(course: Course, state: str, *, by: User | None, now: datetime) -> Course:
    if Course.objects.filter(pk=course.pk).exclude(state=state).update(state=state):
        audit.record(by=by, verb=f"course.{state.lower()}", subject=f"course:{course.pk}", now=now)
    course.refresh_from_db()
    return course


def revise_outcomes(*, course: Course, outcomes: Sequence[str], now: datetime) -> None:
    """Write changed outcomes: into the version nobody has been promised yet, else into a new one.

    Whoever booked, was asked about or was certified for the old outcomes keeps them. Coming dates that
    nobody holds a place on teach the new ones.
    """
    version = course.versions.latest("number")
    if list(version.outcomes.order_by("position").values_list("text", flat=True)) == list(outcomes):
        return
    if not version.events.exclude(state=Event.State.DRAFT).exists():
        _write_outcomes(version, outcomes)
        return
    renewed = CourseVersion.objects.create(
        course=course, number=version.number + 1, published_at=now if version.published_at else None
    )
    _write_outcomes(renewed, outcomes)
    untouched = Q(state=Event.State.DRAFT) | Q(state=Event.State.OPEN, places_taken__lt=1, starts_at__gt=now)
    version.events.filter(untouched).update(version=renewed)


def _write_outcomes(version: CourseVersion, outcomes: Sequence[str]) -> None:
    version.outcomes.all().delete()
    LearningOutcome.objects.bulk_create(
        LearningOutcome(version=version, position=position, text=text)
        for position, text in enumerate(outcomes, start=1)
    )


def write_offers(*, course: Course, offers: Sequence[OfferTerms]) -> None:
    """Offers are never deleted: bookings point at them. A strand left out is withdrawn."""
    for terms in offers:
        Offer.objects.update_or_create(
            course=course,
            strand=terms.strand,
            defaults={
                "approval_mode": terms.approval_mode,
                "price_band": terms.price_band,
                "audience": terms.audience,
                "free_cancel_working_days": terms.free_cancel_working_days,
                "is_area_only": terms.is_area_only,
                "charges_non_completion": terms.charges_non_completion,
                "is_active": True,
            },
        )
    course.offers.exclude(strand__in=[terms.strand for terms in offers]).update(is_active=False)
