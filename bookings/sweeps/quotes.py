"""Sweeps over quotes: they end on their day, and follow what became of their enquiry, its date and its invoice."""

from datetime import timedelta

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from accounts import clock
from bookings import emails
from bookings.actions import commissions, quotes
from bookings.models import Quote
from bookings.sweeps.letters import LETTERS_BEGIN_HOUR, day_begun

AT_A_TIME = 200
REMIND_DAYS = 5


@shared_task(name="bookings.follow_quotes")
def follow_quotes(**kwargs: object) -> None:
    """End what nobody answered in time, close what came to nothing, give orders their date, let enquiries follow."""
    now = clock.now()
    for pk in _some(Quote.objects.over(timezone.localtime(now).date())):
        quotes.lapse(quote_id=pk, now=now)
    for pk in _some(Quote.objects.out_of_step()):
        quotes.close_out_of_step(quote_id=pk, now=now)
    for order_id in _some(Quote.objects.without_their_date(), "order_id"):
        commissions.give_date(order_id=order_id, now=now)
    for order_id in _some(Quote.objects.ahead_of_their_invoice(), "order_id"):
        commissions.follow_order(order_id=order_id, now=now)


@shared_task(name="bookings.remind_of_quotes")
def remind_of_quotes(**kwargs: object) -> None:
    """Write once about each quote that is about to end and has no answer."""
    now = clock.now()
    today = day_begun(now, LETTERS_BEGIN_HOUR)
    ending = Quote.objects.ending_by(today + timedelta(days=REMIND_DAYS), today=today)
    for quote in ending.with_facts().order_by("valid_until", "pk"):
        emails.quote_ending(quote=quote, now=now)


def _some(found: QuerySet[Quote], column: str = "pk") -> list[int]:
    return list(found.order_by("pk").values_list(column, flat=True)[:AT_A_TIME])
