"""Card payments at the stand-in, over HTTP: paid, declined, forgotten, late, wrong, and all of it paid back."""

import threading
import time
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry, OutboundEmail
from bookings.actions import card_payments, charges, lines, orders, places
from bookings.actions.card_payments import AlarmChanged, PaymentAway
from bookings.debts import waiting_for_finance
from bookings.eligibility import bookable_events
from bookings.models import Booking, ChargeNotice, CreditNote, Invoice, Order, Payment, Refund
from bookings.models.order import LineState, OrderState
from bookings.models.payment import PaymentState, RefundState
from bookings.sweeps import money
from courses.models import Event
from tests import cast
from tests.cards import (
    MINUTE,
    basket,
    begun,
    counts,
    give_back,
    letters,
    look,
    money_is_right,
    open_page,
    paid,
    payment_of,
    place,
    refunds_at_provider,
)
from tests.load.hands import WAITING
from tests.load.live import PATIENCE_SECONDS
from tests.makers import NOW, make_booking
from tests.sales import BY_INVOICE, SAM, finance, school, settle_all, traded, what_is_wrong
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


def moved(minutes):
    """The clock of the portal and of the stand-in in this process, so many minutes on."""
    return time_machine.travel(NOW + minutes * MINUTE, tick=False)


def sweep(minutes=0):
    with moved(minutes):
        money.let_go_held_places()
        money.look_at_card_payments()
        money.send_refunds()


