"""People who book while parts of the portal die: they press again, with the same form, until they are answered."""

import http.client
import threading
import time
from datetime import timedelta

from django.db import connection

from accounts import clock
from bookings.models import Booking
from bookings.models.booking import State
from tests import cast
from tests.load.live import HiddenFields, Visitor, path_of
from tests.makers import make_course, make_event
from tests.sizes import IS_SOAK

ANSWERS = {"has_managers_agreement": "on", "has_accepted_terms": "on"}
NO_ANSWER = (OSError, http.client.HTTPException)
PATIENCE_SECONDS = 180
# What a live worker has in hand is finished long before. Older claims are those of the dead.
FORSAKEN = "clock_timestamp() - interval '20 seconds'"


class PatientVisitor(Visitor):
    """Presses again after a lost connection or an error page; a page that hangs longer than this is lost, too."""

    patience = 20

    def __init__(self, port, user, give_up):
        super().__init__(port, user)
        self.give_up = give_up
        self.errors = []

    def until_answered(self, ask):
        while not self.give_up.is_set():
            began = time.monotonic()
            try:
                answer = ask()
            except NO_ANSWER as error:
                self.errors.append((began, type(error).__name__))
            else:
                if answer.status < 500:
                    return answer
                self.errors.append((began, answer.status))
            self.give_up.wait(0.1)
        raise AssertionError(f"never answered; {self.errors[-3:]}")

    def book(self, path):
        """Open the form once and press its button until the portal says what became of it."""
        form = HiddenFields(self.until_answered(lambda: self.get(path)).page).values
        return self.until_answered(lambda: self.post(path, form | ANSWERS))


class Crowd:
    """People who book the same date, a few at a time, while the block runs; it ends when all are answered."""

    def __init__(self, portal, people, event, clients=4):
        self.give_up = threading.Event()
        self.visitors = [PatientVisitor(portal.port, person, self.give_up) for person in people]
        self.waiting = list(reversed(self.visitors))
        self.path = f"/courses/dates/{event.reference}/book/"
        self.event_id = event.pk
        self.answers = {}
        self.threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]

    def _client(self):
        while not self.give_up.is_set():
            try:
                visitor = self.waiting.pop()
            except IndexError:
                return
            self.answers[visitor] = visitor.book(self.path)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        deadline = time.monotonic() + PATIENCE_SECONDS
        for thread in self.threads:
            thread.join(0 if kind else max(0, deadline - time.monotonic()))
        self.give_up.set()

    @property
    def acknowledged(self):
        """The references that the portal has promised so far."""
        return [
            path_of(answer.leads_to).split("/")[3] for answer in list(self.answers.values()) if answer.status == 302
        ]

    @property
    def errors(self):
        return [error for visitor in self.visitors for error in visitor.errors]


def make_people(kind, count):
    """So many people with accounts, whose names begin with the kind so that tests do not share them."""
    return [cast.make_person(f"{kind}{number} Rushing", cast.social_work()) for number in range(count)]


def make_date(title="Neglect", days=30, **fields):
    return make_event(make_course(title), starts_at=clock.now() + timedelta(days=days), capacity=None, **fields)


def bookings_of(event_id):
    """What the database holds: reference and state of every booking of the date, and the date's own count."""
    rows = list(Booking.objects.filter(event_id=event_id).select_related("event"))
    assert {row.state for row in rows} <= {State.CONFIRMED}
    return sorted(row.reference for row in rows), rows[0].event.places_taken if rows else 0


def let_leases_lapse():
    """Ten minutes pass for what dead workers had in hand, and for what is to be tried later; in full nobody helps."""
    if IS_SOAK:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bookings_certificate SET claimed_at = claimed_at - interval '10 minutes' "
            f"WHERE state = 'PENDING' AND claimed_at < {FORSAKEN}"
        )
        cursor.execute(
            "UPDATE accounts_outboundemail SET claimed_at = claimed_at - interval '10 minutes', "
            "send_at = send_at - interval '10 minutes' WHERE sent_at IS NULL AND given_up_at IS NULL "
            f"AND (claimed_at < {FORSAKEN} OR claimed_at IS NULL AND send_at > clock_timestamp())"
        )
