"""Venue: where people meet, and what they need to know to get in."""

from django.db import models


class Venue(models.Model):
    """An address with its access facts. Rooms are written in `room_notes`; capacity is the largest room's."""

    name = models.CharField(max_length=150, unique=True)
    address = models.TextField()
    postcode = models.CharField(max_length=10, blank=True)
    capacity = models.PositiveIntegerField("people in the largest room", null=True, blank=True)
    room_notes = models.CharField(max_length=300, blank=True)
    is_step_free = models.BooleanField("step-free", default=False)
    has_hearing_loop = models.BooleanField("hearing loop", default=False)
    has_accessible_toilet = models.BooleanField("accessible toilet", default=False)
    has_prayer_space = models.BooleanField("prayer space", default=False)
    parking = models.CharField(max_length=200, blank=True)
    nearest_stop = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self):
        return self.name
