"""Invoice: copied figures, gapless numbers, never edited once issued (DOMAIN 6.3; docs/decisions/0011).

The portal issues them and the council's ledger imports them. Whatever is wrong on an issued one is put right by a
credit note and, if need be, a new invoice.
"""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import Organisation, SpokenForQuerySet
from accounts.models.practitioner import REMOVED
from bookings.models.certificate import CLAIM_LEASE, MAX_ATTEMPTS
from courses.models import VatTreatment


class DocumentSeries(models.Model):
    """The last number given in one series. Its row is locked by whoever takes the next, so a number that is not
    issued after all is taken back with the rest of the transaction: no gap, no double."""

    prefix = models.CharField(max_length=12, unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "document series"

    def __str__(self):
        return f"{self.prefix}: {self.last_number}"


class InvoiceState(models.TextChoices):
    DRAFT = "DRAFT", "to be approved"
    APPROVED = "APPROVED", "issued"
    EXPORTED = "EXPORTED", "sent to the ledger"
    INVOICED = "INVOICED", "in the ledger"
    PART_PAID = "PART_PAID", "part paid"
    PAID = "PAID", "paid"
    DISPUTED = "DISPUTED", "disputed"
    CREDITED = "CREDITED", "credited"
    WRITTEN_OFF = "WRITTEN_OFF", "written off"


DUE_INVOICE_STATES = (
    InvoiceState.APPROVED,
    InvoiceState.EXPORTED,
    InvoiceState.INVOICED,
    InvoiceState.PART_PAID,
    InvoiceState.DISPUTED,
)
SETTLED_INVOICE_STATES = (InvoiceState.PAID, InvoiceState.CREDITED, InvoiceState.WRITTEN_OFF)
_PAYABLE = (InvoiceState.PART_PAID, InvoiceState.PAID, InvoiceState.CREDITED, InvoiceState.WRITTEN_OFF)

# Which state may follow which (trigger `invoices_move_by_the_rules`).
INVOICE_TRANSITIONS: dict[InvoiceState, tuple[InvoiceState, ...]] = {
    InvoiceState.DRAFT: (InvoiceState.APPROVED,),
    InvoiceState.APPROVED: (InvoiceState.EXPORTED, InvoiceState.DISPUTED, *_PAYABLE),
    InvoiceState.EXPORTED: (InvoiceState.INVOICED, InvoiceState.DISPUTED, *_PAYABLE),
    InvoiceState.INVOICED: (InvoiceState.DISPUTED, *_PAYABLE),
    InvoiceState.PART_PAID: (
        InvoiceState.PAID,
        InvoiceState.DISPUTED,
        InvoiceState.CREDITED,
        InvoiceState.WRITTEN_OFF,
        # A payment that was matched wrongly is taken back.
        InvoiceState.APPROVED,
        InvoiceState.EXPORTED,
        InvoiceState.INVOICED,
    ),
    InvoiceState.DISPUTED: (
        InvoiceState.APPROVED,
        InvoiceState.EXPORTED,
        InvoiceState.INVOICED,
        *_PAYABLE,
    ),
    InvoiceState.PAID: (
        InvoiceState.PART_PAID,
        InvoiceState.CREDITED,
        InvoiceState.APPROVED,
        InvoiceState.EXPORTED,
        InvoiceState.INVOICED,
    ),
    InvoiceState.WRITTEN_OFF: (InvoiceState.PART_PAID, InvoiceState.PAID, InvoiceState.CREDITED, InvoiceState.INVOICED),
}

# What an invoice prints, as columns. Frozen when it is issued, by the database.
PRINTED = (
    *("number", "kind", "organisation_id", "order_id", "issued_on", "due_on"),
    *("customer_name", "customer_address", "customer_reference", "customer_vat_number", "po_number", "cost_centre"),
    *("seller_name", "seller_address", "seller_vat_number", "how_to_pay", "net", "vat", "gross"),
)


def frozen(*columns):
    """The condition that one of these columns of an issued document would change."""
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return pgtrigger.Condition(f"OLD.number IS NOT NULL AND ({before}) IS DISTINCT FROM ({after})")


REFUSE_LINES_OF_ISSUED = """
    IF EXISTS (
        SELECT 1 FROM {table} document
        WHERE document.id = (CASE WHEN TG_OP = 'INSERT' THEN NEW.{column} ELSE OLD.{column} END)
        AND document.number IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the lines of an issued document stay as they are' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


class DocumentQuerySet(models.QuerySet):
    """What invoices and credit notes have in common: issued under a number, printed, handed to the ledger."""

    def issued(self):
        return self.filter(number__isnull=False)

    def to_export(self):
        """Issued, and in no file for the ledger yet."""
        return self.issued().filter(export__isnull=True)

    def without_file(self):
        """Issued, and not printed yet."""
        return self.issued().filter(file__isnull=True)

    def owing_their_file(self, now):
        """Not printed, in nobody's hands, and not tried too often. For the sweep bookings.build_owed_documents."""
        is_free = Q(print_claimed_at__isnull=True) | Q(print_claimed_at__lt=now - CLAIM_LEASE)
        return self.without_file().filter(is_free, print_attempts__lt=MAX_ATTEMPTS)

    def unprintable(self):
        """Could not be printed after several attempts; finance sees them."""
        return self.without_file().filter(print_attempts__gte=MAX_ATTEMPTS)


class InvoiceQuerySet(SpokenForQuerySet, DocumentQuerySet):
    def drafts(self):
        return self.filter(state=InvoiceState.DRAFT)

    def due(self):
        """Issued, and something is still to be paid."""
        return self.filter(state__in=DUE_INVOICE_STATES)

    def overdue(self, day):
        return self.due().filter(due_on__lt=day)

    def with_words_from_before(self, day):
        """Settled, issued before that day, and an address or what somebody wrote about them stands there still.

        For the sweep bookings.forget_who_bought.
        """
        settled = self.filter(state__in=SETTLED_INVOICE_STATES, issued_on__lt=day)
        return settled.filter(~Q(customer_email="") | ~Q(dispute_reason__in=["", REMOVED]))

    def lacking_details(self):
        """Drafts that cannot be issued: whoever pays has no address, or no cost centre where it is recharged.

        As `why_not_approve` in bookings/actions/invoices.py, for all of them in one question.
        """
        payer = Coalesce("organisation__payer", "organisation")
        drafts = self.drafts().annotate(paying=payer)
        without_address = Organisation.objects.filter(pk=OuterRef("paying"), invoice_address="")
        without_centre = Organisation.objects.filter(pk=OuterRef("paying"), cost_centre="")
        is_by_card = Q(order__isnull=False, order__payment_method="CARD")
        return drafts.filter(
            (Q(kind="INVOICE") & ~is_by_card & Exists(without_address))
            | (Q(kind="RECHARGE") & (Q(order__isnull=True) | Q(order__cost_centre="")) & Exists(without_centre))
        )

    def with_facts(self):
        return self.select_related("organisation__payer", "order")

    def shown_to_contacts(self):
        """Whatever was issued."""
        return self.issued()


# What is not printed, and is about people, is kept once, on the row, and not in its history.
@pghistory.track(model_name="InvoiceHistory", exclude=["customer_email", "dispute_reason"])
class Invoice(models.Model):
    """A demand for payment. As a draft it has no number and may be thrown away; issued, it stays for ever."""

    class Kind(models.TextChoices):
        INVOICE = "INVOICE", "invoice"
        RECHARGE = "RECHARGE", "internal recharge"

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INVOICE)
    number = models.CharField(max_length=24, unique=True, null=True, blank=True)
    series = models.ForeignKey(DocumentSeries, on_delete=models.PROTECT, null=True, blank=True, related_name="invoices")
    number_in_series = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=11, choices=InvoiceState, default=InvoiceState.DRAFT)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="invoices")
    order = models.ForeignKey(
        "bookings.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    issued_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)

    customer_name = models.CharField(max_length=200, blank=True)
    customer_address = models.TextField(blank=True)
    customer_email = models.EmailField(max_length=254, blank=True)
    customer_reference = models.CharField(max_length=50, blank=True)
    customer_vat_number = models.CharField(max_length=20, blank=True)
    po_number = models.CharField(max_length=40, blank=True)
    cost_centre = models.CharField(max_length=40, blank=True)
    seller_name = models.CharField(max_length=200, blank=True)
    seller_address = models.TextField(blank=True)
    seller_vat_number = models.CharField(max_length=20, blank=True)
    how_to_pay = models.TextField(blank=True)
    net = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    vat = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    gross = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    # Written only with the row in hand, by the actions about credit notes and payments.
    amount_credited = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    amount_paid = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    amount_written_off = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)

    external_ref = models.CharField("number in the council's ledger", max_length=60, blank=True)
    export = models.ForeignKey(
        "bookings.LedgerExport", on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    drafted_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    disputed_at = models.DateTimeField(null=True, blank=True)
    disputed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    dispute_reason = models.CharField(max_length=500, blank=True)
    written_off_reason = models.CharField(max_length=300, blank=True)
    # Where the printing stands; see bookings.tasks.build_document.
    print_claimed_at = models.DateTimeField(null=True, blank=True)
    print_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="invoice_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="DRAFT", number__isnull=True)
                | Q(
                    number__isnull=False,
                    series__isnull=False,
                    number_in_series__isnull=False,
                    issued_on__isnull=False,
                    due_on__isnull=False,
                    approved_at__isnull=False,
                )
                & ~Q(state="DRAFT"),
                name="an_issued_invoice_has_a_number_and_a_date",
            ),
            models.UniqueConstraint(fields=["series", "number_in_series"], name="one_invoice_per_number"),
            # What becomes owed meanwhile is added to the draft that waits.
            models.UniqueConstraint(fields=["order"], condition=Q(state="DRAFT"), name="one_draft_per_order"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state="DRAFT", order__isnull=True),
                name="one_draft_of_charges_per_organisation",
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="an_invoice_adds_up"),
            models.CheckConstraint(
                condition=Q(amount_credited__gte=0, amount_credited__lte=F("gross")),
                name="no_more_is_credited_than_was_invoiced",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_paid__gte=0, amount_paid__lte=F("gross") - F("amount_credited") - F("amount_written_off")
                ),
                name="no_more_is_paid_than_is_owed",
            ),
            models.CheckConstraint(
                condition=Q(amount_written_off__gte=0) & (Q(amount_written_off=0) | ~Q(written_off_reason="")),
                name="what_is_written_off_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="DISPUTED") | (Q(disputed_at__isnull=False) & ~Q(dispute_reason="")),
                name="a_disputed_invoice_says_why_and_when",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(approved_at__isnull=False),
                name="invoice_approved_by_needs_approved_at",
            ),
            models.CheckConstraint(
                condition=Q(disputed_by__isnull=True) | Q(disputed_at__isnull=False),
                name="invoice_disputed_by_needs_disputed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-issued_on"], name="invoices_of_an_organisation"),
            models.Index(fields=["state", "due_on"], name="invoices_by_state"),
            models.Index(fields=["order"], name="invoices_of_an_order"),
            # What the finance desk exports next.
            models.Index(
                fields=["id"], condition=Q(number__isnull=False, export__isnull=True), name="invoices_to_export"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="invoices_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in INVOICE_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Protect(
                name="issued_invoices_stay_as_they_are", operation=pgtrigger.Update, condition=frozen(*PRINTED)
            ),
            pgtrigger.Protect(
                name="issued_invoices_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__number__isnull=False),
            ),
        ]

    def __str__(self):
        return self.number or f"draft {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.state == InvoiceState.DRAFT

    @property
    def is_disputed(self) -> bool:
        return self.state == InvoiceState.DISPUTED

    @property
    def is_recharge(self) -> bool:
        return self.kind == Invoice.Kind.RECHARGE

    @property
    def outstanding(self):
        """Pounds still to be paid."""
        return self.gross - self.amount_credited - self.amount_paid - self.amount_written_off


