"""Letters about enquiries, one function each. They go to whoever asked, with an account or without."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.correspondence import queue_email
from accounts.models import Organisation, OutboundEmail, Practitioner, User
from accounts.wording import LetterKind
from courses.models import Course, CourseVersion, Enquiry, Event, Session
from courses.working_days import BRITISH_TIME


def enquiry_received(*, enquiry: Enquiry, now: datetime) -> OutboundEmail:
    """At once: the reference, and when they hear from us. What they typed does not come back to them."""
    return _queue(enquiry, "enquiry_received", now=now, urgency=OutboundEmail.Urgency.AT_ONCE)


def enquiry_question(*, enquiry: Enquiry, now: datetime) -> OutboundEmail:
    """At once: what the team asks back."""
    return _queue(enquiry, "enquiry_question", now=now, version=f"{enquiry.asked_at:%Y%m%d%H%M%S%f}")


def enquiry_scheduled(*, enquiry: Enquiry, event: Event, now: datetime) -> OutboundEmail:
    """At once, when the course has its date; a date that comes instead of a cancelled one is told anew."""
    return _queue(enquiry, "enquiry_scheduled", now=now, version=str(event.pk), **_facts_of_date(event))


def _facts_of_date(event: Event) -> dict:
    sessions = Session.objects.filter(event=event).select_related("venue").order_by("position")
    return {"event": event, "sessions": list(sessions)}


def _queue(
    enquiry: Enquiry,
    letter: str,
    *,
    now: datetime,
    version: str = "",
    urgency: int = OutboundEmail.Urgency.USUAL,
    **facts: object,
) -> OutboundEmail:
    return queue_email(
        key=":".join(part for part in (f"courses.{letter}", str(enquiry.pk), version) if part),
        to=enquiry.email,
        letter=f"courses/{letter}",
        context={
            "enquiry": enquiry,
            "organisation": enquiry.organisation,
            "course": enquiry.course,
            "has_page": enquiry.made_by_id is not None and enquiry.organisation_id is not None,
            **facts,
        },
        now=now,
        about=f"enquiry:{enquiry.pk}",
        practitioner=_person_of(enquiry.made_by),
        urgency=urgency,
    )


def _person_of(user: User | None) -> Practitioner | None:
    return getattr(user, "practitioner", None)


def _specimen(now: datetime) -> dict:
    start = (now + timedelta(weeks=6)).astimezone(BRITISH_TIME).replace(hour=13, minute=0, second=0, microsecond=0)
    course = Course(pk=0, code="TR03", slug="whole-school", title="Whole-School Safeguarding Session")
    course.duration_hours = Decimal("2.5")
    organisation = Organisation(pk=0, name="Beckside Primary School")
    event = Event(
        pk=0, reference="TR03-0012", version=CourseVersion(pk=0, course=course, number=1), mode="at_your_setting",
        starts_at=start, ends_at=start + timedelta(hours=2.5), commissioned_by=organisation,
    )  # fmt: skip
    enquiry = Enquiry(
        pk=0, reference="N-7K2M4QXY", organisation=organisation, course=course, contact_name="Carol Hughes",
        email="carol.hughes@example.org", headcount=46, question="Could the session start at 1pm?", asked_at=now,
        place="Our hall", made_at=now,
    )  # fmt: skip
    return {
        "enquiry": enquiry,
        "organisation": organisation,
        "course": course,
        "event": event,
        "sessions": [Session(event=event, position=1, starts_at=start, ends_at=start + timedelta(hours=2.5))],
        "has_page": True,
    }


def _letter(name: str, title: str, when: str, *placeholders: str) -> LetterKind:
    return LetterKind(
        name=f"courses/{name}",
        title=title,
        when=when,
        to="whoever asked for a course of their own",
        placeholders=(*placeholders, "team"),
        specimen=_specimen,
    )


CATALOGUE = [
    _letter("enquiry_received", "We have your enquiry", "At once"),
    _letter("enquiry_question", "A question about your enquiry", "At once, when you ask one"),
    _letter(
        "enquiry_scheduled", "Your course has a date", "At once, when you give it one", "course", "date", "organisation"
    ),
]
