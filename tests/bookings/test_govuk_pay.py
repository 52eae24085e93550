"""The client of GOV.UK Pay and the stand-in together, over HTTP."""

import hashlib
import hmac
import os
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine

from bookings import govuk_pay
from bookings.govuk_pay import PayAway, PayConflict, PayNotFound, PayProblem, PayRefused
from tests.local_run import free_port
from tests.makers import NOW
from tests.pay_stand_in import DECLINES, FAILS, PAYS, SECRET, stand_in_process
from tests.threads import at_once
from workforce_portal.local_servers import CHECKOUT

FACTS = {
    "amount": 14_500,
    "reference": "AIR-0001",
    "description": "2 places on Working Together",
    "return_url": "http://localhost:8000/pay/return/abc/",
    "email": "wendy@example.org",
    "metadata": {"order": "AIR-0001"},
}


def create(key="order-1-try-1", **facts):
    return govuk_pay.create_payment(**FACTS | facts, key=key)


@pytest.fixture
def paid(pay):
    payment = create()
    pay.end(payment.payment_id)
    return govuk_pay.get_payment(payment.payment_id)


def test_cards_are_taken_tells_whether_there_is_a_key(settings):
    settings.GOVUK_PAY_API_KEY = ""
    assert not govuk_pay.cards_are_taken()
    settings.GOVUK_PAY_API_KEY = "api_test_1"
    assert govuk_pay.cards_are_taken()


def settings_of(**environment):
    """What the portal makes of its environment in production: how forms may leave, or why it does not start."""
    production = {
        "PORTAL_PRODUCTION": "1",
        "PORTAL_LOCAL": "false",
        "SECRET_KEY": "k" * 60,
        "SITE_URL": "https://portal.example.org",
        "ALLOWED_HOSTS": "portal.example.org",
        "DEFAULT_FROM_EMAIL": "training@portal.example.org",
        "DJANGO_SETTINGS_MODULE": "workforce_portal.settings",
    }
    ask = "from django.conf import settings as s; print(s.GOVUK_PAY_URL, s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    command = [sys.executable, "-c", ask]
    answer = subprocess.run(
        command, env=os.environ | production | environment, cwd=CHECKOUT, capture_output=True, text=True
    )
    return (answer.stdout or answer.stderr).strip()


def test_settings_take_cards_with_a_key_and_a_secret_alone():
    both = {"GOVUK_PAY_API_KEY": "api_live_1", "GOVUK_PAY_WEBHOOK_SECRET": "whsec"}
    pay = "https://publicapi.payments.service.gov.uk"
    assert settings_of() == f"""{pay} ["'self'"]"""
    assert settings_of(**both) == f"""{pay} ["'self'", 'https://*.payments.service.gov.uk']"""
    assert "GOVUK_PAY_WEBHOOK_SECRET is not set" in settings_of(GOVUK_PAY_API_KEY="api_live_1")
    assert "GOVUK_PAY_URL is not https" in settings_of(**both, GOVUK_PAY_URL="http://localhost:9000")
    assert settings_of(**both, GOVUK_PAY_URL="https://pay.example/") == (
        """https://pay.example ["'self'", 'https://pay.example']"""
    )


# --- From the beginning of a payment to its end -----------------------------------------------------


def test_create_payment_begins_one(pay, at_now):
    payment = create()
    assert (payment.status, payment.finished, payment.succeeded) == ("created", False, False)
    assert (payment.amount, payment.total, payment.reference) == (14_500, 14_500, "AIR-0001")
    assert payment.next_url.startswith(f"{pay.address}/secure/")
    assert (payment.refundability, payment.refundable, payment.can_be_cancelled) == ("pending", 0, True)
    assert payment.created_at == NOW


def test_get_payment_follows_the_payer(pay):
    payment = create()
    # The address works once, so each answer has another.
    again = govuk_pay.get_payment(payment.payment_id)
    assert again.next_url != payment.next_url
    back = pay.fill_in(again.next_url, card=PAYS)
    assert (back.status_code, back.headers["Location"]) == (303, FACTS["return_url"])
    paid = govuk_pay.get_payment(payment.payment_id)
    assert (paid.status, paid.finished, paid.succeeded, paid.code) == ("success", True, True, "")
    assert (paid.next_url, paid.can_be_cancelled, paid.card_ending) == ("", False, "4242")
    assert (paid.refundability, paid.refundable, paid.refunded) == ("available", 14_500, 0)


