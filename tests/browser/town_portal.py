"""The town of tests/access behind a real address, in this process, on a database of its own."""

import os
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

from bookings.actions import check_ins, registers
from bookings.models import Attendance, Booking
from bookings.models.attendance import LATE
from courses.models import DeliveryMode, Event
from evaluation.models import Response
from tests import cast
from tests.access.people import person
from tests.access.town import build_town
from tests.load.live import own_database, session_of
from tests.makers import NOW, make_booking, make_course, make_event
from tests.questionnaires import make_response

ROLES = (
    "practitioner A",
    "practitioner B",
    "contact of school A",
    "trainer",
    "workforce team",
    "LSCP officer",
    "system owner",
)


class TownPortal:
    """Where it is, what is there, and everybody's session."""

    def __init__(self, address, things, sessions):
        self.address = address
        self.things = things
        self.sessions = sessions

    def path(self, kind):
        """The one value that leads to A's thing of a kind."""
        return next(iter(self.things[kind]["A"].values()))


@contextmanager
def town_portal(blocker):
    """A November morning in the town; the clock runs, so that sessions and progress behave."""
    with own_database(blocker, f"portal_town_{os.getpid()}"), time_machine.travel(NOW, tick=True):
        things = build_town()
        things |= _more_states() | {
            "council report": {"A": things["report"]["B"]},
            "approved charge": {"A": things["charge"]["B"]},
        }
        server = LiveServerThread("127.0.0.1", StaticFilesHandler, port=0)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        assert server.error is None, server.error
        try:
            sessions = {role: session_of(person(role)) for role in ROLES}
            yield TownPortal(f"http://127.0.0.1:{server.port}", things, sessions)
        finally:
            server.terminate()


def _more_states():
    """What the town of the refusal tests has no need of: full, late, answered, waiting, refused, many."""
    learner, trainer = person("practitioner A"), cast.dev()
    full = make_event(make_course("A course that is full"), capacity=1)
    make_booking(full, person("practitioner B"))
    late = make_booking(
        make_event(starts_at=NOW + timedelta(days=3)), learner, free_cancel_until=NOW - timedelta(days=1)
    )
    answered = make_booking(_past(days=20), learner, state=Booking.State.ATTENDED)
    waiting = make_booking(_past(days=10), learner, state=Booking.State.ATTENDED)
    cancelled = make_booking(
        make_event(), learner, state=Booking.State.CANCELLED, cancelled_at=NOW, cancelled_by=learner
    )
    online = make_event(make_course("Live online"), mode=DeliveryMode.LIVE_ONLINE, starts_at=NOW + timedelta(days=40))
    today = make_event(make_course("Today"), starts_at=NOW, trainer=trainer)
    for name in ("Ifẹ́olúwa Łukaszewska-Featherstonehaugh", "Mo", "Ana María de la Cruz"):
        make_booking(
            today, cast.make_person(name, cast.social_work(), email=f"{name[:2].lower()}{len(name)}@example.org")
        )
    checked, walked_in, part = _marked_register(cast.make_person("Tam Trainer", cast.police()))
    webinar = make_event(make_course("Webinar"), mode=DeliveryMode.LIVE_ONLINE, starts_at=NOW, hours=3)
    make_booking(webinar, cast.make_person("Mo", cast.social_work(), email="mo2@example.org"))
    response = make_response(answered, state=Response.State.OPEN)
    Response.objects.filter(pk=response.pk).update(state=Response.State.SUBMITTED, submitted_at=NOW)
    facts = {
        "full date": full.reference,
        "late booking": late.reference,
        "booking number": late.pk,
        "answered": response.pk,
        "waiting": waiting.reference,
        "cancelled": cancelled.reference,
        "online date": online.reference,
        "session today": today.sessions.get().pk,
        "date today": today.reference,
        "session checked": checked.sessions.get(position=1).pk,
        "session online": webinar.sessions.get().pk,
        "date checked": checked.reference,
        "check-in code": checked.sessions.get(position=1).check_in_code.code,
        "walked in": walked_in.reference,
        "part": part.reference,
    }
    return {kind: {"A": {"value": value}} for kind, value in facts.items()}


def _marked_register(trainer):
    """Two days, of which the first began an hour ago: everybody marked somehow, one corrected, one added on the day."""
    learner = person("practitioner A")
    event = make_event(make_course("Two days"), starts_at=NOW - timedelta(hours=1), days=2)
    first, second = event.sessions.order_by("position")
    late = make_booking(event, cast.make_person("Lara Late", cast.police()))
    part = make_booking(event, cast.make_person("Pat Part", cast.social_work()))
    given = {
        late.pk: registers.Given(choice=LATE, at=NOW - timedelta(minutes=35)),
        part.pk: registers.Given(choice=Attendance.Mark.ABSENT),
    }
    registers.save(session=first, given=given, by=trainer, now=NOW)
    left = {part.pk: registers.Given(choice=Attendance.Mark.LEFT_EARLY)}
    registers.save(session=first, given=left, by=cast.wendy(), now=NOW + timedelta(minutes=2))
    registers.mark(session=second, marks={part.pk: Attendance.Mark.ABSENT}, by=trainer, now=second.starts_at)
    walked_in = registers.add_walk_in(
        session=first, full_name="", email=learner.email, organisation=cast.police(), by=trainer, now=NOW
    )
    check_ins.open_code(session=first, by=trainer, now=NOW)
    return event, walked_in, part


def _past(*, days):
    return make_event(starts_at=NOW - timedelta(days=days), state=Event.State.DELIVERED)
