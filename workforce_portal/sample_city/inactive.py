"""Three people who were asked whether they still need their accounts, some days ago (rule B27)."""

from datetime import datetime, timedelta

from accounts.models import Partnership, Practitioner
from bookings import inactivity

ASKED_DAYS_AGO = (28, 20, 5)


def ask_inactive(*, as_of: datetime) -> None:
    """As the nightly sweep would have done; smaller cities may have fewer people who were never seen again."""
    owed = inactivity.to_be_asked(as_of, Partnership.objects.current()).order_by("last_active_at", "pk")
    first = list(owed.values_list("pk", flat=True)[: len(ASKED_DAYS_AGO)])
    for days, practitioner_id in zip(ASKED_DAYS_AGO, first, strict=False):
        Practitioner.objects.filter(pk=practitioner_id).update(inactive_asked_at=as_of - timedelta(days=days))
