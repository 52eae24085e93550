"""CalendarFeed: the private address from which a person's calendar program reads their dates."""

import hashlib
from datetime import timedelta

import pghistory
from django.db import models
from django.db.models import Q

# How exactly it is kept when a program last read it: programs come every few minutes.
READ_NOTED_EVERY = timedelta(hours=1)


class CalendarFeedQuerySet(models.QuerySet):
    def live(self):
        return self.filter(revoked_at__isnull=True, practitioner__user__is_active=True)

    def opened_by(self, token: str):
        """The live feed that this secret opens. Only digests are compared, so the time it takes tells nothing."""
        return self.live().filter(token_digest=digest_of(token))

    def note_reading(self, now):
        """Keep when it was read, once an hour at most."""
        unread = Q(last_read_at__isnull=True) | Q(last_read_at__lt=now - READ_NOTED_EVERY)
        return self.filter(unread).update(last_read_at=now)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pghistory.track(model_name="CalendarFeedHistory", exclude=["token_digest", "last_read_at"])
class CalendarFeed(models.Model):
    """Only a digest of the secret is kept: the address is shown once, and a new one revokes the old."""

    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.CASCADE, related_name="calendar_feeds")
    token_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner"], condition=Q(revoked_at__isnull=True), name="one_live_feed_per_practitioner"
            ),
        ]

    def __str__(self):
        return f"calendar of {self.practitioner_id}"
