"""The town of tests/access behind a real address, in this process, on a database of its own."""

import os
import tempfile
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core import mail
from django.core.mail import EmailMessage
from django.test import override_settings
from django.test.testcases import LiveServerThread

from accounts import clock, post
from accounts.mailbox import LocalMailboxBackend, latest_letters
from accounts.models import OutboundEmail
from bookings.actions import check_ins, places, registers, waiting_list
from bookings.models import Attendance, Booking
from bookings.models.attendance import LATE
from courses.models import DeliveryMode, Event
from evaluation.answer_links import token_for
from evaluation.models import Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.access.people import person
from tests.access.town import build_town
from tests.evaluation import returned
from tests.load.live import own_database, session_of
from tests.makers import NOW, make_booking, make_course, make_enquiry, make_entry, make_event
from tests.questionnaires import make_response

ROLES = (
    "practitioner A",
    "practitioner B",
    "contact of school A",
    "trainer",
    "workforce team",
    "finance",
    "LSCP officer",
    "observer",
    "system owner",
)
# Dates that are full stand after those of the other states, a day apart.
NEXT_FULL_DATE = 90


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
    with (
        own_database(blocker, f"portal_town_{os.getpid()}"),
        time_machine.travel(NOW, tick=True),
        tempfile.TemporaryDirectory() as mailbox,
        override_settings(LOCAL_MAILBOX_DIR=mailbox),
    ):
        things = build_town()
        things |= (
            more_states()
            | _waiting_states()
            | {
                "council report": {"A": things["report"]["B"]},
                "approved charge": {"A": things["charge"]["B"]},
            }
        )
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


def send_letters_to(address):
    """Send whatever is owed; return the latest letter to this address as it went out."""
    owed = OutboundEmail.objects.owed(clock.now()).order_by("pk").values_list("pk", flat=True)
    post.deliver(list(owed), now=clock.now())
    return [message for message in mail.outbox if message.to == [address]][-1]


def more_states():
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
        "accepted enquiry": make_enquiry(
            organisation=cast.make_organisation(), course=make_course("For a whole school"), state="ACCEPTED"
        ).reference,
        "booking number": late.pk,
        "answered": response.pk,
        "person's answer link": token_for(response=make_response(waiting, Stage.FOLLOW_UP), until=None),
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
        "booking that moved": make_booking(
            make_event(starts_at=NOW + timedelta(days=60)), learner, answer_due_at=NOW + timedelta(days=7)
        ).reference,
        "date too small": make_event(starts_at=NOW + timedelta(days=80), min_numbers=6).reference,
        "person to book": person("contact of school B").practitioner.pk,
        "mail": _letter_in_the_mailbox(),
        "sent return": returned.sent(returned.opened(person("contact of school A"), year=2024)).pk,
    }
    return {kind: {"A": {"value": value}} for kind, value in facts.items()}


def _waiting_states():
    """Lists of every kind: behind somebody, a held place, left, over; and one so near that the team telephones."""
    learner, first = person("practitioner A"), person("trainer")
    long, held, left, closed = (_full_date(NEXT_FULL_DATE + number) for number in range(4))
    make_entry(long, first, now=NOW - timedelta(hours=1))
    entries = {
        name: make_entry(event, learner)
        for name, event in {"number two": long, "held place": held, "left list": left, "closed list": closed}.items()
    }
    near = _full_date(2)
    make_entry(near, first)
    places.cancel(booking_id=held.bookings.get().pk, by=person("practitioner B"), now=NOW)
    waiting_list.offer_free_places(event_id=held.pk, now=NOW)
    waiting_list.leave(entry_id=entries["left list"].pk, by=learner, now=NOW)
    waiting_list.close_list(event_id=closed.pk, now=NOW)
    facts = {name: entry.reference for name, entry in entries.items()}
    facts |= {"date with a held place": held.reference, "date to call": near.reference}
    return {kind: {"A": {"value": value}} for kind, value in facts.items()}


def _full_date(days):
    event = make_event(
        make_course(f"A course that is full for {days} days"), starts_at=NOW + timedelta(days=days), capacity=1
    )
    make_booking(event, person("practitioner B"))
    return event


def _letter_in_the_mailbox():
    LocalMailboxBackend().send_messages([EmailMessage("Your place", "You have a place.\n", to=["ada@example.org"])])
    return latest_letters(limit=1)[0].name


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
