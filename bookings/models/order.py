"""Order: places and courses sold to an organisation, one line each, and what becomes of every line (DOMAIN 6.3).

A line is one place, one whole course or one package. It ends in exactly one way: on an invoice, covered by a package,
waived, refunded, or given up in time so that nothing is owed. Triggers mark a line whenever something happens that may
change what is owed for it; `bookings.actions.settlement` looks at marked lines (docs/decisions/0011).
"""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import ChargingCategory, SpokenForQuerySet
from accounts.models.practitioner import REMOVED
from bookings.models.booking import PLACE_HOLDING_STATES
from bookings.models.invoice import Invoice
from courses.models import VatTreatment
from courses.working_days import start_of_day


class OrderState(models.TextChoices):
    BASKET = "BASKET", "basket"
    SUBMITTED = "SUBMITTED", "placed"
    AWAITING_PO = "AWAITING_PO", "waiting for your purchase order"
    AWAITING_PAYMENT = "AWAITING_PAYMENT", "waiting for the payment"
    CONFIRMED = "CONFIRMED", "confirmed"
    FULFILLED = "FULFILLED", "delivered"
    CLOSED = "CLOSED", "closed"
    CANCELLED = "CANCELLED", "cancelled"


# Which state may follow which. The database refuses everything else (trigger `orders_move_by_the_rules`).
ORDER_TRANSITIONS: dict[OrderState, tuple[OrderState, ...]] = {
    OrderState.BASKET: (OrderState.SUBMITTED, OrderState.CANCELLED),
    OrderState.SUBMITTED: (
        OrderState.AWAITING_PO,
        OrderState.AWAITING_PAYMENT,
        OrderState.CONFIRMED,
        OrderState.CANCELLED,
    ),
    OrderState.AWAITING_PO: (OrderState.CONFIRMED, OrderState.FULFILLED, OrderState.CANCELLED),
    # A card that was declined gives the basket back.
    OrderState.AWAITING_PAYMENT: (OrderState.CONFIRMED, OrderState.BASKET, OrderState.CANCELLED),
    OrderState.CONFIRMED: (OrderState.AWAITING_PO, OrderState.FULFILLED, OrderState.CANCELLED),
    # A register that is corrected, or an invoice that is credited, opens what was done.
    OrderState.FULFILLED: (OrderState.CLOSED, OrderState.CONFIRMED),
    OrderState.CLOSED: (OrderState.FULFILLED, OrderState.CONFIRMED),
    # A card payment that arrives after its places went back is honoured where there are places.
    OrderState.CANCELLED: (OrderState.CONFIRMED,),
}
SOLD_ORDER_STATES = (
    OrderState.AWAITING_PO,
    OrderState.CONFIRMED,
    OrderState.FULFILLED,
    OrderState.CLOSED,
)
UNSOLD_ORDER_STATES = (OrderState.BASKET, OrderState.SUBMITTED, OrderState.AWAITING_PAYMENT)


class PaymentMethod(models.TextChoices):
    PURCHASE_ORDER = "PURCHASE_ORDER", "by invoice, with a purchase order"
    INTERNAL_RECHARGE = "INTERNAL_RECHARGE", "recharged to a cost centre of the council"
    PACKAGE = "PACKAGE", "from a package"
    CARD = "CARD", "by card"
    NOTHING = "NOTHING", "nothing to pay"


class PurchaseOrderStatus(models.TextChoices):
    NOT_NEEDED = "NOT_NEEDED", "not needed"
    TO_FOLLOW = "TO_FOLLOW", "to follow"
    GIVEN = "GIVEN", "given"


