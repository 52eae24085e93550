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

    class How(models.TextChoices):
        TRAINER = "TRAINER", "marked by the trainer"
        CHECK_IN = "CHECK_IN", "checked in themselves"
        STAFF = "STAFF", "marked by the team"

    booking = models.ForeignKey("bookings.Booking", on_delete=models.CASCADE, related_name="attendances")
    session = models.ForeignKey("courses.Session", on_delete=models.PROTECT, related_name="attendances")
    mark = models.CharField(max_length=12, choices=Mark)
    how = models.CharField(max_length=10, choices=How, default=How.TRAINER, db_default=How.TRAINER)
    arrived_at = models.DateTimeField(null=True, blank=True, help_text="If later than the start (rule B14).")
    left_at = models.DateTimeField(null=True, blank=True, help_text="If earlier than the end (rule B15).")
    marked_at = models.DateTimeField()
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "session"], name="one_mark_per_booking_and_session"),
        ]
        indexes = [models.Index(fields=["session"], name="attendance_by_session")]

    def __str__(self):
        return f"{self.booking_id} {self.session_id}: {self.mark}"
