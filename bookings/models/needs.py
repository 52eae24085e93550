"""BookingNeeds: access and diet needs for one booking, kept apart from it and erased after the event (rule B22)."""

from django.db import models

from accounts.models import Role


class BookingNeedsQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The person's own, the event's trainers', and the workforce team's. Nobody else, booking contacts included."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM):
            return self
        return self.filter(
            models.Q(booking__practitioner__user=user)
            | models.Q(booking__event__sessions__trainer_assignments__trainer__practitioner__user=user)
        ).distinct()

    def expired(self, today):
        """For the sweep bookings.erase_expired_needs."""
        return self.filter(erase_on__lte=today)


class BookingNeeds(models.Model):
    """Health data: no history is kept of it, and it leaves with its date."""

    booking = models.OneToOneField("bookings.Booking", on_delete=models.CASCADE, related_name="needs")
    access = models.CharField("access needs", max_length=500, blank=True)
    diet = models.CharField("diet needs", max_length=300, blank=True)
    erase_on = models.DateField(db_index=True)

    objects = BookingNeedsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "booking needs"

    def __str__(self):
        return f"needs for {self.booking_id}"
