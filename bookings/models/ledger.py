"""Files that go to the council's ledger and come back from it: each kept as it was, so that a figure can be followed."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class LedgerExport(models.Model):
    """What was handed to the ledger at one time: invoices, credit notes and refunds, each in one export only."""

    reference = models.CharField(max_length=12, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.UUIDField(unique=True, editable=False)
    invoice_count = models.PositiveIntegerField(default=0)
    credit_note_count = models.PositiveIntegerField(default=0)
    refund_count = models.PositiveIntegerField(default=0)
    total = models.DecimalField(max_digits=12, decimal_places=2, default=0, help_text="Invoices less credit notes.")

    class Meta:
        indexes = [models.Index(fields=["-made_at"], name="ledger_exports_by_time")]

    def __str__(self):
        return self.reference


class LedgerImport(models.Model):
    """A file of the ledger that says what was raised there and what was paid."""

    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the file: the same file counts once.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["-made_at"], name="ledger_imports_by_time")]

    def __str__(self):
        return self.file_name


class LedgerImportRow(models.Model):
    """One line of such a file and what became of it."""

    class Outcome(models.TextChoices):
        RAISED = "RAISED", "noted as raised"
        MATCHED = "MATCHED", "paid an invoice"
        ON_ACCOUNT = "ON_ACCOUNT", "kept on account"
        UNMATCHED = "UNMATCHED", "belongs to nothing we know"
        KNOWN = "KNOWN", "was imported before"

    ledger_import = models.ForeignKey(LedgerImport, on_delete=models.PROTECT, related_name="rows")
    line_number = models.PositiveIntegerField()
    document_number = models.CharField(max_length=60, blank=True)
    ledger_reference = models.CharField(max_length=60, blank=True)
    paid_on = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    words = models.CharField(max_length=300, blank=True)
    payment = models.ForeignKey(
        "bookings.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="import_rows"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ledger_import", "line_number"], name="one_row_per_line_of_a_file"),
            models.CheckConstraint(
                condition=~Q(outcome__in=["MATCHED", "ON_ACCOUNT"]) | Q(payment__isnull=False),
                name="an_imported_payment_is_kept",
            ),
        ]

    def __str__(self):
        return f"{self.document_number}: {self.outcome}"
