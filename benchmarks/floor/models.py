"""Two tables: dates with a counter, and who booked them."""

from django.db import models


class Date(models.Model):
    title = models.CharField(max_length=150)
    summary = models.CharField(max_length=200)
    venue = models.CharField(max_length=150)
    starts_at = models.DateTimeField(db_index=True)
    capacity = models.IntegerField()
    taken = models.IntegerField(default=0)


class Place(models.Model):
    date = models.ForeignKey(Date, on_delete=models.PROTECT, related_name="places")
    person = models.CharField(max_length=150)
    organisation = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default="CONFIRMED")
    booked_at = models.DateTimeField(auto_now_add=True, db_index=True)
