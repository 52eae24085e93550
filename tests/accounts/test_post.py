"""Letters go once, over a real SMTP conversation, whatever the mail server says."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts import post
from accounts.correspondence import Calendar
from accounts.models import OutboundEmail
from accounts.models.email import CLAIM_LEASE, MAX_ATTEMPTS
from tests.accounts.smtp_sink import smtp_sink
from tests.makers import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings):
    with smtp_sink(settings) as running:
        yield running


def make_letter(number=1, **fields):
    return OutboundEmail.objects.create(
        **{
            "key": f"test:{number}",
            "letter": "bookings/confirmation",
            "message_id": f"<{number}@portal.example.org>",
            "to": "amina@example.org",
            "subject": "Your place: Łukasik and the Ẹniọlá family",
            "text": "You have a place.\n",
            "created_at": NOW,
            "send_at": NOW,
            **fields,
        }
    )


def deliver(*letters, now=NOW):
    return post.deliver([letter.pk for letter in letters], now=now)


def test_deliver_sends_a_letter_once(sink):
    letter = make_letter(html="<p>You have a place.</p>", copy_to="ben@example.org")
    assert (deliver(letter), deliver(letter)) == (1, 0)
    letter.refresh_from_db()
    assert (letter.sent_at, letter.claimed_at, letter.attempts) == (NOW, None, 1)
    (received,) = sink.letters
    assert received["Message-ID"] == letter.message_id
    assert received["Subject"].strip() == letter.subject
    assert (received["To"], received["Cc"]) == ("amina@example.org", "ben@example.org")
    assert received["From"] == "Workforce Development Team <training@portal.example.org>"
    assert received.get_body(("plain",)).get_content().strip() == "You have a place."
    assert received.get_body(("html",)).get_content().strip() == "<p>You have a place.</p>"


def test_deliver_puts_the_calendar_in_the_letter_and_beside_it(sink):
    calendar = Calendar(text="BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")
    deliver(make_letter(html="<p>x</p>", calendar=calendar.text, calendar_method=calendar.method))
    parts = [part for part in sink.letters[0].walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in parts] == ["REQUEST", "REQUEST"]
    assert [part.get_filename() for part in parts] == [None, "invite.ics"]


def test_deliver_uses_one_connection_for_many(sink):
    letters = [make_letter(number) for number in range(5)]
    assert deliver(*letters) == 5
    assert (len(sink.letters), sink.connections) == (5, 1)


def test_deliver_gives_up_the_one_that_is_refused_and_sends_the_rest(sink):
    sink.answers["gone@example.org"] = "550 no such person"
    letters = [make_letter(1), make_letter(2, to="gone@example.org"), make_letter(3)]
    assert deliver(*letters) == 2
    letters[1].refresh_from_db()
    assert (letters[1].given_up_at, letters[1].last_error) == (NOW, "550 no such person")
    assert not OutboundEmail.objects.owed(NOW + timedelta(days=1)).exists()


def test_deliver_tries_again_later_with_growing_pauses(sink):
    sink.answers["busy@example.org"] = "451 come back later"
    letter, waits = make_letter(to="busy@example.org"), []
    for _ in range(5):
        now = letter.send_at
        deliver(letter, now=now)
        letter.refresh_from_db()
        waits.append((letter.send_at - now).total_seconds() / 60)
    assert waits == [1, 2, 5, 10, 10]
    assert letter.given_up_at is None
    del sink.answers["busy@example.org"]
    assert deliver(letter, now=letter.send_at) == 1


def test_deliver_gives_up_after_the_last_attempt(sink):
    sink.answers["busy@example.org"] = "451 come back later"
    letter = make_letter(to="busy@example.org", attempts=MAX_ATTEMPTS - 1)
    deliver(letter)
    letter.refresh_from_db()
    assert letter.given_up_at == NOW


@pytest.mark.parametrize("answer", ["552 too large", "452 too much today"])
def test_deliver_minds_what_the_server_says_after_the_text(sink, answer):
    sink.after_letter = answer
    letter = make_letter()
    deliver(letter)
    letter.refresh_from_db()
    assert (letter.given_up_at is not None, letter.last_error) == (answer.startswith("5"), answer)
    assert letter.sent_at is None


def test_deliver_keeps_everything_owed_while_the_server_is_away(settings, sink):
    letters = [make_letter(number) for number in range(3)]
    settings.EMAIL_PORT = 1
    for _ in range(MAX_ATTEMPTS + 1):
        assert deliver(*letters) == 0
    assert [letter.attempts for letter in OutboundEmail.objects.owed(NOW)] == [0, 0, 0]


def test_deliver_sends_everything_once_the_server_is_back(settings, sink):
    letter, port = make_letter(), settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    deliver(letter)
    settings.EMAIL_PORT = port
    assert deliver(letter) == 0  # the outage is remembered for a minute
    post.cache.delete(post.away_key("EMAIL"))
    assert deliver(letter) == 1


def test_deliver_does_not_wait_for_a_server_that_hangs(settings, sink):
    settings.EMAIL_TIMEOUT = 0.2
    sink.may_go_on.clear()
    letter = make_letter()
    assert deliver(letter) == 0
    letter.refresh_from_db()
    assert (letter.sent_at, letter.attempts, letter.send_at) == (None, 1, NOW + timedelta(minutes=1))


def test_deliver_gives_up_a_letter_that_cannot_be_written(sink):
    letter = make_letter(to="amina@example.org\nbcc: all@example.org")
    deliver(letter)
    letter.refresh_from_db()
    assert letter.given_up_at == NOW
    assert sink.letters == []


def test_deliver_leaves_a_letter_in_other_hands_until_the_lease_lapses(sink):
    letter = make_letter(claimed_at=NOW)
    assert deliver(letter, now=NOW + CLAIM_LEASE) == 0
    assert deliver(letter, now=NOW + CLAIM_LEASE + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("field", ["sent_at", "given_up_at", "withheld_at"])
def test_deliver_passes_over_what_is_not_owed(sink, field):
    assert deliver(make_letter(**{field: NOW})) == 0


def test_deliver_erases_the_text_of_a_secret_letter(sink):
    letter = make_letter(text="Follow https://portal.example.org/secret\n", html="<p>secret</p>", is_secret=True)
    deliver(letter)
    letter.refresh_from_db()
    assert (letter.text, letter.html) == ("", "")
    assert "secret" in sink.letters[0].get_body(("plain",)).get_content()


@pytest.mark.django_db(transaction=True)
def test_deliver_by_two_workers_at_once_sends_once(sink):
    """The first waits in the middle of the letter, with its claim held, while the second tries the same letter."""
    sink.may_go_on.clear()
    letters = [make_letter(number) for number in range(3)]
    outcomes = []

    def worker():
        outcomes.append(deliver(*letters))
        connection.close()

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for thread in workers:
        thread.start()
    sink.may_go_on.set()
    for thread in workers:
        thread.join(20)
    assert sum(outcomes) == 3
    assert sorted(letter["Message-ID"] for letter in sink.letters) == sorted(letter.message_id for letter in letters)