class OrderQuerySet(SpokenForQuerySet):
    def baskets(self):
        return self.filter(state=OrderState.BASKET)

    def placed(self):
        """Everything that was ordered, whatever became of it."""
        return self.exclude(state=OrderState.BASKET)

    def awaiting_purchase_order(self):
        return self.filter(state=OrderState.AWAITING_PO)

    def past_their_purchase_order(self, now):
        """No purchase order came in time. For the sweep bookings.release_without_purchase_order."""
        return self.awaiting_purchase_order().filter(po_due_at__lte=now)

    def without_purchase_order(self):
        """Sold, and the purchase order or cost centre that was to follow has not come."""
        return self.filter(po_status=PurchaseOrderStatus.TO_FOLLOW, state__in=SOLD_ORDER_STATES)

    def overdue_without_purchase_order(self, now):
        """The same, and it is late: its day has passed, or the course was held without it."""
        return self.without_purchase_order().filter(Q(po_due_at__lte=now) | ~Q(state=OrderState.AWAITING_PO))

    def to_be_invoiced(self):
        """Something that was sold costs something, and no invoice that was issued has it yet."""
        waiting = OrderLine.objects.open().filter(order=OuterRef("pk"), net__gt=0)
        return self.filter(Exists(waiting), state__in=SOLD_ORDER_STATES).exclude(payment_method=PaymentMethod.PACKAGE)

    def with_words(self, words):
        """Whose reference, purchase order, invoice, organisation or contact the words are, or are part of."""
        invoiced = Invoice.objects.filter(order=OuterRef("pk"), number__iexact=words)
        return self.filter(
            Q(reference__iexact=words)
            | Q(po_number__icontains=words)
            | Q(cost_centre__iexact=words)
            | Q(organisation__name__icontains=words)
            | Q(contact__full_name__icontains=words)
            | Exists(invoiced)
        )

    def past_their_hold(self, now):
        """Places held for somebody who did not go on. For the sweep bookings.let_go_held_places."""
        return self.filter(held_until__lte=now, state__in=UNSOLD_ORDER_STATES)

    def with_names_from_before(self, moment):
        """Never ordered, last touched before, and people are still named in them. For bookings.forget_who_bought."""
        typed = OrderLine.objects.filter(~Q(full_name="") | ~Q(email=""), order=OuterRef("pk"))
        untouched = self.annotate(touched_at=Coalesce("cancelled_at", "changed_at", "created_at"))
        return untouched.filter(
            Exists(typed) | ~Q(answers={}),
            state__in=[OrderState.BASKET, OrderState.CANCELLED],
            touched_at__lt=moment,
        )

    def over_before(self, day):
        """Over, and nothing of them happened from that day on."""
        begun = start_of_day(day)
        over = self.filter(state__in=[OrderState.CLOSED, OrderState.CANCELLED], created_at__lt=begun)
        return over.exclude(lines__event__ends_at__gte=begun).exclude(invoices__issued_on__gte=day)

    def with_words_from_before(self, day):
        """The same, where what somebody wrote stands in them still. For the sweep bookings.forget_who_bought."""
        return self.over_before(day).exclude(notes__in=["", REMOVED])

    def with_facts(self):
        return self.select_related("organisation", "contact__user", "package")


