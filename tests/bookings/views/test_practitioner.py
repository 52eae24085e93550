"""Pages of the person who learns: booking, one booking, cancelling, the training record; and who may not see them."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from accounts.models import OutboundEmail, Partnership
from bookings.actions import places, training_records
from bookings.models import Booking, BookingNeeds, TrainingRecordFile
from bookings.models.booking import State
from bookings.tasks import print_training_record
from courses.models import ApprovalMode, Course, Event, Price, Strand
from tests import cast
from tests.answers import text_of
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def page_of(event):
    return f"/courses/dates/{event.reference}/book/"


def filled(answer, **changes):
    """The form as the page drew it, filled in by somebody who agrees to everything."""
    main = answer.content.decode().partition("<main")[2]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', main))
    hidden.pop("csrfmiddlewaretoken", None)
    return hidden | {"has_managers_agreement": "on", "has_accepted_terms": "on"} | changes


# --- booking_create -----------------------------------------------------------------------------------


def test_booking_create_shows_the_promise_before_the_button(client):
    event = make_event(days=2)
    client.force_login(cast.carol())

    text = text_of(client.get(page_of(event)))

    assert "Monday 21 December 2026, 10am to 4pm" in text
    assert "Tuesday 22 December 2026, 10am to 4pm" in text
    assert "£50 , the price for" in text
    assert "Until the end of Monday 14 December 2026" in text
    assert "Beckside Primary School is asked for £50" in text
    assert text.index("Free to cancel") < text.index("Book this place")


def test_booking_create_books_and_leads_to_the_booking(client):
    event, amina = make_event(), cast.amina()
    client.force_login(amina)

    answer = client.post(page_of(event), filled(client.get(page_of(event)), manager_email="ben@example.org"))

    booking = Booking.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/my/bookings/{booking.reference}/")
    assert (booking.practitioner.user, booking.booked_by, booking.state) == (amina, amina, State.CONFIRMED)
    assert OutboundEmail.objects.get().copy_to == "ben@example.org"
    assert "Your place is booked." in text_of(client.get(answer.url))


def test_booking_create_pressed_again_or_gone_back_to_books_once(client):
    event = make_event()
    client.force_login(cast.amina())
    form = filled(client.get(page_of(event)))

    addresses = {client.post(page_of(event), form).url for _ in range(3)}

    assert addresses == {f"/my/bookings/{Booking.objects.get().reference}/"}
    assert OutboundEmail.objects.count() == 1
    assert "You already have this date" in text_of(client.get(page_of(event)))


def test_booking_create_asks_for_everything_that_is_missing_at_once(client):
    event = make_event(make_course(prerequisite_mode=Course.PrerequisiteMode.DECLARED))
    client.force_login(cast.amina())
    hidden = filled(client.get(page_of(event)), needs_access="A hearing loop")
    form = {**hidden, "has_managers_agreement": "", "has_accepted_terms": ""}

    answer = client.post(page_of(event), form)

    text = text_of(answer)
    assert "Read the booking terms and tick that you accept them." in text
    assert "Confirm that your manager agrees." in text
    assert "Say when you did the training that this course builds on." in text
    assert "A hearing loop" in text
    assert Booking.objects.count() == 0


def test_booking_create_asks_for_the_managers_address_where_the_offer_copies_them_in(client):
    event = make_event(make_course(strands=[Strand.TRADED], approval_mode=ApprovalMode.NOTIFY))
    client.force_login(cast.amina())
    form = filled(client.get(page_of(event)))

    without = client.post(page_of(event), form)
    wrong = client.post(page_of(event), form | {"manager_email": "ben at work"})
    right = client.post(page_of(event), form | {"manager_email": "ben@example.org"})

    assert "they get a copy" in text_of(without)
    assert "Write the address in full, like name@example.org." in text_of(wrong)
    assert right.status_code == 302


def test_booking_create_asks_for_the_organisation_of_who_has_several(client):
    event, amina = make_event(), cast.amina()
    school = cast.make_organisation()
    cast.join(amina.practitioner, school)
    client.force_login(amina)

    chooser = text_of(client.get(page_of(event)))
    page = client.get(f"{page_of(event)}?organisation={school.pk}")
    client.post(page_of(event), filled(page))

    assert "Which organisation are you booking for?" in chooser
    assert "£50" in text_of(page)
    assert Booking.objects.get().organisation == school


def test_booking_create_ignores_an_organisation_that_is_not_ones_own(client):
    event, amina = make_event(), cast.amina()
    client.force_login(amina)
    form = filled(client.get(page_of(event)), organisation=str(cast.police().pk))

    client.post(page_of(event), form)

    assert Booking.objects.get().organisation == cast.social_work()


def test_booking_create_ignores_fields_that_are_not_its_own(client):
    event = make_event()
    client.force_login(cast.carol())
    form = filled(
        client.get(page_of(event)), price="0", state="ATTENDED", free_cancel_until="2030-01-01", source="STAFF"
    )

    client.post(page_of(event), form)

    booking = Booking.objects.get()
    assert (booking.price, booking.state, booking.source) == (50, State.CONFIRMED, Booking.Source.SELF)


def test_booking_create_tells_when_the_price_changed_meanwhile(client):
    event = make_event()
    client.force_login(cast.carol())
    form = filled(client.get(page_of(event)))
    Price.objects.filter(amount=50).update(amount=60)

    answer = client.post(page_of(event), form)

    assert answer.status_code == 409
    assert "The price has changed since you opened this page." in text_of(answer)
    assert "£60" in text_of(answer)
    assert Booking.objects.count() == 0


def test_booking_create_of_a_full_date_says_so_and_shows_others(client):
    event = make_event(capacity=1)
    other = make_event(event.course, starts_at=NOW + timedelta(days=60))
    client.force_login(cast.carol())
    form = filled(client.get(page_of(event)))
    make_booking(event, cast.amina())

    too_late = client.post(page_of(event), form)
    later = client.get(page_of(event))

    assert (too_late.status_code, later.status_code) == (409, 200)
    for answer in (too_late, later):
        assert "This date is full" in text_of(answer)
        assert page_of(other) in answer.content.decode()
        assert "Book this place" not in text_of(answer)


def test_booking_create_after_the_window_says_when_it_closed(client):
    event = make_event(booking_closes_at=NOW + timedelta(hours=1))
    client.force_login(cast.carol())
    form = filled(client.get(page_of(event)))

    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        answer = client.post(page_of(event), form)

    assert answer.status_code == 409
    assert "Booking for this date closed on Saturday 21 November 2026." in text_of(answer)
    assert Booking.objects.count() == 0


def test_booking_create_turns_into_a_request_where_somebody_decides(client):
    event = make_event(make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT))
    client.force_login(cast.amina())
    page = client.get(page_of(event))

    unsaid = client.post(page_of(event), filled(page))
    own = client.post(page_of(event), filled(page, manager_email="amina@example.org"))
    answer = client.post(page_of(event), filled(page, has_no_manager="on", manager_email="ben@example.org"))

    assert "Ask for this place" in text_of(page)
    assert "We hold a place for you until the end of Friday 27 November 2026." in text_of(page)
    assert "Give your manager&#x27;s email address: we ask them" in text_of(unsaid)
    assert "This is your own address." in text_of(own)
    assert (Booking.objects.get().state, Booking.objects.get().manager_email) == (State.REQUESTED, "")
    assert "Your request waits for an answer." in text_of(client.get(answer.url))


def test_booking_create_fills_in_the_needs_of_last_time(client):
    amina, event = cast.amina(), make_event()
    earlier = make_booking(make_event(starts_at=NOW + timedelta(days=3)), amina)
    BookingNeeds.objects.create(booking=earlier, access="Slides in advance", erase_on=NOW.date())
    of_carol = make_booking(event, cast.carol())
    BookingNeeds.objects.create(booking=of_carol, access="Something private", erase_on=NOW.date())
    client.force_login(amina)

    text = text_of(client.get(page_of(event)))

    assert "Slides in advance" in text
    assert "Something private" not in text


def test_booking_create_sends_an_expired_session_to_sign_in_and_back(client):
    event, amina = make_event(), cast.amina()
    client.force_login(amina)
    form = filled(client.get(page_of(event)))
    client.logout()

    answer = client.post(page_of(event), form)

    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={page_of(event)}")
    assert Booking.objects.count() == 0


def test_booking_create_hides_drafts_and_knows_no_invented_dates(client):
    draft, event = make_event(state=Event.State.DRAFT), make_event()
    client.force_login(cast.amina())

    assert client.get(page_of(event)).status_code == 200
    assert client.get(page_of(draft)).status_code == 404
    assert client.get("/courses/dates/NONE-0000/book/").status_code == 404
    assert client.get("/courses/dates/%00/book/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idempotency_key", "not a key"),
        ("idempotency_key", ""),
        ("idempotency_key", "0" * 5000),
        ("needs_access", "nul \x00 byte"),
        ("needs_access", "x" * 501),
        ("manager_email", "a\r\nBcc: b@example.org"),
        ("price_shown", "NaN"),
        ("price_shown", "1e400"),
    ],
)
def test_booking_create_answers_odd_input_beside_the_field_and_writes_nothing(client, field, value):
    event = make_event()
    client.force_login(cast.amina())
    page = client.get(page_of(event))

    answer = client.post(page_of(event), filled(page) | {field: value})

    assert answer.status_code == 200
    assert "There is a problem" in text_of(answer)
    assert Booking.objects.count() == 0
    assert client.post(page_of(event), filled(answer)).status_code == 302


def test_booking_create_takes_names_and_needs_in_any_script(client):
    amina, event = cast.amina(), make_event()
    amina.practitioner.full_name = "Zoë 🦊 Łukaszewicz ẹ̀kọ́"
    amina.practitioner.save(update_fields=["full_name"])
    client.force_login(amina)

    answer = client.post(page_of(event), filled(client.get(page_of(event)), needs_access="🦽 ramp, عربي"))

    assert answer.status_code == 302
    assert BookingNeeds.objects.get().access == "🦽 ramp, عربي"
    assert "Zoë 🦊 Łukaszewicz ẹ̀kọ́" in OutboundEmail.objects.get().text


def test_booking_create_refuses_a_text_of_five_megabytes_with_a_page(client):
    event = make_event()
    client.force_login(cast.amina())

    answer = client.post(page_of(event), filled(client.get(page_of(event)), needs_access="x" * 5_000_000))

    assert answer.status_code == 413
    assert "<h1" in answer.content.decode()
    assert Booking.objects.count() == 0


def test_booking_create_with_the_key_of_somebody_else_gives_nothing_away(client):
    event, key = make_event(), str(uuid.uuid4())
    of_carol = make_booking(event, cast.carol(), idempotency_key=key)
    client.force_login(cast.amina())

    answer = client.post(page_of(event), filled(client.get(page_of(event))) | {"idempotency_key": key})

    assert answer.status_code == 409
    assert of_carol.reference not in answer.content.decode()
    assert "This form was used already." in text_of(answer)


# --- one booking --------------------------------------------------------------------------------------


@pytest.fixture
def booking():
    """Amina's place, with all that a page could give away."""
    event = make_event(mode="live_online")
    booking = make_booking(event, cast.amina(), manager_email="ben@example.org")
    BookingNeeds.objects.create(booking=booking, access="A quiet room", erase_on=NOW.date())
    return booking


