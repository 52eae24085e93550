"""Sweeps over events that are over: delivered, locked, and who did not come."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts import clock
from accounts.models import OutboundEmail
from bookings import emails
from bookings.actions import registers
from bookings.models import Booking
from courses.models import Event
from courses.working_days import working_days_after

# A register marked later than this brings no letter: nobody remembers why they were away.
ABSENCE_LETTER_WINDOW = timedelta(days=21)


@shared_task(name="bookings.close_delivered_events")
def close_delivered_events(**kwargs: object) -> None:
    """Mark the events whose last session has ended as delivered."""
    registers.close_delivered(now=clock.now())


@shared_task(name="bookings.lock_registers")
def lock_registers(**kwargs: object) -> None:
    """Lock the registers whose time for changes is over (rule B17)."""
    now = clock.now()
    for event in Event.objects.filter(state=Event.State.DELIVERED).ended(now).order_by("pk"):
        registers.lock(event=event, now=now)


@shared_task(name="bookings.queue_absence_letters")
def queue_absence_letters(**kwargs: object) -> None:
    """Ask people who did not attend to tell us why, from the working day after the event."""
    now = clock.now()
    asked = OutboundEmail.objects.filter(key=Concat(Value("bookings.absence:"), Cast(OuterRef("pk"), TextField())))
    absent = Booking.objects.absent_since(now - ABSENCE_LETTER_WINDOW).filter(~Exists(asked)).with_event_facts()
    today = timezone.localtime(now).date()
    for booking in absent.order_by("pk"):
        if working_days_after(timezone.localtime(booking.event.ends_at).date(), 1) <= today:
            emails.absence(booking=booking, now=now)
