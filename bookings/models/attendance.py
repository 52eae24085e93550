"""Attendance: the register, one row per booking and session."""

import pghistory
from django.conf import settings
from django.db import models
from django.utils import timezone

# On the register's page a choice of its own; in the database somebody who is present, with the time they came.
LATE = "LATE"


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
    # The form, or the set of marks of a phone, that wrote this row. Row history tells by it what was sent before.
    set_key = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "session"], name="one_mark_per_booking_and_session"),
        ]
        indexes = [models.Index(fields=["session"], name="attendance_by_session")]

    def __str__(self):
        return f"{self.booking_id} {self.session_id}: {self.mark}"

    @property
    def choice(self) -> str:
        """Which of the register's choices this mark is."""
        return choice_of(self)

    @property
    def at(self):
        """When the person came or left, where the mark says so."""
        return time_of(self)

    @property
    def version(self) -> str:
        """What a page shows of the mark. Pages send it back, so that a mark changed meanwhile is noticed."""
        return version_of(self.choice, self.at)


def choice_of(row) -> str:
    """Which of the register's choices a mark is, now or in its history."""
    return LATE if row.mark == Attendance.Mark.PRESENT and row.arrived_at else row.mark


def time_of(row):
    """When the person came or left, where a mark says so, now or in its history."""
    return row.left_at if row.mark == Attendance.Mark.LEFT_EARLY else row.arrived_at


def version_of(choice: str, at) -> str:
    """Return the mark and its time to the minute, in one word: `PRESENT`, `LATE@09:50`."""
    return f"{choice}@{timezone.localtime(at):%H:%M}" if choice and at else choice


def marks_over_time():
    """Every version of every mark that there has been, from row history."""
    return Attendance.pgh_event_model.objects.all()
