"""What the pages of an order say, the buyer's and the office's: who goes, what is owed and why. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Prefetch

from accounts.models import AuditEntry
from bookings import reports
from bookings.models import Booking, ChargeNotice, CreditNoteLine, InvoiceLine, Order, OrderLine
from bookings.models.booking import TOOK_PART_STATES, UNUSED_STATES, State
from bookings.models.order import LineState, OrderState, PaymentMethod
from bookings.models.payment import PaymentState
from courses.models import Event

# How the end of a line reads, with the colour of its tag.
ENDS: dict[str, tuple[str, str]] = {
    LineState.FREE: ("Free of charge", "quiet"),
    LineState.INVOICED: ("Invoiced", "info"),
    LineState.COVERED: ("Covered by the package", "good"),
    LineState.WAIVED: ("Waived", "good"),
    LineState.REFUNDED: ("Refunded", "good"),
    LineState.RELEASED: ("Nothing to pay", "quiet"),
}
# How an order is paid, as short as a list says it.
PAID: dict[str, str] = {
    PaymentMethod.PURCHASE_ORDER: "By invoice",
    PaymentMethod.INTERNAL_RECHARGE: "Recharged",
    PaymentMethod.PACKAGE: "From a package",
    PaymentMethod.CARD: "By card",
    PaymentMethod.NOTHING: "Nothing to pay",
}
WORDS_OF_VERB = {
    "order.purchase_order": "The number was given",
    "order.change_payment": "How it is paid was changed",
}
WORDS_OF_PAYMENT_VERB = {
    "payment.alarm": "Alarm",
    "payment.settle_alarm": "Alarm dealt with",
    "payment.honour": "Places given for it",
    "refund.fail": "A refund failed",
    "refund.again": "A refund is tried again",
}


@dataclass(frozen=True, kw_only=True)
class PlaceSold:
    """One line of an order with whoever goes by it."""

    line: OrderLine
    booking: Booking | None
    charge: ChargeNotice | None
    invoiced: InvoiceLine | None
    # Of every invoice that has had it, what issued credit notes have taken back.
    credits: list[CreditNoteLine]

    @property
    def end(self) -> tuple[str, str]:
        """What is to be paid for it, in a word or two, and the kind of its tag."""
        if self.line.state in ENDS:
            return ENDS[LineState(self.line.state)]
        if self.line.order.payment_method == PaymentMethod.PACKAGE and not self.invoiced:
            return "Kept in the package", "info"
        if self.line.order.state == OrderState.AWAITING_PAYMENT:
            return "To be paid by card", "wait"
        return ("On the next invoice", "info") if self.invoiced else ("To be invoiced", "wait")

    @property
    def why(self) -> str:
        """Why it stands so, in a sentence; nothing where the tag says it all."""
        if self.line.state in (LineState.FREE, LineState.INVOICED):
            return ""
        if self.line.state != LineState.SOLD:
            return self.line.settled_reason
        if self.line.given_back_at:
            return "The place never had a name and went back"
        if self.invoiced:
            return "Our finance team looks at it"
        return self._why_open()

    def _why_open(self) -> str:
        if self.line.kind in (OrderLine.Kind.COURSE, OrderLine.Kind.OTHER):
            return "After the course"
        if self.booking is None:
            return "Nobody is named yet"
        if self.booking.state in TOOK_PART_STATES:
            return "Attended; the register is open for corrections"
        if self.booking.state in UNUSED_STATES:
            return "The charge is not decided yet" if self.charge else "The register is open for corrections"
        return "After the course" if self.booking.state == State.CONFIRMED else ""


def places_of(order: Order) -> list[tuple[Event | None, list[PlaceSold]]]:
    """Everything ordered, by date, the soonest first; the same number of questions for one place and for fifty."""
    credits = CreditNoteLine.objects.filter(credit_note__number__isnull=False).select_related("credit_note")
    invoiced = InvoiceLine.objects.select_related("invoice").prefetch_related(
        Prefetch("credits", credits.order_by("pk"))
    )
    charges = ChargeNotice.objects.shown_to_agencies().order_by("-pk")
    bookings = Booking.objects.select_related("practitioner").order_by("-pk")
    rows = (
        order.lines.exclude(state=LineState.DROPPED)
        .select_related("event__version__course", "event__venue", "group_booking", "offer")
        .prefetch_related(
            Prefetch("bookings", bookings.prefetch_related(Prefetch("charge_notices", charges))),
            Prefetch("invoice_lines", invoiced.order_by("pk")),
        )
        .order_by("event__starts_at", "event_id", "pk")
    )
    found = [_place(order, line) for line in rows]
    return [(event, list(places)) for event, places in groupby(found, key=lambda place: place.line.event)]


def _place(order: Order, line: OrderLine) -> PlaceSold:
    line.order = order
    bookings = list(line.bookings.all())
    followed = {booking.replaces_id for booking in bookings}
    booking = next((each for each in bookings if each.pk not in followed), None)
    charge = next(iter(booking.charge_notices.all()), None) if booking else None
    invoiced = list(line.invoice_lines.all())
    return PlaceSold(
        line=line,
        booking=booking,
        charge=charge,
        invoiced=next((each for each in invoiced if each.is_live), None),
        credits=[credit for each in invoiced for credit in each.credits.all()],
    )


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happened to an order."""

    at: datetime
    words: str
    # The number of the account that did it, where somebody of the office may have done it for the buyer.
    actor_id: int | None = None


