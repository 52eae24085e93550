"""Credit note: takes back an invoice, whole or in part; and the printed file of either, apart from the row."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Role
from bookings.models.invoice import (
    REFUSE_LINES_OF_ISSUED,
    DocumentQuerySet,
    DocumentSeries,
    Invoice,
    InvoiceLine,
    frozen,
)


class CreditNoteQuerySet(DocumentQuerySet):
    def drafts(self):
        """Written because something is no longer owed, for finance to look at."""
        return self.filter(number__isnull=True)

    def with_facts(self):
        return self.select_related("invoice__organisation", "invoice__order")

    def visible_to(self, user):
        """As its invoice; contacts see issued ones."""
        seen = self.filter(invoice__in=Invoice.objects.visible_to(user))
        if user.is_authenticated and user.has_role(Role.FINANCE, Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return seen
        return seen.issued()


@pghistory.track(model_name="CreditNoteHistory")
class CreditNote(models.Model):
    """Takes back an invoice, whole or in part, and says why."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    number = models.CharField(max_length=24, unique=True, null=True, blank=True)
    series = models.ForeignKey(
        DocumentSeries, on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    number_in_series = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=300)
    net = models.DecimalField(max_digits=10, decimal_places=2)
    vat = models.DecimalField(max_digits=10, decimal_places=2)
    gross = models.DecimalField(max_digits=10, decimal_places=2)
    issued_on = models.DateField(null=True, blank=True)
    # The form that made it; a second press of the same button finds the first note.
    idempotency_key = models.UUIDField(unique=True, editable=False)
    export = models.ForeignKey(
        "bookings.LedgerExport", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    drafted_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    print_claimed_at = models.DateTimeField(null=True, blank=True)
    print_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = CreditNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(gross__gt=0, gross=F("net") + F("vat")), name="a_credit_note_adds_up"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_credit_note_says_why"),
            models.CheckConstraint(
                condition=Q(number__isnull=True)
                | Q(
                    series__isnull=False,
                    number_in_series__isnull=False,
                    issued_on__isnull=False,
                    approved_at__isnull=False,
                ),
                name="an_issued_credit_note_has_a_number_and_a_date",
            ),
            models.UniqueConstraint(fields=["series", "number_in_series"], name="one_credit_note_per_number"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(approved_at__isnull=False),
                name="credit_note_approved_by_needs_approved_at",
            ),
        ]
        indexes = [
            models.Index(fields=["invoice"], name="credit_notes_of_an_invoice"),
            models.Index(
                fields=["id"], condition=Q(number__isnull=False, export__isnull=True), name="credit_notes_to_export"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="issued_credit_notes_stay_as_they_are",
                operation=pgtrigger.Update,
                condition=frozen("number", "invoice_id", "reason", "net", "vat", "gross", "issued_on"),
            ),
            pgtrigger.Protect(
                name="issued_credit_notes_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__number__isnull=False),
            ),
        ]

    def __str__(self):
        return self.number or f"draft credit note {self.pk}"


class CreditNoteLine(models.Model):
    """How much of one line of the invoice is taken back."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.CASCADE, related_name="lines")
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credits")
    net = models.DecimalField(max_digits=8, decimal_places=2)
    vat = models.DecimalField(max_digits=8, decimal_places=2)
    gross = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credit_note", "invoice_line"], name="one_credit_line_per_invoice_line"),
            models.CheckConstraint(condition=Q(gross__gt=0, gross=F("net") + F("vat")), name="a_credit_line_adds_up"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="lines_of_issued_credit_notes_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=REFUSE_LINES_OF_ISSUED.format(table="bookings_creditnote", column="credit_note_id"),
            ),
        ]

    def __str__(self):
        return f"{self.gross} of {self.invoice_line_id}"


class DocumentFile(models.Model):
    """The printed PDF of an invoice or a credit note, apart from the row that lists read."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="file")
    credit_note = models.OneToOneField(CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="file")
    content = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, credit_note__isnull=True)
                | Q(invoice__isnull=True, credit_note__isnull=False),
                name="a_document_file_is_of_one_document",
            ),
        ]
        triggers = [pgtrigger.Protect(name="document_files_stay", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"file of {self.invoice_id or self.credit_note_id}"
