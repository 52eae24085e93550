"""Sweeps of the bookings app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

from celery import shared_task

from accounts import clock
from bookings.actions import certificates
from bookings.tasks import build_certificate

# About what two workers make in the minute until the next sweep; hints older than that are dropped.
CERTIFICATES_A_SWEEP = 1500
CERTIFICATE_HINT_SECONDS = 55


@shared_task(name="bookings.build_owed_certificates")
def build_owed_certificates(**kwargs: object) -> None:
    """Hand on the certificates that were promised and not built, whatever became of the first hint."""
    for certificate_id in certificates.owed_ids(now=clock.now(), limit=CERTIFICATES_A_SWEEP):
        build_certificate.apply_async(kwargs={"certificate_id": certificate_id}, expires=CERTIFICATE_HINT_SECONDS)
