"""A person's private calendar address: make one, or switch it off."""

import secrets
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import CalendarFeed, Practitioner, User
from accounts.models.calendar_feed import digest_of

TOKEN_BYTES = 32  # 256 bits


@transaction.atomic
def renew(*, practitioner: Practitioner, by: User, now: datetime) -> str:
    """Make a new address and return its secret, which is shown once and kept nowhere; the old one opens nothing more."""
    # Whoever presses twice at once waits here: one address lives, the later one.
    Practitioner.objects.select_for_update(of=("self",), no_key=True).get(pk=practitioner.pk)
    practitioner.calendar_feeds.filter(revoked_at__isnull=True).update(revoked_at=now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed.objects.create(practitioner=practitioner, token_digest=digest_of(token), made_at=now)
    audit.record(by=by, verb="calendar_feed.renew", subject=f"calendar_feed:{feed.pk}", now=now)
    return token


@transaction.atomic
def switch_off(*, practitioner: Practitioner, by: User, now: datetime) -> bool:
    """Close the address; there may be none any more, which is not an error."""
    revoked = practitioner.calendar_feeds.filter(revoked_at__isnull=True).update(revoked_at=now)
    if revoked:
        audit.record(by=by, verb="calendar_feed.switch_off", subject=f"practitioner:{practitioner.pk}", now=now)
    return bool(revoked)
