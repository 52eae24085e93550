"""CheckInCode: the short code of one session by which people mark themselves as here."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q


class CheckInCodeQuerySet(models.QuerySet):
    def of_code(self, code: str):
        return self.filter(code=code.strip().upper())


@pghistory.track(model_name="CheckInCodeHistory")
class CheckInCode(models.Model):
    """Opens and closes with its session; the trainer may close it earlier."""

    session = models.OneToOneField("courses.Session", on_delete=models.CASCADE, related_name="check_in_code")
    code = models.CharField(max_length=8, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CheckInCodeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="check_in_closed_at_and_by_together",
            ),
        ]

    def __str__(self):
        return self.code
