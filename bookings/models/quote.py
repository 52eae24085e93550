"""Quote: what a course, or places, would cost an organisation until a day; accepted, it is an order (DOMAIN 6.3)."""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.text import capfirst

from accounts.models import SpokenForQuerySet
from accounts.models.practitioner import REMOVED
from bookings.models.invoice import InvoiceLine
from bookings.models.order import Order, OrderLine
from courses.models import VatTreatment
from courses.models.vat import in_percent


class QuoteState(models.TextChoices):
    DRAFT = "DRAFT", "being written"
    SENT = "SENT", "sent"
    ACCEPTED = "ACCEPTED", "accepted"
    DECLINED = "DECLINED", "declined"
    LAPSED = "LAPSED", "ended"
    WITHDRAWN = "WITHDRAWN", "withdrawn"


# Which state may follow which. The database refuses everything else (trigger `quotes_move_by_the_rules`).
QUOTE_TRANSITIONS: dict[QuoteState, tuple[QuoteState, ...]] = {
    QuoteState.DRAFT: (QuoteState.SENT,),
    QuoteState.SENT: (QuoteState.ACCEPTED, QuoteState.DECLINED, QuoteState.LAPSED, QuoteState.WITHDRAWN),
    # An enquiry that is accepted may still come to nothing, and its order with it.
    QuoteState.ACCEPTED: (QuoteState.WITHDRAWN,),
}
CLOSED_QUOTE_STATES = (QuoteState.DECLINED, QuoteState.LAPSED, QuoteState.WITHDRAWN)

# What a quote prints. Frozen when it is sent, by the database.
PRINTED = (
    *(
        "organisation_id",
        "enquiry_id",
        "version",
        "valid_until",
        "notes",
        "net",
        "vat",
        "gross",
        "sent_at",
        "sent_by_id",
    ),
    *("customer_name", "customer_address", "customer_vat_number"),
    *("seller_name", "seller_address", "seller_vat_number"),
)

