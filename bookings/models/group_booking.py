"""GroupBooking: places of one event that an organisation holds, some without a name yet."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation, Role


class GroupBookingQuerySet(models.QuerySet):
    def with_unnamed_places(self):
        return self.filter(places_unnamed__gt=0)

    def past_their_day(self, now):
        """Places that nobody named in time. For the sweep bookings.release_unnamed."""
        return self.with_unnamed_places().filter(name_by__lte=now)

    def with_event_facts(self):
        return self.select_related("event__version__course", "event__venue", "offer", "organisation", "contact__user")

    def visible_to(self, user):
        """Those of organisations one speaks for; staff see all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return self
        return self.filter(organisation__in=Organisation.objects.spoken_for_by(user))


@pghistory.track(model_name="GroupBookingHistory")
class GroupBooking(models.Model):
    """Belongs to the organisation, not to whoever pressed the button. Named places are bookings that point here.

    `places_unnamed` uses places of the event as bookings do; written only by bookings.actions.places.
    """

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: G-7K2M4Q.")
    event = models.ForeignKey("courses.Event", on_delete=models.PROTECT, related_name="group_bookings")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="group_bookings")
    offer = models.ForeignKey("courses.Offer", on_delete=models.PROTECT, related_name="group_bookings")
    policy = models.ForeignKey("courses.ChargingPolicy", on_delete=models.PROTECT, related_name="group_bookings")
    price = models.DecimalField("price of one place", max_digits=8, decimal_places=2)
    terms_accepted_at = models.DateTimeField()
    free_cancel_until = models.DateTimeField()
    places_booked = models.PositiveSmallIntegerField(help_text="Places at first, named and unnamed.")
    places_unnamed = models.PositiveSmallIntegerField(default=0)
    places_released = models.PositiveSmallIntegerField(
        default=0, help_text="Given back by the contact, or on the day by which they should have had a name."
    )
    name_by = models.DateTimeField(null=True, blank=True)
    contact = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, related_name="group_bookings", help_text="Gets the letters."
    )
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    objects = GroupBookingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(places_unnamed=0) | Q(name_by__isnull=False), name="unnamed_places_have_a_day_to_name_them"
            ),
            models.CheckConstraint(
                condition=Q(places_booked__gte=models.F("places_unnamed") + models.F("places_released")),
                name="named_and_unnamed_places_are_those_booked",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-booked_at"], name="group_bookings_of_an_agency"),
            # For the sweeps that ask for names and give places back.
            models.Index(fields=["name_by"], condition=Q(places_unnamed__gt=0), name="group_bookings_to_name"),
        ]

    def __str__(self):
        return self.reference
