"""Forms of whoever books for an organisation: the list, the promise, a name for a place, places given back."""

from django import forms
from django.core.validators import MaxLengthValidator

from accounts.spreadsheets import SpreadsheetRefused
from accounts.spreadsheets.files import MAX_FILE_BYTES
from bookings.forms.name_lists import MOST_LINES, lines_of_file, problem_of_email, problem_of_name, read_lines
from bookings.forms.places import STALE_PAGE, BookingForm
from bookings.group_eligibility import MOST_PLACES, Colleague

LONGEST_LIST = 20_000


class GroupListForm(forms.Form):
    """Who comes: lines, a file, and a number of places without a name. What is wrong with a line stands beside it."""

    people = forms.CharField(
        label="Who comes?",
        help_text="One person a line: name, then their email address. For example: Sam Ellis, sam.ellis@school.example. "
        "Leave the address out for people who have none of their own: their letters then come to you.",
        validators=[MaxLengthValidator(LONGEST_LIST, "The list is too long. Book in parts.")],
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label="Or choose a spreadsheet",
        help_text="Excel (.xlsx) or CSV, with a column “Name” and, if you have them, a column “Email”.",
        required=False,
        error_messages={"empty": "The file is empty."},
    )
    others = forms.CharField(
        label="For another date",
        help_text="These people are not booked here. When this date is booked, you choose another one for them.",
        validators=[MaxLengthValidator(LONGEST_LIST, "The list is too long. Book in parts.")],
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )
    places_unnamed = forms.IntegerField(
        label="Places without a name",
        help_text="For colleagues you do not know yet. You name them later.",
        min_value=0,
        max_value=MOST_PLACES,
        required=False,
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. Keep the one sheet with the names.")
        return file

    def clean(self):
        cleaned = super().clean()
        text = cleaned.get("people") or ""
        if cleaned.get("file"):
            text = self._with_file(text, cleaned["file"])
        self.lines = read_lines(text)
        if len(self.lines) > MOST_LINES:
            self.add_error("people", f"The list has more than {MOST_LINES} lines. Book in parts.")
            self.lines = self.lines[:MOST_LINES]
        if not self.lines and not cleaned.get("places_unnamed") and not self.errors:
            self.add_error("people", "Name somebody, or hold places without a name.")
        return cleaned

    def _with_file(self, text, file):
        """The lines of the file join those in the box, where they are seen and can be changed."""
        try:
            text = "\n".join(filter(None, [text.rstrip(), lines_of_file(file.read())]))
        except SpreadsheetRefused as refusal:
            self.add_error("file", str(refusal))
            return text
        self.data = self.data.copy()
        self.data["people"] = text
        return text

    def keeping_for_later(self, numbers) -> "GroupListForm":
        """The same list without the lines of these numbers, which join those for another date."""
        data = self.data.copy()
        here, later = [], [data.get("others", "").rstrip()]
        for number, line in enumerate(data.get("people", "").splitlines(), start=1):
            (later if str(number) in numbers else here).append(line)
        data["people"], data["others"] = "\n".join(here), "\n".join(filter(None, later))
        return GroupListForm(data)

    @property
    def others_text(self):
        """Who waits for another date, as it stands in the box."""
        return self.data.get("others", "").strip() if self.is_bound else ""

    @property
    def text(self):
        """What is in the box now, the file's lines included."""
        return self.data.get("people", "") if self.is_bound else ""

    @property
    def colleagues(self) -> list[Colleague]:
        return [line.colleague for line in self.lines if line.colleague]

    @property
    def has_wrong_lines(self) -> bool:
        return any(line.problem for line in self.lines)

    @property
    def unnamed(self) -> int:
        return self.cleaned_data.get("places_unnamed") or 0


class SayForThem(BookingForm):
    """What a contact says for the people they name."""

    needs_access = needs_diet = has_no_manager = price_shown = has_accepted_terms = None
    WORDS_OF_REASON = {
        "no_agreement": "Confirm that their manager agrees.",
        "no_managers_email": "Give their manager's email address.",
        "own_address": "This is the address of one of them. Give their manager's.",
        "prerequisite": "Say when they did the training that this course builds on.",
    }

    prerequisite_declared = forms.CharField(
        label="When did they do it?",
        help_text="Month and year, and where. For example: all of them in March 2025, in their induction.",
        max_length=120,
        required=False,
    )
    manager_email = forms.EmailField(
        label="Their manager's email address",
        max_length=254,
        required=False,
        error_messages={"invalid": "Write the address in full, like name@example.org."},
    )
    has_managers_agreement = forms.BooleanField(
        label="Their manager agrees that they take part",
        error_messages={"required": "Confirm that their manager agrees."},
    )


class GroupPromiseForm(SayForThem):
    """The promise before the button: agreement, terms, and the price as it was shown."""

    price_shown = forms.DecimalField(widget=forms.HiddenInput, max_digits=8, decimal_places=2, required=False)
    has_accepted_terms = forms.BooleanField(
        label="I accept the booking terms for my organisation",
        error_messages={"required": "Read the booking terms and tick that you accept them."},
    )

    def __init__(self, *args, has_names=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not has_names:
            self.fields["has_managers_agreement"].required = False


class ColleagueForm(SayForThem):
    """Somebody for a place that has no name yet."""

    full_name = forms.CharField(
        label="Their full name",
        max_length=150,
        help_text="As it should stand on the certificate.",
        error_messages={"required": "Write the person's full name."},
    )
    email = forms.EmailField(
        label="Their email address",
        max_length=254,
        required=False,
        help_text="Leave it empty if they have none of their own: their letters then come to you.",
        error_messages={"invalid": "Write the address in full, like name@example.org, or leave it empty."},
    )
    field_order = ("idempotency_key", "full_name", "email")

    def clean_full_name(self):
        name = " ".join(self.cleaned_data["full_name"].split())
        if problem := problem_of_name(name):
            raise forms.ValidationError(problem)
        return name

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if email and (problem := problem_of_email(email)):
            raise forms.ValidationError(problem)
        return email

    @property
    def colleague(self) -> Colleague:
        return Colleague(full_name=self.cleaned_data["full_name"], email=self.cleaned_data["email"])


class GiveBackForm(forms.Form):
    """How many places without a name go back; the number as it was shown keeps a second press harmless."""

    places_back = forms.IntegerField(
        label="How many places do you give back?",
        min_value=1,
        max_value=MOST_PLACES,
        error_messages={"required": "Write how many places you give back."},
    )
    places_unnamed_shown = forms.IntegerField(widget=forms.HiddenInput, error_messages=STALE_PAGE)


class TakePlacesForm(forms.Form):
    """Takes the places that a group was offered, at the price the page showed."""

    price_shown = forms.DecimalField(widget=forms.HiddenInput, max_digits=8, decimal_places=2)
    has_accepted_terms = forms.BooleanField(
        label="I accept the booking terms for my organisation",
        error_messages={"required": "Read the booking terms and tick that you accept them."},
    )
