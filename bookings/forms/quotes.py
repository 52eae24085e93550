"""Forms of quotes: the lines that the team writes, accepting with how it is paid, and saying no."""

from decimal import Decimal

from django import forms

from bookings.actions.quotes import CHOSEN, Item
from bookings.forms.orders import PayingForm
from courses.forms.fields import sentences
from courses.models import VatTreatment

MOST_LINES, SPARE_LINES = 12, 2
MOST = Decimal("500000")
HOW_MANY = "Write how many as a whole number from 1 to 5000."
WHICH_PRICE = "Write the price of one in pounds, without VAT: 395 or 395.50."
WHICH_VAT = "Choose how VAT treats this line. The rate follows by itself."


class QuoteLineForm(forms.Form):
    """One line; left empty it is none."""

    description = forms.CharField(
        label="What", max_length=200, required=False, error_messages={"max_length": "Say it in 200 characters."}
    )
    quantity = forms.IntegerField(
        label="How many",
        initial=1,
        required=False,
        min_value=1,
        max_value=5000,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "Write how many as a whole number from 1 to 5000."
        ),
    )
    unit_price = forms.DecimalField(
        label="Price of one",
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=2,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_digits", "max_decimal_places", "max_whole_digits"), WHICH_PRICE
        ),
    )
    vat_treatment = forms.ChoiceField(
        label="VAT",
        required=False,
        choices=[choice for choice in sentences(VatTreatment) if choice[0] in CHOSEN],
        error_messages={"invalid_choice": WHICH_VAT},
    )

    def clean(self):
        given = super().clean()
        if self.is_left_out:
            return given
        if not given.get("description") and "description" not in self.errors:
            self.add_error("description", "Say what this line is for.")
        for name, words in MISSING.items():
            if given.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, words)
        if not self.errors and given["quantity"] * given["unit_price"] > MOST:
            self.add_error("unit_price", f"One line comes to £{MOST:,.0f} at most. Write two.")
        return given

    @property
    def is_left_out(self) -> bool:
        """Neither words nor a price: an empty line of the form."""
        return not any(
            str(self.data.get(self.add_prefix(name)) or "").strip() for name in ("description", "unit_price")
        )

    def item(self, *, is_course: bool) -> Item:
        names = ("description", "quantity", "unit_price", "vat_treatment")
        return Item(**{name: self.cleaned_data[name] for name in names}, is_course=is_course)


MISSING = {"quantity": HOW_MANY, "unit_price": WHICH_PRICE, "vat_treatment": WHICH_VAT}


class QuoteLineForms(
    forms.formset_factory(QuoteLineForm, extra=SPARE_LINES, max_num=MOST_LINES, absolute_max=MOST_LINES)
):
    """All lines of a quote. The first is the course itself; the others go with it."""

    def get_form_kwargs(self, index):
        # An empty line is told from a filled one by its own words, not by what it began with.
        return {**super().get_form_kwargs(index), "empty_permitted": False, "use_required_attribute": False}

    @property
    def items(self) -> list[Item]:
        filled = [form for form in self.forms if not form.is_left_out]
        return [form.item(is_course=position == 0) for position, form in enumerate(filled)]


class QuoteNotesForm(forms.Form):
    notes = forms.CharField(
        label="What is in it, for the customer (optional)",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For example for how many people, in how many groups, and what you bring.",
    )


class AcceptForm(PayingForm):
    """How the order that comes of the quote is paid."""

    notes = forms.CharField(
        label="Is there anything we should know about this order? (optional)",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    has_accepted_terms = forms.BooleanField(
        label="I accept the quote and the booking terms for my organisation",
        error_messages={"required": "Read the quote and the booking terms, and tick that you accept them."},
    )


class TelephoneAcceptForm(AcceptForm):
    """The same as somebody said it on the telephone."""

    said_by = forms.CharField(
        label="Who accepted it, and how?",
        max_length=300,
        help_text="For example, “Carol Hughes, on the telephone, 21 November”.",
        error_messages={"required": "Write who accepted it, and how."},
    )

    field_order = ("said_by",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["has_accepted_terms"].label = "They accept the quote and the booking terms for their organisation"


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label="Why does it not suit you? (optional)",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It helps us to write a better one. Do not write about people’s health or needs here.",
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label="Why is it withdrawn?",
        max_length=300,
        help_text="The organisation reads it.",
        error_messages={"required": "Write why it is withdrawn. The organisation reads it."},
    )
