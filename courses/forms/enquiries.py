"""An enquiry as people send it, and what the team says about one."""

from datetime import date
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator

from accounts.links import refuse_links
from accounts.models import Organisation
from courses.forms.fields import DayField, OneOf, sentences
from courses.models import Course, Enquiry
from courses.models.enquiry import EnquiryQuerySet

MOST_PEOPLE = 5000
MOST_PEOPLE_WORDS = "That is more people than one course can take. Write to us instead."


class EnquiryForm(forms.Form):
    """Who asks, for how many, what for, when, where, and who pays. Nobody needs an account for it."""

    organisation = OneOf(
        label="Which organisation is it for?", error_messages={"required": "Choose the organisation that it is for."}
    )
    organisation_name = forms.CharField(
        label="What is your organisation called?",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        validators=[refuse_links],
        error_messages={"required": "Enter the name of your organisation."},
    )
    contact_name = forms.CharField(
        label="Your name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        validators=[refuse_links],
        error_messages={"required": "Enter your name."},
    )
    email = forms.EmailField(
        label="Your email address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="We answer there.",
        error_messages={"required": "Enter your email address, so that we can answer."},
    )
    phone = forms.CharField(
        label="Telephone (optional)",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    course = OneOf(label="Which course?", required=False)
    subject = forms.CharField(
        label="Or say what it should be about",
        max_length=300,
        required=False,
        help_text="If no course of ours is quite it, or if it should be made for you.",
    )
    audience = forms.CharField(
        label="Who is it for?",
        max_length=300,
        help_text="For example, “all staff of a primary school, office and kitchen too”.",
        error_messages={"required": "Say who the people are."},
    )
    headcount = forms.IntegerField(
        label="How many people?",
        min_value=1,
        validators=[MaxValueValidator(MOST_PEOPLE, MOST_PEOPLE_WORDS)],
        help_text="About how many is enough.",
        error_messages={
            "required": "Say about how many people it is for.",
            "invalid": "Write the number of people in figures: 40.",
        },
    )
    outcomes = forms.CharField(
        label="What should they be able to do afterwards?",
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": "Say what people should be able to do afterwards, in a sentence or two."},
    )
    wanted_from = DayField(label="Not before", required=False)
    wanted_until = DayField(label="Not after", required=False)
    dates_wanted = forms.CharField(
        label="Days and times that suit you",
        max_length=300,
        required=False,
        help_text="For example, “a training day in January” or “Wednesdays after 3:30pm”.",
    )
    place = forms.CharField(
        label="Where should it take place?",
        max_length=300,
        help_text="With you (give the address), with us, or online.",
        error_messages={"required": "Say where it should take place."},
    )
    travel = forms.CharField(
        label="How does the trainer get there? (optional)",
        max_length=500,
        required=False,
        help_text="If it is with you: parking, the nearest stop, how far it is from the city.",
    )
    budget_holder = forms.CharField(
        label="Who holds the budget? (optional)",
        max_length=200,
        required=False,
        help_text="Name and job title of whoever would accept a quote and give us a purchase order.",
    )
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    # Whoever fills it in themselves is asked for everything; what is not known is left empty by the team alone.
    is_asked_for_all = True
    FACTS = (
        *("contact_name", "email", "phone", "course", "subject", "audience", "headcount", "outcomes"),
        *("wanted_from", "wanted_until", "dates_wanted", "place", "travel", "budget_holder"),
    )

    def __init__(self, *args, organisations: list[Organisation], today: date, **kwargs):
        """`organisations` are those that the person speaks for; without any the name is typed."""
        super().__init__(*args, **kwargs)
        self.organisations, self.today = organisations, today
        self.offer_organisations()
        courses = Course.objects.published().exclude(learning_format="self_paced").order_by("title").only("title")
        self.fields["course"].offer(courses, "Something else")

    def offer_organisations(self):
        """Ask for the name, or which of several; whoever speaks for one alone is asked for neither."""
        del self.fields["organisation_name" if self.organisations else "organisation"]
        if self.organisations:
            self.fields["organisation"].offer(self.organisations, "Choose one")
            if len(self.organisations) == 1:
                del self.fields["organisation"]

    def clean(self):
        given = super().clean()
        if not given.get("course") and not given.get("subject") and "subject" not in self.errors:
            self.add_error("course", "Choose a course, or say below what it should be about.")
        first, last = given.get("wanted_from"), given.get("wanted_until")
        if last and last < self.today:
            self.add_error("wanted_until", "That day is past.")
        elif first and last and last < first:
            self.add_error("wanted_until", "The last day is before the first.")
        is_said = any([first, last, given.get("dates_wanted")])
        is_wrong = self.errors.keys() & {"wanted_from", "wanted_until", "dates_wanted"}
        if self.is_asked_for_all and not is_said and not is_wrong:
            self.add_error("dates_wanted", "Say roughly when: in days, or in words such as “in the spring”.")
        return given

    @property
    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.FACTS}

    @property
    def chosen_organisation(self) -> Organisation | None:
        if len(self.organisations) == 1:
            return self.organisations[0]
        return self.cleaned_data.get("organisation")

    @property
    def key(self) -> UUID | None:
        return self.cleaned_data.get("idempotency_key")


