"""QualityReport: one run of the report: what was asked, the figures as they stood, and the files made of them."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Role
from courses.models import Strand

CLAIM_LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 3


def strands_open_to(user) -> list[str]:
    """The strands this user may ask a report about: multi-agency, or those of the workforce team."""
    strands: list[str] = []
    if user.is_authenticated and user.has_role(Role.WORKFORCE_TEAM):
        strands += [Strand.CORE, Strand.STATUTORY, Strand.TRADED]
    if user.is_authenticated and user.has_role(Role.LSCP_OFFICER, Role.SUBGROUP_MEMBER):
        strands.append(Strand.MULTI_AGENCY)
    return strands


class QualityReportQuerySet(models.QuerySet):
    def owed(self, now):
        """Asked for and not compiled. For the sweep evaluation.build_owed_reports."""
        return self.filter(
            Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE),
            state=QualityReport.State.PENDING,
            attempts__lt=MAX_ATTEMPTS,
        )

    def visible_to(self, user):
        """Multi-agency reports: LSCP officers and the subgroup. The workforce team: reports of its own strands."""
        return self.filter(strands__contained_by=strands_open_to(user))

    def without_documents(self):
        """For lists: without figures and files, which are large."""
        return self.defer("figures", "pdf")

    def spent(self, now):
        """Tried as often as we try, and in nobody's hands."""
        return self.filter(state=QualityReport.State.PENDING, attempts__gte=MAX_ATTEMPTS).filter(
            Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE)
        )


class QualityReport(models.Model):
    """Reproducible: the numbers are stored, not only the question. Figures are already suppressed when stored."""

    class State(models.TextChoices):
        PENDING = "PENDING", "being compiled"
        READY = "READY", "ready"
        FAILED = "FAILED", "could not be compiled"

    starts_on = models.DateField("from")
    ends_on = models.DateField("to", help_text="The last day counted.")
    strands = ArrayField(models.CharField(max_length=15, choices=Strand))
    filters = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    definitions_version = models.CharField(max_length=20)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    snapshot_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    suppressed_cells = models.PositiveIntegerField(default=0)
    pdf = models.BinaryField(null=True, blank=True)

    objects = QualityReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="a_report_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(strands__len__gt=0), name="a_report_is_about_some_strand"),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(snapshot_at__isnull=False), name="a_ready_report_has_a_snapshot"
            ),
        ]
        indexes = [
            # For the sweep evaluation.build_owed_reports.
            models.Index(fields=["requested_at"], condition=Q(state="PENDING"), name="owed_reports"),
        ]

    def __str__(self):
        return f"{self.starts_on} to {self.ends_on}"
