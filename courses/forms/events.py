"""A date with its days and trainers, as the team plans it."""

from dataclasses import replace
from datetime import datetime, time

from django import forms
from django.utils.timezone import localtime

from courses.actions.events import Sitting
from courses.forms.fields import ClockField, DayField, OneOf
from courses.models import DeliveryMode, Event, Offer, Session, Trainer, Venue
from courses.working_days import BRITISH_TIME, end_of_day

MAX_DAYS = 15


class EventDetailsForm(forms.Form):
    """What may change about a date even when people hold places."""

    min_numbers = forms.IntegerField(label="Fewest people to run it", min_value=0, max_value=5000, required=False)
    booking_opens_on = DayField(
        label="Booking opens on", required=False, help_text="At the start of that day. Empty: at once."
    )
    booking_closes_on = DayField(
        label="Booking closes on", required=False, help_text="At the end of that day. Empty: when the date begins."
    )
    online_link = forms.URLField(
        label="Link to the online room",
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text="Shown to people with a confirmed place alone. Needed before joining instructions go out.",
        error_messages={"invalid": "Write the whole address, beginning with https://"},
    )
    notes_for_staff = forms.CharField(
        label="Notes for the team", required=False, max_length=5000, widget=forms.Textarea
    )

    DETAILS: tuple[str, ...] = ("min_numbers", "online_link", "notes_for_staff")

    @classmethod
    def initial_of(cls, event: Event) -> dict:
        days = {
            "booking_opens_on": event.booking_opens_at and localtime(event.booking_opens_at).date(),
            "booking_closes_on": event.booking_closes_at and localtime(event.booking_closes_at).date(),
        }
        return {name: getattr(event, name) for name in cls.DETAILS} | days

    def clean(self):
        opens, closes = self.cleaned_data.get("booking_opens_on"), self.cleaned_data.get("booking_closes_on")
        if opens and closes and closes < opens:
            self.add_error("booking_closes_on", "Booking closes before it opens.")
        return self.cleaned_data

    @property
    def facts(self) -> dict:
        given = self.cleaned_data
        opens, closes = given["booking_opens_on"], given["booking_closes_on"]
        return {name: given[name] for name in self.DETAILS} | {
            "min_numbers": given["min_numbers"] or 0,
            "booking_opens_at": datetime.combine(opens, time.min, tzinfo=BRITISH_TIME) if opens else None,
            "booking_closes_at": end_of_day(closes) if closes else None,
        }


class EventForm(EventDetailsForm):
    """A whole date, while nobody holds a place on it. Its days are forms of their own."""

    DETAILS = ("capacity", *EventDetailsForm.DETAILS)
    capacity = forms.IntegerField(
        label="Places", min_value=1, max_value=5000, required=False, help_text="Empty: no limit."
    )
    offers = forms.MultipleChoiceField(
        label="Open to",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one strand."},
    )
    mode = forms.ChoiceField(label="How it is taught", choices=DeliveryMode.choices, widget=forms.RadioSelect)
    venue = OneOf(label="Venue", required=False)
    is_open_to_region = forms.BooleanField(label="Open to the whole region", required=False)

    field_order = ["offers", "mode", "venue", "online_link", "capacity", "min_numbers"]

    def __init__(self, *args, offers: list[Offer], venues: list[Venue], **kwargs):
        super().__init__(*args, **kwargs)
        self.known_offers = {str(offer.pk): offer for offer in offers}
        self.fields["offers"].choices = [(pk, offer.get_strand_display()) for pk, offer in self.known_offers.items()]
        self.fields["venue"].offer(venues, "No venue")

    @classmethod
    def initial_of(cls, event: Event) -> dict:
        return super().initial_of(event) | {
            "offers": [offer.pk for offer in event.offers.all()],
            "mode": event.mode,
            "venue": event.venue_id,
            "is_open_to_region": event.is_open_to_region,
        }

    def clean(self):
        super().clean()
        venue, places = self.cleaned_data.get("venue"), self.cleaned_data.get("capacity")
        if venue and venue.capacity and places and places > venue.capacity:
            self.add_error("capacity", f"The largest room at {venue} holds {venue.capacity} people.")
        if self.cleaned_data.get("mode") == DeliveryMode.LIVE_ONLINE and venue:
            self.add_error("venue", "A live online date has no venue. Choose “No venue”, or another way of teaching.")
        return self.cleaned_data

    @property
    def facts(self) -> dict:
        own = {name: self.cleaned_data[name] for name in ("mode", "venue", "is_open_to_region")}
        return super().facts | own

    @property
    def chosen_offers(self) -> list[Offer]:
        return [self.known_offers[pk] for pk in self.cleaned_data["offers"]]