PAGES = ["/my/bookings/{}/", "/my/bookings/{}/cancel/", "/my/bookings/{}/calendar.ics"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["ben", "carol", "dev", "wendy", "lou", "zed"])
def test_pages_of_a_booking_open_for_nobody_but_its_person(client, booking, page, name):
    """Ben is her manager, Carol a contact elsewhere, Dev a trainer, Wendy has pages of her own for it."""
    address = page.format(booking.reference)
    client.force_login(cast.amina())
    own = client.get(address)
    client.force_login(getattr(cast, name)())
    foreign, absent = client.get(address), client.get(page.format("B-NONE"))

    assert (own.status_code, foreign.status_code, absent.status_code) == (200, 404, 404)
    assert "Amina" not in foreign.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_a_booking_send_strangers_to_sign_in(client, booking, page):
    address = page.format(booking.reference)

    answer = client.get(address)

    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={address}")


def test_booking_cancel_of_somebody_elses_place_does_nothing(client, booking):
    client.force_login(cast.carol())

    answer = client.post(f"/my/bookings/{booking.reference}/cancel/", {"reason": "mischief"})

    booking.refresh_from_db()
    assert (answer.status_code, booking.state) == (404, State.CONFIRMED)


def test_booking_detail_shows_the_link_while_the_place_is_confirmed(client, booking):
    client.force_login(cast.amina())
    confirmed = client.get(f"/my/bookings/{booking.reference}/").content.decode()
    places.cancel(booking_id=booking.pk, by=cast.amina(), now=NOW)
    cancelled = client.get(f"/my/bookings/{booking.reference}/").content.decode()

    assert "https://meet.example.org/room" in confirmed
    assert "https://meet.example.org/room" not in cancelled
    assert "A quiet room" in confirmed


