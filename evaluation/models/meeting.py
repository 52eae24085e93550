"""Meetings of the partnership's learning and development subgroup: the days from which its first page counts."""

from django.conf import settings
from django.db import models

from evaluation.models.improvement import READERS


class MeetingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The partnership's officers and its subgroup."""
        if user.is_authenticated and user.is_active and user.has_role(*READERS):
            return self
        return self.none()

    def latest_first(self):
        return self.order_by("-held_on")


class Meeting(models.Model):
    """One meeting, on one day."""

    held_on = models.DateField("day of the meeting", unique=True)
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = MeetingQuerySet.as_manager()

    def __str__(self):
        return f"{self.held_on}"