def wait_until_somebody_waits():
    """Until another connection stands at a lock, which the caller's transaction holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING)
            if cursor.fetchone()[1]:
                return
    raise AssertionError("Nobody came.")


def rival_takes(event, places=1):
    """Another school orders places of the date by invoice."""
    other = basket(event, places=places, who=school("Kirk Fold High School"))
    return place(other, paying=BY_INVOICE)


# --- Paid -----------------------------------------------------------------------------------------------


def test_look_turns_a_payment_into_places_a_paid_invoice_and_two_letters(pay):
    event = traded()
    order, payment = begun(event, places=3, named=[SAM])
    pay.end(payment.provider_id)

    look(payment)

    order.refresh_from_db()
    assert order.is_sold
    assert (payment.state, payment.card_ending, payment.received_on) == ("SUCCEEDED", "1111", NOW.date())
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.gross, invoice.outstanding) == ("PAID", payment.amount, 0)
    assert set(order.lines.values_list("state", flat=True)) == {LineState.INVOICED}
    assert Booking.objects.get().practitioner.full_name == "Sam Ellis"
    assert counts() | {"messages": 0} == {
        "sold": 1,
        "handled": 1,
        "receipts": 1,
        "confirmations": 1,
        "invoices": 1,
        "messages": 0,
    }
    event.refresh_from_db()
    assert event.places_taken == 3
    money_is_right(pay)


def test_receipt_says_that_it_is_paid_by_card(pay):
    paid(pay)

    receipt = OutboundEmail.objects.get(letter="bookings/invoice_issued")
    assert "It is paid by card, and this is your receipt" in receipt.text
    assert "Due by" not in receipt.text


def test_look_again_and_again_in_threads_changes_nothing_more(pay):
    _order, payment = begun()
    pay.end(payment.provider_id)

    said = at_once(*[lambda: card_payments.look(payment_id=payment.pk, now=NOW)] * 4)

    assert {each.handled_at for each in said} == {NOW}
    look(payment)
    assert counts()["invoices"] == counts()["receipts"] == counts()["confirmations"] == 1
    money_is_right(pay)


def test_open_page_keeps_the_first_payment_and_gives_a_fresh_address_each_time(pay):
    pay.switch(forget_keys=True)
    order = place(basket(traded()))
    payment = payment_of(order)

    addresses = at_once(*[lambda: open_page(payment)] * 3)

    payment.refresh_from_db()
    assert len(set(addresses)) == 3
    for address in addresses:
        assert pay.fill_in(address).status_code == 303
    assert pay.ask("GET", f"/v1/payments/{payment.provider_id}").json()["state"]["status"] == "success"
    look(payment)
    assert open_page(payment) == ""
    money_is_right(pay)


def test_open_page_says_when_pay_is_away_and_keeps_the_places(pay):
    event = traded()
    order = place(basket(event))
    pay.switch(fail_requests=1)

    with pytest.raises(PaymentAway, match="try again"):
        open_page(payment_of(order))

    event.refresh_from_db()
    assert event.places_taken == 2
    assert open_page(payment_of(order)).startswith("http://localhost")


def test_open_page_finds_the_payment_whose_answer_was_lost(pay):
    order = place(basket(traded()))
    payment = payment_of(order)
    pay.switch(lost_answers=1)
    with pytest.raises(PaymentAway):
        open_page(payment)

    open_page(payment)
    payment.refresh_from_db()
    pay.end(payment.provider_id)
    look(payment)

    assert Order.objects.get().is_sold
    money_is_right(pay)


def test_open_page_later_keeps_the_places_for_as_long_as_pay_waits(pay):
    order = place(basket(traded()))

    with moved(100):
        open_page(payment_of(order), now=NOW + 100 * MINUTE)

    order.refresh_from_db()
    assert order.held_until == NOW + 100 * MINUTE + orders.CARD_HOLD


# --- Not paid -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "code"), [("decline", "P0010"), ("cancel", "P0030"), ("fail", "P0050")])
def test_declined_gives_the_basket_back_with_its_places_kept_a_little(pay, what, code):
    event = traded(capacity=2)
    order, payment = begun(event)
    pay.end(payment.provider_id, what)

    look(payment)

    order.refresh_from_db()
    assert (payment.state, payment.provider_code) == (PaymentState.FAILED, code)
    assert (order.state, order.held_until) == (OrderState.BASKET, NOW + card_payments.A_LITTLE_LONGER)
    again = place(order)
    second = payment_of(again)
    assert second.pk != payment.pk
    open_page(second)
    second.refresh_from_db()
    pay.end(second.provider_id)
    look(second)
    assert counts()["sold"] == counts()["invoices"] == 1
    event.refresh_from_db()
    assert event.places_taken == 2
    money_is_right(pay)


def test_declined_beside_a_basket_begun_since_ends_the_order(pay):
    event = traded()
    order, payment = begun(event)
    basket(event, places=1)
    pay.end(payment.provider_id, "decline")

    look(payment)

    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    event.refresh_from_db()
    assert event.places_taken == 0
    money_is_right(pay)


def test_abandoned_payment_ends_after_ninety_minutes_and_its_places_go_back(pay):
    event = traded()
    order, payment = begun(event)
    sweep(89)
    payment.refresh_from_db()
    assert payment.state == PaymentState.PENDING

    sweep(92)

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, payment.provider_code, order.state) == ("FAILED", "P0020", OrderState.BASKET)
    sweep(108)
    event.refresh_from_db()
    assert event.places_taken == 0
    assert order.lines.in_basket().count() == 2
    money_is_right(pay)


def test_payment_never_opened_gives_the_basket_back_with_the_end_of_its_hold(pay):
    event = traded()
    order = place(basket(event))
    sweep(104)
    assert payment_of(order).state == PaymentState.CREATED

    sweep(106)
    sweep(107)

    order.refresh_from_db()
    event.refresh_from_db()
    assert (payment_of(order).state, order.state, event.places_taken) == ("FAILED", OrderState.BASKET, 0)
    assert open_page(payment_of(order)) == ""
    money_is_right(pay)


def test_stop_ends_the_payment_at_pay_and_the_order_can_be_paid_another_way(pay):
    order, payment = begun()

    card_payments.stop(payment_id=payment.pk, now=NOW)

    payment.refresh_from_db()
    assert (payment.state, payment.provider_code) == (PaymentState.FAILED, "P0040")
    order.refresh_from_db()
    assert place(order, paying=BY_INVOICE).state == OrderState.CONFIRMED
    money_is_right(pay)


def test_stop_of_a_payment_that_was_paid_meanwhile_honours_it(pay):
    _order, payment = begun()
    pay.end(payment.provider_id)

    card_payments.stop(payment_id=payment.pk, now=NOW)

    assert Order.objects.get().is_sold
    money_is_right(pay)


# --- Late -----------------------------------------------------------------------------------------------


def let_go_while_away(pay, event):
    """The hold ends while nobody can reach Pay, so the places go back though the payer is still at it."""
    order, payment = begun(event)
    Order.objects.filter(pk=order.pk).update(held_until=NOW + 30 * MINUTE)
    pay.switch(fail_requests=1)
    sweep(31)
    event.refresh_from_db()
    order.refresh_from_db()
    assert (event.places_taken, order.state) == (0, OrderState.AWAITING_PAYMENT)
    return order, payment


def test_paid_after_the_hold_is_honoured_while_there_are_places(pay):
    event = traded(capacity=2)
    _order, payment = let_go_while_away(pay, event)
    pay.end(payment.provider_id)

    sweep(40)

    event.refresh_from_db()
    assert Order.objects.get().is_sold
    assert event.places_taken == 2
    money_is_right(pay)


def test_paid_after_the_place_was_resold_goes_back_with_a_letter_and_an_alarm(pay):
    event = traded(capacity=2)
    order, payment = let_go_while_away(pay, event)
    rival_takes(event)
    pay.end(payment.provider_id)

    sweep(40)
    sweep(41)

    payment.refresh_from_db()
    order.refresh_from_db()
    assert order.state == OrderState.CANCELLED
    assert "no place could be given" in payment.alarm
    refund = Refund.objects.get()
    assert (refund.amount, refund.state) == (payment.amount, RefundState.SUCCEEDED)
    assert refunds_at_provider(pay, payment) == [payment.amount]
    assert (letters("paid_back"), Invoice.objects.count()) == (1, 0)
    assert AuditEntry.objects.filter(verb="payment.alarm").count() == 1
    money_is_right(pay)


@pytest.mark.parametrize("is_resold", [False, True])
def test_paid_on_an_order_that_was_cancelled_is_honoured_or_goes_back(pay, is_resold):
    event = traded(capacity=2)
    order, payment = begun(event)
    cancel(order)
    if is_resold:
        rival_takes(event, 2)
    pay.end(payment.provider_id)

    look(payment)
    sweep()

    order.refresh_from_db()
    assert order.is_sold != is_resold
    assert refunds_at_provider(pay, payment) == ([payment.amount] if is_resold else [])
    money_is_right(pay)


def cancel(order):
    with transaction.atomic():
        locked = lines.lock_order(order_id=order.pk)
        card_payments.cancel_unpaid(order=locked, reason="By hand", now=NOW)


def test_paid_for_a_date_that_was_cancelled_meanwhile_goes_back(pay):
    event = traded()
    _order, payment = begun(event)
    Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())
    pay.end(payment.provider_id)

    look(payment)
    sweep()

    assert refunds_at_provider(pay, payment) == [payment.amount]
    assert "This date has been cancelled." in Payment.objects.get().alarm
    assert not Order.objects.get().is_sold


def test_paid_when_booking_closed_meanwhile_is_honoured_because_the_place_was_kept(pay):
    event = traded()
    _order, payment = begun(event)
    Event.objects.filter(pk=event.pk).update(booking_closes_at=NOW)
    pay.end(payment.provider_id)

    look(payment)

    assert Order.objects.get().is_sold
    money_is_right(pay)


def test_somebody_who_booked_themselves_meanwhile_leaves_a_place_without_a_name(pay):
    event = traded()
    _order, payment = begun(event, named=[SAM])
    sam = cast.make_person("Sam Ellis", school(), email="sam@school.example")
    places.book(
        event=bookable_events().get(pk=event.pk),
        practitioner=sam.practitioner,
        organisation=school(),
        by=sam,
        now=NOW,
        answers=orders.Answers(has_managers_agreement=True),
    )
    pay.end(payment.provider_id)

    look(payment)

    assert Booking.objects.count() == 1
    event.refresh_from_db()
    assert event.places_taken == 3
    money_is_right(pay)


def test_somebody_who_books_in_the_very_moment_is_found_at_the_next_look(pay, caplog):
    event = traded()
    order, payment = begun(event, named=[SAM])
    sam = cast.make_person("Sam Ellis", school(), email="sam@school.example")
    pay.end(payment.provider_id)
    is_written = threading.Event()

    def book():
        with transaction.atomic():
            make_booking(Event.objects.get(pk=event.pk), sam, price=Decimal("95"))
            is_written.set()
            wait_until_somebody_waits()

    def notice():
        assert is_written.wait(60)
        look(payment)

    assert at_once(book, notice) == [None, None]

    assert "could not be honoured yet" in caplog.text
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, payment.handled_at, order.is_sold) == (PaymentState.SUCCEEDED, None, False)
    assert not Invoice.objects.exists()
    look(payment)
    order.refresh_from_db()
    assert order.is_sold
    assert Booking.objects.get().practitioner == sam.practitioner
    event.refresh_from_db()
    assert event.places_taken == 3
    assert what_is_wrong(now=NOW) == {}


# --- What does not agree ----------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", ["amount", "reference"])
def test_another_amount_or_reference_is_an_alarm_and_sells_nothing(pay, changed):
    event = traded()
    order, payment = begun(event)
    other = begun(event, places=1, who=school("Kirk Fold High School"))[1]
    if changed == "reference":
        other = begun(event, who=school("Third Academy"))[1]
    mixed_up = other.provider_id
    Payment.objects.filter(pk=other.pk).update(provider_id=None)
    Payment.objects.filter(pk=payment.pk).update(provider_id=mixed_up)
    pay.end(mixed_up)

    look(payment)
    look(payment)

    order.refresh_from_db()
    assert (payment.state, order.state) == (PaymentState.FAILED, OrderState.CANCELLED)
    assert "pence for" in payment.alarm
    assert not Booking.objects.exists()
    assert not Invoice.objects.exists()
    assert AuditEntry.objects.filter(verb="payment.alarm", subject=f"payment:{payment.pk}").count() == 1
    assert order.lines.filter(state=LineState.HELD).count() == 0
    money_is_right(everything_ended=False)


def test_payment_that_pay_does_not_know_is_an_alarm_and_stays_open(pay):
    _order, payment = begun()
    Payment.objects.filter(pk=payment.pk).update(provider_id="neverheardof")

    look(payment)
    look(payment)

    assert payment.state == PaymentState.PENDING
    assert "P0200" in payment.alarm
    assert AuditEntry.objects.filter(verb="payment.alarm").count() == 1


def alarmed(words="The card service says: no such payment"):
    _order, payment = begun()
    Payment.objects.filter(pk=payment.pk).update(alarm=words)
    payment.refresh_from_db()
    return payment


def settle_alarm(payment, note="Called the bank.", **fields):
    facts = {
        "payment_id": payment.pk,
        "alarm_shown": payment.alarm,
        "note": note,
        "by": finance(),
        "now": NOW,
        **fields,
    }
    was_waiting = card_payments.settle_alarm(**facts)
    payment.refresh_from_db()
    return was_waiting


def test_settle_alarm_says_who_when_and_what_was_done_and_the_desk_counts_it_no_longer(pay):
    payment = alarmed()
    assert waiting_for_finance(NOW)["alarms"] == 1

    assert settle_alarm(payment, " Called the bank. ")

    settled = (payment.alarm_settled_at, payment.alarm_settled_by, payment.alarm_note)
    assert settled == (NOW, finance(), "Called the bank.")
    assert payment.alarm == "The card service says: no such payment"
    assert waiting_for_finance(NOW)["alarms"] == 0


def test_settle_alarm_twice_keeps_the_first_note(pay):
    payment = alarmed()

    assert settle_alarm(payment)
    assert not settle_alarm(payment, "Something else.", by=cast.wendy(), now=NOW + MINUTE)

    assert (payment.alarm_note, payment.alarm_settled_at) == ("Called the bank.", NOW)
    assert AuditEntry.objects.filter(verb="payment.settle_alarm").count() == 1


def test_settle_alarm_of_two_at_once_is_one(pay):
    payment, by = alarmed(), finance()
    read = [(Payment.objects.get(pk=payment.pk), note) for note in ("One.", "Two.", "Three.")]

    said = at_once(*[lambda row=row, note=note: settle_alarm(row, note, by=by) for row, note in read])

    assert sorted(said) == [False, False, True]
    assert AuditEntry.objects.filter(verb="payment.settle_alarm").count() == 1


def test_settle_alarm_refuses_words_that_nobody_reads_any_more(pay):
    payment = alarmed()
    with pytest.raises(AlarmChanged):
        settle_alarm(payment, alarm_shown="Something older")
    payment.refresh_from_db()
    assert payment.alarm_settled_at is None


def test_settled_alarm_rings_again_when_something_else_is_wrong_and_not_for_the_same(pay):
    _order, payment = begun()
    Payment.objects.filter(pk=payment.pk).update(provider_id="neverheardof")
    look(payment)
    settle_alarm(payment)
    look(payment)
    assert payment.alarm_settled_at == NOW

    Payment.objects.filter(pk=payment.pk).update(alarm="Something else was wrong before")
    look(payment)

    assert "P0200" in payment.alarm
    assert (payment.alarm_settled_at, payment.alarm_settled_by, payment.alarm_note) == (None, None, "")
    assert waiting_for_finance(NOW)["alarms"] == 1


def test_alarm_of_a_payment_that_goes_back_by_itself_waits_for_nobody(pay):
    payment = alarmed()
    Payment.objects.filter(pk=payment.pk).update(handled_at=NOW)
    payment.refresh_from_db()
    assert waiting_for_finance(NOW)["alarms"] == 0
    assert not settle_alarm(payment)
    assert payment.alarm_note == ""


@pytest.mark.parametrize(
    "wrong", [{"alarm_settled_at": NOW}, {"alarm_note": "x"}, {"alarm_settled_at": NOW, "alarm_note": "x"}]
)
def test_database_refuses_a_settled_alarm_without_who_and_why(pay, wrong):
    payment = alarmed()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**wrong)


def test_second_payment_of_a_sold_order_goes_back(pay):
    order, payment = begun()
    pay.end(payment.provider_id)
    look(payment)
    double = Payment.objects.create(
        reference="M-DOUBLE",
        kind="CARD",
        state="SUCCEEDED",
        order=order,
        amount=payment.amount,
        created_at=NOW,
        organisation=order.organisation,
    )

    sweep()

    double.refresh_from_db()
    assert double.amount_refunded == double.amount
    assert counts()["invoices"] == 1


# --- Given up after paying --------------------------------------------------------------------------------


def test_place_given_up_in_time_is_credited_and_refunded_at_once_and_only_it(pay):
    order, payment = paid(pay, named=[SAM])
    places.cancel(booking_id=Booking.objects.get().pk, by=None, now=NOW)

    settle_all(now=NOW)
    settle_all(now=NOW)
    sweep()

    note = CreditNote.objects.get()
    assert (note.gross, bool(note.number)) == (Decimal("95"), True)
    assert refunds_at_provider(pay, payment) == [Decimal("95")]
    assert sorted(order.lines.values_list("state", flat=True)) == [LineState.INVOICED, LineState.REFUNDED]
    invoice = Invoice.objects.get()
    assert (invoice.amount_paid, invoice.outstanding) == (Decimal("95"), 0)
    money_is_right(pay)


def test_late_place_stays_paid_until_its_charge_is_waived_and_then_goes_back(pay):
    order, payment = paid(pay, named=[SAM])
    booking = Booking.objects.get()
    Booking.objects.filter(pk=booking.pk).update(free_cancel_until=NOW - 60 * MINUTE)
    places.cancel(booking_id=booking.pk, by=None, now=NOW, reason="Ill")
    settle_all(now=NOW)
    sweep()
    assert refunds_at_provider(pay, payment) == []
    assert set(order.lines.values_list("state", flat=True)) == {LineState.INVOICED}

    notice = ChargeNotice.objects.get()
    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=NOW, waived_for=ChargeNotice.WaivedFor.PROVIDER_FAULT)
    settle_all(now=NOW)
    settle_all(now=NOW)
    sweep()

    assert refunds_at_provider(pay, payment) == [Decimal("95")]
    assert "goes back to the card" in OutboundEmail.objects.get(letter="bookings/credit_note_issued").text
    money_is_right(pay)


def given_up_one_after_the_other(pay):
    order, payment = paid(pay, places=3)
    for line in order.lines.order_by("pk")[:2]:
        give_back(line)
    return payment


def test_two_refunds_of_one_amount_are_two_and_none_goes_out_twice(pay):
    payment = given_up_one_after_the_other(pay)
    assert Refund.objects.count() == 2

    at_once(*[lambda: money.send_refunds()] * 3)
    for minutes in (1, 6, 12):
        sweep(minutes)

    assert refunds_at_provider(pay, payment) == [Decimal("95")] * 2
    assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.SUCCEEDED}
    money_is_right(pay)


def test_refund_whose_answer_was_lost_is_found_and_not_sent_again(pay):
    payment = given_up_one_after_the_other(pay)
    first = Refund.objects.order_by("pk").first()
    pay.switch(refunds_wait=True)

    def lose_the_answer():
        pay.switch(lost_answers=1)

    real = card_payments.govuk_pay.get_payment
    with pytest.MonkeyPatch.context() as patch:
        # The list and the payment are answered; the answer to the refund itself is lost.
        patch.setattr(card_payments.govuk_pay, "get_payment", lambda pk: (real(pk), lose_the_answer())[0])
        with pytest.raises(PaymentAway):
            card_payments.send_refund(refund_id=first.pk, now=NOW)
    assert refunds_at_provider(pay, payment) == [Decimal("95")]
    assert Refund.objects.filter(state=RefundState.OWED).count() == 2

    for minutes in (1, 6, 12, 20):
        sweep(minutes)

    assert refunds_at_provider(pay, payment) == [Decimal("95")] * 2
    assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.SENT}
    money_is_right(pay)


def test_refund_waits_while_pay_cannot_refund_yet(pay):
    payment = given_up_one_after_the_other(pay)
    pay.switch(refunds_pending=True)
    sweep()
    sweep(6)
    assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.OWED}
    assert refunds_at_provider(pay, payment) == []

    pay.switch(refunds_pending=False)
    for minutes in (30, 60, 90, 120):
        sweep(minutes)

    assert refunds_at_provider(pay, payment) == [Decimal("95")] * 2
    money_is_right(pay)


def test_refund_that_failed_at_pay_is_tried_again_once(pay):
    payment = given_up_one_after_the_other(pay)
    pay.switch(refunds_wait=True)
    sweep()
    sweep(6)
    for refund in Refund.objects.all():
        pay.end_refund(refund.provider_id, "error")
    sweep(30)
    assert set(Refund.objects.values_list("state", flat=True)) == {RefundState.FAILED}
    assert refunds_at_provider(pay, payment) == []

    pay.switch(refunds_wait=False)
    for refund in Refund.objects.order_by("pk"):
        for _ in range(2):
            card_payments.try_refund_again(refund_id=refund.pk, by=cast.wendy(), now=NOW)
    assert AuditEntry.objects.filter(verb="refund.again").count() == 2
    for minutes in (40, 46, 52):
        sweep(minutes)

    assert refunds_at_provider(pay, payment) == [Decimal("95")] * 2
    money_is_right(pay)


def test_refund_made_by_hand_at_pay_stops_ours_until_somebody_looks(pay):
    payment = given_up_one_after_the_other(pay)
    made = pay.ask(
        "POST", f"/v1/payments/{payment.provider_id}/refunds", {"amount": 500, "refund_amount_available": 28500}
    )
    assert made.status_code == 202

    for minutes in (0, 6, 20, 60):
        sweep(minutes)

    assert refunds_at_provider(pay, payment) == [Decimal("5")]
    assert "28500 pence can still be paid back by our records, and 28000" in Refund.objects.failed().first().failure


def test_sweep_goes_on_when_one_payment_breaks(pay):
    _, broken = begun()
    event = traded("Another")
    _, good = begun(event, who=school("Kirk Fold High School"))
    for payment in (broken, good):
        pay.end(payment.provider_id)
    Order.objects.filter(pk=broken.order_id).update(answers={"no such": "answer"})

    sweep(3)

    good.refresh_from_db()
    broken.refresh_from_db()
    assert (bool(good.handled_at), bool(broken.handled_at)) == (True, False)
    assert broken.state == PaymentState.SUCCEEDED