REFUSE_LINES_OF_SENT = """
    IF EXISTS (
        SELECT 1 FROM bookings_quote quote
        WHERE quote.id = (CASE WHEN TG_OP = 'INSERT' THEN NEW.quote_id ELSE OLD.quote_id END)
        AND quote.sent_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the lines of a quote that was sent stay as they are' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


def _frozen() -> pgtrigger.Condition:
    """Return the condition that something printed would change after the quote was sent."""
    before, after = (", ".join(f"{row}.{column}" for column in PRINTED) for row in ("OLD", "NEW"))
    return pgtrigger.Condition(f"OLD.sent_at IS NOT NULL AND ({before}) IS DISTINCT FROM ({after})")


class QuoteQuerySet(SpokenForQuerySet):
    def drafts(self):
        return self.filter(state=QuoteState.DRAFT)

    def sent(self):
        """With them, and not answered yet."""
        return self.filter(state=QuoteState.SENT)

    def accepted(self):
        return self.filter(state=QuoteState.ACCEPTED)

    def over(self, day):
        """Sent, and the last day has passed. For the sweep bookings.follow_quotes."""
        return self.sent().filter(valid_until__lt=day)

    def ending_by(self, day, *, today):
        """Sent, and about to end. For the sweep bookings.follow_quotes."""
        return self.sent().filter(valid_until__gte=today, valid_until__lte=day)

    def out_of_step(self):
        """Open, while their enquiry has gone another way. For the sweep bookings.follow_quotes."""
        undone = ["NEW", "ASKED", "QUOTED", "LOST"]
        return self.filter(
            Q(state=QuoteState.DRAFT, enquiry__state="LOST")
            | (Q(state=QuoteState.SENT, enquiry__isnull=False) & ~Q(enquiry__state="QUOTED"))
            | Q(state=QuoteState.ACCEPTED, enquiry__state__in=undone)
        )

    def without_their_date(self):
        """Accepted, and their enquiry has a date that their order does not know. For bookings.follow_quotes."""
        undated = OrderLine.objects.whole().filter(order=OuterRef("order")).exclude(event=OuterRef("enquiry__event"))
        undated |= OrderLine.objects.whole().filter(order=OuterRef("order"), event=None)
        return self.accepted().filter(Exists(undated), enquiry__event__isnull=False)

    def ahead_of_their_invoice(self):
        """Accepted, and their enquiry does not say what their invoices do. For bookings.follow_quotes."""
        live = InvoiceLine.objects.filter(
            order_line__order=OuterRef("order"), is_live=True, invoice__number__isnull=False
        )
        return self.accepted().filter(
            Q(Exists(live), enquiry__state="DELIVERED") | Q(~Exists(live), enquiry__state="INVOICED")
        )

    def with_words_from_before(self, *, lost, sold):
        """Ended before those days, with words of people who have no account, whose own time would end them otherwise.

        For the sweep bookings.forget_who_bought.
        """
        ended = Q(state__in=CLOSED_QUOTE_STATES, closed_at__lt=lost) | Q(
            state=QuoteState.ACCEPTED, order__in=Order.objects.over_before(sold)
        )
        written = ~Q(accepted_note__in=["", REMOVED]) | Q(closed_by__isnull=False) & ~Q(closed_reason__in=["", REMOVED])
        return self.filter(ended, written, Q(contact__isnull=True) | Q(contact__user__isnull=True))

    def with_facts(self):
        return self.select_related("organisation", "contact__user", "enquiry__course", "order", "replaces")

    def shown_to_contacts(self):
        """Whatever was sent."""
        return self.exclude(state=QuoteState.DRAFT)


# What people typed when they answered is kept once, on the row, and not in its history.
@pghistory.track(model_name="QuoteHistory", exclude=["accepted_note", "closed_reason", "idempotency_key"])
class Quote(models.Model):
    """For an enquiry, written by the team; or for a basket, made by a contact to show at school. Places are not held."""

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: Q-7K2M4QXY.")
    state = models.CharField(max_length=9, choices=QuoteState, default=QuoteState.DRAFT)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="quotes")
    contact = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="quotes"
    )
    enquiry = models.ForeignKey(
        "courses.Enquiry", on_delete=models.PROTECT, null=True, blank=True, related_name="quotes"
    )
    version = models.PositiveSmallIntegerField(default=1)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    order = models.OneToOneField(
        "bookings.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="quote"
    )
    valid_until = models.DateField(null=True, blank=True, help_text="The last day on which it can be accepted.")
    notes = models.TextField(blank=True, help_text="What is in it and what is not, for the customer.")

    customer_name = models.CharField(max_length=200, blank=True)
    customer_address = models.TextField(blank=True)
    customer_vat_number = models.CharField(max_length=20, blank=True)
    seller_name = models.CharField(max_length=200, blank=True)
    seller_address = models.TextField(blank=True)
    seller_vat_number = models.CharField(max_length=20, blank=True)
    net = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    vat = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    gross = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    # The form that made it from a basket; a second press of the same button finds the first quote.
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_note = models.CharField(max_length=300, blank=True, help_text="Who said so, where the team took it down.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Declined, ended or withdrawn.")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_reason = models.CharField(max_length=300, blank=True)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=QuoteState.values), name="quote_state_is_known"),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="a_quote_adds_up"),
            models.CheckConstraint(
                condition=Q(state="DRAFT", sent_at__isnull=True)
                | (~Q(state="DRAFT") & Q(sent_at__isnull=False, valid_until__isnull=False, gross__gt=0)),
                name="a_sent_quote_says_when_and_until_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="ACCEPTED") | Q(accepted_at__isnull=False, order__isnull=False),
                name="an_accepted_quote_is_an_order",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=CLOSED_QUOTE_STATES) | Q(closed_at__isnull=False),
                name="a_closed_quote_says_when",
            ),
            models.CheckConstraint(
                condition=Q(sent_by__isnull=True) | Q(sent_at__isnull=False), name="quote_sent_by_needs_sent_at"
            ),
            models.CheckConstraint(
                condition=Q(accepted_by__isnull=True) | Q(accepted_at__isnull=False),
                name="quote_accepted_by_needs_accepted_at",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | Q(closed_at__isnull=False), name="quote_closed_by_needs_closed_at"
            ),
            # Of one enquiry, at most one is being written, one is with them, and one is accepted.
            models.UniqueConstraint(
                fields=["enquiry", "state"],
                condition=Q(state__in=["DRAFT", "SENT", "ACCEPTED"]),
                name="one_open_quote_of_each_state",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-sent_at"], name="quotes_of_an_organisation"),
            models.Index(fields=["-created_at", "-id"], name="quotes_newest_first"),
            models.Index(fields=["valid_until"], condition=Q(state="SENT"), name="quotes_not_answered"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="quotes_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in QUOTE_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Protect(name="sent_quotes_stay_as_they_are", operation=pgtrigger.Update, condition=_frozen()),
            pgtrigger.Protect(
                name="sent_quotes_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__sent_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def is_draft(self) -> bool:
        return self.state == QuoteState.DRAFT

    @property
    def is_for_places(self) -> bool:
        """Made of a basket: accepted, it takes places. Otherwise it is a course of one's own."""
        return self.enquiry_id is None

    def may_be_answered(self, today) -> bool:
        """Whether it can be accepted or declined on a day."""
        return self.state == QuoteState.SENT and self.valid_until >= today


