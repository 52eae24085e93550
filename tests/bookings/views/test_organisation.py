"""Booking for colleagues: the list with its reasons, the promise, and one button for all of it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboundEmail
from bookings.models import Booking, GroupBooking, WaitingListEntry
from courses.models import Course, Event, Price, Strand
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]

LIST = "Sam Ellis, sam.ellis@school.example\nJo March"
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


def address(event, query=""):
    return reverse("bookings:group_create", args=[event.reference]) + query


def traded(**fields):
    return make_event(make_course("Restorative practice", strands=[Strand.TRADED]), **fields)


def free():
    """From here on nothing costs the school anything: such places are booked at once, without a basket."""
    Price.objects.filter(charging_category="education").update(amount=0)


def free_date(**fields):
    event = traded(**fields)
    free()
    return event


def post(client, event, step="check", **fields):
    return client.post(address(event), {"step": step, "people": LIST, **fields})


def promise(page, **fields):
    said = {"has_managers_agreement": "on", "has_accepted_terms": "on", "price_shown": "0.00"}
    return {**said, "idempotency_key": KEY.search(page)[1], **fields}


def words_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_check_shows_each_line_and_the_total_and_changes_nothing(client):
    client.force_login(cast.carol())
    event = traded()

    answer = post(client, event, places_unnamed="3")

    words = words_of(answer)
    assert answer.status_code == 200
    assert "5 places at £95: £475" in words
    assert "3 places without a name" in words
    assert "Put 5 places into the basket" in words
    assert (GroupBooking.objects.count(), OutboundEmail.objects.count()) == (0, 0)


def test_book_books_what_was_checked_and_leads_to_the_group(client):
    client.force_login(cast.carol())
    event = free_date()
    page = post(client, event, places_unnamed="3").content.decode()

    answer = post(client, event, step="book", places_unnamed="3", **promise(page))
    again = post(client, event, step="book", places_unnamed="3", **promise(page))

    group = GroupBooking.objects.get()
    assert (answer.url, again.url) == (reverse("bookings:group_detail", args=[group.reference]),) * 2
    assert (group.places_booked, group.places_unnamed, group.contact) == (5, 3, cast.carol().practitioner)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("has_managers_agreement", "Confirm that their manager agrees."),
        ("has_accepted_terms", "tick that you accept them"),
        ("idempotency_key", "This page was out of date"),
    ],
)
def test_book_asks_for_what_is_missing_and_keeps_the_rest(client, missing, words):
    client.force_login(cast.carol())
    event = free_date()
    said = promise(post(client, event).content.decode())
    said.pop(missing)

    answer = post(client, event, step="book", **said)

    assert answer.status_code == 422
    assert words in words_of(answer)
    assert "Sam Ellis" in words_of(answer)
    assert GroupBooking.objects.count() == 0


def test_book_asks_when_they_did_what_the_course_builds_on(client):
    client.force_login(cast.carol())
    course = make_course("Checks", prerequisite_mode=Course.PrerequisiteMode.DECLARED, strands=[Strand.TRADED])
    event = make_event(course)
    free()
    said = promise(post(client, event).content.decode())

    refused = post(client, event, step="book", **said)
    booked = post(client, event, step="book", **said, prerequisite_declared="March 2025")

    assert (refused.status_code, booked.status_code) == (422, 302)
    assert "Say when they did the training" in words_of(refused)


def test_check_says_beside_each_line_why_it_cannot_be_booked_and_keeps_the_list(client):
    client.force_login(cast.carol())
    event, school = traded(), cast.make_organisation()
    make_booking(event, cast.make_person("Bea Booked", school))

    answer = post(client, event, people="Bea Booked\nsam@school.example\nTom, tom@\nJo March", places_unnamed="2")

    words = words_of(answer)
    assert answer.status_code == 422
    assert "3 lines cannot be booked as they stand" in words
    assert "Bea Booked has a place on this date already" in words
    assert "Write the person's name in front of the address" in words
    assert "Write the address in full" in words
    assert "Tom, tom@\nJo March</textarea>" in answer.content.decode()
    assert 'value="2"' in answer.content.decode()
    assert "Book 5 places" not in words


def test_check_takes_a_file_into_the_list_and_says_what_is_wrong_with_one(client):
    client.force_login(cast.carol())
    event = traded()
    good = SimpleUploadedFile("people.csv", b"Name,Email\nAda Byron,ada@school.example\n")
    bad = SimpleUploadedFile("people.xlsx", b"PK\x03\x04nonsense")

    taken, refused = post(client, event, file=good), post(client, event, file=bad)

    assert "Ada Byron, ada@school.example" in taken.content.decode()
    assert "Put 3 places into the basket" in words_of(taken)
    assert refused.status_code == 422
    assert "The workbook is damaged" in words_of(refused)
    assert "Sam Ellis" in refused.content.decode()


def test_check_of_five_for_four_places_offers_the_waiting_list_together(client):
    client.force_login(cast.carol())
    event = traded(capacity=4)

    answer = post(client, event, people="A One\nB Two", places_unnamed="3")
    waited = post(client, event, step="wait", people="A One\nB Two", places_unnamed="3")
    again = post(client, event, step="wait", people="A One\nB Two", places_unnamed="3")

    entry = WaitingListEntry.objects.get()
    assert "4 places are left on this date" in words_of(answer)
    assert "Wait for 5 places together" in words_of(answer)
    assert (waited.url, again.url) == (reverse("bookings:group_waiting", args=[entry.reference]),) * 2
    assert (entry.places_wanted, entry.organisation, Booking.objects.count()) == (5, cast.make_organisation(), 0)


def test_book_says_so_when_somebody_was_quicker(client):
    client.force_login(cast.carol())
    event = free_date(capacity=2)
    page = post(client, event).content.decode()
    make_booking(event, cast.amina())

    answer = post(client, event, step="book", **promise(page))

    assert answer.status_code == 409
    assert "One place is left on this date" in words_of(answer)
    assert GroupBooking.objects.count() == 0


def test_an_address_known_elsewhere_and_an_unknown_one_look_the_same(client):
    client.force_login(cast.carol())
    event = traded()
    make_booking(event, cast.make_person("Secret Samuel", cast.police(), email="known@elsewhere.example"))

    def ask(email):
        with CaptureQueriesContext(connection) as queries:
            answer = post(client, event, people=f"Pat Lee, {email}")
        body = re.sub(r'(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"', "", answer.content.decode())
        return answer.status_code, body.replace(email, "ADDRESS"), len(queries)

    ask("warm@elsewhere.example")
    assert ask("known@elsewhere.example") == ask("nobody@elsewhere.example")


def test_a_contact_of_two_organisations_chooses_and_others_may_not(client):
    carol, event = cast.carol(), traded()
    second = cast.make_organisation("Second School")
    cast.join(carol.practitioner, second, "BOOKING_CONTACT")
    client.force_login(carol)

    assert "Which organisation do you book for?" in words_of(client.get(address(event)))
    assert "Second School" in words_of(client.get(address(event, f"?organisation={second.pk}")))
    assert client.get(address(event, f"?organisation={cast.police().pk}")).status_code == 404
    client.force_login(cast.amina())
    assert client.get(address(event)).status_code == 404


def test_the_team_books_for_any_organisation_that_somebody_speaks_for(client):
    carol, event = cast.carol(), traded()
    client.force_login(cast.wendy())
    school = cast.make_organisation()

    assert "Beckside Primary School" in words_of(client.get(address(event, "?q=beckside")))
    assert "Nobody speaks for" in words_of(client.get(address(event, f"?organisation={cast.police().pk}")))
    page = post(client, event, organisation=school.pk).content.decode()
    answer = post(client, event, step="book", organisation=school.pk, **promise(page, price_shown="95.00"))

    group = GroupBooking.objects.get()
    assert answer.status_code == 302
    assert (group.contact, group.booked_by) == (carol.practitioner, cast.wendy())
    assert set(group.bookings.values_list("source", flat=True)) == {Booking.Source.STAFF}


@pytest.mark.parametrize(
    "fields",
    [
        {"people": "\x00"},
        {"people": "x" * 30_000},
        {"places_unnamed": "9" * 40},
        {"places_unnamed": "-1"},
        {"organisation": "9" * 40},
        {"organisation": "x"},
        {"people": "\n".join(f"Person {number}" for number in range(300))},
        {"step": "book", "price_shown": "NaN"},
        {"people": ""},
    ],
)
def test_odd_input_is_answered_in_words(client, fields):
    client.force_login(cast.carol())

    answer = client.post(address(traded()), {"step": "check", "people": LIST, **fields})

    assert answer.status_code in (404, 422)
    assert GroupBooking.objects.count() == 0


def test_dates_that_are_off_say_so(client):
    client.force_login(cast.carol())
    event = traded()
    Event.objects.filter(pk=event.pk).update(state=Event.State.POSTPONED)

    assert "This date has been postponed" in words_of(post(client, event))


def two_dates():
    """A date with two places left and a later one with many."""
    course = make_course("Restorative practice", strands=[Strand.TRADED])
    return make_event(course, capacity=2), make_event(course, starts_at=NOW + timedelta(days=40))


def test_a_list_is_spread_over_two_dates_each_booked_by_itself(client):
    client.force_login(cast.carol())
    first, second = two_dates()
    free()
    three = f"{LIST}\nMo Price"

    checked = post(client, first, people=three)
    moved = post(client, first, step="later", people=three, later=["3"])
    page = moved.content.decode()
    booked = post(client, first, step="book", others="Mo Price", **promise(page))
    group = GroupBooking.objects.get()
    choose = client.get(booked.url)
    there = post(client, second, people="Mo Price", organisation=cast.make_organisation().pk)
    post(client, second, step="book", people="Mo Price", **promise(there.content.decode()))

    assert "2 places are left" in words_of(checked)
    assert "2 places, free" in words_of(moved)
    assert "1 person of your list waits for another date" in words_of(moved)
    assert booked.url == reverse("bookings:group_another_date", args=[group.reference])
    assert "1 person of your list has no place yet" in words_of(choose)
    assert address(second) in choose.content.decode()
    assert {booking.practitioner.full_name: booking.event for booking in Booking.objects.select_related("event")} == {
        "Sam Ellis": first,
        "Jo March": first,
        "Mo Price": second,
    }


def test_lines_that_cannot_be_booked_are_ticked_for_another_date(client):
    client.force_login(cast.carol())
    first, _ = two_dates()
    make_booking(first, cast.make_person("Bea Booked", cast.make_organisation()))

    page = post(client, first, people="Bea Booked\nSam Ellis").content.decode()
    without = post(client, traded(), people="Bea Booked\nSam Ellis").content.decode()

    assert re.search(r'id="later-1"\s+checked', page)
    assert not re.search(r'id="later-2"\s+checked', page)
    assert 'name="later"' not in without


def test_another_date_offers_the_same_names_and_dates_of_the_course_with_places(client):
    client.force_login(cast.carol())
    first, second = two_dates()
    free()
    page = post(client, first).content.decode()
    post(client, first, step="book", **promise(page))
    full = make_event(first.version.course, starts_at=NOW + timedelta(days=50), capacity=1)
    make_booking(full, cast.amina())

    page = client.get(reverse("bookings:group_another_date", args=[GroupBooking.objects.get().reference]))

    assert "Jo March\nSam Ellis</textarea>" in page.content.decode()
    assert address(second) in page.content.decode()
    assert address(full) not in page.content.decode()
    assert address(first) not in page.content.decode()


# --- Dates that an organisation has ordered for its own people ---------------------------------------


def test_contact_names_people_on_the_date_that_their_organisation_ordered(client):
    client.force_login(cast.carol())
    event = traded(commissioned_by=cast.make_organisation())
    checked = post(client, event)
    assert "Part of the course that your organisation has ordered" in words_of(checked)
    assert "is asked for" not in words_of(checked)
    page = checked.content.decode()
    answer = post(client, event, step="book", **promise(page, price_shown="0.00"))
    assert answer.status_code == 302
    assert [(booking.price, booking.free_cancel_until) for booking in Booking.objects.all()] == [
        (0, event.starts_at),
        (0, event.starts_at),
    ]
    letter = OutboundEmail.objects.get(letter="bookings/group_confirmation")
    assert "Nothing is charged" in letter.text
    assert "is asked for" not in letter.text


def test_ordered_date_is_not_there_for_anybody_else(client):
    event = traded(commissioned_by=cast.make_organisation())
    other = cast.make_person("Otto Other", cast.police(), membership="BOOKING_CONTACT")
    book = reverse("bookings:booking_create", args=[event.reference])
    wait = reverse("bookings:waiting_join", args=[event.reference])
    calendar = reverse("courses:event_calendar", args=[event.reference])
    assert client.get(calendar).status_code == 404
    course = client.get(reverse("course_detail", args=[event.course.slug])).content.decode()
    assert event.reference not in course
    for page in ("/dates/", "/courses/", "/"):
        assert event.reference not in client.get(page).content.decode()
    assert "None planned yet" in unescape(course)
    client.force_login(other)
    assert client.get(address(event)).status_code == post(client, event).status_code == 404
    # Nor do its own people book for themselves: their contact names them.
    client.force_login(cast.make_person("Nia New", cast.make_organisation()))
    assert client.get(book).status_code == client.post(book).status_code == client.post(wait).status_code == 404
    client.force_login(cast.carol())
    assert client.get(address(event)).status_code == 200
    client.force_login(cast.wendy())
    assert client.get(address(event, f"?organisation={cast.make_organisation().pk}")).status_code == 200
    assert not Booking.objects.exists()
