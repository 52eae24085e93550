"""Two schools with everything twice: what belongs to A, the same belonging to B, and what nobody has."""

from datetime import date, timedelta

from accounts.actions import organisations
from accounts.models import Membership, OutboundEmail, Partnership
from bookings.actions import certificates
from bookings.models import Attendance, Booking, CertificateFile, EventChange, TrainingRecordFile
from courses.models import Course, Event, Strand, Trainer
from evaluation.actions import quality_reports
from evaluation.reports.compiling import compile_figures
from evaluation.reports.facts import period_of
from evaluation.reports.selection import Selection
from tests import cast
from tests.access.people import SIGNED_IN, person, school
from tests.makers import NOW, make_booking, make_course, make_event
from tests.questionnaires import make_response

NOBODYS_ID = 999_999
NOBODYS_NAME = "none-0000"
PDF = b"%PDF-1.7 of nobody in particular"


def build_town() -> dict[str, dict[str, dict]]:
    """Make the town; return, for each kind of thing, the arguments that lead to A's, B's and nobody's."""
    Partnership.objects.current()
    for role in SIGNED_IN:
        person(role)
    things = [_things_of(letter) for letter in "AB"]
    return {
        kind: {"A": things[0][kind], "B": things[1][kind], "absent": _nobodys(things[0][kind])} for kind in things[0]
    }


def _nobodys(arguments: dict) -> dict:
    return {name: NOBODYS_ID if isinstance(value, int) else NOBODYS_NAME for name, value in arguments.items()}


def _things_of(letter: str) -> dict[str, dict]:
    learner = person(f"practitioner {letter}")
    trainer = cast.dev() if letter == "A" else _other_trainer()
    course = make_course(f"Course {letter}")
    coming = make_event(course, trainer=trainer)
    past = make_event(course, trainer=trainer, starts_at=NOW - timedelta(days=2), state=Event.State.DELIVERED)
    draft_course = make_course(f"Draft course {letter}", state=Course.State.DRAFT)
    draft_date = make_event(draft_course, state=Event.State.DRAFT)
    booking = make_booking(coming, learner)
    attended = make_booking(past, learner, state=Booking.State.ATTENDED)
    _mark(attended, trainer)
    certificate = _certificate(attended)
    request = make_booking(make_event(course), learner, state=Booking.State.REQUESTED)
    proposed = organisations.propose(
        practitioner=learner.practitioner, name=f"Heron House {letter}", by=learner, now=NOW
    )
    employer = Membership.objects.get(practitioner=learner.practitioner, organisation=school(letter))
    contact = Membership.objects.get(practitioner=person(f"contact of school {letter}").practitioner)
    report = _report(letter)
    return {
        "course": {"slug": course.slug},
        "record file": {"file_id": _record_file(learner).pk},
        "draft course": {"slug": draft_course.slug},
        "date": {"reference": coming.reference},
        "draft date": {"reference": draft_date.reference},
        "booking": {"reference": booking.reference},
        "certificate": {"number": certificate.number},
        "code": {"code": certificate.code},
        "questionnaire": {"response_id": make_response(attended).pk},
        "session": {"session_id": coming.sessions.get().pk},
        "request": {"reference": request.reference},
        "employer": {"membership_id": employer.pk},
        "appointment": {"membership_id": contact.pk},
        "organisation": {"organisation_id": school(letter).pk},
        "proposed organisation": {"organisation_id": proposed.pk},
        "letter": {"letter_id": _letter(learner).pk},
        "account": {"user_id": learner.pk},
        "planned course": {"code": course.code},
        "report": {"report_id": report.pk},
        "change": {"change_id": _change(course).pk},
        "table": {"report_id": report.pk, "code": "R1"},
        "mail": {"name": f"{1 if letter == 'A' else 2:020d}-abcdef"},
    }


def _other_trainer():
    user = cast.make_person("Tam Trainer", cast.police())
    Trainer.objects.get_or_create(practitioner=user.practitioner, defaults={"organisation": cast.police()})
    return user


def _mark(booking, trainer):
    for session in booking.event.sessions.all():
        Attendance.objects.create(
            booking=booking, session=session, mark=Attendance.Mark.PRESENT, marked_at=NOW, marked_by=trainer
        )


def _certificate(booking):
    certificate = certificates.release(booking_id=booking.pk, now=NOW)
    certificate.state, certificate.issued_at = "ISSUED", NOW
    certificate.save(update_fields=["state", "issued_at"])
    CertificateFile.objects.create(certificate=certificate, content=PDF, sha256="0" * 64)
    return certificate


def _record_file(learner):
    return TrainingRecordFile.objects.create(
        practitioner=learner.practitioner, requested_at=NOW, made_at=NOW, content=PDF
    )


def _change(course):
    """A date that was put off, and everybody has been told."""
    date = make_event(course, state=Event.State.POSTPONED)
    return EventChange.objects.create(
        kind=EventChange.Kind.POSTPONE,
        event=date,
        reason="WEATHER",
        asked_at=NOW,
        asked_by=cast.wendy(),
        finished_at=NOW,
    )


def _letter(learner):
    return OutboundEmail.objects.create(
        key=f"town:{learner.pk}",
        letter="bookings/confirmation",
        message_id=f"<{learner.pk}@portal.example.org>",
        practitioner=learner.practitioner,
        to=learner.email,
        subject="Your place",
        text="You have a place.\n",
        created_at=NOW,
        send_at=NOW,
        given_up_at=NOW,
    )


def _report(letter):
    """A's is the partnership's, of multi-agency learning; B's is the council's own."""
    by, strand = (cast.lou(), Strand.MULTI_AGENCY) if letter == "A" else (cast.wendy(), Strand.CORE)
    asked = quality_reports.request_report(
        starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30), strands=[strand], filters={}, by=by, now=NOW
    )
    report = quality_reports.claim(report_id=asked.pk, now=NOW)
    figures = compile_figures(Selection(period_of(report), (strand,)), threshold=5, now=NOW)
    quality_reports.publish(report=report, figures=figures, pdf=PDF, snapshot_at=NOW)
    return report
