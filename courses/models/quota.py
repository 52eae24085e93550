"""SectorQuota: how many places of a conference one group of agencies may take until the places are opened to all."""

import pghistory
from django.db import models
from django.db.models import Q

from accounts.models import ReportingGroup


@pghistory.track(model_name="SectorQuotaHistory")
class SectorQuota(models.Model):
    """Rule B6 for a conference: a share for each group, instead of a cap for each agency."""

    event = models.ForeignKey("courses.Event", on_delete=models.CASCADE, related_name="quotas")
    group = models.CharField(max_length=20, choices=ReportingGroup)
    places = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "group"], name="one_quota_per_event_and_group"),
            models.CheckConstraint(condition=Q(group__in=ReportingGroup.values), name="quota_group_is_known"),
        ]

    def __str__(self):
        return f"{self.event}: {self.places} for {self.get_group_display()}"