@pytest.mark.parametrize(
    ("do", "card", "status", "code", "words"),
    [
        ("pay", DECLINES, "failed", "P0010", "The card was declined."),
        (
            "pay",
            FAILS,
            "error",
            "P0050",
            "Something went wrong at the bank or the payment service. No money was taken.",
        ),
        ("cancel", "", "failed", "P0030", "The payment was cancelled on the payment page."),
    ],
)
def test_get_payment_says_why_nothing_was_paid(pay, do, card, status, code, words):
    payment = create()
    assert pay.fill_in(payment.next_url, do, card).headers["Location"] == FACTS["return_url"]
    ended = govuk_pay.get_payment(payment.payment_id)
    assert (ended.status, ended.finished, ended.succeeded, ended.code) == (status, True, False, code)
    assert govuk_pay.IN_WORDS[ended.code] == words
    assert (ended.refundability, ended.refundable, ended.next_url) == ("unavailable", 0, "")


def test_get_payment_ends_one_that_was_not_paid_within_ninety_minutes(pay):
    with time_machine.travel(NOW, tick=False) as clock:
        payment = create()
        clock.shift(timedelta(minutes=89, seconds=59))
        assert govuk_pay.get_payment(payment.payment_id).status == "created"
        clock.shift(timedelta(seconds=1))
        late = govuk_pay.get_payment(payment.payment_id)
    assert (late.status, late.finished, late.code) == ("failed", True, "P0020")


def test_cancel_payment_ends_it_for_the_payer_too(pay):
    payment = create()
    govuk_pay.cancel_payment(payment.payment_id)
    ended = govuk_pay.get_payment(payment.payment_id)
    assert (ended.status, ended.finished, ended.code) == ("cancelled", True, "P0040")
    assert pay.fill_in(payment.next_url, card=PAYS).headers["Location"] == FACTS["return_url"]
    assert govuk_pay.get_payment(payment.payment_id) == ended


def test_cancel_payment_leaves_what_was_paid(paid):
    with pytest.raises(PayConflict) as caught:
        govuk_pay.cancel_payment(paid.payment_id)
    assert caught.value.code == "P0502"
    assert govuk_pay.get_payment(paid.payment_id) == paid


# --- Twice the same ---------------------------------------------------------------------------------


def test_create_payment_twice_with_one_key_is_one_payment(pay):
    first, second = create(), create()
    assert first.payment_id == second.payment_id
    assert create("order-1-try-2").payment_id != first.payment_id


@pytest.mark.parametrize(
    "changed", [{"amount": 14_501}, {"reference": "AIR-0002"}, {"return_url": "http://else.example/"}]
)
def test_create_payment_refuses_one_key_for_other_facts(pay, changed):
    create()
    with pytest.raises(PayConflict) as caught:
        create(**changed)
    assert caught.value.code == "P0191"


def test_create_payment_makes_another_one_where_keys_do_nothing(pay):
    pay.switch(forget_keys=True)
    assert create().payment_id != create().payment_id


def test_create_payment_finds_again_what_it_was_not_told_of(pay):
    pay.switch(lost_answers=1)
    with pytest.raises(PayAway):
        create()
    found = create()
    assert found.payment_id == create().payment_id


# --- Refunds ----------------------------------------------------------------------------------------


def test_refund_gives_all_back(paid):
    made = govuk_pay.refund(paid.payment_id, amount=14_500, available=14_500)
    assert (made.amount, made.status) == (14_500, "success")
    after = govuk_pay.get_payment(paid.payment_id)
    assert (after.refundability, after.refundable, after.refunded) == ("full", 0, 14_500)
    assert after.succeeded
    with pytest.raises(PayRefused) as caught:
        govuk_pay.refund(paid.payment_id, amount=1, available=14_500)
    assert caught.value.code == "P0603"


def test_refund_gives_parts_back_until_nothing_is_left(paid):
    first = govuk_pay.refund(paid.payment_id, amount=5_000, available=14_500)
    assert govuk_pay.get_payment(paid.payment_id).refundable == 9_500
    second = govuk_pay.refund(paid.payment_id, amount=9_500, available=9_500)
    assert first.refund_id != second.refund_id
    assert govuk_pay.refunds_of(paid.payment_id) == [first, second]
    assert govuk_pay.get_refund(paid.payment_id, first.refund_id) == first
    assert govuk_pay.get_payment(paid.payment_id).refundability == "full"


def test_refund_refuses_more_than_is_left(paid):
    govuk_pay.refund(paid.payment_id, amount=10_000, available=14_500)
    with pytest.raises(PayRefused) as caught:
        govuk_pay.refund(paid.payment_id, amount=4_501, available=4_500)
    assert caught.value.code == "P0603"
    assert govuk_pay.get_payment(paid.payment_id).refunded == 10_000


def test_refund_sent_twice_goes_out_once(paid):
    govuk_pay.refund(paid.payment_id, amount=5_000, available=14_500)
    with pytest.raises(PayConflict) as caught:
        govuk_pay.refund(paid.payment_id, amount=5_000, available=14_500)
    assert caught.value.code == "P0604"
    assert govuk_pay.get_payment(paid.payment_id).refunded == 5_000