# What people typed is kept once, on the row, and not in its history.
@pghistory.track(model_name="OrderHistory", exclude=["answers", "notes", "changed_at"])
class Order(models.Model):
    """Belongs to the organisation, not to whoever pressed the button: contacts come and go, orders stay."""

    class Source(models.TextChoices):
        CONTACT = "CONTACT", "ordered by a booking contact"
        SINGLE = "SINGLE", "one place, booked by itself"
        STAFF = "STAFF", "ordered by the team"
        QUOTE = "QUOTE", "from an accepted quote"

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: O-7K2M4QXY.")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="orders")
    contact = models.ForeignKey(
        "accounts.Practitioner",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        help_text="Gets the letters about money; nobody where the person booked without a contact.",
    )
    source = models.CharField(max_length=10, choices=Source, default=Source.CONTACT)
    state = models.CharField(max_length=16, choices=OrderState, default=OrderState.BASKET)
    charging_category = models.CharField(max_length=15, choices=ChargingCategory, blank=True)
    payment_method = models.CharField(max_length=17, choices=PaymentMethod, blank=True)
    po_number = models.CharField("purchase order number", max_length=40, blank=True)
    po_status = models.CharField(max_length=10, choices=PurchaseOrderStatus, default=PurchaseOrderStatus.NOT_NEEDED)
    po_due_at = models.DateTimeField(null=True, blank=True, help_text="Without one by then the places go back.")
    cost_centre = models.CharField(max_length=40, blank=True)
    package = models.ForeignKey(
        "bookings.Package", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    # What the contact said for everybody (rule B1, B4), for places that are written when the card payment has come.
    answers = models.JSONField(default=dict, blank=True)
    notes = models.CharField("notes for us", max_length=500, blank=True)
    # The form that placed it; a second press of the same button finds the first order.
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    held_until = models.DateTimeField(null=True, blank=True, help_text="Until then its places are kept.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When places were last put in, named or taken out while it was a basket."
    )
    placed_at = models.DateTimeField(null=True, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=300, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="BASKET")
                | Q(state="CANCELLED")
                | (~Q(payment_method="") & Q(placed_at__isnull=False)),
                name="a_placed_order_says_how_it_is_paid",
            ),
            models.CheckConstraint(
                condition=~Q(state="AWAITING_PO") | Q(po_status="TO_FOLLOW"),
                name="an_order_waits_for_a_purchase_order_to_follow",
            ),
            models.CheckConstraint(
                condition=~Q(po_status="GIVEN") | ~Q(po_number="") | ~Q(cost_centre=""),
                name="a_given_purchase_order_has_a_number",
            ),
            models.CheckConstraint(
                condition=~Q(payment_method="PACKAGE") | Q(package__isnull=False),
                name="a_package_order_names_its_package",
            ),
            models.CheckConstraint(
                condition=Q(placed_by__isnull=True) | Q(placed_at__isnull=False), name="order_placed_by_needs_placed_at"
            ),
            models.CheckConstraint(
                condition=~Q(state="CANCELLED") | Q(cancelled_at__isnull=False), name="a_cancelled_order_says_when"
            ),
            # One open basket for each contact and organisation, so that two windows fill the same one.
            models.UniqueConstraint(
                fields=["organisation", "contact"], condition=Q(state="BASKET"), name="one_basket_per_contact"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="orders_of_an_organisation"),
            models.Index(fields=["state", "-created_at"], name="orders_by_state"),
            # For the sweeps that let go what was held and what has no purchase order.
            models.Index(fields=["held_until"], condition=Q(held_until__isnull=False), name="orders_with_held_places"),
            models.Index(fields=["po_due_at"], condition=Q(state="AWAITING_PO"), name="orders_without_po"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="orders_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in ORDER_TRANSITIONS.items() for after in afters
                ],
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def is_basket(self) -> bool:
        return self.state == OrderState.BASKET

    @property
    def is_sold(self) -> bool:
        return self.state in SOLD_ORDER_STATES

    @property
    def is_recharge(self) -> bool:
        """Paid within the council, so that it is no supply (DOMAIN 6.4)."""
        return self.payment_method == PaymentMethod.INTERNAL_RECHARGE

    def is_holding(self, now) -> bool:
        return self.held_until is not None and self.held_until > now


class LineState(models.TextChoices):
    CHOSEN = "CHOSEN", "in the basket"
    HELD = "HELD", "kept while you order"
    DROPPED = "DROPPED", "taken out"
    FREE = "FREE", "free of charge"
    SOLD = "SOLD", "ordered"
    # One of these is how every line that costs something ends.
    INVOICED = "INVOICED", "invoiced"
    COVERED = "COVERED", "covered by the package"
    WAIVED = "WAIVED", "waived"
    REFUNDED = "REFUNDED", "refunded"
    RELEASED = "RELEASED", "given up in time, nothing to pay"


OUTCOMES = (LineState.INVOICED, LineState.COVERED, LineState.WAIVED, LineState.REFUNDED, LineState.RELEASED)
SOLD_LINE_STATES = (LineState.FREE, LineState.SOLD, *OUTCOMES)

