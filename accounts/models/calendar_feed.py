"""CalendarFeed: the private address from which a person's calendar program reads their dates."""

import pghistory
from django.db import models
from django.db.models import Q


class CalendarFeedQuerySet(models.QuerySet):
    def live(self):
        return self.filter(revoked_at__isnull=True, practitioner__user__is_active=True)


@pghistory.track(model_name="CalendarFeedHistory", exclude=["token_digest"])
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
