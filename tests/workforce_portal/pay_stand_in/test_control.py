"""The stand-in does what tests tell it, and says what it does not know."""

import pytest

from bookings import govuk_pay

FACTS = {"amount": 100, "reference": "A", "description": "B", "return_url": "http://localhost/back/"}


def create(pay):
    return pay.ask("POST", "/v1/payments", FACTS).json()["payment_id"]


def test_switches_are_told_and_unknown_ones_refused(pay):
    assert pay.switch(fail_requests=2)["fail_requests"] == 2
    assert [pay.ask("POST", "/v1/payments", FACTS).status_code for _ in range(3)] == [500, 500, 201]
    refused = pay.ask("POST", "/control/switches", {"explode": True})
    assert refused.status_code == 400
    assert "There is no switch explode. There are: webhook_url, withhold_messages" in refused.json()["description"]


def test_answers_can_be_late(pay, monkeypatch):
    payment_id = create(pay)
    monkeypatch.setattr(govuk_pay, "READ_SECONDS", 0.1)
    pay.switch(answer_after=1)
    with pytest.raises(govuk_pay.PayAway):
        govuk_pay.get_payment(payment_id)
    monkeypatch.undo()
    pay.switch(answer_after=0)
    assert govuk_pay.get_payment(payment_id).status == "created"


def test_a_payment_can_be_left_unconfirmed(pay):
    payment_id = create(pay)
    assert pay.end(payment_id, "submit")["state"] == {"status": "submitted", "finished": False}
    assert pay.end(payment_id, "pay")["state"]["status"] == "success"
    assert pay.ask("POST", f"/control/payments/{payment_id}/decline").status_code == 409
    assert pay.ask("POST", f"/control/payments/{payment_id}/melt").status_code == 404
    assert pay.ask("POST", "/control/payments/unknown/pay").status_code == 404


def test_what_does_not_wait_cannot_be_ended(pay):
    payment_id = create(pay)
    pay.end(payment_id)
    made = govuk_pay.refund(payment_id, amount=10, available=100)
    assert pay.ask("POST", f"/control/refunds/{made.refund_id}/error").status_code == 409
    assert pay.ask("POST", "/control/messages/unknown").status_code == 404


def test_forget_begins_anew(pay):
    payment_id = create(pay)
    pay.switch(fail_requests=5)
    pay.tell("forget")
    with pytest.raises(govuk_pay.PayNotFound):
        govuk_pay.get_payment(payment_id)
    assert pay.messages() == []


@pytest.mark.parametrize("path", ["/control/messages", "/v1/payments/abc"])
def test_nobody_is_told_anything_without_the_key(pay, path):
    for key in ("", "another", "é"):
        assert pay.ask("GET", path, key=key).status_code == 401
    assert pay.ask("GET", path).status_code in (200, 404)
