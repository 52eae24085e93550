"""What visitors look for."""

from datetime import date

from django import forms

from courses.forms.fields import DayField
from courses.models import AudienceGroup, DeliveryMode, Strand


class CatalogueForm(forms.Form):
    """Search and filters. What makes no sense is named and left out; the rest still works."""

    class Sort:
        RELEVANCE, DATE, TITLE = "relevance", "date", "title"
        CHOICES = [(DATE, "Soonest date"), (TITLE, "Title")]
        CHOICES_WITH_WORDS = [(RELEVANCE, "Best match"), *CHOICES]

    q = forms.CharField(label="Search", required=False, max_length=100, widget=forms.TextInput({"type": "search"}))
    strand = forms.MultipleChoiceField(
        label="Offer", choices=Strand.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    audience = forms.ChoiceField(
        label="Where you work", choices=[("", "Anywhere"), *AudienceGroup.choices], required=False
    )
    mode = forms.MultipleChoiceField(
        label="How it is taught", choices=DeliveryMode.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    date_from = DayField(label="From", required=False)
    date_to = DayField(label="To", required=False)
    places = forms.BooleanField(label="With places left", required=False)
    free = forms.BooleanField(label="Free to me", required=False)
    sort = forms.ChoiceField(label="Sort by", choices=Sort.CHOICES_WITH_WORDS, required=False)

    CHOOSE = {"strand": "an offer", "audience": "where you work", "mode": "how it is taught", "sort": "how to sort"}

    def __init__(self, data, *, knows_price: bool):
        super().__init__(data)
        for name, noun in self.CHOOSE.items():
            self.fields[name].error_messages["invalid_choice"] = f"Choose {noun} from the list."
        self.fields["q"].error_messages["max_length"] = "Use fewer words: 100 characters are the most."
        if not knows_price:
            del self.fields["free"]

    def clean(self):
        first, last = self.cleaned_data.get("date_from"), self.cleaned_data.get("date_to")
        if first and last and last < first:
            self.add_error("date_to", "This day is before the first. Swap them, or leave one empty.")
            del self.cleaned_data["date_from"]

    @property
    def wanted(self) -> dict:
        """What was asked for and makes sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def days(self) -> tuple[date | None, date | None]:
        return self.wanted.get("date_from"), self.wanted.get("date_to")
