"""places: who gets a place, on which terms, and what happens to it afterwards."""

import uuid
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import ChargingCategory, Organisation, OutboundEmail, Sector
from bookings.actions import capacity, places, requests
from bookings.eligibility import Answers
from bookings.models import Booking, BookingNeeds
from bookings.models.booking import State
from courses.models import ApprovalMode, Course, Event, Offer, Strand
from courses.references import REFERENCE_ALPHABET
from courses.working_days import end_of_day
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.threads import at_once, while_held

pytestmark = pytest.mark.django_db

ANSWERS = {"has_managers_agreement": True}


SAID = {field.name for field in fields(Answers)}


def book(event, user, *, organisation=None, now=NOW, **given):
    practitioner = user.practitioner
    membership = practitioner.memberships.select_related("organisation").first()
    return places.book(
        event=event,
        practitioner=practitioner,
        organisation=organisation or (membership and membership.organisation),
        by=user,
        now=now,
        answers=Answers(**{**ANSWERS, **{name: words for name, words in given.items() if name in SAID}}),
        **{name: words for name, words in given.items() if name not in SAID},
    )


def letters_of(booking):
    return list(OutboundEmail.objects.about(f"booking:{booking.pk}").order_by("pk").values_list("letter", flat=True))


def places_taken(event):
    event.refresh_from_db()
    assert event.places_taken == capacity.count_places(event_id=event.pk)
    return event.places_taken


# --- book ---------------------------------------------------------------------------------------------


def test_book_confirms_copies_the_terms_and_writes_the_letter():
    carol, event = cast.carol(), make_event()

    booking = book(event, carol)

    booking.refresh_from_db()
    assert (booking.state, booking.confirmed_at, booking.terms_accepted_at) == (State.CONFIRMED, NOW, NOW)
    assert (booking.price, booking.policy.version) == (Decimal("50.00"), "2024-04")
    assert (booking.sector, booking.charging_category) == (Sector.SCHOOL_MAINTAINED, ChargingCategory.EDUCATION)
    assert booking.free_cancel_until == end_of_day(NOW.replace(month=12, day=14).date())
    assert places_taken(event) == 1
    assert letters_of(booking) == ["bookings/confirmation"]


def test_book_gives_references_that_cannot_be_misread():
    booking = book(make_event(), cast.amina())

    assert booking.reference.startswith("B-")
    assert set(booking.reference[2:]) <= set(REFERENCE_ALPHABET)
    assert not set("01OILS") & set(REFERENCE_ALPHABET)


def test_book_refuses_the_place_after_the_last():
    event = make_event(capacity=1)
    book(event, cast.amina())

    with pytest.raises(places.EventFull, match="This date is full"):
        book(event, cast.carol())

    assert places_taken(event) == 1


def test_book_knows_no_limit_where_there_is_none():
    event = make_event(capacity=None)

    book(event, cast.amina())
    book(event, cast.carol())

    assert places_taken(event) == 2