def test_refund_sent_many_times_at_once_goes_out_once(pay, paid):
    sent = at_once(*[lambda: govuk_pay.refund(paid.payment_id, amount=5_000, available=14_500)] * 8)
    (made,) = [one for one in sent if isinstance(one, govuk_pay.Refund)]
    assert {type(one) for one in sent} == {govuk_pay.Refund, PayConflict}
    assert govuk_pay.refunds_of(paid.payment_id) == [made]
    assert govuk_pay.get_payment(paid.payment_id).refunded == 5_000


def test_refund_that_the_bank_could_not_make_leaves_the_money_refundable(pay, paid):
    pay.switch(refunds_wait=True)
    made = govuk_pay.refund(paid.payment_id, amount=5_000, available=14_500)
    assert made.status == "submitted"
    assert govuk_pay.get_payment(paid.payment_id).refundable == 9_500
    pay.end_refund(made.refund_id, "error")
    assert govuk_pay.get_refund(paid.payment_id, made.refund_id).status == "error"
    assert govuk_pay.get_payment(paid.payment_id).refundable == 14_500


def test_refund_waits_for_what_was_only_just_paid(pay, paid):
    pay.switch(refunds_pending=True)
    waiting = govuk_pay.get_payment(paid.payment_id)
    assert (waiting.refundability, waiting.refundable) == ("pending", 0)
    with pytest.raises(PayRefused) as caught:
        govuk_pay.refund(paid.payment_id, amount=14_500, available=14_500)
    assert caught.value.code == "P0603"


def test_refund_refuses_what_was_never_paid(pay):
    payment = create()
    pay.end(payment.payment_id, "decline")
    with pytest.raises(PayRefused):
        govuk_pay.refund(payment.payment_id, amount=14_500, available=14_500)
    assert govuk_pay.refunds_of(payment.payment_id) == []


# --- What goes wrong on the way ---------------------------------------------------------------------


def test_a_wrong_key_is_our_account_not_the_payment(pay, paid, settings, caplog):
    right, settings.GOVUK_PAY_API_KEY = settings.GOVUK_PAY_API_KEY, "api_test_another"
    for ask in (create, lambda: govuk_pay.get_payment(paid.payment_id)):
        with pytest.raises(PayAway, match="It answered 401"):
            ask()
    logged = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert logged == ["GOV.UK Pay answered 401 without a code"] * 2
    settings.GOVUK_PAY_API_KEY = right
    assert govuk_pay.get_payment(paid.payment_id) == paid


def test_the_key_goes_out_even_where_the_computer_keeps_a_password_for_the_host(paid, monkeypatch, tmp_path):
    kept = tmp_path / "netrc"
    kept.write_text("machine localhost login somebody password something\n")
    monkeypatch.setenv("NETRC", str(kept))
    assert govuk_pay.get_payment(paid.payment_id) == paid


def test_what_is_not_there_is_told_from_what_is_away(paid):
    for ask in (
        lambda: govuk_pay.get_payment("unknown"),
        lambda: govuk_pay.get_payment(""),
        lambda: govuk_pay.get_payment("../payments"),
        lambda: govuk_pay.cancel_payment("unknown"),
        lambda: govuk_pay.refund("unknown", amount=1, available=1),
        lambda: govuk_pay.refunds_of("unknown"),
        lambda: govuk_pay.get_refund(paid.payment_id, "unknown"),
    ):
        with pytest.raises(PayNotFound):
            ask()


def test_an_error_of_the_service_is_worth_another_try(pay):
    pay.switch(fail_requests=1)
    with pytest.raises(PayAway, match="P0198") as caught:
        create()
    assert caught.value.words == "Downstream system error"
    assert create().status == "created"


def test_a_service_that_says_nothing_is_not_waited_for(pay, monkeypatch):
    monkeypatch.setattr(govuk_pay, "READ_SECONDS", 0.2)
    pay.switch(silent_requests=1)
    with pytest.raises(PayAway, match="ReadTimeout"):
        create()
    monkeypatch.undo()
    assert create().status == "created"


def test_a_service_that_is_not_there_is_away(pay, settings):
    settings.GOVUK_PAY_URL = f"http://localhost:{free_port()}"
    with pytest.raises(PayAway, match=r"GOV\.UK Pay was not reached"):
        create()


