"""Sweeps of the bookings app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts import clock
from accounts.models import OutboundEmail
from bookings import emails
from bookings.actions import certificates, registers
from bookings.models import Booking
from bookings.tasks import build_certificate
from courses.models import Event
from courses.working_days import working_days_after

# A register marked later than this brings no letter: nobody remembers why they were away.
ABSENCE_LETTER_WINDOW = timedelta(days=21)

# About what two workers make in the minute until the next sweep; hints older than that are dropped.
CERTIFICATES_A_SWEEP = 1500
CERTIFICATE_HINT_SECONDS = 55


@shared_task(name="bookings.build_owed_certificates")
def build_owed_certificates(**kwargs: object) -> None:
    """Hand on the certificates that were promised and not built, whatever became of the first hint."""
    for certificate_id in certificates.owed_ids(now=clock.now(), limit=CERTIFICATES_A_SWEEP):
        build_certificate.apply_async(kwargs={"certificate_id": certificate_id}, expires=CERTIFICATE_HINT_SECONDS)


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