def test_database_refuses_more_places_than_there_are():
    event = make_event(capacity=1)
    book(event, cast.amina())

    with pytest.raises(IntegrityError, match="places_taken_within_capacity"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(places_taken=F("places_taken") + 1)


def test_database_refuses_a_second_live_booking():
    event, amina = make_event(), cast.amina()
    book(event, amina)

    with pytest.raises(IntegrityError, match="one_live_booking_per_practitioner_per_event"), transaction.atomic():
        make_booking(event, amina)


def test_book_refuses_a_second_place_and_allows_a_new_one_after_cancelling():
    event, amina = make_event(), cast.amina()
    first = book(event, amina)

    with pytest.raises(places.AlreadyBooked, match="You already have a place"):
        book(event, amina)
    places.cancel(booking_id=first.pk, by=amina, now=NOW)
    second = book(event, amina)

    assert second.pk != first.pk
    assert places_taken(event) == 1


def test_book_returns_the_first_booking_for_the_same_form():
    event, other, amina, key = make_event(), make_event(), cast.amina(), uuid.uuid4()
    first = book(event, amina, idempotency_key=key)

    again = book(event, amina, idempotency_key=key, needs_access="something else")
    elsewhere = book(other, amina, idempotency_key=key)

    assert (again.pk, elsewhere.pk) == (first.pk, first.pk)
    assert (places_taken(event), places_taken(other)) == (1, 0)
    assert OutboundEmail.objects.count() == 1


def test_book_gives_nobody_the_booking_of_another():
    event, key = make_event(), uuid.uuid4()
    book(event, cast.amina(), idempotency_key=key)

    with pytest.raises(places.BookingRefused, match="This form was used already"):
        book(event, cast.carol(), idempotency_key=key)

    assert places_taken(event) == 1


def test_book_refuses_another_price_than_the_page_showed():
    event, carol = make_event(), cast.carol()

    with pytest.raises(places.PriceChanged, match="The price has changed"):
        book(event, carol, price_shown=Decimal("35"))
    booking = book(event, carol, price_shown=Decimal("50"))

    assert booking.price == Decimal("50")


def test_book_asks_for_what_the_offer_wants_said():
    course = make_course(prerequisite_mode=Course.PrerequisiteMode.DECLARED)
    event, amina = make_event(course), cast.amina()

    with pytest.raises(places.BookingRefused) as refusal:
        book(event, amina, has_managers_agreement=False)
    Offer.objects.filter(course=course).update(approval_mode=ApprovalMode.NOTIFY)
    with pytest.raises(places.BookingRefused) as second_refusal:
        book(event, amina, prerequisite_declared="March 2025")
    with pytest.raises(places.BookingRefused) as third_refusal:
        book(event, amina, prerequisite_declared="March 2025", manager_email="AMINA@example.org")
    booking = book(event, amina, prerequisite_declared="March 2025", manager_email="ben@example.org")

    assert {reason.code for reason in refusal.value.reasons} == {"no_agreement", "prerequisite"}
    assert {reason.code for reason in second_refusal.value.reasons} == {"no_managers_email"}
    assert {reason.code for reason in third_refusal.value.reasons} == {"own_address"}
    assert (booking.prerequisite_declared, booking.manager_email) == ("March 2025", "ben@example.org")


def test_book_keeps_needs_apart_with_the_day_they_are_erased():
    event, amina = make_event(days=2), cast.amina()

    booking = book(event, amina, needs_access="hearing loop", needs_diet="halal")

    needs = BookingNeeds.objects.get()
    assert (needs.booking, needs.access, needs.diet) == (booking, "hearing loop", "halal")
    assert needs.erase_on == event.ends_at.date() + timedelta(days=30)


def test_book_waits_for_the_team_where_the_offer_says_so():
    event = make_event(make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT))

    booking = book(event, cast.amina(), has_no_manager=True)

    assert (booking.state, booking.confirmed_at, booking.free_cancel_until) == (State.REQUESTED, None, None)
    # Saturday 21 November: the fifth working day after it is Friday 27 November.
    assert booking.hold_ends_at == end_of_day(NOW.replace(day=27).date())
    assert places_taken(event) == 1
    assert letters_of(booking) == ["bookings/request_received"]


def test_book_lets_a_request_hold_its_place_no_nearer_than_three_working_days():
    event = make_event(
        make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT), starts_at=NOW + timedelta(days=6)
    )

    booking = book(event, cast.amina(), has_no_manager=True)

    # Friday 27 November: three working days before is Tuesday 24 November.
    assert booking.hold_ends_at == end_of_day(NOW.replace(day=24).date())


def test_book_waits_where_nobody_has_said_what_the_employer_pays():
    employer = Organisation.objects.create(name="Bright Sparks Club", state=Organisation.State.PROPOSED)
    amina, event = cast.amina(), make_event()

    booking = book(event, amina, organisation=employer)

    booking.refresh_from_db()
    assert (booking.state, booking.price, booking.charging_category) == (State.REQUESTED, None, "")
    letter = OutboundEmail.objects.get()
    assert letter.letter == "bookings/request_received"
    assert "Bright Sparks Club is new to us" in letter.text


# --- cancel -------------------------------------------------------------------------------------------


def test_cancel_before_the_deadline_is_free_and_frees_the_place():
    event, amina = make_event(), cast.amina()
    booking = book(event, amina)

    places.cancel(booking_id=booking.pk, by=amina, now=NOW + timedelta(days=1))

    booking.refresh_from_db()
    assert (booking.state, booking.cancelled_by, booking.calendar_sequence) == (State.CANCELLED, amina, 1)
    assert places_taken(event) == 0
    letter = OutboundEmail.objects.get(letter="bookings/cancellation")
    assert "There is nothing to pay." in letter.text
    assert letter.calendar_method == "CANCEL"
    assert "SEQUENCE:1" in letter.calendar


