"""Sweeps over quotes: ended on their day, reminded of once before, and in step with enquiries, dates and invoices."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail
from bookings.actions import quote_acceptance, registers
from bookings.models import Invoice, Quote
from bookings.sweeps import quotes as sweeps
from courses.actions import enquiries
from courses.models import Enquiry
from tests import cast, sales
from tests.bookings.actions.test_commissions import AFTER, accepted, schedule
from tests.makers import NOW
from tests.quotes import asked, sent

pytestmark = pytest.mark.django_db


def sweep_at(moment, sweep=sweeps.follow_quotes):
    with time_machine.travel(moment, tick=False):
        sweep()


def reminders():
    return OutboundEmail.objects.filter(letter="bookings/quote_ending").count()


def test_quotes_end_the_day_after_their_last():
    enquiry = asked()
    sent(enquiry)
    sweep_at(NOW + timedelta(days=30))
    assert Quote.objects.get().state == "SENT"
    sweep_at(NOW + timedelta(days=31))
    assert Quote.objects.get().state == "LAPSED"
    assert Enquiry.objects.get().state == "NEW"


def test_reminder_goes_once_in_the_last_days_to_whoever_has_not_answered():
    quote = sent()
    sweep_at(NOW + timedelta(days=24), sweeps.remind_of_quotes)
    assert reminders() == 0
    for days in (25, 26, 30):
        sweep_at(NOW + timedelta(days=days), sweeps.remind_of_quotes)
    assert reminders() == 1
    assert OutboundEmail.objects.get(letter="bookings/quote_ending").to == quote.contact.email


def test_no_reminder_of_what_was_answered():
    accepted()
    sweep_at(NOW + timedelta(days=26), sweeps.remind_of_quotes)
    assert reminders() == 0


def test_quotes_close_with_an_enquiry_that_is_lost():
    enquiry = asked()
    sent(enquiry)
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)
    sweep_at(NOW)
    assert Quote.objects.get().state == "WITHDRAWN"


def test_order_gets_its_date_and_its_invoice_once_that_is_over():
    quote = accepted()
    event = schedule(quote.enquiry)
    sweep_at(NOW)
    assert quote.order.lines.get().event == event
    sales.settle_all(now=NOW)
    assert not Invoice.objects.exists()

    registers.close_delivered(now=AFTER)
    sales.settle_all(now=AFTER)

    assert Invoice.objects.get().gross == quote.gross


def test_sweep_asks_no_more_once_all_is_in_step():
    quote = sent(asked())
    quote_acceptance.accept(quote_id=quote.pk, paying=sales.BY_INVOICE, by=quote.contact.user, now=NOW)
    schedule(quote.enquiry)
    sweep_at(NOW)
    found = (Quote.objects.out_of_step(), Quote.objects.without_their_date(), Quote.objects.ahead_of_their_invoice())
    assert [each.exists() for each in found] == [False, False, False]