# Which state may follow which (trigger `order_lines_move_by_the_rules`). What is settled may be settled anew, because
# registers are corrected and decisions are taken back; it never becomes unsold.
LINE_TRANSITIONS: dict[LineState, tuple[LineState, ...]] = {
    LineState.CHOSEN: (LineState.HELD, LineState.SOLD, LineState.FREE, LineState.DROPPED),
    LineState.HELD: (LineState.CHOSEN, LineState.SOLD, LineState.FREE, LineState.DROPPED),
    LineState.DROPPED: (LineState.HELD, LineState.SOLD, LineState.FREE),
    LineState.SOLD: OUTCOMES,
    LineState.INVOICED: (LineState.SOLD, LineState.WAIVED, LineState.REFUNDED, LineState.RELEASED),
    LineState.COVERED: (LineState.SOLD, LineState.WAIVED, LineState.RELEASED),
    LineState.WAIVED: (LineState.SOLD,),
    LineState.REFUNDED: (LineState.SOLD,),
    LineState.RELEASED: (LineState.SOLD,),
}


class OrderLineQuerySet(models.QuerySet):
    def in_basket(self):
        """Still to be ordered."""
        return self.filter(state__in=[LineState.CHOSEN, LineState.HELD])

    def held(self):
        """Using a place of their date until the order is placed or the time is over."""
        return self.filter(state=LineState.HELD)

    def sold(self):
        return self.filter(state__in=SOLD_LINE_STATES)

    def costing_something(self):
        return self.sold().filter(net__gt=0)

    def open(self):
        """Sold, and how it ends is not known yet."""
        return self.filter(state=LineState.SOLD)

    def free_and_ahead(self):
        """Free places that somebody still has, or can be named for, on dates whose register is not locked yet."""
        free = self.filter(state=LineState.FREE, given_back_at__isnull=True, event__register_locked_at__isnull=True)
        used = Q(bookings__isnull=True) | Q(bookings__state__in=PLACE_HOLDING_STATES)
        return free.filter(used).exclude(event__state="CANCELLED")

    def invoiced_early(self):
        """On an invoice already, though their date is still to come or its register to be locked.

        A whole course is owed once it was held, whoever came.
        """
        invoiced = self.filter(state=LineState.INVOICED, event__isnull=False, event__register_locked_at__isnull=True)
        return invoiced.exclude(event__state="CANCELLED").exclude(
            kind__in=["COURSE", "OTHER"], event__state="DELIVERED"
        )

    def whole(self):
        """A whole course and what was ordered with it, rather than places on it."""
        return self.filter(kind__in=["COURSE", "OTHER"])

    def to_settle(self):
        """Something has happened that may change what is owed. For the sweep bookings.settle_lines."""
        return self.filter(is_to_settle=True)

    def without_a_name(self):
        """Places of a group that nobody has been named for, and that have not gone back."""
        return self.filter(
            group_booking__isnull=False, given_back_at__isnull=True, bookings__isnull=True, state__in=SOLD_LINE_STATES
        )

    def with_facts(self):
        return self.select_related(
            "order__organisation", "event__version__course", "offer__price_band", "group_booking"
        )


