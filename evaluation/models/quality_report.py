"""QualityReport: one run of the report: what was asked, the figures as they stood, and the files made of them."""

from datetime import timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Role
from courses.models import Strand

CLAIM_LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 3
LONGEST_COMMENTARY = 6000


def strands_open_to(user) -> list[str]:
    """The strands this user may ask a report about: multi-agency, or those of the workforce team."""
    strands: list[str] = []
    if user.is_authenticated and user.has_role(Role.WORKFORCE_TEAM):
        strands += [Strand.CORE, Strand.STATUTORY, Strand.TRADED]
    if user.is_authenticated and user.has_role(Role.LSCP_OFFICER, Role.SUBGROUP_MEMBER):
        strands.append(Strand.MULTI_AGENCY)
    return strands


OWED = Q(state="PENDING") | Q(approved_at__isnull=False, circulated_at__isnull=True)
KEEP_FIGURES = """
    RAISE EXCEPTION 'the figures of report % are kept as they were', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
"""
KEEP_WORDS = """
    RAISE EXCEPTION 'report % is approved: what was written about it stays', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
"""


class QualityReportQuerySet(models.QuerySet):
    def owed(self, now):
        """Asked for and not compiled, or approved and not printed anew. For the sweep evaluation.build_owed_reports."""
        return self.filter(
            Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE), OWED, attempts__lt=MAX_ATTEMPTS
        )

    def ready(self):
        return self.filter(state=QualityReport.State.READY)

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
    commentary = models.TextField(max_length=LONGEST_COMMENTARY, blank=True, default="", db_default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    circulated_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was printed anew, with what the officers wrote."
    )

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
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False, state="READY"),
                name="a_ready_report_is_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(circulated_at__isnull=True) | Q(approved_at__isnull=False),
                name="a_circulated_report_is_approved",
            ),
        ]
        indexes = [
            # For the sweep evaluation.build_owed_reports.
            models.Index(fields=["requested_at"], condition=Q(state="PENDING"), name="owed_reports"),
            models.Index(
                fields=["approved_at"],
                condition=Q(approved_at__isnull=False, circulated_at__isnull=True),
                name="reports_to_print_anew",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="figures_of_a_ready_report_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("figures", "snapshot_at", "suppressed_cells"),
                condition=pgtrigger.Q(old__state="READY"),
                func=KEEP_FIGURES,
            ),
            pgtrigger.Trigger(
                name="words_of_an_approved_report_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("commentary", "approved_at", "approved_by_id"),
                condition=pgtrigger.Q(old__approved_at__isnull=False),
                func=KEEP_WORDS,
            ),
        ]

    def __str__(self):
        return f"{self.starts_on} to {self.ends_on}"

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None

    @property
    def waits_for_paper(self) -> bool:
        """Approved, and every attempt to print it anew is spent."""
        return self.is_approved and self.circulated_at is None and self.attempts >= MAX_ATTEMPTS
