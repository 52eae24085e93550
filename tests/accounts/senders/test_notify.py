"""Letters and text messages over GOV.UK Notify, played by a server of the tests."""

from datetime import timedelta

import pytest

from accounts import post, sweeps
from accounts.models import OutboundEmail
from accounts.models.email import MAX_ATTEMPTS
from accounts.senders import notify
from tests.accounts.notify_service import notify_service
from tests.accounts.smtp_sink import smtp_sink
from tests.accounts.test_post import deliver, make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db

CALENDAR = "BEGIN:VCALENDAR\r\nURL:https://portal.example.org/my/bookings/B-7K2M4QXY/a-long-name-tha\r\n t-is-folded/\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def service(settings):
    with notify_service(settings) as running:
        yield running


def make_text(number=1, **fields):
    return make_letter(number, **{"channel": "SMS", "to": "+447700900123", "text": "Tomorrow.\n", **fields})


def test_a_letter_goes_once_with_subject_text_and_reference(service):
    letter = make_letter()
    assert (deliver(letter), deliver(letter)) == (1, 0)
    [(path, message)] = service.taken
    assert path == "/v2/notifications/email"
    assert message == {
        "email_address": "amina@example.org",
        "template_id": "email-template",
        "personalisation": {"subject": letter.subject, "body": "You have a place.\n"},
        "reference": letter.message_id,
    }
    letter.refresh_from_db()
    assert (letter.sent_at, letter.last_error) == (NOW, "")


def test_a_text_message_goes_to_the_number(service):
    assert deliver(make_text()) == 1
    [(path, message)] = service.taken
    assert path == "/v2/notifications/sms"
    assert (message["phone_number"], message["personalisation"]) == ("+447700900123", {"body": "Tomorrow."})


def test_the_text_says_where_the_calendar_file_is(service):
    deliver(make_letter(calendar=CALENDAR, calendar_method="REQUEST"))
    body = service.taken[0][1]["personalisation"]["body"]
    assert body.endswith("https://portal.example.org/my/bookings/B-7K2M4QXY/a-long-name-that-is-folded/\n")


def test_the_copy_goes_as_a_message_of_its_own(service):
    deliver(make_letter(copy_to="ben@example.org"))
    assert [message["email_address"] for _, message in service.taken] == ["amina@example.org", "ben@example.org"]


def test_a_copy_that_does_not_go_sends_nothing_twice(service):
    service.answers["ben@example.org"] = (500, "Exception", "Internal server error")
    letter = make_letter(copy_to="ben@example.org")
    assert deliver(letter) == 1
    letter.refresh_from_db()
    assert (letter.sent_at, letter.last_error) == (NOW, "The copy did not go: 500 Exception: Internal server error")
    assert len(service.taken) == 1


def test_an_address_that_is_refused_is_given_up_and_the_rest_goes(service):
    service.answers["gone@example.org"] = (400, "ValidationError", "email_address Not a valid email address")
    letters = [make_letter(1), make_letter(2, to="gone@example.org"), make_letter(3)]
    assert deliver(*letters) == 2
    letters[1].refresh_from_db()
    assert letters[1].given_up_at == NOW
    assert letters[1].last_error == "400 ValidationError: email_address Not a valid email address"


def test_a_fault_of_the_service_is_tried_again_later(service):
    service.answers["amina@example.org"] = (500, "Exception", "Internal server error")
    letter = make_letter()
    deliver(letter)
    letter.refresh_from_db()
    assert (letter.attempts, letter.send_at, letter.given_up_at) == (1, NOW + timedelta(minutes=1), None)
    del service.answers["amina@example.org"]
    assert deliver(letter, now=letter.send_at) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (403, "AuthError", "Invalid token"),
        (429, "TooManyRequestsError", "Exceeded send limits (50) for today"),
        (400, "BadRequestError", "Template not found"),
    ],
)
def test_what_concerns_the_service_counts_no_attempt(service, answer):
    service.answers["amina@example.org"] = answer
    letters = [make_letter(1), make_letter(2)]
    for _ in range(MAX_ATTEMPTS + 1):
        deliver(*letters)
        post.cache.delete(post.away_key("EMAIL"))
    for letter in letters:
        letter.refresh_from_db()
    assert [(letter.attempts, letter.given_up_at) for letter in letters] == [(0, None)] * 2


@pytest.mark.parametrize("changed", [{"NOTIFY_API_URL": "http://127.0.0.1:1"}, {"NOTIFY_API_KEY": "nonsense"}])
def test_a_service_that_is_away_or_wrongly_set_loses_nothing(settings, service, changed):
    before = {name: getattr(settings, name) for name in changed}
    letter = make_letter()
    for name, value in changed.items():
        setattr(settings, name, value)
    assert deliver(letter) == 0
    for name, value in before.items():
        setattr(settings, name, value)
    post.cache.delete(post.away_key("EMAIL"))
    assert deliver(letter) == 1


