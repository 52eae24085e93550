"""Attendance: the register, one row per booking and session."""

import pghistory
from django.conf import settings
from django.db import models


@pghistory.track(model_name="AttendanceHistory")
class Attendance(models.Model):
    """Marks per session; together they decide the booking's outcome (rules B14 to B16)."""

    class Mark(models.TextChoices):
        PRESENT = "PRESENT", "present"
        LEFT_EARLY = "LEFT_EARLY", "left early"
        ABSENT = "ABSENT", "absent"
        TURNED_AWAY = "TURNED_AWAY", "turned away"

    booking = models.ForeignKey("bookings.Booking", on_delete=models.CASCADE, related_name="attendances")
    session = models.ForeignKey("courses.Session", on_delete=models.PROTECT, related_name="attendances")
    mark = models.CharField(max_length=12, choices=Mark)
    marked_at = models.DateTimeField()
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "session"], name="one_mark_per_booking_and_session"),
        ]
        indexes = [models.Index(fields=["session"], name="attendance_by_session")]

    def __str__(self):
        return f"{self.booking_id} {self.session_id}: {self.mark}"