def test_booking_detail_shows_no_link_while_the_request_waits(client):
    booking = make_booking(make_event(mode="live_online"), cast.amina(), state=State.REQUESTED)
    client.force_login(cast.amina())

    page = client.get(f"/my/bookings/{booking.reference}/")

    assert "https://meet.example.org/room" not in page.content.decode()
    assert "Withdraw your request" in text_of(page)


def test_booking_detail_shows_letters_as_text_and_never_as_markup(client, booking):
    amina = cast.amina()
    amina.practitioner.full_name = "<script>alert(1)</script>"
    amina.practitioner.save(update_fields=["full_name"])
    places.cancel(booking_id=booking.pk, by=amina, now=NOW, reason="<img src=x onerror=alert(1)>")
    client.force_login(amina)

    page = client.get(f"/my/bookings/{booking.reference}/").content.decode()

    assert "Letter: Cancelled: your place" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_booking_detail_reads_as_often_for_one_letter_as_for_three(client, booking):
    client.force_login(cast.amina())
    counts = []
    for number in range(3):
        OutboundEmail.objects.create(
            key=f"letter {number}", letter="x", about=f"booking:{booking.pk}", message_id=f"{number}", to="a@example.org",
            subject="Hello", text="Hello", created_at=NOW, send_at=NOW,
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/my/bookings/{booking.reference}/")
        counts.append(len(queries))

    assert counts[1:] == [counts[1]] * 2


def test_booking_cancel_before_the_deadline_says_it_is_free(client, booking):
    client.force_login(cast.amina())
    page = client.get(f"/my/bookings/{booking.reference}/cancel/")

    answer = client.post(f"/my/bookings/{booking.reference}/cancel/", {"reason": ""})

    assert "Cancelling is free today" in text_of(page)
    assert "Your place is cancelled." in text_of(client.get(answer.url))
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED


def test_booking_cancel_after_the_deadline_shows_the_charge_and_wants_a_reason(client, booking):
    client.force_login(cast.amina())
    address = f"/my/bookings/{booking.reference}/cancel/"

    with time_machine.travel(booking.event.starts_at - timedelta(days=1), tick=False):
        client.force_login(cast.amina())
        page = client.get(address)
        without = client.post(address, {"reason": ""})
        answer = client.post(address, {"reason": "A court date"})

    assert "Your organisation will be asked for £50" in text_of(page)
    assert "Say why you are cancelling. Choose the reason that fits best." in text_of(without)
    assert answer.status_code == 302
    booking.refresh_from_db()
    assert (booking.state, booking.cancelled_reason) == (State.CANCELLED_LATE, "A court date")


def test_booking_cancel_when_the_deadline_passed_while_the_page_was_open_shows_the_charge_first(client, booking):
    address = f"/my/bookings/{booking.reference}/cancel/"
    client.force_login(cast.amina())
    client.get(address)

    with time_machine.travel(booking.free_cancel_until + timedelta(minutes=1), tick=False):
        client.force_login(cast.amina())
        answer = client.post(address, {"reason": ""})

    assert "Your organisation will be asked for £50" in text_of(answer)
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_booking_cancel_twice_and_of_a_begun_date_is_answered_calmly(client, booking):
    client.force_login(cast.amina())
    address = f"/my/bookings/{booking.reference}/cancel/"

    with time_machine.travel(booking.event.starts_at, tick=False):
        client.force_login(cast.amina())
        begun = client.post(address, {"reason": "ill"})
    first, second = client.post(address), client.post(address)

    assert begun.status_code == 409
    assert "This date has begun" in text_of(begun)
    assert (first.status_code, second.status_code) == (302, 302)
    assert "There is nothing to cancel" in text_of(client.get(address))


def test_booking_calendar_adds_the_date_and_takes_it_out_again(client, booking):
    client.force_login(cast.amina())
    address = f"/my/bookings/{booking.reference}/calendar.ics"

    added = client.get(address)
    places.cancel(booking_id=booking.pk, by=cast.amina(), now=NOW)
    taken_out = client.get(address)

    assert added["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert "attachment" in added["Content-Disposition"]
    first, last = (Calendar.from_ical(answer.content) for answer in (added, taken_out))
    assert (first["METHOD"], last["METHOD"]) == ("PUBLISH", "CANCEL")
    assert first.walk("VEVENT")[0]["UID"] == last.walk("VEVENT")[0]["UID"]
    assert "meet.example.org" not in added.content.decode()


def test_booking_calendar_has_nothing_for_a_request(client):
    booking = make_booking(make_event(), cast.amina(), state=State.REQUESTED)
    client.force_login(cast.amina())

    assert client.get(f"/my/bookings/{booking.reference}/calendar.ics").status_code == 404


# --- training record ----------------------------------------------------------------------------------


def test_training_record_shows_and_gives_away_only_ones_own(client):
    past = make_event(make_course("Neglect"), starts_at=NOW - timedelta(days=30), state="LOCKED")
    make_booking(past, cast.amina(), state=State.ATTENDED)
    make_booking(past, cast.carol(), state=State.ATTENDED)
    addresses = ["/my/training-record/", "/my/training-record/training-record.csv"]

    strangers = [client.get(address).url for address in addresses]
    client.force_login(cast.amina())
    own = [client.get(address).content.decode() for address in addresses]
    client.force_login(cast.zed())
    nobodys = [client.get(address).content.decode() for address in addresses]

    assert strangers == [f"/accounts/login/?next={address}" for address in addresses]
    assert all("Neglect" in page and "Beckside" not in page for page in own)
    assert "Nothing here yet" in nobodys[0]
    assert nobodys[1].count("\n") == 1


def test_training_record_is_printed_on_request_for_its_owner_alone(client):
    past = make_event(make_course("Neglect"), starts_at=NOW - timedelta(days=30), state="LOCKED")
    make_booking(past, cast.amina(), state=State.ATTENDED)
    assert client.post("/my/training-record/pdf/").url == "/accounts/login/?next=/my/training-record/pdf/"
    client.force_login(cast.amina())

    page = client.post("/my/training-record/pdf/").url
    waiting, early = client.get(page), client.get(f"{page}training-record.pdf")
    print_training_record(file_id=TrainingRecordFile.objects.get().pk)
    ready, file = client.get(page), client.get(f"{page}training-record.pdf")
    progress = client.get(f"{page}progress/").json()

    assert "Your training record is being made." in text_of(waiting)
    assert early.status_code == 404
    assert "Download your training record" in text_of(ready)
    assert "Sunday 22 November 2026, 10am" in text_of(ready)
    assert (progress["state"], progress["url"]) == ("done", f"{page}training-record.pdf")
    assert (file["Content-Type"], file.content[:5]) == ("application/pdf", b"%PDF-")
    client.force_login(cast.zed())
    for address in (page, f"{page}progress/", f"{page}training-record.pdf"):
        assert client.get(address).status_code == 404
    client.logout()
    assert client.get(page).url == f"/accounts/login/?next={page}"


def test_training_record_that_could_not_be_printed_can_be_asked_for_again(client):
    amina = cast.amina()
    file = training_records.ask_for_file(practitioner=amina.practitioner, now=NOW)
    TrainingRecordFile.objects.update(attempts=3)
    client.force_login(amina)
    page = f"/my/training-record/pdf/{file.pk}/"

    failed = client.get(page)
    client.post("/my/training-record/pdf/")

    assert "Nothing is lost: ask for it again." in text_of(failed)
    assert "Your training record is being made." in text_of(client.get(page))


def test_pages_greet_an_account_without_a_person_calmly(client):
    """A system owner made at the command line has no person behind it."""
    owner = cast.make_person("Olive Owner")
    owner.practitioner.delete()
    event = make_event()
    client.force_login(type(owner).objects.get(pk=owner.pk))

    assert client.get(page_of(event)).status_code == 404
    assert client.get("/my/training-record/").status_code == 200
    assert client.post("/my/training-record/pdf/").status_code == 404


# --- Terms afterwards -------------------------------------------------------------------------------


def test_place_that_somebody_else_gave_asks_for_the_terms_until_they_are_accepted(client):
    amina = cast.amina()
    booking = make_booking(make_event(), amina, source=Booking.Source.WALK_IN, now=NOW - timedelta(days=1))
    Booking.objects.update(terms_accepted_at=None)
    detail = reverse("bookings:booking_detail", args=[booking.reference])
    accept = reverse("bookings:booking_terms", args=[booking.reference])
    client.force_login(amina)
    assert "I accept the terms" in client.get(detail).content.decode()

    for _ in range(2):
        assert client.post(accept).status_code == 302

    booking.refresh_from_db()
    assert booking.terms_accepted_at is not None
    page = client.get(detail).content.decode()
    assert "I accept the terms" not in page
    assert "You accepted the terms of your place" in page
    client.force_login(cast.ben())
    assert client.post(accept).status_code == 404


@pytest.mark.parametrize("mode", ["in_person", "live_online"])
def test_booking_create_shows_the_rules_of_the_room_before_the_button(client, mode):
    """Rules B24 and B25; both are words of the partnership."""
    event = make_event(mode=mode)
    Partnership.objects.current()
    Partnership.objects.update(
        online_rules="Keep your camera on.\nDo not record.", confidentiality_note="It stays here."
    )
    client.force_login(cast.carol())

    page = text_of(client.get(page_of(event)))

    assert "It stays here." in page
    assert ("Do not record." in page) == (mode == "live_online")
