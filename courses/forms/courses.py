"""A course with its outcomes and offers, as the team plans it."""

import re

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q

from courses.actions.courses import OfferTerms
from courses.forms.fields import DayField, sentences
from courses.models import (
    USUAL_APPROVAL,
    ApprovalMode,
    AudienceGroup,
    Course,
    DeliveryMode,
    LearningFormat,
    Offer,
    PriceBand,
    Strand,
)

MAX_OUTCOMES = 4
CODE_FORMAT = RegexValidator(r"^[A-Z]{1,4}[0-9]{1,4}$", "Write the code as letters and a number: M24.")


class StaffCourseFilter(forms.Form):
    """The team's list of courses, by words and state."""

    q = forms.CharField(label="Title or code", required=False, max_length=100)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *sentences(Course.State)])

    def narrow(self, rows):
        self.is_valid()
        words, state = self.cleaned_data.get("q"), self.cleaned_data.get("state")
        if words:
            rows = rows.filter(Q(title__icontains=words) | Q(code__istartswith=words))
        return rows.filter(state=state) if state else rows


class WordsField(forms.CharField):
    """Several short texts in one box, with commas between them."""

    def clean(self, value):
        words = [each.strip() for each in super().clean(value).split(",") if each.strip()]
        if any(len(each) > 60 for each in words):
            raise forms.ValidationError("Put commas between the topics. Each has 60 characters at the most.")
        return words


class CoursesField(forms.CharField):
    """Courses by their codes."""

    def clean(self, value):
        codes = [code.upper() for code in re.split(r"[\s,;]+", super().clean(value)) if code]
        known = {course.code: course for course in Course.objects.filter(code__in=codes)}
        unknown = [code for code in codes if code not in known]
        if unknown:
            raise forms.ValidationError(f"There is no course {' or '.join(unknown)}. Write codes such as M01, M02.")
        return [known[code] for code in codes]


class CourseForm(forms.ModelForm):
    """A course's own facts and its learning outcomes. The offers are forms of their own."""

    title = forms.CharField(
        label="Title", max_length=150, help_text="Without the year of any guidance: editions change, titles stay."
    )
    summary = forms.CharField(
        label="Summary", max_length=200, help_text="One plain sentence, as people read it in lists."
    )
    audience = forms.CharField(label="Who it is for", max_length=300)
    audience_groups = forms.MultipleChoiceField(
        label="Found by people in",
        choices=AudienceGroup.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Tick nothing for a course that is for everybody.",
    )
    topics = WordsField(label="Topics", required=False, max_length=400, help_text="With commas between them.")
    required_courses = CoursesField(
        label="Courses that give what is needed first", required=False, help_text="Their codes, such as M01, M02."
    )
    learning_format = forms.ChoiceField(label="Format", choices=LearningFormat.choices)
    default_mode = forms.ChoiceField(label="How it is usually taught", choices=DeliveryMode.choices)
    duration_hours = forms.DecimalField(
        label="Length in hours", min_value=0.25, max_value=500, max_digits=5, decimal_places=2
    )
    days = forms.DecimalField(
        label="Length in days",
        min_value=0.5,
        max_value=100,
        max_digits=4,
        decimal_places=1,
        help_text="0.5 is half a day.",
    )
    default_capacity = forms.IntegerField(
        label="Usual number of places", min_value=1, max_value=5000, required=False, help_text="Empty: no limit."
    )
    default_min_numbers = forms.IntegerField(
        label="Fewest people to run it", min_value=0, max_value=5000, required=False
    )
    refresh_months = forms.IntegerField(
        label="To be repeated after how many months",
        min_value=1,
        max_value=240,
        required=False,
        help_text="Empty: never.",
    )
    learning_link = forms.URLField(
        label="Link to the course itself, if it is self-paced",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Only people who have started the course see it.",
        error_messages={"invalid": "Write the address in full, like https://learning.example.org/course."},
    )
    content_reviewed_on = DayField(label="Content last reviewed on", required=False)
    review_due_on = DayField(label="Next review due on", required=False)

    class Meta:
        model = Course
        fields = [
            "code",
            "title",
            "summary",
            "audience",
            "audience_groups",
            "topics",
            "learning_format",
            "default_mode",
            "level",
            "duration_hours",
            "days",
            "prerequisite_mode",
            "prerequisites",
            "default_capacity",
            "default_min_numbers",
            "refresh_months",
            "what_to_bring",
            "pre_course_task",
            "learning_link",
            "is_sensitive",
            "content_owner",
            "content_reviewed_on",
            "review_due_on",
        ]
        labels = {
            "code": "Code",
            "level": "Level",
            "prerequisite_mode": "How we know that somebody has what is needed first",
            "prerequisites": "What is needed first",
            "what_to_bring": "What to bring",
            "pre_course_task": "To do before the course",
            "is_sensitive": "May touch on painful experience",
            "content_owner": "Who owns the content",
        }
        help_texts = {
            "code": "Letters and a number, such as M24. Dates are numbered after it.",
            "level": "As people ask for it, such as Level 3.",
        }
        error_messages = {"code": {"unique": "Another course has this code."}}

    def __init__(self, *args, outcomes: list[str] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].validators.append(CODE_FORMAT)
        self.fields["prerequisite_mode"].choices = sentences(Course.PrerequisiteMode)
        if self.instance.pk:
            del self.fields["code"]
            for name in ("duration_hours", "days"):
                self.initial[name] = f"{getattr(self.instance, name).normalize():f}"
            self.initial["topics"] = ", ".join(self.instance.topics)
            self.initial["required_courses"] = ", ".join(
                self.instance.required_courses.order_by("code").values_list("code", flat=True)
            )
        for number in range(MAX_OUTCOMES):
            self.fields[f"outcome_{number + 1}"] = forms.CharField(
                label=f"Outcome {number + 1}",
                max_length=200,
                required=False,
                initial=outcomes[number] if number < len(outcomes) else "",
            )

    def clean(self):
        super().clean()
        mode = self.cleaned_data.get("prerequisite_mode")
        if mode not in (None, Course.PrerequisiteMode.NONE) and not self.cleaned_data.get("prerequisites"):
            self.add_error("prerequisites", "Say what is needed first, or choose that nothing is.")
        return self.cleaned_data

    @property
    def outcome_fields(self):
        return [self[f"outcome_{number + 1}"] for number in range(MAX_OUTCOMES)]

    @property
    def outcomes(self) -> list[str]:
        texts = [self.cleaned_data.get(f"outcome_{number + 1}", "") for number in range(MAX_OUTCOMES)]
        return [text for text in texts if text]

    @property
    def facts(self) -> dict:
        """Fields of the course itself, for the actions."""
        names = [name for name in self.Meta.fields if name in self.cleaned_data]
        return {name: self.cleaned_data[name] for name in names} | {
            "default_min_numbers": self.cleaned_data["default_min_numbers"] or 0
        }