class TrainersForm(forms.Form):
    """Who trains one session."""

    lead = OneOf(label="Lead trainer", required=False)
    co_trainer = OneOf(label="Second trainer", required=False)

    def __init__(self, *args, trainers: list[Trainer], **kwargs):
        super().__init__(*args, **kwargs)
        # As with days: nobody chosen is an answer, too.
        self.empty_permitted = False
        for name in ("lead", "co_trainer"):
            self.fields[name].offer(trainers, "Nobody yet")

    def clean(self):
        lead, second = self.cleaned_data.get("lead"), self.cleaned_data.get("co_trainer")
        if lead and lead == second:
            self.add_error("co_trainer", "Choose somebody else as the second trainer.")
        return self.cleaned_data

    @property
    def trainers(self) -> list[Trainer]:
        return [each for each in (self.cleaned_data.get("lead"), self.cleaned_data.get("co_trainer")) if each]


class DayForm(forms.Form):
    """One day of a date: when, and where if elsewhere."""

    day = DayField(label="Day", error_messages={"required": "Give the day."})
    starts = ClockField(label="Starts", error_messages={"required": "Say when it starts."})
    ends = ClockField(label="Ends", error_messages={"required": "Say when it ends."})
    venue = OneOf(label="Venue, if another one", required=False)

    def __init__(self, *args, venues: list[Venue], **kwargs):
        super().__init__(*args, **kwargs)
        # A day that was sent as it was shown is still a day; a formset would pass over it.
        self.empty_permitted = False
        self.fields["venue"].offer(venues, "The date's own venue")

    @staticmethod
    def initial_of(session: Session) -> dict:
        starts, ends = localtime(session.starts_at), localtime(session.ends_at)
        return {"day": starts.date(), "starts": starts.time(), "ends": ends.time(), "venue": session.venue_id}

    def clean(self):
        super().clean()
        starts, ends = self.cleaned_data.get("starts"), self.cleaned_data.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", "The day ends before it starts. Mind morning and afternoon.")
        return self.cleaned_data

    @property
    def sitting(self) -> Sitting:
        given = self.cleaned_data
        return Sitting(
            starts_at=datetime.combine(given["day"], given["starts"], tzinfo=BRITISH_TIME),
            ends_at=datetime.combine(given["day"], given["ends"], tzinfo=BRITISH_TIME),
            venue=given["venue"],
        )


class SittingForm(DayForm, TrainersForm):
    """One day of a new or changed plan, with its trainers. A day left empty is not part of it."""

    field_order = ["day", "starts", "ends", "venue", "lead", "co_trainer"]
    WHEN = ("day", "starts", "ends")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.WHEN:
            self.fields[name].required = False

    @staticmethod
    def initial_of(session: Session) -> dict:
        trainers = [assignment.trainer_id for assignment in session.trainer_assignments.all()]
        return DayForm.initial_of(session) | dict(zip(("lead", "co_trainer"), trainers, strict=False))

    @property
    def is_empty(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in self.WHEN) and not any(
            name in self.errors for name in self.WHEN
        )

    def clean(self):
        super().clean()
        if not self.is_empty:
            for name in self.WHEN:
                if not self.cleaned_data.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return self.cleaned_data

    @property
    def sitting(self) -> Sitting:
        return replace(super().sitting, trainers=self.trainers)


class SittingFormSet(forms.BaseFormSet):
    """The days of a date, in order."""

    def clean(self):
        if any(self.errors):
            return
        filled = [form for form in self.forms if not form.is_empty]
        if not filled:
            raise forms.ValidationError("Give at least one day, with its times.")

    @property
    def sittings(self) -> list[Sitting]:
        filled = [form.sitting for form in self.forms if not form.is_empty]
        return sorted(filled, key=lambda sitting: sitting.starts_at)


SittingForms = forms.formset_factory(
    SittingForm, formset=SittingFormSet, extra=0, max_num=MAX_DAYS, validate_max=True, absolute_max=MAX_DAYS
)
TrainersForms = forms.formset_factory(TrainersForm, extra=0, max_num=MAX_DAYS, absolute_max=MAX_DAYS)
