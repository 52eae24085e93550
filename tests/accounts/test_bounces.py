"""Returned letters: notifications as mail servers write them, marked once on the letter that came back."""

import pytest

from accounts import bounces
from accounts.models import OutboundEmail
from tests import cast
from tests.accounts.test_post import make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db

NOTIFICATION = """\
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: training@portal.example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;amina@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <amina@example.org>:
    Recipient address rejected: User unknown

--part
Content-Type: {kind}

From: Workforce Development Team <training@portal.example.org>
To: amina@example.org
Subject: Your place
Message-ID:
 {message_id}

You have a place.
--part--
"""


def notification(**changes):
    facts = {
        "recipient": "amina@example.org",
        "action": "failed",
        "status": "5.1.1",
        "kind": "message/rfc822",
        "message_id": "<1@portal.example.org>",
    }
    return NOTIFICATION.format(**facts | changes).replace("\n", "\r\n").encode()


def mark(raw):
    returned = bounces.read_notification(raw)
    return bounces.mark(returned, now=NOW) if returned else 0


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "text/rfc822-headers; charset=utf-8"])
def test_a_letter_that_came_back_is_marked_once(kind):
    letter, other = make_letter(1, sent_at=NOW), make_letter(2, sent_at=NOW)
    assert [mark(notification(kind=kind)), mark(notification(kind=kind))] == [1, 0]
    letter.refresh_from_db()
    other.refresh_from_db()
    assert (letter.bounced_at, other.bounced_at) == (NOW, None)
    assert letter.bounce_reason == "550 5.1.1 <amina@example.org>: Recipient address rejected: User unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "delayed", "status": "4.4.1"},
        {"action": "delivered", "status": "2.0.0"},
        {"action": "failed", "status": "4.2.2"},
        {"message_id": "<unknown@portal.example.org>"},
        {"message_id": ""},
        {"kind": "text/plain"},
    ],
)
def test_anything_else_marks_nothing(changes):
    make_letter(1, sent_at=NOW)
    assert mark(notification(**changes)) == 0
    assert not OutboundEmail.objects.came_back().exists()
    assert mark(notification()) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe",
        b"Subject: Out of office\r\n\r\nI am away. <1@portal.example.org>",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n--x--",
        b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n",
        notification()[:900],
        notification().replace(b"\r\n", b"\n")[300:],
    ],
)
def test_what_is_no_notification_breaks_nothing(raw):
    make_letter(1, sent_at=NOW)
    assert mark(raw) in (0, 1)


def test_a_copy_that_came_back_names_its_address():
    letter = make_letter(1, sent_at=NOW, copy_to="ben@example.org")
    mark(notification(recipient="ben@example.org"))
    letter.refresh_from_db()
    assert letter.bounce_reason.startswith("from ben@example.org: 550")


def test_a_letter_whose_mark_was_lost_has_been_sent_all_the_same():
    """The worker died between the mail server's yes and the mark: the return tells that it left."""
    letter = make_letter(1)
    assert mark(notification()) == 1
    letter.refresh_from_db()
    assert (letter.sent_at, letter.state) == (NOW, "came back")
    assert not OutboundEmail.objects.owed(NOW).exists()


def test_a_returned_letter_is_settled_by_another_address_or_by_sending_it_again():
    amina = cast.amina().practitioner
    letter = make_letter(1, sent_at=NOW, bounced_at=NOW, practitioner=amina)
    without = make_letter(2, sent_at=NOW, bounced_at=NOW, to="zed@example.org")
    assert set(OutboundEmail.objects.to_settle()) == {letter, without}
    amina.email = "amina.new@example.org"
    amina.save(update_fields=["email"])
    make_letter(3, resends=without)
    assert not OutboundEmail.objects.to_settle().exists()
