"""What places that cost something were sold as: orders, invoices and what was paid, as the desk would have left them.

Finance approves on Fridays, hands the month to the ledger on the first of the next, and most agencies pay in time. What
became owed since last Friday waits as a draft. Charges for free places go out once a month.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone

from accounts.models import Organisation, Partnership, Sector
from bookings.actions import documents
from bookings.models import (
    DocumentSeries,
    Invoice,
    InvoiceLine,
    LedgerExport,
    Order,
    OrderLine,
    Payment,
    PaymentAllocation,
)
from bookings.models.booking import TOOK_PART_STATES
from bookings.models.charge import ChargeNotice
from bookings.models.invoice import DUE_INVOICE_STATES
from bookings.quoting import is_invoiced_early
from courses.models import VatTreatment
from courses.money import NOTHING, vat_on
from courses.pricing import WHY_CHARGED
from courses.working_days import BRITISH_TIME
from workforce_portal.sample_city.bookings import Place, reference_of
from workforce_portal.sample_city.copying import Table, Tables, count_on_after
from workforce_portal.sample_city.dates import PlannedEvent
from workforce_portal.sample_city.people import Person

FRIDAY, FORTNIGHT = 4, timedelta(days=14)
VAT_PERCENT = Decimal(20)
# Agencies whose own rules ask for a number before they pay.
WANTS_A_NUMBER = (Sector.SCHOOL_ACADEMY, Sector.SCHOOL_MAT, Sector.HEALTH_TRUST)
WANT_ONE_TOO = ("A19",)
# Of a hundred invoices, so many are paid in full, in part, disputed, or not at all.
PAID, PART, DISPUTED, UNPAID = range(4)
FATES, FATE_WEIGHTS = (PAID, PART, DISPUTED, UNPAID), (93, 2, 2, 3)
GIVEN_UP_AFTER = timedelta(days=400)
IN_THE_LEDGER_AFTER = timedelta(days=2)
ENDED = {"CANCELLED": "Cancelled", "CANCELLED_BY_PROVIDER": "Cancelled by us"}


def give_invoice_details() -> None:
    """Where each agency wants its invoices; the council's own services are recharged to their cost centres."""
    council = Organisation.objects.filter(code="P01") | Organisation.objects.filter(parent__code="P01")
    council.update(is_recharged=True, cost_centre=Concat(Value("CC-"), F("code")))
    outside = Organisation.objects.filter(code__isnull=False, is_recharged=False)
    outside.update(
        invoice_address=Value("Accounts office\nAiredon AD1 2BC"),
        invoice_email=Concat(Value("accounts@"), Lower("code"), Value(".example.org")),
        finance_reference=Concat(Value("C-"), F("code")),
    )
    wanting = outside.filter(sector__in=WANTS_A_NUMBER) | outside.filter(code__in=WANT_ONE_TOO)
    wanting.update(is_purchase_order_required=True)


class Item(NamedTuple):
    """One line of an invoice."""

    order_line: int | None
    charge: int | None
    description: str
    vat_treatment: str
    vat_percent: Decimal
    net: Decimal
    vat: Decimal


@dataclass(slots=True)
class Bill:
    """One invoice before its number is known. `issued_at` is None for a draft."""

    organisation_id: int
    order_id: int | None
    drafted_at: datetime
    issued_at: datetime | None
    po_number: str = ""
    items: list[Item] = field(default_factory=list)
    state: str = "DRAFT"
    paid: Decimal = NOTHING
    paid_at: datetime | None = None
    written_off: Decimal = NOTHING

    @property
    def gross(self) -> Decimal:
        return sum((item.net + item.vat for item in self.items), NOTHING)


class SalesTables:
    """The tables of money. Lines come before their invoices: those of an issued one are closed."""

    def __init__(self) -> None:
        self.orders = Table(
            Order, "id", "reference", "organisation_id", "contact_id", "source", "state", "charging_category",
            "payment_method", "po_number", "po_status", "cost_centre", "idempotency_key", "created_at", "created_by_id",
            "placed_at", "placed_by_id",
        )  # fmt: skip
        self.lines = Table(
            OrderLine, "id", "order_id", "state", "event_id", "offer_id", "description", "list_price", "price_reason",
            "vat_treatment", "vat_percent", "net", "vat", "gross", "sold_at", "settled_at", "settled_reason",
        )  # fmt: skip
        self.invoice_lines = Table(
            InvoiceLine, "invoice_id", "position", "order_line_id", "charge_id", "description", "vat_treatment",
            "vat_percent", "net", "vat", "gross",
        )  # fmt: skip
        self.invoices = Table(
            Invoice, "id", "kind", "number", "series_id", "number_in_series", "state", "organisation_id", "order_id",
            "issued_on", "due_on", "customer_name", "customer_address", "customer_email", "customer_reference",
            "customer_vat_number", "po_number", "cost_centre", "seller_name", "seller_address", "seller_vat_number",
            "how_to_pay", "net", "vat", "gross", "amount_paid", "amount_written_off", "external_ref", "export_id",
            "drafted_at", "approved_at", "approved_by_id", "disputed_at", "dispute_reason", "written_off_reason",
        )  # fmt: skip
        self.payments = Table(
            Payment, "id", "reference", "kind", "state", "organisation_id", "amount", "received_on", "ledger_reference",
            "words", "idempotency_key", "amount_allocated", "created_at", "finished_at",
        )  # fmt: skip
        self.allocations = Table(PaymentAllocation, "payment_id", "invoice_id", "amount", "made_at")
        self.all = Tables([self.orders, self.lines, self.invoice_lines, self.invoices, self.payments, self.allocations])


