"""Sweeps over charges: what was refilled, what is up for review, and what agencies have not been told."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from accounts import clock
from accounts.models import Membership
from bookings import emails
from bookings.actions import charges
from bookings.models import ChargeNotice
from bookings.sweeps.letters import LETTERS_A_SWEEP, LETTERS_BEGIN_HOUR, day_begun, unwritten
from courses.working_days import working_days_after

# An agency that could not be written to for so long is not written to about old charges once it has an address.
CHARGE_LETTER_WINDOW = timedelta(days=21)


@shared_task(name="bookings.put_charges_up_for_review")
def put_charges_up_for_review(**kwargs: object) -> None:
    """Waive what was refilled or never took place; then move to review what has waited long enough for reasons."""
    now = clock.now()
    for notice_id in list(ChargeNotice.objects.of_dates_we_cancelled().order_by("pk").values_list("pk", flat=True)):
        charges.waive_of_cancelled_date(notice_id=notice_id, now=now)
    given_up = ChargeNotice.objects.may_be_refilled(now).order_by("booking__event_id")
    for event_id in list(given_up.values_list("booking__event_id", flat=True).distinct()):
        charges.waive_refilled(event_id=event_id, now=now)
    charges.put_up_for_review(now=now)


@shared_task(name="bookings.queue_charge_letters")
def queue_charge_letters(**kwargs: object) -> None:
    """Tell agencies what is proposed for people who did not attend, from the working day after the register said so."""
    now = clock.now()
    for notice in charge_letters_owed(now=now):
        emails.charge_proposed(notice=notice, now=now)


def charge_letters_owed(*, now: datetime) -> Iterable[ChargeNotice]:
    """Return the open charges of agencies with an address that no letter was written about and that are a working day old."""
    today = day_begun(now, LETTERS_BEGIN_HOUR)
    key = (Value("bookings.charge_proposed:"), Cast("pk", TextField()))
    contacts = Membership.objects.as_contact().filter(organisation=OuterRef("organisation"))
    recent = (
        ChargeNotice.objects.open()
        .filter(Exists(contacts) | ~Q(organisation__invoice_email=""), drafted_at__gt=now - CHARGE_LETTER_WINDOW)
        .with_facts()
    )
    owed: Any = unwritten(recent, *key)
    for notice in owed.order_by("pk")[:LETTERS_A_SWEEP]:
        if working_days_after(timezone.localtime(notice.drafted_at).date(), 1) <= today:
            yield notice