class EnquiryByTeamForm(EnquiryForm):
    """The same as the team takes it down from a call or a letter, with what is known so far."""

    came_by = forms.ChoiceField(
        label="How did it reach us?",
        choices=[choice for choice in sentences(Enquiry.CameBy) if choice[0] != Enquiry.CameBy.PORTAL],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how it reached us.",
            "invalid_choice": "Choose how it reached us.",
        },
    )

    is_asked_for_all = False
    field_order = ("came_by",)
    # Where the words for whoever fills it in themselves do not fit: the label and the hint.
    WORDS = {
        "organisation": ("Organisation in our list", "A quote goes to an organisation of the list."),
        "organisation_name": ("Or what it is called, if it is not in the list", ""),
        "contact_name": ("Who asks?", ""),
        "email": ("Their email address", "They get a letter at once with the reference, and our quote later."),
        "phone": ("Their telephone (optional)", ""),
        "subject": ("Or what it should be about", "If no course of ours is quite it."),
        "audience": (
            "Who is it for? (optional)",
            "For example, “all staff of a primary school, office and kitchen too”.",
        ),
        "outcomes": ("What should they be able to do afterwards? (optional)", ""),
        "dates_wanted": ("Days and times that suit them", "For example, “a training day in January”."),
        "place": ("Where should it take place? (optional)", "With them (the address), with us, or online."),
        "budget_holder": ("Who holds the budget? (optional)", "Whoever would accept a quote."),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, (label, hint) in self.WORDS.items():
            self.fields[name].label, self.fields[name].help_text = label, hint
        for name in ("organisation", "organisation_name", "audience", "outcomes", "place"):
            self.fields[name].required = False
        for name in ("contact_name", "email", "phone", "organisation_name"):
            # It is somebody else's: the browser does not know it.
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["contact_name"].error_messages["required"] = "Write who asks."
        self.fields["email"].error_messages["required"] = "Enter their email address, so that we can answer."

    def offer_organisations(self):
        self.fields["organisation"].offer(self.organisations, "None of these")

    def clean(self):
        given = super().clean()
        if (
            not given.get("organisation")
            and not given.get("organisation_name")
            and "organisation_name" not in self.errors
        ):
            self.add_error("organisation", "Choose the organisation, or write below what it is called.")
        return given

    @property
    def chosen_organisation(self) -> Organisation | None:
        return self.cleaned_data.get("organisation")


class EnquiryFilter(forms.Form):
    """The team's list, by what is to be done and by words."""

    SHOW = {
        "": ("All that are open", EnquiryQuerySet.open),
        "new": ("New", EnquiryQuerySet.new),
        "to-answer": ("To be answered", EnquiryQuerySet.to_answer),
        "waiting": ("Waiting for them", EnquiryQuerySet.waiting_for_them),
        "to-schedule": ("To be given a date", EnquiryQuerySet.to_schedule),
        "scheduled": ("Scheduled", EnquiryQuerySet.scheduled),
        "held": ("Held", EnquiryQuerySet.held),
        "lost": ("Not going ahead", EnquiryQuerySet.lost),
        "all": ("All there have been", EnquiryQuerySet.all),
    }
    show = forms.ChoiceField(
        label="Show", required=False, choices=[(value, words) for value, (words, _) in SHOW.items()]
    )
    q = forms.CharField(label="Organisation, person, course or reference", required=False, max_length=100)

    def narrow(self, rows: EnquiryQuerySet) -> EnquiryQuerySet:
        self.is_valid()
        _, which = self.SHOW[self.cleaned_data.get("show", "")]
        words = self.cleaned_data.get("q")
        found = which(rows)
        return found.with_words(words) if words else found


class EnquiryNoteForm(forms.Form):
    note = forms.CharField(label="Note", max_length=5000, required=False, widget=forms.Textarea)


class EnquiryQuestionForm(forms.Form):
    question = forms.CharField(
        label="What do you want to know?",
        max_length=2000,
        widget=forms.Textarea,
        help_text="It goes out as you write it, between a greeting and how to answer.",
        error_messages={"required": "Write what you want to know."},
    )


class EnquiryIdentityForm(forms.Form):
    """Which organisation of the list asks, and which course is meant."""

    organisation = OneOf(label="Organisation in our list", required=False)
    course = OneOf(label="Course", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].offer(Organisation.objects.listed().order_by("name", "pk"), "None of these yet")
        # A course made for one organisation rests, out of the public's sight.
        courses = Course.objects.open_to_visitors().defer("search_document").order_by("title", "pk")
        self.fields["course"].offer(courses, "None of these yet")


class EnquiryLossForm(forms.Form):
    lost_for = forms.ChoiceField(
        label="Why is it not going ahead?",
        choices=sentences(Enquiry.LostFor),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why it is not going ahead."},
    )
    lost_reason = forms.CharField(label="In your own words (optional)", max_length=300, required=False)


class EnquiryCountForm(forms.Form):
    people_counted = forms.IntegerField(
        label="How many people came?",
        required=False,
        min_value=0,
        max_value=MOST_PEOPLE,
        help_text="Those whom nobody named beforehand. Empty: not counted.",
        error_messages={"invalid": "Write the number of people in figures: 40."},
    )