class Cashier:
    """Sells what was booked, one event after the other, and issues all invoices at the end in the order of their days."""

    def __init__(self, *, rng: Random, as_of: datetime, partnership: Partnership, finance: int, people: list[Person]):
        self.rng, self.as_of, self.partnership, self.finance = rng, as_of, partnership, finance
        self.by_account = {person.user_id: person for person in people if person.user_id}
        self.organisations = {row.pk: row for row in Organisation.objects.select_related("payer")}
        self.tables = SalesTables()
        self.all = self.tables.all
        self.bills: list[Bill] = []
        self.charges: dict[tuple[int, datetime | None], Bill] = {}
        self.seller = documents.sellers_details(partnership)
        self.fridays: dict[date, datetime] = {}
        self.last_line = 0

    # --- One event ------------------------------------------------------------------------------------------

    def sell(self, event: PlannedEvent, places: list[Place], *, locked_at: datetime | None) -> None:
        """Write an order for every agency with places that cost something, and remember what is to be invoiced."""
        by_agency: dict[int, list[Place]] = defaultdict(list)
        for place in places:
            if place.line_id is not None:
                by_agency[place.person.agency.id].append(place)
            elif place.charge is not None and place.charge.state == "APPROVED":
                self.charge(place)
        for agency_places in by_agency.values():
            self.sell_to_agency(event, agency_places, locked_at)

    def sell_to_agency(self, event: PlannedEvent, places: list[Place], locked_at: datetime | None) -> None:
        order_id = self.tables.orders.next_id()
        organisation = self.organisations[places[0].person.agency.id]
        placed_at = min(place.confirmed_at for place in places if place.confirmed_at)
        description = f"{event.course.title}, {event.starts_at:%-d %B %Y}"
        number = f"PO{self.rng.randrange(10**5, 10**6)}" if organisation.is_purchase_order_required else ""
        ends = [self.end_of(place, event, locked_at) for place in places]
        owed = [(place, at, reason) for place, (end, at, reason) in zip(places, ends, strict=True) if end == "OWED"]
        bill = None
        if owed:
            owed_at = max(at for _, at, _ in owed)
            bill = Bill(organisation.pk, order_id, owed_at, self.friday_after(owed_at), number)
            bill.items = [self.item_for(place, description, reason) for place, _, reason in owed]
            self.decide_fate(bill)
            self.bills.append(bill)
        states = []
        for place, (end, at, reason) in zip(places, ends, strict=True):
            if end == "OWED":
                end, at = ("INVOICED", bill.issued_at) if bill and bill.issued_at else ("SOLD", None)
            states.append(end)
            self.write_line(place, order_id, event, description, state=end, settled_at=at, reason=reason)
        self.write_order(
            order_id, organisation, places, placed_at, number, state=self.state_of(states, bill, locked_at)
        )

    def end_of(self, place: Place, event: PlannedEvent, locked_at: datetime | None) -> tuple[str, datetime | None, str]:
        """How a place ends, as bookings.owing says it, since when and why."""
        charge = place.charge
        if place.state in TOOK_PART_STATES and locked_at:
            return "OWED", locked_at, "Attended"
        if place.state in ENDED:
            return "RELEASED", place.cancelled_at, ENDED[place.state]
        if charge and charge.state == "APPROVED":
            return "OWED", charge.decided_at, ChargeNotice.Kind(charge.kind).label.capitalize()
        if charge and charge.state == "WAIVED":
            return "WAIVED", charge.decided_at, "Waived"
        if is_invoiced_early(starts_at=event.starts_at, partnership=self.partnership) and event.starts_at > self.as_of:
            return "OWED", place.confirmed_at, "Invoiced when ordered"
        return "SOLD", None, ""

    def item_for(self, place: Place, description: str, reason: str) -> Item:
        charge = place.charge if place.charge and place.charge.state == "APPROVED" else None
        words = f"{description}: {ChargeNotice.Kind(charge.kind).label}" if charge else description
        treatment, percent, net, vat = figures_of(place)
        return Item(place.line_id, charge.id if charge else None, words, treatment, percent, net, vat)

    def write_line(self, place, order_id, event, description, *, state, settled_at, reason) -> None:
        treatment, percent, net, vat = figures_of(place)
        self.last_line = max(self.last_line, place.line_id)
        self.tables.lines.add(
            place.line_id, order_id, state, event.id, place.terms.offer_id, description, net,
            WHY_CHARGED.get(place.person.agency.category, ""), treatment, percent, net, vat, net + vat,
            place.confirmed_at, settled_at, reason if settled_at else "",
        )  # fmt: skip

    def write_order(self, order_id, organisation, places, placed_at, number, *, state) -> None:
        contact = self.by_account.get(places[0].person.agency.contact)
        method = "INTERNAL_RECHARGE" if organisation.is_recharged else "PURCHASE_ORDER"
        self.tables.orders.add(
            order_id, "O" + reference_of(order_id)[1:], organisation.pk, contact.id if contact else None,
            "SINGLE" if len(places) == 1 or contact is None else "CONTACT", state, places[0].person.agency.category, method,
            number, "GIVEN" if number else "NOT_NEEDED", organisation.cost_centre if organisation.is_recharged else "",
            self.key(), placed_at, contact.user_id if contact else None, placed_at, contact.user_id if contact else None,
        )  # fmt: skip

    def state_of(self, states: list[str], bill: Bill | None, locked_at: datetime | None) -> str:
        """As bookings.actions.lines.follow_order would have it."""
        if "SOLD" in states or ("INVOICED" in states and not locked_at):
            return "CONFIRMED"
        return "FULFILLED" if bill and bill.state in DUE_INVOICE_STATES else "CLOSED"

    def charge(self, place: Place) -> None:
        """Put the charge for a free place on the month's bill of its agency."""
        charge = place.charge
        first = (charge.decided_at.replace(day=1) + timedelta(days=32)).replace(day=1)
        issued_at = self.friday_after(first)
        day = f"{place.event.starts_at:%-d %B %Y}"
        kind = ChargeNotice.Kind(charge.kind).label
        words = f"{place.event.course.title}, {day}: {kind} ({reference_of(place.id)})"
        key = (place.person.agency.id, issued_at)
        if key not in self.charges:
            self.charges[key] = Bill(place.person.agency.id, None, charge.decided_at, issued_at)
        item = Item(None, charge.id, words, VatTreatment.OUTSIDE_SCOPE, NOTHING, charge.amount, NOTHING)
        self.charges[key].items.append(item)

    def friday_after(self, moment: datetime) -> datetime | None:
        """When finance issues what became owed then; None while that is still to come."""
        day = timezone.localtime(moment).date()
        if day not in self.fridays:
            friday = day + timedelta(days=(FRIDAY - day.weekday()) % 7 or 7)
            self.fridays[day] = datetime.combine(friday, time(14, 30), tzinfo=BRITISH_TIME)
        return self.fridays[day] if self.fridays[day] < self.as_of else None

    def decide_fate(self, bill: Bill) -> None:
        """What became of an invoice by now."""
        if bill.issued_at is None:
            return
        rng = self.rng
        fate = rng.choices(FATES, FATE_WEIGHTS)[0]
        pays_at = bill.issued_at + timedelta(days=8 + rng.random() * 34)
        handed_over = handed_over_at(bill.issued_at)
        if handed_over + IN_THE_LEDGER_AFTER < self.as_of:
            bill.state = "INVOICED"
        else:
            bill.state = "EXPORTED" if handed_over < self.as_of else "APPROVED"
        if fate in (PAID, PART) and pays_at < self.as_of:
            bill.paid = bill.gross if fate == PAID else (bill.gross / 2).quantize(Decimal(1))
            bill.paid_at, bill.state = pays_at, "PAID" if bill.paid == bill.gross else "PART_PAID"
        elif fate == DISPUTED and bill.issued_at > self.as_of - timedelta(days=90):
            bill.state = "DISPUTED"
        if fate != PAID and bill.issued_at < self.as_of - GIVEN_UP_AFTER:
            bill.written_off = bill.gross - bill.paid
            bill.state = "PAID" if bill.paid else "WRITTEN_OFF"

    # --- All at the end -----------------------------------------------------------------------------------------

    def issue_all(self) -> None:
        """Write every invoice, numbered without a gap in the order of their days within each financial year."""
        for bill in self.charges.values():
            self.decide_fate(bill)
        bills = [*self.bills, *self.charges.values()]
        series: dict[str, DocumentSeries] = {}
        exports: dict[datetime, LedgerExport] = {}
        for bill in sorted(bills, key=lambda bill: bill.issued_at or self.as_of):
            self.write_bill(bill, series, exports)
            self.all.flush_if_large()
        self.all.flush()
        with connection.cursor() as cursor:
            for model, rows in ((DocumentSeries, series), (LedgerExport, exports)):
                model.objects.bulk_create(rows.values())
                count_on_after(cursor, model, len(rows) or 1)
        self.tables.lines.last_id = self.last_line

    def write_bill(self, bill: Bill, series: dict, exports: dict) -> None:
        invoice_id = self.tables.invoices.next_id()
        organisation = self.organisations[bill.organisation_id]
        is_recharge = organisation.is_recharged
        for position, item in enumerate(bill.items, start=1):
            self.tables.invoice_lines.add(invoice_id, position, *item, item.net + item.vat)
        net = sum((item.net for item in bill.items), NOTHING)
        vat = bill.gross - net
        number, printed, export = (None, None, None), {}, None
        if bill.issued_at:
            number = self.number_of(bill.issued_at, is_recharge, series)
            printed = (
                self.seller
                | documents.buyers_details(organisation=organisation, order=None)
                | {"po_number": bill.po_number}
            )
            export = self.export_of(bill, exports)
        words = [printed.get(name, "") for name in (
            "customer_name", "customer_address", "customer_email", "customer_reference", "customer_vat_number", "po_number",
            "cost_centre", "seller_name", "seller_address", "seller_vat_number", "how_to_pay",
        )]  # fmt: skip
        issued_on = bill.issued_at.date() if bill.issued_at else None
        is_disputed = bill.state == "DISPUTED"
        in_ledger = export is not None and bill.state not in ("APPROVED", "EXPORTED")
        self.tables.invoices.add(
            invoice_id, "RECHARGE" if is_recharge else "INVOICE", *number, bill.state, organisation.pk, bill.order_id,
            issued_on, issued_on + timedelta(days=self.partnership.invoice_due_days) if issued_on else None, *words,
            net, vat, bill.gross, bill.paid, bill.written_off, f"L{invoice_id:07d}" if in_ledger else "",
            export.pk if export else None, bill.drafted_at, bill.issued_at, self.finance if bill.issued_at else None,
            bill.issued_at + FORTNIGHT if is_disputed else None,
            "One of these people told you in time that she could not come." if is_disputed else "",
            "Not paid after a year, and too little to go to court for." if bill.written_off else "",
        )  # fmt: skip
        if bill.paid:
            self.write_payment(bill, invoice_id, is_recharge=is_recharge)

    def number_of(self, issued_at: datetime, is_recharge: bool, series: dict) -> tuple[str, int, int]:
        prefix = self.partnership.recharge_prefix if is_recharge else self.partnership.invoice_prefix
        name = f"{prefix}{documents.financial_year(issued_at.date()) % 100:02d}"
        row = series.setdefault(name, DocumentSeries(pk=len(series) + 1, prefix=name))
        row.last_number += 1
        return f"{name}-{row.last_number:05d}", row.pk, row.last_number

    def export_of(self, bill: Bill, exports: dict) -> LedgerExport | None:
        """The file of the month that an invoice went to the ledger with, if that month is over."""
        made_at = handed_over_at(bill.issued_at)
        if made_at >= self.as_of:
            return None
        row = exports.get(made_at)
        if row is None:
            row = exports[made_at] = LedgerExport(
                pk=len(exports) + 1, reference=f"E-{made_at:%Y%m%d}", made_at=made_at, made_by_id=self.finance,
                idempotency_key=UUID(self.key()), total=NOTHING,
            )  # fmt: skip
        row.invoice_count += 1
        row.total += bill.gross
        return row

    def write_payment(self, bill: Bill, invoice_id: int, *, is_recharge: bool) -> None:
        payment_id = self.tables.payments.next_id()
        self.tables.payments.add(
            payment_id, "M" + reference_of(payment_id)[1:], "JOURNAL" if is_recharge else "TRANSFER", "SUCCEEDED",
            bill.organisation_id, bill.paid, bill.paid_at.date(), f"R{payment_id:07d}", "", self.key(), bill.paid,
            bill.paid_at, bill.paid_at,
        )  # fmt: skip
        self.tables.allocations.add(payment_id, invoice_id, bill.paid, bill.paid_at)

    def key(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"


def handed_over_at(issued_at: datetime) -> datetime:
    """The first of the next month, in the morning."""
    first = (issued_at.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(hour=9, minute=0)


def figures_of(place: Place) -> tuple[str, Decimal, Decimal, Decimal]:
    """VAT treatment and percentage, net and VAT of a place, at its price."""
    terms = place.terms
    percent = VAT_PERCENT if terms.vat_treatment == VatTreatment.STANDARD else NOTHING
    return terms.vat_treatment, percent, terms.price, vat_on(net=terms.price, percent=percent)