def steps_of(order: Order) -> list[Step]:
    """The history of an order, the latest first."""
    steps = [
        Step(at=entry.at, words=WORDS_OF_VERB[entry.verb], actor_id=entry.actor_id)
        for entry in AuditEntry.objects.about(f"order:{order.pk}").filter(verb__in=WORDS_OF_VERB)
    ]
    if order.placed_at:
        steps.append(Step(at=order.placed_at, words="Ordered" + (f" by {order.contact}" if order.contact else "")))
    if order.cancelled_at and order.state == OrderState.CANCELLED:
        steps.append(Step(at=order.cancelled_at, words=order.cancelled_reason or "Cancelled"))
    for invoice in order.invoices.issued().prefetch_related("credit_notes"):
        steps.append(Step(at=invoice.approved_at, words=f"Invoice {invoice.number} was issued"))
        steps += [
            Step(at=note.approved_at, words=f"Credit note {note.number} was issued")
            for note in invoice.credit_notes.all()
            if note.number
        ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def story_of(order: Order) -> list[reports.Chapter]:
    """Tell the office everything about an order in time order: steps and who took them, card payments, letters."""
    steps = steps_of(order)
    payments = {f"payment:{payment.pk}": payment for payment in order.payments.all()}
    entries = list(AuditEntry.objects.filter(subject__in=payments, verb__in=WORDS_OF_PAYMENT_VERB))
    people = reports.people_of([each.actor_id for each in (*steps, *entries)])
    chapters = [reports.Chapter(at=step.at, title=step.words + people.by(step.actor_id)) for step in steps]
    for payment in payments.values():
        chapters.append(reports.Chapter(at=payment.created_at, title=f"Payment {payment.reference} was begun"))
        if payment.finished_at:
            ended = "came" if payment.state == PaymentState.SUCCEEDED else "ended without money"
            chapters.append(reports.Chapter(at=payment.finished_at, title=f"Payment {payment.reference} {ended}"))
    for entry in entries:
        title = f"{WORDS_OF_PAYMENT_VERB[entry.verb]}: {payments[entry.subject].reference}{people.by(entry.actor_id)}"
        text = next((str(entry.detail[name]) for name in ("note", "alarm", "failure") if name in entry.detail), "")
        chapters.append(reports.Chapter(at=entry.at, title=title, text=text))
    return sorted([*chapters, *reports.letters_about(f"order:{order.pk}")], key=lambda chapter: chapter.at)
