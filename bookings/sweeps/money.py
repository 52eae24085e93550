"""Sweeps over money: settle what has changed, let held places go, ask for purchase orders, look at card payments."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings import emails
from bookings.actions import baskets, card_payments, packages, purchase_orders, settlement
from bookings.models import ChargeNotice, Order, OrderLine, Package, Payment, Refund
from bookings.models.order import OrderState
from courses.working_days import working_days_before

logger = logging.getLogger(__name__)

AT_A_TIME = 500
# A payment under way is asked about again after so long, should the payer never come back.
LOOK_AGAIN_AFTER = timedelta(minutes=2)


@shared_task(name="bookings.settle_lines")
def settle_lines(**kwargs: object) -> None:
    """Bring money in line with what became of places: one line, and one charge, after the other."""
    now = clock.now()
    _each(OrderLine.objects.to_settle().order_by("pk"), lambda line: settlement.settle(line_id=line.pk, now=now))
    _each(
        ChargeNotice.objects.to_settle().order_by("pk"),
        lambda notice: settlement.settle_charge(notice_id=notice.pk, now=now),
    )


@shared_task(name="bookings.let_go_held_places")
def let_go_held_places(**kwargs: object) -> None:
    """Give back places that were kept for an order which was not placed, or not paid, in time."""
    now = clock.now()
    # Payments first: one that ends unpaid turns its order into a basket, whose places go back with the rest.
    unpaid = Payment.objects.unfinished().filter(order__in=Order.objects.past_their_hold(now)).order_by("pk")
    _until_away(unpaid, lambda payment: card_payments.stop(payment_id=payment.pk, now=now))
    late = Order.objects.past_their_hold(now).order_by("held_until")
    for order in late.filter(state=OrderState.AWAITING_PAYMENT)[:AT_A_TIME]:
        card_payments.let_places_go(order_id=order.pk, now=now)
    for order in late.filter(state=OrderState.BASKET)[:AT_A_TIME]:
        baskets.let_go(order_id=order.pk, now=now)


@shared_task(name="bookings.look_at_card_payments")
def look_at_card_payments(**kwargs: object) -> None:
    """Finish every card payment that was paid, and ask about those that we do not know the end of."""
    now = clock.now()
    begun = Payment.objects.unfinished().filter(looked_at__lte=now - LOOK_AGAIN_AFTER).order_by("looked_at")
    for payments in (Payment.objects.unhandled(), begun):
        _until_away(payments, lambda payment: card_payments.look(payment_id=payment.pk, now=now))


@shared_task(name="bookings.send_refunds")
def send_refunds(**kwargs: object) -> None:
    """Send what is owed back to cards, and ask about what is on its way."""
    now = clock.now()
    owed = Refund.objects.unfinished().filter(payment__kind=Payment.Kind.CARD).order_by("pk")
    _until_away(owed, lambda refund: card_payments.send_refund(refund_id=refund.pk, now=now))


def _each(rows: QuerySet, deal_with: Callable[[Any], object]) -> None:
    """Deal with each row by itself, so that one that breaks holds up no other."""
    for row in list(rows[:AT_A_TIME]):
        try:
            deal_with(row)
        except card_payments.PaymentAway:
            raise
        except Exception:
            logger.exception("%s %s could not be dealt with", type(row).__name__, row.pk)


def _until_away(rows: QuerySet, deal_with: Callable[[Any], object]) -> None:
    """The same where the card service is asked: while it is away, it is not asked again and again."""
    with suppress(card_payments.PaymentAway):
        _each(rows, deal_with)


@shared_task(name="bookings.ask_for_purchase_orders")
def ask_for_purchase_orders(**kwargs: object) -> None:
    """Write to contacts whose purchase order has not come, some working days before the date; once each."""
    now = clock.now()
    partnership = Partnership.objects.current()
    for order in Order.objects.awaiting_purchase_order().filter(po_due_at__gt=now).with_facts().order_by("po_due_at"):
        between = partnership.po_reminder_days - partnership.po_due_days
        if order.po_due_at and timezone.localtime(now).date() >= working_days_before(
            timezone.localtime(order.po_due_at).date(), max(1, between)
        ):
            emails.purchase_order_needed(order=order, now=now)


@shared_task(name="bookings.release_without_purchase_order")
def release_without_purchase_order(**kwargs: object) -> None:
    """Give back the places of orders whose purchase order did not come in time."""
    now = clock.now()
    overdue = Order.objects.past_their_purchase_order(now).order_by("po_due_at", "pk")
    _each(overdue, lambda order: purchase_orders.release_overdue(order_id=order.pk, now=now))


@shared_task(name="bookings.look_after_packages")
def look_after_packages(**kwargs: object) -> None:
    """Write about packages whose year comes to its end, and let go what is left of those that are over."""
    now = clock.now()
    today = timezone.localtime(now).date()
    soon = today + timedelta(days=Partnership.objects.current().package_reminder_days)
    for package in Package.objects.ending_between(today, soon).with_something_left().select_related("organisation"):
        emails.package_ending(package=package, now=now)
    _each(Package.objects.over(today).order_by("pk"), lambda package: packages.expire(package_id=package.pk, now=now))