def test_cancel_after_the_deadline_needs_a_reason_and_counts_as_late():
    event, carol = make_event(), cast.carol()
    booking = book(event, carol)
    late = event.starts_at - timedelta(days=2)

    with pytest.raises(places.CannotCancel, match="Say why"):
        places.cancel(booking_id=booking.pk, by=carol, now=late, reason="  ")
    places.cancel(booking_id=booking.pk, by=carol, now=late, reason="Ofsted is here")

    booking.refresh_from_db()
    assert (booking.state, booking.cancelled_reason) == (State.CANCELLED_LATE, "Ofsted is here")
    assert places_taken(event) == 0
    assert "your organisation is asked for £50" in letters_text("bookings/cancellation")


def letters_text(letter):
    return " ".join(OutboundEmail.objects.get(letter=letter).text.split())


def test_cancel_is_free_up_to_the_last_minute_of_the_deadline():
    event, amina = make_event(), cast.amina()
    booking = book(event, amina)

    places.cancel(booking_id=booking.pk, by=amina, now=booking.free_cancel_until)

    booking.refresh_from_db()
    assert booking.state == State.CANCELLED


def test_cancel_refuses_once_the_date_has_begun():
    event, amina = make_event(), cast.amina()
    booking = book(event, amina)

    with pytest.raises(places.CannotCancel, match="has begun"):
        places.cancel(booking_id=booking.pk, by=amina, now=event.starts_at, reason="ill")

    assert places_taken(event) == 1


def test_cancel_twice_is_the_same_as_once():
    event, amina = make_event(), cast.amina()
    booking = book(event, amina)

    places.cancel(booking_id=booking.pk, by=amina, now=NOW)
    places.cancel(booking_id=booking.pk, by=amina, now=NOW)

    assert places_taken(event) == 0
    assert OutboundEmail.objects.filter(letter="bookings/cancellation").count() == 1


def test_cancel_withdraws_a_request_without_a_calendar_part():
    event = make_event(make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT))
    amina = cast.amina()
    booking = book(event, amina, has_no_manager=True)

    places.cancel(booking_id=booking.pk, by=amina, now=NOW)

    letter = OutboundEmail.objects.get(letter="bookings/cancellation")
    assert "Your request for a place is withdrawn." in letter.text
    assert letter.calendar == ""
    assert places_taken(event) == 0


# --- requests -----------------------------------------------------------------------------------------


@pytest.fixture
def request_of_amina():
    event = make_event(make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT))
    return book(event, cast.amina(), has_no_manager=True)


def test_confirm_request_gives_the_place_and_the_free_days(request_of_amina):
    wendy = cast.wendy()

    requests.confirm(booking_id=request_of_amina.pk, by=wendy, now=NOW + timedelta(days=1))

    booking = Booking.objects.get()
    assert (booking.state, booking.decided_by, booking.confirmed_at) == (
        State.CONFIRMED,
        wendy,
        NOW + timedelta(days=1),
    )
    assert booking.free_cancel_until == end_of_day(NOW.replace(month=12, day=14).date())
    assert letters_of(booking) == ["bookings/request_received", "bookings/confirmation"]
    assert places_taken(booking.event) == 1


def test_confirm_request_waits_until_the_employer_has_a_price():
    employer = Organisation.objects.create(name="Bright Sparks Club", state=Organisation.State.PROPOSED)
    booking, wendy = book(make_event(), cast.amina(), organisation=employer), cast.wendy()

    with pytest.raises(places.BookingRefused, match="Decide first what Bright Sparks Club pays"):
        requests.confirm(booking_id=booking.pk, by=wendy, now=NOW)
    Organisation.objects.filter(pk=employer.pk).update(
        state=Organisation.State.LISTED,
        sector=Sector.THIRD_SECTOR,
        charging_category=ChargingCategory.THIRD_LARGE,
        charging_category_set_at=NOW,
    )
    requests.confirm(booking_id=booking.pk, by=wendy, now=NOW)

    booking.refresh_from_db()
    assert (booking.state, booking.price, booking.sector) == (State.CONFIRMED, Decimal("50"), Sector.THIRD_SECTOR)


