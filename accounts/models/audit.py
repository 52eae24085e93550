"""AuditEntry: what no row history shows: sign-ins, exports, overrides with their reason, named records looked at."""

import pgtrigger
from django.db import models


class AuditEntryQuerySet(models.QuerySet):
    def about(self, subject: str):
        return self.filter(subject=subject)


class AuditEntry(models.Model):
    """Append-only. Holds ids and no names, so that erasing a person needs no rewriting here."""

    append_only = True

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True, blank=True, help_text="The account's number; empty for the system.")
    verb = models.CharField(max_length=60, help_text="What was done, for example `report.export`.")
    subject = models.CharField(max_length=100, help_text="What it was done to, for example `booking:812`.")
    detail = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=36, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_by_subject"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]
        triggers = [
            pgtrigger.Protect(name="audit_entries_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.verb} {self.subject}"
