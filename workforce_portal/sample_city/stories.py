"""What goes on in the city today, told with the portal's own actions once the city stands.

A colleague who comes instead, a place moved to another date, a full date with a list and an offer to answer, a date
that was moved and whose people have not all said whether they can come.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import QuerySet

from accounts.models import Organisation, OutboundEmail, Practitioner, User
from bookings.actions import changes, event_changes, places, waiting_list
from bookings.actions.capacity import BookingRefused
from bookings.actions.event_changes import Plan
from bookings.eligibility import Outcome, bookable_events, decide
from bookings.models import Booking
from bookings.models.event_change import ChangeKind
from courses.actions.events import Sitting
from courses.models import Event
from workforce_portal.sample_city import SAMPLE_ACCOUNTS, orders
from workforce_portal.sample_city.accounts import TEAM

SCHOOL, CONTACT, WHO_IS_OFFERED = "A19", "carol@example.org", "tom@example.org"
WAITING = 8
KNOWN = [account.email for account in SAMPLE_ACCOUNTS]


def tell(*, now: datetime) -> None:
    """Let it happen. Each story needs the city's planted dates, and a smaller city may lack somebody for one."""
    colleague_instead(now=now)
    moved_place(now=now)
    offer_to_answer(now=now)
    moved_date(now=now)
    orders.buy(now=now)
    orders.put_right(now=now)


def colleague_instead(*, now: datetime) -> None:
    """Somebody of the school cannot come, and the contact names somebody new."""
    booking = coming_places(now).filter(organisation__code=SCHOOL, event__group_bookings=None).last()
    if booking:
        changes.substitute_by_name(
            booking=booking,
            full_name="Nadia Rahman",
            email="nadia.rahman@beckside.example.org",
            by=User.objects.get(email=CONTACT),
            now=now,
            idempotency_key=uuid4(),
            source=Booking.Source.CONTACT,
        )


def moved_place(*, now: datetime) -> None:
    """Somebody moves their place on the last date of a course to the one before it."""
    dates = list(bookable_events().filter(version__course__code="M02").coming(now).order_by("starts_at"))
    for booking in coming_places(now).filter(event=dates[-1]).reverse():
        # Somebody may be elsewhere at the time of the earlier date.
        with suppress(BookingRefused):
            changes.transfer(booking_id=booking.pk, event=dates[-2], by=booking.practitioner.user, now=now)
            return


def offer_to_answer(*, now: datetime) -> None:
    """A date fills up, people wait, somebody gives their place up, and the first in turn has two days to take it."""
    first = Practitioner.objects.get(email=WHO_IS_OFFERED)
    far = bookable_events().coming(now + timedelta(days=14)).filter(places_taken__gte=5).order_by("starts_at")
    far = far.exclude(version__course__code="M02").exclude(bookings__practitioner__email__in=KNOWN)
    event = next((event for event in far if may_book(first, event, now)), None)
    if event is None:
        return
    Event.objects.filter(pk=event.pk).update(capacity=event.places_taken)
    others = Practitioner.objects.filter(user__isnull=False).exclude(email__in=KNOWN).order_by("-pk")
    waiting = 0
    for number, person in enumerate([first, *others[: 10 * WAITING]]):
        waiting += join(person, event, now=now - timedelta(days=6) + timedelta(hours=number))
        if waiting > WAITING:
            break
    # They are owed from now on: nobody forgot them for days.
    OutboundEmail.objects.unsent().filter(letter="bookings/waiting_joined").update(send_at=now)
    booking = coming_places(now).filter(event=event).last()
    if booking:
        places.cancel(booking_id=booking.pk, by=booking.practitioner.user, now=now)
    waiting_list.offer_free_places(event_id=event.pk, now=now)


def may_book(person: Practitioner, event: Event, now: datetime) -> bool:
    decision = decide(practitioner=person, organisation=employer_of(person), event=event, now=now)
    return decision.outcome == Outcome.BOOK


def join(person: Practitioner, event: Event, *, now: datetime) -> bool:
    """Put somebody on the list who has a reason to be there; tell whether they are."""
    event = bookable_events().get(pk=event.pk)
    try:
        waiting_list.join(event=event, practitioner=person, organisation=employer_of(person), by=person.user, now=now)
    except places.BookingRefused:
        return False
    return True


def employer_of(person: Practitioner) -> Organisation | None:
    return Organisation.objects.filter(memberships__practitioner=person, memberships__ended_on=None).first()


def moved_date(*, now: datetime) -> None:
    """A date is moved by a week, and whoever is booked is asked whether they can come."""
    far = Event.objects.coming(now + timedelta(days=20)).exclude(bookings__practitioner__email__in=KNOWN)
    event = far.exclude(version__course__code="M02").filter(places_taken__range=(5, 15)).order_by("starts_at").first()
    if event is None:
        return
    later = timedelta(days=7)
    sessions = [
        Sitting(starts_at=session.starts_at + later, ends_at=session.ends_at + later)
        for session in event.sessions.order_by("position")
    ]
    plan = Plan(
        kind=ChangeKind.MOVE,
        sessions=sessions,
        venue=event.venue,
        mode=event.mode,
        online_link=event.online_link,
        words="The room is needed for an election.",
    )
    by = User.objects.get(email=TEAM)
    event_changes.start(event_id=event.pk, plan=plan, by=by, now=now, idempotency_key=uuid4())


def coming_places(now: datetime) -> QuerySet[Booking]:
    """Confirmed places of people who are in no other story, the latest last."""
    places_ahead = Booking.objects.confirmed().filter(event__starts_at__gt=now, practitioner__user__isnull=False)
    places_ahead = places_ahead.exclude(practitioner__email__in=KNOWN).order_by("event__starts_at", "pk")
    return places_ahead.select_related("practitioner__user", "event", "organisation")
