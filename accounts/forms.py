"""Forms about people and organisations."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm as AccountSignupForm
from allauth.account.internal import flows
from allauth.account.models import EmailAddress
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django import forms
from django.db import IntegrityError, transaction

from accounts import clock
from accounts.actions import invitations, people
from accounts.links import refuse_links
from accounts.models import (
    ChargingCategory,
    MembershipRole,
    Organisation,
    OutboundEmail,
    Practitioner,
    Role,
    Sector,
)
from accounts.phones import mobile_number
from accounts.senders import has_sender
from accounts.wording import refuse_what_cannot_be_filled

NOT_LISTED = "not-listed"


def listed_organisations() -> list[tuple[str, str]]:
    """Choices for a person's employer, in the order people look for them."""
    listed = Organisation.objects.listed().order_by("name").values_list("pk", "name")
    return [
        ("", "Choose one"),
        *((str(pk), name) for pk, name in listed),
        (NOT_LISTED, "My organisation is not listed"),
    ]


class OrganisationFields(forms.Form):
    """Which organisation somebody works or volunteers for: one of the list, or the name of one that is not."""

    organisation = forms.ChoiceField(
        label="Who do you work or volunteer for?",
        choices=listed_organisations,
        help_text="Choose the place you work in, a school for example, rather than the body that runs it.",
        error_messages={"required": "Choose your organisation, or “My organisation is not listed” at the end."},
    )
    organisation_name = forms.CharField(
        label="Name of your organisation, if it is not listed",
        max_length=200,
        required=False,
        validators=[refuse_links],
        help_text="We will add it. Until then you can ask for places, and we tell you what they cost first.",
    )

    def clean(self):
        cleaned = super().clean()
        chosen, name = cleaned.get("organisation"), cleaned.get("organisation_name", "")
        if chosen == NOT_LISTED and not name and "organisation_name" not in self.errors:
            self.add_error("organisation_name", "Enter the name of your organisation.")
        return cleaned

    def chosen_organisation(self) -> Organisation | None:
        """The listed one, or none when a name was given instead."""
        chosen = self.cleaned_data["organisation"]
        return None if chosen == NOT_LISTED else Organisation.objects.listed().get(pk=chosen)

    def proposed_name(self) -> str:
        return self.cleaned_data["organisation_name"] if self.cleaned_data["organisation"] == NOT_LISTED else ""


class NameAndRole(forms.Form):
    """How somebody is called, and what they do."""

    full_name = forms.CharField(
        label="Your full name",
        max_length=150,
        validators=[refuse_links],
        help_text="As it should stand on your certificates.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your full name."},
    )
    job_role = forms.CharField(
        label="Your job title or role",
        max_length=120,
        help_text="For example, family support worker, teacher, foster carer, volunteer.",
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
        error_messages={"required": "Enter your job title or role."},
    )


class PersonFields(NameAndRole, OrganisationFields):
    """What a new account is asked beside the address and the password."""

    field_order = ("full_name", "email", "organisation", "organisation_name", "job_role", "password1", "password2")

    def custom_signup(self, request, user):
        people.register(
            user=user,
            full_name=self.cleaned_data["full_name"],
            job_role=self.cleaned_data["job_role"],
            organisation=self.chosen_organisation(),
            organisation_name=self.proposed_name(),
            now=clock.now(),
        )


def label_passwords(form):
    form.fields["password1"].label = "Choose a password"
    form.fields["password1"].help_text = "At least 10 characters. Three words are better than one."
    form.fields["password2"].label = "The same password again"


