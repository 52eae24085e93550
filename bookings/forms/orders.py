"""Forms of a contact who buys places: one place of the basket, how to pay, the promise, the purchase order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django import forms
from django.template.defaultfilters import date as format_date
from django.utils import timezone

from accounts.models import Organisation
from bookings.actions.orders import Paying
from bookings.actions.purchase_orders import PurchaseOrderRefused, refuse_wrong_number
from bookings.forms.groups import SayForThem
from bookings.forms.name_lists import problem_of_email, problem_of_name
from bookings.forms.places import STALE_PAGE
from bookings.models import Package
from bookings.models.order import PaymentMethod
from bookings.quoting import payment_methods

GIVEN, FOLLOWS, WITHOUT, RECHARGE, CARD, PACKAGE = "po", "po_follows", "invoice", "recharge", "card", "package"


class BasketLineForm(forms.Form):
    """Who a place in the basket is for; emptied it is a place without a name."""

    full_name = forms.CharField(
        label="Their full name",
        max_length=150,
        required=False,
        help_text="As it should stand on the certificate. Leave both boxes empty to name somebody later.",
    )
    email = forms.EmailField(
        label="Their email address",
        max_length=254,
        required=False,
        help_text="Leave it empty if they have none of their own: their letters then come to you.",
        error_messages={"invalid": "Write the address in full, like name@example.org, or leave it empty."},
    )

    def clean_full_name(self):
        name = " ".join(self.cleaned_data["full_name"].split())
        if name and (problem := problem_of_name(name)):
            raise forms.ValidationError(problem)
        return name

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if email and (problem := problem_of_email(email)):
            raise forms.ValidationError(problem)
        return email

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("email") and not cleaned.get("full_name") and "full_name" in cleaned:
            self.add_error("full_name", "Write whose address this is, or empty both boxes.")
        return cleaned


@dataclass(frozen=True, kw_only=True)
class WaysToPay:
    """What the ways of paying are worked out from."""

    organisation: Organisation
    packages: list[Package]
    takes_cards: bool
    # Until when a purchase order may follow; None where there is no such day.
    due_at: datetime | None
    now: datetime
    # What the package would be left with, by its reference; those that do not cover everything are not in it.
    left_after: dict[str, Decimal]

    @property
    def may_follow(self) -> bool:
        return self.due_at is None or self.due_at > self.now

    def choices(self) -> list[tuple[str, str, str]]:
        """Each way with its words and a sentence about it."""
        allowed = payment_methods(
            organisation=self.organisation, takes_cards=self.takes_cards, has_package=bool(self.packages)
        )
        ways = [way for method in allowed for way in WAYS[method](self)]
        return ways

    def by_invoice(self) -> list[tuple[str, str, str]]:
        after = "You get the invoice after each course, for courses in March at once."
        ways = [(GIVEN, "By invoice, and I have the purchase order number", after)]
        if self.may_follow:
            by = f"We need it by {_day(self.due_at)}. Without it the places go back then, free of charge."
            ways.append((FOLLOWS, "By invoice, and the purchase order number follows", by if self.due_at else after))
        if not self.organisation.is_purchase_order_required:
            ways.append((WITHOUT, "By invoice, without a purchase order", after))
        return ways

    def by_recharge(self) -> list[tuple[str, str, str]]:
        return [(RECHARGE, "Recharged to a cost centre of the council", "There is no VAT on it.")]

    def by_card(self) -> list[tuple[str, str, str]]:
        words = "You go on to GOV.UK Pay. The places are yours when the payment has gone through."
        return [(CARD, "By card now", words)]

    def by_package(self) -> list[tuple[str, str, str]]:
        return [
            (f"{PACKAGE}:{package.reference}", f"From our package {package.reference}", self._words_of(package))
            for package in self.packages
        ]

    def _words_of(self, package: Package) -> str:
        left = package.in_words(package.balance)
        after = self.left_after.get(package.reference)
        if after is None:
            return f"{left} left. That does not cover everything here: the list says what."
        return f"{left} left now, {package.in_words(after)} after this order."


WAYS = {
    PaymentMethod.PURCHASE_ORDER: WaysToPay.by_invoice,
    PaymentMethod.INTERNAL_RECHARGE: WaysToPay.by_recharge,
    PaymentMethod.CARD: WaysToPay.by_card,
    PaymentMethod.PACKAGE: WaysToPay.by_package,
}


def _day(moment: datetime | None) -> str:
    return format_date(timezone.localtime(moment), "l j F Y") if moment else ""


class PayingForm(forms.Form):
    """How the organisation pays: one choice, with the number where it is known."""

    paying = forms.ChoiceField(
        label="How does your organisation pay?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how your organisation pays.",
            "invalid_choice": "Choose one of the ways shown.",
        },
    )
    po_number = forms.CharField(label="Purchase order number", max_length=40, required=False)
    cost_centre = forms.CharField(label="Cost centre", max_length=40, required=False)

    def __init__(self, *args, ways: WaysToPay | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.ways = ways
        if ways is None:
            for name in ("paying", "po_number", "cost_centre"):
                del self.fields[name]
            return
        choices = ways.choices()
        self.fields["paying"].choices = [(value, words) for value, words, _ in choices]
        self.fields["paying"].choice_hints = {value: hint for value, _, hint in choices}
        if len(choices) == 1:
            self.fields["paying"].initial = choices[0][0]
        self.fields["cost_centre"].initial = ways.organisation.cost_centre

    @property
    def reveal_on(self) -> str:
        return RECHARGE if self.ways and self.ways.organisation.is_recharged else GIVEN

    @property
    def revealed(self):
        return self["cost_centre" if self.reveal_on == RECHARGE else "po_number"]

    def clean(self):
        cleaned = super().clean()
        way = cleaned.get("paying")
        if way == GIVEN and "po_number" in cleaned:
            self._check("po_number", "Write the number of your purchase order, or say that it follows.")
        elif way == RECHARGE and cleaned.get("cost_centre"):
            self._check("cost_centre", "")
        return cleaned

    def _check(self, name: str, missing: str) -> None:
        number = self.cleaned_data[name].strip()
        if not number:
            self.add_error(name, missing)
            return
        try:
            refuse_wrong_number(number)
        except PurchaseOrderRefused as refusal:
            self.add_error(name, str(refusal))

    @property
    def chosen(self) -> Paying:
        """How to pay, for the action; nothing at all where nothing costs anything or nothing was chosen yet."""
        if self.ways is None:
            return Paying(method=PaymentMethod.NOTHING)
        given = getattr(self, "cleaned_data", {})
        way = given.get("paying") or (self.fields["paying"].initial or "")
        if way.startswith(f"{PACKAGE}:"):
            reference = way.partition(":")[2]
            package = next(each for each in self.ways.packages if each.reference == reference)
            return Paying(method=PaymentMethod.PACKAGE, package=package)
        if way == RECHARGE:
            return Paying(method=PaymentMethod.INTERNAL_RECHARGE, cost_centre=given.get("cost_centre", ""))
        if way == CARD:
            return Paying(method=PaymentMethod.CARD)
        number = given.get("po_number", "") if way == GIVEN else ""
        method = PaymentMethod.PURCHASE_ORDER if way else ""
        return Paying(method=method, po_number=number, is_po_to_follow=way == FOLLOWS)


class CheckoutForm(PayingForm, SayForThem):
    """How to pay and the promise for everybody, at the total that the page showed."""

    idempotency_key = None
    total_shown = forms.DecimalField(
        widget=forms.HiddenInput, max_digits=10, decimal_places=2, error_messages=STALE_PAGE
    )
    notes = forms.CharField(
        label="Is there anything we should know about this order?",
        help_text="For example who should get the invoice. Do not write about people’s health or needs here.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    has_accepted_terms = forms.BooleanField(
        label="I accept the booking terms for my organisation",
        error_messages={"required": "Read the booking terms and tick that you accept them."},
    )

    def __init__(self, *args, has_names=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_names:
            self.fields["has_managers_agreement"].required = False


class ChangePaymentForm(PayingForm):
    """Another way of paying an order that has no invoice yet."""


class PurchaseOrderForm(forms.Form):
    """The number of a purchase order, or the cost centre, that was to follow."""

    number = forms.CharField(
        label="Purchase order number",
        max_length=40,
        help_text="As it is printed on your purchase order, for example PO-10472.",
        error_messages={"required": "Write the number of your purchase order."},
    )

    def clean_number(self):
        number = self.cleaned_data["number"].strip()
        try:
            refuse_wrong_number(number)
        except PurchaseOrderRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return number