class InvoiceLine(models.Model):
    """One place, course or charge on an invoice, in the words and figures that are printed."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    # What it is for: a line of an order, or a charge for a place that cost nothing.
    order_line = models.ForeignKey(
        "bookings.OrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    charge = models.ForeignKey(
        "bookings.ChargeNotice", on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    description = models.CharField(max_length=400)
    vat_treatment = models.CharField(max_length=13, choices=VatTreatment)
    vat_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    net = models.DecimalField(max_digits=8, decimal_places=2)
    vat = models.DecimalField(max_digits=8, decimal_places=2)
    gross = models.DecimalField(max_digits=8, decimal_places=2)
    # Written by the action that issues a credit note, with the invoice's row in hand.
    amount_credited = models.DecimalField(max_digits=8, decimal_places=2, default=0, db_default=0)
    is_live = models.BooleanField(default=True, db_default=True, help_text="Not credited in full.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="one_invoice_line_per_position"),
            models.UniqueConstraint(
                fields=["order_line"], condition=Q(is_live=True), name="an_order_line_is_invoiced_once"
            ),
            models.UniqueConstraint(fields=["charge"], condition=Q(is_live=True), name="a_charge_is_invoiced_once"),
            models.CheckConstraint(condition=Q(net__gt=0, vat__gte=0), name="an_invoice_line_is_above_zero"),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="an_invoice_line_adds_up"),
            models.CheckConstraint(
                condition=Q(vat=0) | Q(vat_treatment="STANDARD"), name="invoice_vat_is_at_the_standard_rate"
            ),
            models.CheckConstraint(
                condition=Q(amount_credited__gte=0, amount_credited__lte=F("gross"))
                & (Q(is_live=True, amount_credited__lt=F("gross")) | Q(is_live=False, amount_credited=F("gross"))),
                name="a_line_is_credited_once",
            ),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False) | Q(charge__isnull=False),
                name="an_invoice_line_is_for_something",
            ),
        ]
        indexes = [models.Index(fields=["charge"], name="invoice_lines_of_a_charge")]
        triggers = [
            pgtrigger.Trigger(
                name="lines_of_issued_invoices_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Delete,
                func=REFUSE_LINES_OF_ISSUED.format(table="bookings_invoice", column="invoice_id"),
            ),
            pgtrigger.Protect(
                name="invoice_lines_stay_as_they_are",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    *("invoice", "order_line", "charge", "description", "vat_treatment", "vat_percent"),
                    *("net", "vat", "gross"),
                ),
            ),
        ]

    def __str__(self):
        return self.description
