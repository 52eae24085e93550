"""Forms about invoices and money: approve, credit, dispute, answer, match payments, sell packages."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django import forms
from django.db.models import Q

from bookings.actions.documents import financial_year
from bookings.debts import AGES
from bookings.forms.places import STALE_PAGE
from bookings.models import Invoice, Package
from bookings.models.invoice import InvoiceState
from bookings.models.order import OrderState
from bookings.order_pages import PAID
from courses.forms.fields import DayField, sentences
from courses.models import VatTreatment

MOST_POUNDS = Decimal("999999.99")
# A page of the list holds fewer; somebody who sends more was not on our page.
CHOSEN_AT_MOST = 200
DIGITS_AT_MOST = 18


class PoundsField(forms.DecimalField):
    """A sum of money as people write it: 95, 95.50, £1,250."""

    default_error_messages = {
        "invalid": "Write an amount in pounds, such as 95 or 95.50.",
        "min_value": "Write an amount above £0.",
        "max_value": "Write an amount under £1,000,000.",
        "max_decimal_places": "Write pounds and pence, with two figures after the point at most.",
        "max_digits": "Write an amount under £1,000,000.",
        "max_whole_digits": "Write an amount under £1,000,000.",
    }
    widget = forms.TextInput

    def __init__(self, *, min_value=Decimal("0.01"), **kwargs):
        super().__init__(min_value=min_value, max_value=MOST_POUNDS, max_digits=9, decimal_places=2, **kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value):
        return super().to_python(str(value).replace("£", "").replace(",", "").strip() if value else value)


def reason_field(label, words, *, help_text="", most=300):
    """A sentence that somebody has to write."""
    return forms.CharField(
        label=label,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
        error_messages={"required": words, "max_length": f"Keep it under {most} characters."},
    )


def key_field():
    return forms.UUIDField(widget=forms.HiddenInput, error_messages=STALE_PAGE)


# --- For the contact -----------------------------------------------------------------------------------------


class DisputeForm(forms.Form):
    reason = reason_field(
        "What is not right?",
        "Say what is not right, so that we can put it right.",
        help_text="Which line, and what it should be. Nothing is chased until we have answered.",
        most=500,
    )


class StatementForm(forms.Form):
    """From which day to which; without an answer the financial year so far."""

    first = DayField(label="From", error_messages={"required": "Write the first day."})
    last = DayField(label="To", error_messages={"required": "Write the last day."})

    def __init__(self, data=None, *, today: date):
        super().__init__(data or None, initial={"first": date(financial_year(today), 4, 1), "last": today})

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("first") and cleaned.get("last") and cleaned["last"] < cleaned["first"]:
            self.add_error("last", "The last day comes after the first.")
        return cleaned


# --- Lists of finance ----------------------------------------------------------------------------------------


class InvoiceFilter(forms.Form):
    """Which invoices; what makes no sense is passed over, and the rest still works."""

    SHOWS = (
        ("", "All"),
        ("drafts", "To be approved"),
        ("lacking", "Without address or cost centre"),
        ("open", "Still to be paid"),
        ("overdue", "Overdue"),
        ("disputed", "Disputed"),
        ("export", "Not in a file for the ledger"),
        ("unprintable", "Could not be printed"),
    )
    show = forms.ChoiceField(label="Show", choices=SHOWS, required=False)
    age = forms.ChoiceField(
        label="How late", choices=[("", "Any"), *((age.name, age.label) for age in AGES)], required=False
    )
    q = forms.CharField(label="Number, order or organisation", max_length=100, required=False)

    def narrow(self, invoices, today: date):
        self.is_valid()
        wanted = self.cleaned_data
        narrowed = {
            "drafts": invoices.drafts,
            "lacking": invoices.lacking_details,
            "open": invoices.due,
            "overdue": lambda: invoices.overdue(today),
            "disputed": lambda: invoices.filter(state=InvoiceState.DISPUTED),
            "export": invoices.to_export,
            "unprintable": invoices.unprintable,
        }
        invoices = narrowed.get(wanted.get("show", ""), lambda: invoices)()
        age = next((age for age in AGES if age.name == wanted.get("age")), None)
        if age:
            invoices = invoices.due().filter(age.condition(today))
        words = wanted.get("q", "").strip()
        if words:
            is_it = Q(number__iexact=words) | Q(order__reference__iexact=words) | Q(external_ref__iexact=words)
            invoices = invoices.filter(is_it | Q(organisation__name__icontains=words))
        return invoices.order_by("drafted_at", "pk") if wanted.get("show") == "drafts" else invoices.order_by("-pk")

    @property
    def shows(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("show", "")


class ApproveEachForm(forms.Form):
    """The drafts that are ticked, each with the total that the page showed."""

    def chosen(self) -> list[tuple[int, Decimal]]:
        found = []
        for ticked in self.data.getlist("draft")[:CHOSEN_AT_MOST]:
            pk, _, gross = ticked.partition(":")
            if pk.isascii() and pk.isdigit() and len(pk) <= DIGITS_AT_MOST and gross.replace(".", "", 1).isdigit():
                found.append((int(pk), Decimal(gross[:12])))
        return found

    def clean(self):
        if not self.chosen():
            self.add_error(None, "Tick the drafts that you want to approve.")
        return super().clean()


class PaymentFilter(forms.Form):
    SHOWS = (
        ("left", "With money left"),
        ("alarms", "Alarms of the card service"),
        ("refunds", "With a refund that failed"),
        ("all", "All"),
    )
    show = forms.ChoiceField(label="Show", choices=SHOWS, required=False)
    q = forms.CharField(label="Number, order or organisation", max_length=100, required=False)

    def narrow(self, payments):
        self.is_valid()
        wanted = self.cleaned_data
        narrowed = {
            "alarms": payments.alarming,
            "refunds": lambda: payments.filter(refunds__state="FAILED").distinct(),
            "all": lambda: payments,
        }
        payments = narrowed.get(wanted.get("show", ""), payments.with_money_left)()
        words = wanted.get("q", "").strip()
        if words:
            is_it = Q(reference__iexact=words) | Q(ledger_reference__iexact=words) | Q(order__reference__iexact=words)
            payments = payments.filter(is_it | Q(organisation__name__icontains=words) | Q(words__icontains=words))
        return payments.order_by("-pk")


class OrderFilter(forms.Form):
    """Which orders; what makes no sense is passed over, and the rest still works."""

    SHOWS = (
        ("", "All"),
        ("po-missing", "Purchase order still to come"),
        ("po-overdue", "Purchase order overdue"),
        ("to-invoice", "Not yet invoiced"),
    )
    show = forms.ChoiceField(label="Show", choices=SHOWS, required=False)
    STATES = (
        ("", "Any"),
        (OrderState.AWAITING_PO, "Purchase order needed"),
        (OrderState.AWAITING_PAYMENT, "Payment needed"),
        (OrderState.CONFIRMED, "Confirmed"),
        (OrderState.FULFILLED, "Delivered"),
        (OrderState.CLOSED, "Done"),
        (OrderState.CANCELLED, "Cancelled"),
    )
    state = forms.ChoiceField(label="State", choices=STATES, required=False)
    paid = forms.ChoiceField(label="How it is paid", choices=[("", "Any"), *PAID.items()], required=False)
    q = forms.CharField(label="Number, purchase order, organisation or contact", max_length=100, required=False)

    def narrow(self, orders, now: datetime):
        self.is_valid()
        wanted = self.cleaned_data
        narrowed = {
            "po-missing": orders.without_purchase_order,
            "po-overdue": lambda: orders.overdue_without_purchase_order(now),
            "to-invoice": orders.to_be_invoiced,
        }
        orders = narrowed.get(wanted.get("show", ""), lambda: orders)()
        if wanted.get("state"):
            orders = orders.filter(state=wanted["state"])
        if wanted.get("paid"):
            orders = orders.filter(payment_method=wanted["paid"])
        words = wanted.get("q", "").strip()
        return orders.with_words(words) if words else orders


# --- One invoice ---------------------------------------------------------------------------------------------


class ApproveForm(forms.Form):
    gross_shown = forms.DecimalField(widget=forms.HiddenInput, max_digits=12, error_messages=STALE_PAGE)


class CreditForm(forms.Form):
    """How much of each line is taken back, and what becomes of what is taken back whole."""

    prefix = "credit"
    key = key_field()
    reason = reason_field("Why is it credited?", "Write why this is credited. The credit note prints it.")
    again = forms.ChoiceField(
        label="What becomes of lines that are credited in full?",
        choices=[
            ("no", "Nothing more is wanted for them"),
            ("yes", "They go on a new invoice, put right: correct the order or the organisation first"),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what becomes of lines that are credited in full.",
            "invalid_choice": "Choose what becomes of lines that are credited in full.",
        },
    )

    def __init__(self, *args, invoice: Invoice, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = [line for line in invoice.lines.order_by("position") if line.is_live]
        for line in self.lines:
            left = line.gross - line.amount_credited
            self.fields[f"line_{line.pk}"] = PoundsField(
                label=line.description, required=False, help_text=f"At most £{left:,} with VAT. Empty: nothing."
            )
        self.order_fields(["key", *(f"line_{line.pk}" for line in self.lines), "reason", "again"])

    @property
    def amounts(self) -> dict[int, Decimal]:
        given = {line.pk: self.cleaned_data.get(f"line_{line.pk}") for line in self.lines}
        return {pk: amount for pk, amount in given.items() if amount}


class AnswerForm(forms.Form):
    answer = reason_field(
        "What do you answer?",
        "Write what you answer. The organisation reads it.",
        help_text="Goes to the contact. Credit what is right about it first.",
        most=1000,
    )


class WriteOffForm(forms.Form):
    prefix = "write-off"
    reason = reason_field(
        "Why is the rest written off?", "Write why this is written off.", help_text="Kept with the invoice."
    )


# --- Payments ------------------------------------------------------------------------------------------------


class AllocateForm(forms.Form):
    prefix = "pay"
    left_shown = forms.DecimalField(widget=forms.HiddenInput, max_digits=12, error_messages=STALE_PAGE)
    number = forms.CharField(
        label="Which invoice does it pay?",
        max_length=24,
        help_text="Its number, such as WD26-00042.",
        error_messages={"required": "Write the number of the invoice."},
    )
    amount = PoundsField(label="How much of it?", required=False, help_text="Empty: as much as both allow.")

    def clean_number(self):
        return self.cleaned_data["number"].strip().upper()


class AlarmForm(forms.Form):
    """What finance has done about a card payment's alarm, as the page showed it."""

    prefix = "alarm"
    alarm_shown = forms.CharField(widget=forms.HiddenInput, max_length=300, strip=False, error_messages=STALE_PAGE)
    note = reason_field(
        "What was done about it?", "Write what was done about it.", help_text="It stays with the payment."
    )


