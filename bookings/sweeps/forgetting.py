"""The sweep that forgets who asked and who bought, once its time is over (DOMAIN 11.2). By night, in portions."""

from datetime import date, datetime, timedelta

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings.actions import forgetting
from bookings.actions.documents import financial_year
from bookings.models import Invoice, Order, Quote
from bookings.sweeps.places import CHECKED_AT_HOUR
from courses.actions import enquiries
from courses.models import Enquiry
from courses.working_days import months_before

# A portal that begins with years of history forgets so much of each kind a night, and the rest in the nights after.
ROWS_A_NIGHT = 500


@shared_task(name="bookings.forget_who_bought", soft_time_limit=600, time_limit=660)
def forget_who_bought(**kwargs: object) -> None:
    """Take people's names and words out of old baskets, enquiries, quotes, orders and invoices, each row by itself."""
    now = clock.now()
    if timezone.localtime(now).hour != CHECKED_AT_HOUR:
        return
    partnership = Partnership.objects.current()
    untouched_since = now - timedelta(days=partnership.basket_names_days)
    lost, sold = months_before(now, partnership.enquiry_months), money_is_kept_from(now, partnership)
    for pk in _some(Order.objects.with_names_from_before(untouched_since)):
        forgetting.clear_names(order_id=pk, untouched_since=untouched_since, now=now)
    for pk in _some(Enquiry.objects.with_askers_from_before(lost=lost, sold=sold)):
        enquiries.forget(enquiry_id=pk, now=now)
    for pk in _some(Quote.objects.with_words_from_before(lost=lost, sold=sold)):
        forgetting.forget_quote(quote_id=pk, now=now)
    for pk in _some(Order.objects.with_words_from_before(sold)):
        forgetting.forget_order(order_id=pk, now=now)
    for pk in _some(Invoice.objects.with_words_from_before(sold)):
        forgetting.forget_invoice(invoice_id=pk, now=now)


def money_is_kept_from(now: datetime, partnership: Partnership) -> date:
    """Return the first day of the oldest financial year that is kept: some years, and the current one."""
    year = financial_year(timezone.localtime(now).date())
    return date(year - partnership.money_years, 4, 1)


def _some(found: QuerySet) -> list[int]:
    return list(found.order_by("pk").values_list("pk", flat=True)[:ROWS_A_NIGHT])