APPROVAL_CHOICES = [
    (ApprovalMode.ATTEST.value, "The person confirms that their manager agrees"),
    (ApprovalMode.NOTIFY.value, "The manager gets a copy and may object"),
    (ApprovalMode.EXPLICIT.value, "The manager is asked before the place is confirmed"),
]


OFFER_TERMS = (
    *("approval_mode", "price_band", "audience"),
    *("free_cancel_working_days", "is_area_only", "charges_non_completion"),
)


class OfferForm(forms.Form):
    """One strand's terms. Where it is not offered nothing else is asked."""

    is_offered = forms.BooleanField(required=False)
    approval_mode = forms.ChoiceField(
        label="How a booking is approved",
        choices=APPROVAL_CHOICES,
        required=False,
        help_text="A manager who is asked answers by a link in a letter and needs no account. Who has none is decided by the team.",
    )
    price_band = forms.ModelChoiceField(
        label="Price band", queryset=PriceBand.objects.none(), required=False, empty_label="Choose a band"
    )
    audience = forms.CharField(
        label="Who may book", max_length=300, required=False, help_text="Empty: as the course says."
    )
    free_cancel_working_days = forms.IntegerField(
        label="Free to cancel until (working days before)",
        min_value=0,
        max_value=60,
        required=False,
        help_text="Empty: as usual for the strand.",
    )
    is_area_only = forms.BooleanField(
        label="Free places only for people who work with the city's children", required=False
    )
    charges_non_completion = forms.BooleanField(
        label="Self-paced: charge the agency if somebody does not finish in time", required=False
    )

    def __init__(self, *args, strand: str, bands: list, offer: Offer | None = None, **kwargs):
        initial = {"approval_mode": USUAL_APPROVAL[strand], "is_area_only": strand == Strand.MULTI_AGENCY}
        if offer:
            initial = {name: getattr(offer, name) for name in OFFER_TERMS} | {"is_offered": offer.is_active}
        super().__init__(*args, prefix=strand, initial=initial, **kwargs)
        self.strand = Strand(strand)
        self.fields["is_offered"].label = f"Offer it in this strand: {self.strand.label}"
        self.fields["price_band"].queryset = PriceBand.objects.all()
        self.fields["price_band"].choices = [("", "Choose a band"), *((band.pk, str(band)) for band in bands)]

    def clean(self):
        if self.cleaned_data.get("is_offered"):
            if not self.cleaned_data.get("price_band") and "price_band" not in self.errors:
                self.add_error("price_band", f"Choose a price band for {self.strand.label}.")
            if not self.cleaned_data.get("approval_mode") and "approval_mode" not in self.errors:
                self.add_error("approval_mode", f"Choose how {self.strand.label} is approved.")
        return self.cleaned_data

    @property
    def terms(self) -> OfferTerms:
        return OfferTerms(strand=self.strand.value, **{name: self.cleaned_data[name] for name in OFFER_TERMS})