def test_answers_of_something_else_are_not_taken_for_a_payment(pay, settings):
    """A proxy's page, a redirect, JSON of another kind."""
    next_url = create().next_url
    for address in (f"{pay.address}/style.css?", f"{next_url}?"):
        settings.GOVUK_PAY_URL = address
        with pytest.raises(PayAway, match="something else"):
            govuk_pay.get_payment("abc")
    for parse in (govuk_pay.payment_of, govuk_pay.refund_of):
        for said in ({}, {"state": []}, {"refund_id": "a", "amount": None, "status": "", "created_date": "today"}):
            with pytest.raises(PayAway):
                parse(said)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "P0101", PayRefused),
        (400, "P0501", PayConflict),
        (401, "", PayAway),
        (403, "P0941", PayAway),
        (404, "P0200", PayNotFound),
        (409, "P0191", PayConflict),
        (412, "P0604", PayConflict),
        (422, "P0102", PayRefused),
        (429, "P0900", PayAway),
        (302, "", PayAway),
        (500, "P0198", PayAway),
        (503, "P0999", PayAway),
    ],
)
def test_problem_of_tells_four_kinds_apart(status, code, kind):
    problem = govuk_pay.problem_of(status, code, "")
    assert isinstance(problem, PayProblem)
    assert (type(problem), problem.code) == (kind, code)
    assert problem.words


def test_create_payment_leaves_out_what_pay_refuses(pay):
    answer = pay.ask("POST", "/v1/payments", {**FACTS, "description": 'A "quoted" title'})
    assert (answer.status_code, answer.json()["code"]) == (400, "P0920")
    assert create(description='A "quoted" <title> | and \\ more ' + "é" * 300).status == "created"


# --- Messages ---------------------------------------------------------------------------------------


def test_signature_is_right_for_what_pay_sends(pay, paid):
    for message in pay.messages():
        assert govuk_pay.signature_is_right(message["body"].encode(), message["signature"])
    assert [message["event"] for message in pay.messages()] == ["card_payment_succeeded", "card_payment_captured"]


def test_signature_is_right_for_nothing_else(settings):
    settings.GOVUK_PAY_WEBHOOK_SECRET = SECRET
    body = '{"id": "1", "words": "für"}'.encode()
    right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert govuk_pay.signature_is_right(body, right)
    for wrong in ("", right.upper(), right[:-1], right + "0", right + "\n", f" {right}", "0" * 64, "é" * 64, "\x00"):
        assert not govuk_pay.signature_is_right(body, wrong)
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        assert not govuk_pay.signature_is_right(bytes(changed), right)
    assert not govuk_pay.signature_is_right(b"", right)
    other = hmac.new(b"another", body, hashlib.sha256).hexdigest()
    assert not govuk_pay.signature_is_right(body, other)


def test_signature_is_right_for_nobody_without_a_secret(settings):
    settings.GOVUK_PAY_WEBHOOK_SECRET = ""
    assert not govuk_pay.signature_is_right(b"{}", hmac.new(b"", b"{}", hashlib.sha256).hexdigest())


def test_message_of_names_the_payment_of_a_payment_and_of_a_refund(pay, paid):
    govuk_pay.refund(paid.payment_id, amount=100, available=14_500)
    found = [govuk_pay.message_of(message["body"].encode()) for message in pay.messages()]
    assert [one.event for one in found] == ["card_payment_succeeded", "card_payment_captured", "card_payment_refunded"]
    assert {one.payment_id for one in found} == {paid.payment_id}
    assert len({one.message_id for one in found}) == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"no", b"[]", b"null", b"{}", b'{"id": 1, "event_type": "a"}', b'{"id": 1, "event_type": "a", "resource": []}',
     b"[" * 100_000, b"\xff\xfe", b'{"id": 1, "event_type": "a", "resource": {"payment_id": null}, "x": NaN'],
)  # fmt: skip
def test_message_of_gives_none_for_what_it_cannot_read(body):
    assert govuk_pay.message_of(body) is None


# --- Killed in the middle ---------------------------------------------------------------------------


def test_what_was_acknowledged_outlives_a_kill(settings, tmp_path):
    with stand_in_process(settings, tmp_path) as pay:
        pay.switch(withhold_messages=True)
        unpaid, payment = create("order-2-try-1"), create()
        pay.fill_in(payment.next_url)
        refund = govuk_pay.refund(payment.payment_id, amount=500, available=14_500)
        before, owed = govuk_pay.get_payment(payment.payment_id), pay.messages()
        pay.kill()
        with pytest.raises(PayAway):
            govuk_pay.get_payment(payment.payment_id)
        # An hour and a half passes meanwhile. Nobody takes the messages.
        pay.start(PORTAL_CLOCK_OFFSET="91m", SITE_URL=f"http://localhost:{free_port()}")
        assert govuk_pay.get_payment(payment.payment_id) == before
        assert govuk_pay.refunds_of(payment.payment_id) == [refund]
        assert create().payment_id == payment.payment_id
        assert [message["body"] for message in pay.messages()][: len(owed)] == [message["body"] for message in owed]
        assert govuk_pay.get_payment(unpaid.payment_id).code == "P0020"