class SignupForm(PersonFields, AccountSignupForm):
    """Account and person are made together or not at all."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Your work email address"
        self.fields["email"].help_text = "We send a link to it. Volunteers and carers use their own."
        label_passwords(self)

    def try_save(self, request):
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            # The same form sent twice at once: the other one has made the account. Answer as to any known address.
            return None, flows.signup.prevent_enumeration(request, email=self.cleaned_data["email"])


class InvitedSignupForm(NameAndRole, AccountSignupForm):
    """Sign-up by invitation: the address is the one the letter went to, and with it the record that waits there."""

    field_order = ("full_name", "job_role", "email", "password1", "password2")

    def __init__(self, *args, invitation, **kwargs):
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        self.fields["email"].disabled = True
        self.initial |= {"email": invitation.email, "full_name": invitation.practitioner.full_name}
        self.fields["email"].label = "Your email address"
        self.fields["email"].help_text = "The one this invitation was sent to. You sign in with it."
        label_passwords(self)

    @transaction.atomic
    def save(self, request):
        """The secret of the letter has shown that the address is theirs, so no other letter need ask."""
        get_adapter().stash_verified_email(request, self.invitation.email)
        return super().save(request)

    def custom_signup(self, request, user):
        invitations.accept_with_new_account(
            invitation_id=self.invitation.pk,
            user=user,
            full_name=self.cleaned_data["full_name"],
            job_role=self.cleaned_data["job_role"],
            now=clock.now(),
        )


class WorkAccountSignupForm(PersonFields, SocialSignupForm):
    """The first sign-in with a work account asks what the identity provider does not say."""

    @transaction.atomic
    def save(self, request):
        user = super().save(request)
        if EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
            people.confirm_address(user=user, email=user.email, now=clock.now())
        return user


MANAGER_FIELDS = ("manager_name", "manager_email", "manager_deputy_email")


class ProfileForm(forms.ModelForm):
    """What a person says of themselves. Saved by the action, not here."""

    agrees_to_texts = forms.BooleanField(
        label="Remind me by text message on the working day before a course",
        required=False,
        help_text="One short message to your mobile number, free for you. Untick it at any time.",
    )

    class Meta:
        model = Practitioner
        fields = ("full_name", "job_role", "phone", "registration_number", *MANAGER_FIELDS)
        labels = {
            "full_name": "Your full name",
            "job_role": "Your job title or role",
            "phone": "Phone number",
            "registration_number": "Professional registration number",
            "manager_name": "Your manager's name",
            "manager_email": "Your manager's email address",
            "manager_deputy_email": "Email address of who stands in for your manager",
        }
        help_texts = {
            "phone": "Optional. We call only when a course changes at the last moment.",
            "registration_number": "Optional. For example, your Social Work England number.",
            "manager_email": "Where a course needs your manager's agreement, this is whom we ask or tell.",
            "manager_deputy_email": "Optional. If your manager does not answer, we ask them too.",
        }
        error_messages = {"full_name": {"required": "Enter your full name."}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("full_name", "manager_name"):
            self.fields[name].validators.append(refuse_links)
        if has_sender(OutboundEmail.Channel.SMS):
            self.initial["agrees_to_texts"] = self.instance.sms_agreed_at is not None
        else:
            del self.fields["agrees_to_texts"]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("agrees_to_texts") and not mobile_number(cleaned.get("phone", "")):
            self.add_error(
                "phone", "Enter a mobile number, such as 07700 900123, so that we can send you text messages."
            )
        for name, words in (("manager_email", "your manager's"), ("manager_deputy_email", "somebody else's")):
            if cleaned.get(name) and self.instance.owns_address(cleaned[name]):
                self.add_error(name, f"This is your own address. Give {words}, or leave it empty.")
        return cleaned

    def profile(self):
        """What the person says of themselves, without the agreement, which is kept with its day."""
        return {name: value for name, value in self.cleaned_data.items() if name != "agrees_to_texts"}


class RolesForm(forms.Form):
    """Duties for the whole portal."""

    roles = forms.MultipleChoiceField(
        label="Duties", choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label="Why?",
        max_length=200,
        help_text="Kept on the record, for example “joined the team on 1 December, asked by Wendy Marsh”.",
        error_messages={"required": "Say why: it is kept on the record."},
    )


class AppointmentForm(forms.Form):
    """Make somebody contact, manager or lead of an organisation."""

    email = forms.EmailField(label="Their email address", error_messages={"required": "Enter their email address."})
    role = forms.ChoiceField(
        label="What may they do?",
        widget=forms.RadioSelect,
        choices=[(role.value, role.label.capitalize()) for role in MembershipRole if role != MembershipRole.MEMBER],
        error_messages={"required": "Choose what they may do."},
    )

    def clean_email(self):
        email = self.cleaned_data["email"]
        people_there = list(Practitioner.objects.with_account().with_email(email)[:2])
        if len(people_there) != 1:
            raise forms.ValidationError("Nobody has an account with this address. Ask them to create one first.")
        self.practitioner = people_there[0]
        return email


class OrganisationDecisionForm(forms.Form):
    """What becomes of an employer that somebody typed in: the same as a listed one, or one of its own."""

    SAME, NEW = "same", "new"

    decision = forms.ChoiceField(
        label="What is it?",
        widget=forms.RadioSelect,
        choices=[(SAME, "One we have already, under another name"), (NEW, "A new one for the list")],
        error_messages={"required": "Choose whether it is a listed organisation or a new one."},
    )
    into = forms.ModelChoiceField(
        label="The listed organisation it is",
        queryset=Organisation.objects.none(),
        required=False,
        empty_label="Choose one",
    )
    name = forms.CharField(label="Name in the list", max_length=200, required=False)
    sector = forms.ChoiceField(label="Sector", choices=[("", "Choose one"), *Sector.choices], required=False)
    charging_category = forms.ChoiceField(
        label="Charging category", choices=[("", "Choose one"), *ChargingCategory.choices], required=False
    )
    evidence = forms.CharField(
        label="How do we know?",
        max_length=300,
        required=False,
        help_text="For example, “charity 1234567, income £180,000 in 2025”.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Organisation.objects.listed().order_by("name")

    def clean(self):
        cleaned = super().clean()
        wanted = {
            self.SAME: {"into": "Choose the listed organisation it is."},
            self.NEW: {
                "name": "Enter the name for the list.",
                "sector": "Choose the sector it counts in.",
                "charging_category": "Choose what it pays.",
                "evidence": "Say how you know: the category decides what its people pay.",
            },
        }
        for field, words in wanted.get(cleaned.get("decision"), {}).items():
            if not cleaned.get(field) and field not in self.errors:
                self.add_error(field, words)
        return cleaned

    def terms(self) -> dict:
        """What the decision comes to; what belongs to the other choice is left out."""
        if self.cleaned_data["decision"] == self.SAME:
            return {"into": self.cleaned_data["into"]}
        return {name: self.cleaned_data[name] for name in ("name", "sector", "charging_category", "evidence")}


class LetterFilter(forms.Form):
    """Which letters the team looks at: what became of them, and the beginning of an address."""

    HELD_UP, CAME_BACK, WAITING, HELD_BACK, ALL = "held-up", "came-back", "waiting", "held-back", "all"

    show = forms.ChoiceField(
        required=False,
        choices=[
            (HELD_UP, "Given up"),
            (CAME_BACK, "Came back"),
            (WAITING, "Waiting"),
            (HELD_BACK, "Held back"),
            (ALL, "All"),
        ],
    )
    to = forms.CharField(label="Letters to the address", required=False, max_length=254)


class HoldBackForm(forms.Form):
    """Why a letter is not to be sent."""

    reason = forms.CharField(
        label="Why should it not be sent?",
        max_length=200,
        help_text="Kept with the letter, for example “called her instead”.",
        error_messages={"required": "Say why: it is kept with the letter."},
    )


class WordingForm(forms.Form):
    """The team's own words for one letter."""

    subject = forms.CharField(label="Subject", max_length=150, required=False)
    opening = forms.CharField(
        label="Opening",
        max_length=1500,
        required=False,
        widget=forms.Textarea,
        help_text="The first words after the greeting. An empty line makes a new paragraph.",
    )
    closing = forms.CharField(
        label="Closing",
        max_length=1500,
        required=False,
        widget=forms.Textarea,
        help_text="A paragraph at the end, before your team's name. The portal itself writes none.",
    )

    def __init__(self, *args, placeholders, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators.append(lambda text: refuse_what_cannot_be_filled(text, placeholders))

    def clean_opening(self):
        return self.cleaned_data["opening"].replace("\r\n", "\n")

    def clean_closing(self):
        return self.cleaned_data["closing"].replace("\r\n", "\n")
