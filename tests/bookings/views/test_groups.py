"""The pages of a group: who comes, names for places, places given back, and a group that waits."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Invitation, OutboundEmail
from bookings.actions import changes, waiting_list
from bookings.group_eligibility import Colleague
from bookings.models import Booking, BookingNeeds, ChargeNotice, GroupBooking
from tests import cast
from tests.bookings.actions.test_group_bookings import SAM, book, counts, traded_event
from tests.bookings.actions.test_group_waiting import free, full_event, join
from tests.bookings.views.test_organisation import words_of
from tests.makers import NOW, make_booking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]


def at(name, *references):
    return reverse(f"bookings:{name}", args=references)


def test_group_detail_shows_who_comes_and_what_needs_a_name_and_nothing_of_needs(client):
    group = book(traded_event(), SAM, unnamed=2)
    BookingNeeds.objects.create(booking=group.bookings.get(), access="A hearing loop", erase_on=NOW.date())
    client.force_login(cast.carol())

    words = words_of(client.get(at("group_detail", group.reference)))

    assert "2 places have no name yet. Name who comes by 11:59pm on Monday 14 December 2026" in words
    assert "Sam Ellis" in words
    assert "Invited until 10am on Monday 23 November 2026" in words
    assert "Your organisation has 3 places" in words
    assert "hearing loop" not in words


def test_group_detail_leads_to_a_colleague_instead_and_shows_both(client):
    group = book(traded_event(), SAM)
    booking = group.bookings.get()
    client.force_login(cast.carol())
    page = at("group_detail", group.reference)
    assert at("booking_pass_on", booking.reference) in client.get(page).content.decode()

    jo = cast.make_person("Jo March", cast.make_organisation()).practitioner
    new = changes.substitute(booking_id=booking.pk, practitioner=jo, by=cast.carol(), now=NOW)

    words = words_of(client.get(page))
    assert "Sam Ellis: given to a colleague" in words
    assert at("booking_pass_on", new.reference) in client.get(page).content.decode()
    assert counts(group.event) == (1, 1)


def test_group_detail_asks_as_often_for_one_person_as_for_many(client):
    client.force_login(cast.carol())

    def queries(*people):
        group = book(traded_event(), *people, unnamed=1)
        with CaptureQueriesContext(connection) as asked:
            client.get(at("group_detail", group.reference))
        return len(asked)

    queries(SAM)
    assert queries(Colleague(full_name="A One")) == queries(*[Colleague(full_name=f"B {n}o") for n in range(5)])


def test_group_name_names_once_and_says_what_is_wrong_with_the_rest_kept(client):
    group = book(traded_event(), unnamed=2)
    client.force_login(cast.carol())
    said = {"full_name": "Jo March", "email": "jo@", "idempotency_key": uuid.uuid4()}

    wrong = client.post(at("group_name", group.reference), said)
    said |= {"email": "jo@school.example", "has_managers_agreement": "on"}
    right, again = (client.post(at("group_name", group.reference), said) for _ in range(2))

    group.refresh_from_db()
    assert wrong.status_code == 422
    assert 'value="Jo March"' in wrong.content.decode()
    assert "Write the address in full" in words_of(wrong)
    assert (right.url, again.url) == (at("group_detail", group.reference),) * 2
    assert (group.places_unnamed, group.bookings.count()) == (1, 1)


def test_group_name_refuses_somebody_who_has_a_place(client):
    event = traded_event()
    group = book(event, unnamed=1)
    make_booking(event, cast.make_person("Bea Booked", cast.make_organisation()))
    client.force_login(cast.carol())

    answer = client.post(
        at("group_name", group.reference),
        {"full_name": "Bea Booked", "has_managers_agreement": "on", "idempotency_key": uuid.uuid4()},
    )

    assert answer.status_code == 409
    assert "Bea Booked has a place on this date already" in words_of(answer)


def test_group_give_back_gives_back_once(client):
    group = book(traded_event(), unnamed=3)
    client.force_login(cast.carol())
    said = {"places_back": "1", "places_unnamed_shown": "3"}

    client.post(at("group_give_back", group.reference), said)
    again = client.post(at("group_give_back", group.reference), said, follow=True)
    wrong = client.post(at("group_give_back", group.reference), said | {"places_back": ""})

    group.refresh_from_db()
    assert (group.places_unnamed, counts(group.event), wrong.status_code) == (2, (2, 2), 422)
    assert "2 places are without a name now" in words_of(again)


def test_group_invite_takes_an_invitation_back_and_sends_another(client):
    group = book(traded_event(), SAM)
    client.force_login(cast.carol())
    page = at("group_invite", group.reference, group.bookings.get().reference)

    client.post(page, {"revoke": "1"})
    assert Invitation.objects.open(NOW).count() == 0
    client.post(page)
    assert Invitation.objects.open(NOW).count() == 1


def test_groups_of_others_are_as_good_as_absent(client):
    group = book(traded_event(), SAM, unnamed=1)
    other = cast.make_person("Otto Other", cast.police(), membership="BOOKING_CONTACT")

    for user, status in ((other, 404), (cast.amina(), 404), (cast.carol(), 200), (cast.wendy(), 200)):
        client.force_login(user)
        assert client.get(at("group_detail", group.reference)).status_code == status


def test_organisation_home_lists_places_to_name_with_their_day(client):
    group = book(traded_event(), SAM, unnamed=2)
    client.force_login(cast.carol())

    def queries():
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("organisation_home"))
        return len(asked), page

    first, page = queries()
    assert "Restorative practice 21 Dec 2026 2 places 14 Dec 2026 Name somebody" in words_of(page)
    assert f"Booked together: {group.reference}" in words_of(page)
    for _ in range(3):
        book(traded_event(), unnamed=1)
    assert queries()[0] == first


def test_staff_event_shows_places_that_an_organisation_holds(client):
    group = book(traded_event(), SAM, unnamed=3)
    client.force_login(cast.wendy())

    words = words_of(client.get(reverse("bookings:staff_event", args=[group.event.reference])))

    assert "Beckside Primary School : 3 places without a name until 11:59pm on Monday 14 December 2026" in words
    assert "Book for an organisation" in words
    assert "4 places on Restorative practice" in words


def test_a_contact_is_led_to_booking_for_colleagues_and_others_are_not(client):
    event = traded_event()
    pages = [
        reverse("course_detail", args=[event.course.slug]),
        reverse("bookings:booking_create", args=[event.reference]),
    ]

    for user, is_led in ((cast.carol(), True), (cast.amina(), False)):
        client.force_login(user)
        for page in pages:
            leads = at("group_create", event.reference) in client.get(page).content.decode()
            assert leads is is_led


# --- A group that waits -----------------------------------------------------------------------------------


def offered():
    event = full_event()
    entry = join(event)
    free(event, 2)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    return entry


def test_group_waiting_takes_the_offer_and_leads_to_naming(client):
    entry = offered()
    client.force_login(cast.carol())
    page = at("group_waiting", entry.reference)

    shown = words_of(client.get(page))
    refused = client.post(page, {"price_shown": "95.00"})
    taken = client.post(page, {"price_shown": "95.00", "has_accepted_terms": "on"})
    again = client.post(page, {"price_shown": "95.00", "has_accepted_terms": "on"})

    group = GroupBooking.objects.get()
    assert "2 places at £95: £190" in shown
    assert refused.status_code == 422
    assert (taken.url, again.url) == (at("group_detail", group.reference),) * 2
    assert "Your organisation took these places" in words_of(client.get(page))


def test_group_waiting_leave_gives_the_places_to_others(client):
    entry = offered()
    client.force_login(cast.carol())

    for _ in range(2):
        client.post(at("group_waiting_leave", entry.reference))

    entry.refresh_from_db()
    assert (entry.state, counts(entry.event)) == ("DECLINED", (1, 1))
    assert Booking.objects.filter(group_booking__isnull=False).count() == 0
    assert re.search("waits no longer", words_of(client.get(at("group_waiting", entry.reference))))


def letters_about(booking):
    return {letter.to: letter for letter in OutboundEmail.objects.about(f"booking:{booking.pk}").order_by("pk")}


def test_a_contact_gives_a_colleagues_place_up_and_both_are_written_to(client):
    group = book(traded_event(), SAM)
    booking = group.bookings.get()
    client.force_login(cast.carol())
    page = at("booking_give_up", booking.reference)
    assert page in client.get(at("group_detail", group.reference)).content.decode()
    assert "Giving it up is free today" in words_of(client.get(page))

    first, again = (client.post(page, {"cancelled_for": "SICKNESS"}) for _ in range(2))

    booking.refresh_from_db()
    letters = letters_about(booking)
    assert (first.status_code, again.status_code) == (302, 302)
    assert (booking.state, booking.cancelled_by, counts(group.event)) == (Booking.State.CANCELLED, cast.carol(), (0, 0))
    assert "Your place was given up for you by Carol Hughes." in letters["sam.ellis@school.example"].text
    assert "Whose place it was: Sam Ellis" in letters["carol@example.org"].text
    assert OutboundEmail.objects.filter(letter="bookings/place_given_up").count() == 1


def test_a_contact_who_gives_up_late_sees_the_charge_and_says_why(client):
    group = book(traded_event(), SAM)
    booking = group.bookings.get()
    Booking.objects.filter(pk=booking.pk).update(free_cancel_until=NOW - timedelta(days=1))
    client.force_login(cast.carol())
    page = at("booking_give_up", booking.reference)

    shown = words_of(client.get(page))
    silent = client.post(page, {})
    client.post(page, {"reason": "The school is closed"})

    booking.refresh_from_db()
    charge = ChargeNotice.objects.get(booking=booking)
    letter = letters_about(booking)["carol@example.org"].text
    assert "will be asked for £95" in shown
    assert (silent.status_code, "Say why" in words_of(silent)) == (422, True)
    assert (booking.state, charge.amount) == (Booking.State.CANCELLED_LATE, 95)
    assert f"/organisation/charges/{charge.pk}/" in letter
    assert "£95" in letter


def test_a_colleague_without_an_address_brings_the_contact_one_letter_only(client):
    group = book(traded_event(), Colleague(full_name="No Address"))
    client.force_login(cast.carol())

    client.post(at("booking_give_up", group.bookings.get().reference), {})

    assert OutboundEmail.objects.filter(letter="bookings/cancellation", to="carol@example.org").count() == 1
    assert not OutboundEmail.objects.filter(letter="bookings/place_given_up").exists()


def test_the_place_of_another_school_is_not_there_to_give_up(client):
    booking = make_booking(traded_event(), cast.amina())
    client.force_login(cast.carol())

    assert client.post(at("booking_give_up", booking.reference), {}).status_code == 404
    booking.refresh_from_db()
    assert booking.state == Booking.State.CONFIRMED