class TakeOffForm(forms.Form):
    """Stands once for every invoice that the payment pays, so its number is part of the names."""

    reason = reason_field(
        "Why is it taken off this invoice?", "Write why the payment is taken off this invoice.", most=200
    )

    def __init__(self, data=None, *, invoice_id: int):
        super().__init__(data, prefix=f"off-{invoice_id}")


class PayBackForm(forms.Form):
    prefix = "back"
    left_shown = forms.DecimalField(widget=forms.HiddenInput, max_digits=12, error_messages=STALE_PAGE)
    amount = PoundsField(label="How much goes back?", error_messages={"required": "Write how much goes back."})
    reason = reason_field("Why does it go back?", "Write why the money goes back.", most=200)


# --- Packages ------------------------------------------------------------------------------------------------


def contract_years(today: date) -> list[tuple[str, str]]:
    """The years that a package is bought for: from April for most, from September for academies; this one and the next."""
    years = []
    for month in (4, 9):
        begun = today.year if today.month >= month else today.year - 1
        for year in (begun, begun + 1):
            first, last = date(year, month, 1), date(year + 1, month, 1) - timedelta(days=1)
            years.append((f"{first}/{last}", f"{first:%-d %B %Y} to {last:%-d %B %Y}"))
    return years


class GrantForm(forms.Form):
    key = key_field()
    year = forms.ChoiceField(
        label="For which year?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a year.", "invalid_choice": "Choose one of the years shown."},
    )
    unit = forms.ChoiceField(
        label="What is it counted in?",
        choices=sentences(Package.Unit),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose pounds or days.", "invalid_choice": "Choose pounds or days."},
    )
    amount = PoundsField(
        label="How much is in it?",
        help_text="Pounds or days, as you chose above: 2,000 or 12.",
        error_messages={"required": "Write how much is in it.", "min_value": "Write more than 0."},
    )
    price = PoundsField(
        label="What does it cost, without VAT?",
        min_value=Decimal(0),
        help_text="It goes on a draft invoice at once. 0: a gift, and no invoice.",
        error_messages={"required": "Write what it costs, or 0.", "min_value": "Write an amount of £0 or more."},
    )
    treatment = forms.ChoiceField(
        label="How does VAT treat it?",
        choices=[
            (VatTreatment.EXEMPT, "Exempt: it buys training"),
            (VatTreatment.STANDARD, "Standard rate: it buys other services"),
        ],
        widget=forms.RadioSelect,
        help_text="A recharge within the council is no supply, whatever is chosen here.",
        error_messages={
            "required": "Choose how VAT treats it.",
            "invalid_choice": "Choose exempt or standard rate. The rate itself is kept under Reference data.",
        },
    )
    po_number = forms.CharField(label="Their purchase order number", max_length=40, required=False)
    note = forms.CharField(label="Note for us", max_length=300, required=False)

    def __init__(self, *args, today: date, september: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        years = contract_years(today)
        self.fields["year"].choices = years
        self.initial |= {"year": years[2 if september else 0][0], "unit": "MONEY", "treatment": VatTreatment.EXEMPT}

    @property
    def facts(self) -> dict:
        given = dict(self.cleaned_data)
        first, last = (date.fromisoformat(day) for day in given.pop("year").split("/"))
        return given | {"starts_on": first, "ends_on": last, "po_number": given["po_number"].strip()}


class AdjustForm(forms.Form):
    key = key_field()
    amount = PoundsField(
        label="By how much?",
        min_value=-MOST_POUNDS,
        help_text="50 to add, -50 to take away.",
        error_messages={"required": "Write by how much: 50 to add, -50 to take away."},
    )
    reason = reason_field("Why?", "Say why the package is put right.", help_text="Its statement shows it.")
