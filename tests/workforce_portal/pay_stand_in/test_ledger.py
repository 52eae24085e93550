"""What is remembered, and when an owed message is tried again."""

from datetime import timedelta

import pytest

from tests.makers import NOW
from workforce_portal.pay_stand_in.ledger import DECLINED, PAID, Ledger


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "file", lambda ledger, payment: {"payment_id": payment.id})
    yield ledger
    ledger.close()


@pytest.fixture
def payment(ledger):
    return ledger.create({"amount": 100}, None, NOW)


def test_finish_ends_a_payment_once(ledger, payment):
    assert ledger.finish(payment.id, PAID, NOW)
    assert not ledger.finish(payment.id, DECLINED, NOW)
    assert ledger.payment(payment.id).status == "success"
    assert [message["event"] for message in ledger.messages()] == ["card_payment_succeeded", "card_payment_captured"]


def test_a_transaction_that_fails_leaves_nothing(ledger, payment):
    def interrupted():
        with ledger.transaction():
            ledger.finish(payment.id, PAID, NOW)
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert ledger.payment(payment.id).status == "created"
    assert ledger.messages() == []


def test_a_message_is_due_ever_later_and_then_never(ledger, payment):
    ledger.finish(payment.id, DECLINED, NOW)
    now, waits = NOW, []
    while due := ledger.messages()[0]["due_at"]:
        waits.append(due)
        (message,) = ledger.due_messages(now + timedelta(days=3))
        ledger.note_attempt(message, False, now)
    minutes = [0, 1, 5, 60, 24 * 60, 48 * 60]
    assert waits == [(NOW + timedelta(minutes=wait)).isoformat() for wait in minutes]


def test_a_message_that_was_taken_is_not_due_again(ledger, payment):
    ledger.finish(payment.id, DECLINED, NOW)
    (message,) = ledger.due_messages(NOW)
    ledger.note_attempt(message, True, NOW)
    ledger.note_attempt(message, False, NOW)
    assert ledger.due_messages(NOW + timedelta(days=9)) == []
    assert ledger.messages()[0]["delivered"]


def test_use_link_opens_once(ledger, payment):
    token = ledger.new_link(payment.id)
    visit = ledger.use_link(token)
    assert ledger.payment_of_visit(visit).status == "started"
    assert ledger.use_link(token) is None
    assert ledger.payment_of_visit("another") is None