def test_decline_request_needs_a_reason_and_frees_the_place(request_of_amina):
    wendy = cast.wendy()

    with pytest.raises(places.BookingRefused, match="Write why"):
        requests.decline(booking_id=request_of_amina.pk, by=wendy, now=NOW, reason=" ")
    requests.decline(booking_id=request_of_amina.pk, by=wendy, now=NOW, reason="It is for managers.")

    booking = Booking.objects.get()
    assert (booking.state, booking.decided_reason) == (State.DECLINED, "It is for managers.")
    assert places_taken(booking.event) == 0
    assert "It is for managers." in letters_text("bookings/request_declined")


def test_decided_requests_cannot_be_decided_again(request_of_amina):
    wendy = cast.wendy()
    requests.confirm(booking_id=request_of_amina.pk, by=wendy, now=NOW)

    with pytest.raises(requests.AlreadyDecided, match="it is confirmed"):
        requests.decline(booking_id=request_of_amina.pk, by=wendy, now=NOW, reason="Too late")

    assert places_taken(request_of_amina.event) == 1


def test_lapse_request_waits_for_the_hold_to_end(request_of_amina):
    before = requests.lapse(booking_id=request_of_amina.pk, now=request_of_amina.hold_ends_at - timedelta(minutes=1))
    after = requests.lapse(booking_id=request_of_amina.pk, now=request_of_amina.hold_ends_at)
    again = requests.lapse(booking_id=request_of_amina.pk, now=request_of_amina.hold_ends_at)

    assert (before, after.state, again) == (None, State.LAPSED, None)
    assert places_taken(request_of_amina.event) == 0
    assert letters_of(request_of_amina) == ["bookings/request_received", "bookings/request_lapsed"]


# --- walk-ins and counting ----------------------------------------------------------------------------


def walk_in(event, user):
    return places.take_walk_in_place(
        event_id=event.pk,
        practitioner=user.practitioner,
        organisation=cast.social_work(),
        by=cast.dev(),
        now=event.starts_at,
    )


def test_take_walk_in_place_needs_a_free_place():
    event = make_event(capacity=1)

    booking = walk_in(event, cast.amina())
    with pytest.raises(places.EventFull):
        walk_in(event, cast.ben())

    assert (booking.source, booking.state, letters_of(booking)) == (Booking.Source.WALK_IN, State.CONFIRMED, [])
    assert places_taken(event) == 1


def test_take_walk_in_place_refuses_somebody_on_the_list():
    event, amina = make_event(), cast.amina()
    book(event, amina)

    with pytest.raises(places.AlreadyBooked):
        walk_in(event, amina)

    assert places_taken(event) == 1


# --- races --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_book_makes_one_booking_of_a_form_pressed_many_times_at_once():
    event, amina, key = make_event(), cast.amina(), uuid.uuid4()

    bookings = at_once(*[lambda: book(event, amina, idempotency_key=key)] * 8)

    assert {booking.pk for booking in bookings} == {Booking.objects.get().pk}
    assert OutboundEmail.objects.count() == 1
    assert places_taken(event) == 1


@pytest.mark.django_db(transaction=True)
def test_book_gives_the_last_place_to_one_of_two():
    event, amina, carol = make_event(capacity=1), cast.amina(), cast.carol()

    results = at_once(lambda: book(event, amina), lambda: book(event, carol))

    assert sorted(type(result).__name__ for result in results) == ["Booking", "EventFull"]
    assert places_taken(event) == 1


@pytest.mark.django_db(transaction=True)
def test_booking_and_cancelling_two_dates_at_once_meets_no_deadlock():
    first, second = make_event(agency_cap=20), make_event(starts_at=NOW + timedelta(days=40), agency_cap=20)
    people = [cast.make_person(f"Person{number} Test", cast.social_work()) for number in range(8)]

    def there_and_back(person, one, other):
        booked = [book(one, person), book(other, person)]
        return [places.cancel(booking_id=booking.pk, by=person, now=NOW).state for booking in booked]

    results = at_once(
        *[
            lambda person=person, dates=((first, second), (second, first))[number % 2]: there_and_back(person, *dates)
            for number, person in enumerate(people)
        ]
    )

    assert results == [[State.CANCELLED, State.CANCELLED]] * len(people)
    assert (places_taken(first), places_taken(second)) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_book_looks_again_when_the_date_is_its_turn():
    """The team cancels the date between the booking's first look and its turn at the row."""
    event, amina, wendy = make_event(), cast.amina(), cast.wendy()

    def cancel():
        Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=wendy)

    [result] = while_held(cancel, lambda: book(event, amina))

    assert str(result) == "This date has been cancelled."
    assert (Booking.objects.count(), OutboundEmail.objects.count()) == (0, 0)
