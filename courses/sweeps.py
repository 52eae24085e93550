"""Sweeps of the courses app. The timetable is in workforce_portal/celery.py."""

from celery import shared_task

from accounts import clock
from courses.actions import enquiries
from courses.models import Enquiry


@shared_task(name="courses.follow_commissioned_dates")
def follow_commissioned_dates(**kwargs: object) -> None:
    """Bring enquiries in line with the dates they became: over, or cancelled; each in a transaction of its own."""
    now = clock.now()
    for rows in (Enquiry.objects.over(now), Enquiry.objects.without_their_date()):
        for enquiry_id in list(rows.order_by("pk").values_list("pk", flat=True)):
            enquiries.follow_date(enquiry_id=enquiry_id, now=now)
