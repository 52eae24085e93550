"""The team's pages about letters: what became of them, once more, not at all."""

import pytest

from accounts.models import AuditEntry, OutboundEmail
from bookings import emails
from bookings.models import Booking
from tests import cast
from tests.accounts.test_post import make_letter
from tests.makers import NOW, make_booking, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def wendy(client):
    user = cast.wendy()
    client.force_login(user)
    return user


def listed(client, query=""):
    return [letter.pk for letter in client.get(f"/staff/letters/{query}").context["page"]]


def one_of_each():
    return {
        "held-up": make_letter(1, given_up_at=NOW, last_error="550 no such person"),
        "came-back": make_letter(2, sent_at=NOW, bounced_at=NOW, bounce_reason="550 mailbox gone"),
        "waiting": make_letter(3),
        "held-back": make_letter(4, withheld_at=NOW, withheld_reason="The date has begun."),
        "sent": make_letter(5, sent_at=NOW, to="zed@example.org"),
    }


def test_lists_tell_what_became_of_letters(client, wendy):
    letters = one_of_each()
    for show in ("held-up", "came-back", "waiting", "held-back"):
        assert (show, listed(client, f"?show={show}")) == (show, [letters[show].pk])
    assert listed(client) == [letters["held-up"].pk]
    assert len(listed(client, "?show=all")) == 5
    page = client.get("/staff/letters/?show=all").text
    for words in ("550 no such person", "550 mailbox gone", "The date has begun.", "Waiting to be sent"):
        assert words in page


def test_list_finds_letters_by_the_beginning_of_an_address(client, wendy):
    letters = one_of_each()
    assert listed(client, "?to=ZED@ex") == [letters["sent"].pk]
    assert listed(client, "?to=zed&show=waiting") == []
    for odd in ("?to=%00", "?show=nonsense", "?to=%25", "?page=99999999999999999999"):
        assert client.get(f"/staff/letters/{odd}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_however_many_there_are(client, wendy, django_assert_num_queries, count):
    for number in range(count):
        make_letter(number, given_up_at=NOW, practitioner=cast.amina().practitioner)
    client.get("/staff/letters/")
    with django_assert_num_queries(7):
        client.get("/staff/letters/")


def test_page_of_a_letter_shows_its_words_but_not_a_secret(client, wendy):
    plain = make_letter(1, text="You have a place.\n", sent_at=NOW)
    secret = make_letter(2, text="Follow https://portal.example.org/secret\n", is_secret=True)
    assert "You have a place." in client.get(f"/staff/letters/{plain.pk}/").text
    page = client.get(f"/staff/letters/{secret.pk}/").text
    assert "portal.example.org/secret" not in page
    assert "shown to nobody" in page


def test_a_letter_that_was_given_up_goes_back_into_the_post(client, wendy):
    failed = make_letter(given_up_at=NOW, last_error="550 no such person")
    answer = client.post(f"/staff/letters/{failed.pk}/send-again/", follow=True)
    assert "in the post again" in answer.text
    assert OutboundEmail.objects.get().is_unsent
    answer = client.post(f"/staff/letters/{failed.pk}/send-again/", follow=True)
    assert "has not left yet" in answer.text
    assert OutboundEmail.objects.count() == 1


def booked_letter():
    letter = emails.confirmation(booking=make_booking(make_event(), cast.amina()), now=NOW)
    OutboundEmail.objects.update(sent_at=NOW)
    return letter


def test_a_sent_letter_is_sent_again_once_however_often_the_button_is_pressed(client, wendy):
    letter = booked_letter()
    for _ in range(2):
        client.post(f"/staff/letters/{letter.pk}/send-again/", {"number": "1"})
    again = OutboundEmail.objects.exclude(pk=letter.pk).get()
    assert (again.resends, again.to, again.text) == (letter, letter.to, letter.text)
    assert again.calendar == letter.calendar != ""
    assert again.message_id != letter.message_id
    assert again.is_unsent
    assert AuditEntry.objects.filter(verb="letter.send_again").exists()
    assert "sent again" in client.get("/staff/letters/?show=all").text


def test_a_letter_goes_to_the_present_address_when_that_is_asked_for(client, wendy):
    letter = booked_letter()
    practitioner = cast.amina().practitioner
    practitioner.email = "amina.new@example.org"
    practitioner.save(update_fields=["email"])
    assert "amina.new@example.org" in client.get(f"/staff/letters/{letter.pk}/").text
    client.post(f"/staff/letters/{letter.pk}/send-again/", {"number": "1", "to": "present"})
    assert OutboundEmail.objects.get(resends=letter).to == "amina.new@example.org"


def test_a_letter_about_a_place_that_was_given_up_is_not_sent_again(client, wendy):
    letter = booked_letter()
    Booking.objects.update(state="CANCELLED", cancelled_at=NOW)
    assert "no longer has this place" in client.get(f"/staff/letters/{letter.pk}/").text
    answer = client.post(f"/staff/letters/{letter.pk}/send-again/", {"number": "1"}, follow=True)
    assert "would no longer be true" in answer.text
    assert OutboundEmail.objects.count() == 1


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "²"])
def test_odd_numbers_break_nothing(client, wendy, number):
    letter = booked_letter()
    assert client.post(f"/staff/letters/{letter.pk}/send-again/", {"number": number}).status_code == 302


def test_letters_with_erased_text_cannot_be_sent_again(client, wendy):
    failed = make_letter(given_up_at=NOW, is_secret=True, text="")
    response = client.post(f"/staff/letters/{failed.pk}/send-again/", follow=True)
    assert "ask for a new one" in response.text
    assert OutboundEmail.objects.given_up().count() == 1


def test_a_waiting_letter_is_held_back_with_a_reason(client, wendy):
    letter = make_letter()
    page = f"/staff/letters/{letter.pk}/hold-back/"
    answer = client.post(page, {"reason": " "})
    assert (answer.status_code, OutboundEmail.objects.owed(NOW).count()) == (422, 1)
    assert "Say why" in answer.text
    client.post(page, {"reason": "Called her instead"})
    letter.refresh_from_db()
    assert letter.withheld_reason == "Called her instead"
    assert OutboundEmail.objects.owed(NOW).count() == 0
    assert "has left in the meantime" in client.post(page, {"reason": "Again"}, follow=True).text


@pytest.mark.parametrize("fields", [{"sent_at": NOW}, {"given_up_at": NOW}])
def test_a_letter_that_is_out_of_our_hands_is_not_held_back(client, wendy, fields):
    letter = make_letter(**fields)
    client.post(f"/staff/letters/{letter.pk}/hold-back/", {"reason": "Too late"})
    letter.refresh_from_db()
    assert letter.withheld_at is None