@pghistory.track(model_name="OrderLineHistory", exclude=["is_to_settle", "full_name", "email"])
class OrderLine(models.Model):
    """One place, one whole course or one package; every figure as it was when it was ordered."""

    class Kind(models.TextChoices):
        PLACE = "PLACE", "a place"
        SELF_PACED = "SELF_PACED", "a self-paced course"
        COURSE = "COURSE", "a whole course"
        PACKAGE = "PACKAGE", "a package"
        OTHER = "OTHER", "something else"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PLACE)
    state = models.CharField(max_length=8, choices=LineState, default=LineState.CHOSEN)
    event = models.ForeignKey(
        "courses.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="order_lines"
    )
    offer = models.ForeignKey(
        "courses.Offer", on_delete=models.PROTECT, null=True, blank=True, related_name="order_lines"
    )
    group_booking = models.ForeignKey(
        "bookings.GroupBooking", on_delete=models.PROTECT, null=True, blank=True, related_name="order_lines"
    )
    description = models.CharField(max_length=300)
    # Who it is for, while it is in the basket; a place that is sold has a booking that knows.
    full_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(max_length=254, blank=True)

    list_price = models.DecimalField(max_digits=8, decimal_places=2, help_text="Pounds, without VAT.")
    discount = models.DecimalField(max_digits=8, decimal_places=2, default=0, help_text="Pounds off.")
    discount_reason = models.CharField(max_length=300, blank=True)
    price_reason = models.CharField(max_length=200, blank=True)
    vat_treatment = models.CharField(max_length=13, choices=VatTreatment)
    vat_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    net = models.DecimalField(max_digits=8, decimal_places=2)
    vat = models.DecimalField(max_digits=8, decimal_places=2)
    gross = models.DecimalField(max_digits=8, decimal_places=2)
    package_amount = models.DecimalField(
        max_digits=8, decimal_places=2, default=0, help_text="What it takes from the package: pounds or days."
    )

    sold_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_reason = models.CharField(max_length=200, blank=True)
    given_back_at = models.DateTimeField(null=True, blank=True, help_text="A place that never had a name went back.")
    waived_reason = models.CharField(
        max_length=200, blank=True, help_text="Finance credited it and wants nothing more for it."
    )
    is_to_settle = models.BooleanField(default=False, db_default=False, editable=False)

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LineState.values), name="order_line_state_is_known"),
            models.CheckConstraint(condition=Q(list_price__gte=0), name="a_price_is_not_below_zero"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=F("list_price")), name="a_discount_is_part_of_the_price"
            ),
            models.CheckConstraint(
                condition=Q(net=F("list_price") - F("discount")), name="a_line_costs_its_price_less_its_discount"
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="a_line_adds_up"),
            models.CheckConstraint(
                condition=Q(vat=0) | Q(vat__gt=0, vat_treatment="STANDARD"), name="vat_is_charged_at_the_standard_rate"
            ),
            models.CheckConstraint(condition=~Q(state="FREE") | Q(net=0), name="a_free_line_costs_nothing"),
            models.CheckConstraint(
                condition=~Q(state__in=["SOLD", "INVOICED", "COVERED", "WAIVED", "REFUNDED", "RELEASED"])
                | Q(net__gt=0),
                name="a_line_that_is_settled_costs_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind="PLACE") | Q(event__isnull=False, offer__isnull=False), name="a_place_is_on_a_date"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["CHOSEN", "HELD", "DROPPED"]) | Q(sold_at__isnull=False),
                name="a_sold_line_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["order", "id"], name="lines_of_an_order"),
            models.Index(fields=["group_booking"], name="lines_of_a_group"),
            # What is counted as taken of a date.
            models.Index(fields=["event"], condition=Q(state="HELD"), name="lines_that_hold_a_place"),
            # For the sweep bookings.settle_lines.
            models.Index(fields=["id"], condition=Q(is_to_settle=True), name="lines_to_settle"),
            models.Index(fields=["state", "sold_at"], name="order_lines_by_state"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="order_lines_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in LINE_TRANSITIONS.items() for after in afters
                ],
            ),
            # Printed on invoices and agreed with the buyer: a correction is a credit note.
            pgtrigger.Protect(
                name="sold_prices_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__sold_at__isnull=False)
                & (
                    pgtrigger.Q(old__net__df=pgtrigger.F("new__net"))
                    | pgtrigger.Q(old__vat__df=pgtrigger.F("new__vat"))
                    | pgtrigger.Q(old__gross__df=pgtrigger.F("new__gross"))
                    | pgtrigger.Q(old__order_id__df=pgtrigger.F("new__order_id"))
                ),
            ),
            pgtrigger.Protect(
                name="sold_lines_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__sold_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.description

    @property
    def is_settled(self) -> bool:
        return self.state in OUTCOMES
