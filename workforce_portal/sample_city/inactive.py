"""Who has signed in when, and three people who were asked whether they still need their accounts (rule B27)."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value

from accounts.models import Partnership, Practitioner, User
from bookings import inactivity

# One account in so many was never used; of the others each was here within these days.
NEVER_USED, SEEN_WITHIN_DAYS = 40, 600
ASKED_DAYS_AGO = (28, 20, 5)


def sign_in_and_ask(*, as_of: datetime) -> None:
    """As the years and the nightly sweep would have left it. Smaller cities may have fewer people whom nobody needs."""
    days_ago = ExpressionWrapper(
        (F("pk") * 37 % SEEN_WITHIN_DAYS) * Value(timedelta(days=1)), output_field=DurationField()
    )
    seen_at = ExpressionWrapper(Value(as_of) - days_ago, output_field=DateTimeField())
    users = User.objects.annotate(lot=F("pk") % NEVER_USED).exclude(lot=0)
    users.filter(joined_at__lt=seen_at).update(last_login=seen_at)
    owed = inactivity.to_be_asked(as_of, Partnership.objects.current()).order_by("last_active_at", "pk")
    first = list(owed.values_list("pk", flat=True)[: len(ASKED_DAYS_AGO)])
    for days, practitioner_id in zip(ASKED_DAYS_AGO, first, strict=False):
        Practitioner.objects.filter(pk=practitioner_id).update(inactive_asked_at=as_of - timedelta(days=days))
