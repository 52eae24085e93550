"""Heartbeat: when beat last asked and a worker last answered; read by /readyz."""

from django.db import models


class Heartbeat(models.Model):
    """One row per part of the background machinery, rewritten at every beat."""

    PARTS = ("beat", "worker")

    part = models.CharField(max_length=30, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self):
        return f"{self.part} at {self.beat_at:%H:%M:%S}"
