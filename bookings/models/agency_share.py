"""AgencyShare: how many places of a multi-agency event one agency has, and how many it may have (rule B6)."""

from django.db import models
from django.db.models import F, Q


class AgencyShare(models.Model):
    """One row for each agency that has had a place. Written only by bookings.actions.places, with the event's row in hand.

    It counts what the event's own counter counts: bookings that hold a place, offers, places without a name yet.
    """

    event = models.ForeignKey("courses.Event", on_delete=models.CASCADE, related_name="agency_shares")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    places_taken = models.PositiveIntegerField(default=0)
    most_places = models.PositiveIntegerField(
        null=True, blank=True, help_text="The cap when a place was last taken; empty where none applied."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "organisation"], name="one_share_per_event_and_agency"),
            models.CheckConstraint(
                condition=Q(most_places__isnull=True) | Q(places_taken__lte=F("most_places")),
                name="an_agency_keeps_to_its_share",
            ),
        ]

    def __str__(self):
        return f"{self.organisation_id} on {self.event_id}: {self.places_taken}"