def test_a_key_that_is_not_the_services_is_seen_by_the_service(settings, service):
    settings.NOTIFY_API_KEY = "k-" + "-".join(["8b3aa916-ec82-434e-b0c5-d5d9b371d6a3"] * 2)
    letter = make_letter()
    assert deliver(letter) == 0
    letter.refresh_from_db()
    assert letter.last_error.startswith("403 AuthError")


def test_nobody_waits_for_a_service_that_hangs(monkeypatch, service):
    monkeypatch.setattr(notify, "TIMEOUT_SECONDS", 0.2)
    service.may_answer.clear()
    letter = make_letter()
    assert deliver(letter) == 0
    letter.refresh_from_db()
    assert (letter.sent_at, letter.attempts, letter.send_at) == (None, 1, NOW + timedelta(minutes=1))


def test_texts_go_on_while_the_mail_server_is_away(settings, service):
    with smtp_sink(settings):
        settings.LETTER_SENDERS = {**settings.LETTER_SENDERS, "EMAIL": "accounts.senders.smtp.SmtpSender"}
        settings.EMAIL_PORT = 1
        assert deliver(make_letter(1), make_text(2), make_letter(3)) == 1
    assert [path for path, _ in service.taken] == ["/v2/notifications/sms"]


def test_a_text_without_anybody_to_send_it_is_given_up(settings):
    settings.LETTER_SENDERS = {**settings.LETTER_SENDERS, "SMS": ""}
    letter = make_text()
    deliver(letter)
    letter.refresh_from_db()
    assert "no way to send" in letter.last_error


def undelivered(letter, status="permanent-failure", **fields):
    """What Notify says of a message that it took and could not deliver."""
    to = {"phone_number": letter.to} if letter.channel == "SMS" else {"email_address": letter.to}
    return {"id": f"n-{letter.pk}", "reference": letter.message_id, "status": status, **to, **fields}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("permanent-failure", "does not exist"),
        ("temporary-failure", "took nothing for three days"),
        ("technical-failure", "could not be handed on"),
        ("something-new", "something-new"),
    ],
)
def test_what_notify_could_not_deliver_comes_back(service, status, words):
    lost, arrived = make_letter(1), make_letter(2)
    deliver(lost, arrived)
    service.failed = [undelivered(lost, status), {"id": "n-0", "reference": None, "status": status}]
    for _ in range(2):
        sweeps.read_failures()
    for letter in (lost, arrived):
        letter.refresh_from_db()
    assert (lost.bounced_at is not None, lost.state, words in lost.bounce_reason) == (True, "came back", True)
    assert (arrived.bounced_at, arrived.state) == (None, "sent")


def test_a_text_message_and_the_managers_copy_come_back_too(service):
    text, letter = make_text(1), make_letter(2, copy_to="ben@example.org")
    deliver(text, letter)
    service.failed = [undelivered(text), undelivered(letter, email_address="ben@example.org")]
    sweeps.read_failures()
    for one in (text, letter):
        one.refresh_from_db()
    assert text.state == "came back"
    assert letter.bounce_reason.startswith("from ben@example.org: ")


def test_all_pages_are_read_and_what_is_given_up_late_is_found_behind_what_is_known(service):
    letters = [make_letter(number) for number in range(1, 8)]
    deliver(*letters)
    *newest, given_up_late = letters
    service.failed, service.page_size = [undelivered(letter) for letter in newest], 2
    sweeps.read_failures()
    assert OutboundEmail.objects.came_back().count() == 6
    service.failed = [*service.failed, undelivered(given_up_late, "temporary-failure")]
    sweeps.read_failures()
    assert OutboundEmail.objects.came_back().count() == 7


@pytest.mark.parametrize("fault", ["wrong key", "nobody there", "no list"])
def test_a_service_that_does_not_answer_is_asked_another_time(service, settings, fault):
    letter = make_letter()
    deliver(letter)
    service.failed = [undelivered(letter)]
    right = settings.NOTIFY_API_KEY, settings.NOTIFY_API_URL
    if fault == "wrong key":
        settings.NOTIFY_API_KEY = settings.NOTIFY_API_KEY[:-1] + "f"
    elif fault == "nobody there":
        settings.NOTIFY_API_URL = "http://127.0.0.1:9"
    else:
        service.failed = "not a list"
    sweeps.read_failures()
    letter.refresh_from_db()
    assert letter.bounced_at is None
    settings.NOTIFY_API_KEY, settings.NOTIFY_API_URL = right
    service.failed = [undelivered(letter)]
    sweeps.read_failures()
    letter.refresh_from_db()
    assert letter.bounced_at is not None


def test_nobody_is_asked_where_letters_go_by_a_mail_server(service, settings):
    settings.LETTER_SENDERS = {"EMAIL": "accounts.senders.smtp.SmtpSender", "SMS": ""}
    sweeps.read_failures()
    assert service.asked == []
