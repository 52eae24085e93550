"""When offers of the waiting list begin and end (domain description 5.5): to the full hour, and none near the date."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Partnership
from courses.models import Event
from courses.working_days import start_of_day, working_days_before


def start_of(*, event: Event) -> datetime:
    """Return when the date begins; only dates that have a beginning have a waiting list."""
    if event.starts_at is None:
        raise ValueError(f"{event.reference} has no session.")
    return event.starts_at


def offers_stop_at(*, event: Event, partnership: Partnership | None = None) -> datetime:
    """Return from when on nothing is offered by itself: some working days before the date."""
    partnership = partnership or Partnership.objects.current()
    starts_on = timezone.localtime(event.starts_at).date()
    return start_of_day(working_days_before(starts_on, partnership.offer_cutoff_days))


def first_to_answer_at(*, event: Event, partnership: Partnership | None = None) -> datetime:
    """Return from when on free places go to whoever books first."""
    partnership = partnership or Partnership.objects.current()
    return start_of(event=event) - timedelta(hours=partnership.first_to_answer_hours)


def offer_ends_at(*, event: Event, now: datetime) -> datetime:
    """Return until when an offer made now stands: to the full hour, shorter near the date, never past its beginning."""
    partnership = Partnership.objects.current()
    starts_on = timezone.localtime(event.starts_at).date()
    is_near = now >= start_of_day(working_days_before(starts_on, partnership.offer_near_days))
    end = now + timedelta(hours=partnership.offer_hours_near if is_near else partnership.offer_hours)
    full_hour = end.replace(minute=0, second=0, microsecond=0)
    return min(full_hour if full_hour == end else full_hour + timedelta(hours=1), start_of(event=event))