class QuoteLine(models.Model):
    """Places on a date, a whole course, or something beside it in free words; never changed once it was sent."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=OrderLine.Kind)
    event = models.ForeignKey("courses.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    offer = models.ForeignKey("courses.Offer", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(max_length=200)
    quantity = models.PositiveSmallIntegerField(default=1)
    unit_price = models.DecimalField(max_digits=8, decimal_places=2, help_text="Pounds for one, without VAT.")
    discount = models.DecimalField(max_digits=8, decimal_places=2, default=0, help_text="Pounds off each.")
    discount_reason = models.CharField(max_length=300, blank=True)
    price_reason = models.CharField(max_length=200, blank=True)
    vat_treatment = models.CharField(max_length=13, choices=VatTreatment)
    vat_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    net = models.DecimalField(max_digits=8, decimal_places=2)
    vat = models.DecimalField(max_digits=8, decimal_places=2)
    gross = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quote", "position"], name="one_quote_line_per_position"),
            models.CheckConstraint(
                condition=Q(kind__in=["COURSE", "OTHER"]) | Q(kind="PLACE", event__isnull=False, offer__isnull=False),
                name="a_quoted_place_is_on_a_date",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="a_quote_is_for_at_least_one"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0, discount__gte=0, discount__lte=F("unit_price")),
                name="a_quoted_price_is_not_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(net=F("quantity") * (F("unit_price") - F("discount"))), name="a_quote_line_is_so_many_times"
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="a_quote_line_adds_up"),
            models.CheckConstraint(
                condition=Q(vat=0) | Q(vat__gt=0, vat_treatment="STANDARD"), name="quoted_vat_is_at_the_standard_rate"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="lines_of_sent_quotes_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Delete,
                func=REFUSE_LINES_OF_SENT,
            ),
            pgtrigger.Protect(name="quote_lines_stay_as_they_are", operation=pgtrigger.Update),
        ]

    def __str__(self):
        return self.description

    @property
    def vat_in_words(self) -> str:
        """The rate where there is one, else why there is none."""
        if self.vat_treatment == VatTreatment.STANDARD:
            return in_percent(self.vat_percent)
        return capfirst(self.get_vat_treatment_display())

    @property
    def in_words(self) -> str:
        """What it is, and how many of it at which price where it is more than one."""
        off = f", less £{self.discount}: {self.discount_reason}" if self.discount else ""
        return (
            f"{self.description} ({self.quantity} × £{self.unit_price}{off})"
            if self.quantity > 1 or off
            else self.description
        )


Quote.State = QuoteState
