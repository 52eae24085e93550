"""Forms of the team to change a date that people hold places on: move, split, postpone, cancel, places, go ahead."""

from django import forms
from django.utils.dateformat import format as format_date
from django.utils.timezone import localtime

from bookings.actions.event_changes import Plan
from bookings.models.event_change import ChangeKind, ProviderReason
from courses.actions.events import Sitting
from courses.forms.events import DayForm
from courses.forms.fields import OneOf, sentences
from courses.models import DeliveryMode, Event

AUTO, ASK, TELL = "auto", "ask", "tell"
MAX_DAYS = 15


class ChangeForm(forms.Form):
    """What every change has: words of the team's own for the letters."""

    kind: ChangeKind
    words = forms.CharField(
        label="Words of your own for the letter",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="You need not. The letter says what changes by itself. Do not name a child or a family.",
    )

    def __init__(self, *args, event: Event, **kwargs):
        super().__init__(*args, **kwargs)
        self.event = event

    @property
    def plan(self) -> Plan:
        return Plan(kind=self.kind, **self.facts)

    @property
    def facts(self) -> dict:
        return {"words": self.cleaned_data["words"]}


DayForms = forms.formset_factory(DayForm, extra=0, max_num=MAX_DAYS, absolute_max=MAX_DAYS)


class MoveForm(ChangeForm):
    """Another day, other hours, another place; the days are forms of their own."""

    kind = ChangeKind.MOVE
    mode = forms.ChoiceField(label="How it is taught", choices=DeliveryMode.choices, widget=forms.RadioSelect)
    venue = OneOf(label="Venue", required=False)
    online_link = forms.URLField(
        label="Link to the online room",
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text="Shown to people with a confirmed place alone.",
        error_messages={"invalid": "Write the whole address, beginning with https://"},
    )
    asking = forms.ChoiceField(
        label="Do people have to say whether they can come?",
        choices=[
            (AUTO, "Ask them if the day changes, otherwise only tell them"),
            (ASK, "Ask everybody"),
            (TELL, "Only tell them"),
        ],
        widget=forms.RadioSelect,
        initial=AUTO,
    )

    field_order = ["mode", "venue", "online_link", "asking", "words"]

    def __init__(self, *args, venues, days, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["venue"].offer(venues, "No venue")
        self.days = days

    @staticmethod
    def initial_of(event: Event) -> dict:
        return {"mode": event.mode, "venue": event.venue_id, "online_link": event.online_link, "asking": AUTO}

    def clean(self):
        mode, venue = self.cleaned_data.get("mode"), self.cleaned_data.get("venue")
        if mode == DeliveryMode.LIVE_ONLINE and venue:
            self.add_error("venue", "A live online date has no venue. Choose “No venue”, or another way of teaching.")
        if mode == DeliveryMode.IN_PERSON and not venue and "venue" not in self.errors:
            self.add_error("venue", "Choose a venue.")
        return self.cleaned_data

    @property
    def sittings(self) -> list[Sitting]:
        return sorted((form.sitting for form in self.days.forms), key=lambda sitting: sitting.starts_at)

    @property
    def facts(self) -> dict:
        given = self.cleaned_data
        return super().facts | {
            "sessions": self.sittings,
            "venue": given["venue"],
            "mode": given["mode"],
            "online_link": given["online_link"],
            "is_asking": given["asking"] == ASK or (given["asking"] == AUTO and self._is_another_day()),
        }

    def _is_another_day(self) -> bool:
        """Another day, or a day where there was none: hours and rooms alone do not keep people away."""
        if self.event.state == Event.State.POSTPONED:
            return True
        before = sorted(localtime(session.starts_at).date() for session in self.event.sessions.all())
        return before != [localtime(sitting.starts_at).date() for sitting in self.sittings]


class SplitForm(MoveForm):
    """A second date like the first, and who goes there."""

    kind = ChangeKind.SPLIT
    moved = forms.TypedMultipleChoiceField(
        label="Who moves to the new date?",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one person.",
            "invalid_choice": "Somebody ticked is not on this date any more.",
        },
    )
    places_here = forms.IntegerField(
        label="Places on this date from now on", min_value=1, max_value=5000, required=False, help_text="Empty: as now."
    )
    places_there = forms.IntegerField(
        label="Places on the new date", min_value=1, max_value=5000, required=False, help_text="Empty: no limit."
    )

    field_order = ["moved", "places_here", "places_there", "mode", "venue", "online_link", "asking", "words"]

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["moved"].choices = people

    def clean(self):
        super().clean()
        moved, here = self.cleaned_data.get("moved", []), self.cleaned_data.get("places_here")
        if moved and here is not None and self.event.places_taken - len(moved) > here:
            staying = self.event.places_taken - len(moved)
            self.add_error("places_here", f"{staying} places stay taken on this date, so it needs at least as many.")
        return self.cleaned_data

    @property
    def facts(self) -> dict:
        given = self.cleaned_data
        return super().facts | {
            "moved_ids": given["moved"],
            "places_here": given["places_here"],
            "places_there": given["places_there"],
        }


class PostponeForm(ChangeForm):
    """Put the date off; the new day comes later."""

    kind = ChangeKind.POSTPONE
    reason = forms.ChoiceField(label="Why?", choices=sentences(ProviderReason), widget=forms.RadioSelect)

    field_order = ["reason", "words"]

    def clean(self):
        if self.cleaned_data.get("reason") == ProviderReason.OTHER and not self.cleaned_data.get("words"):
            self.add_error("words", "Say in a few words why. People read this in their letter.")
        return self.cleaned_data

    @property
    def facts(self) -> dict:
        return super().facts | {"reason": self.cleaned_data["reason"]}


class CancelDateForm(PostponeForm):
    """Call the date off, and name another one on which people have first choice."""

    kind = ChangeKind.CANCEL
    held_event = OneOf(
        label="Hold places for them on another date?",
        required=False,
        help_text="Each person has the usual time to take the place. Nobody is moved without their yes.",
    )

    field_order = ["reason", "held_event", "words"]

    def __init__(self, *args, dates, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["held_event"]
        field.offer(dates, "No")
        field.choices = [("", "No"), *((str(date.pk), _words_of_date(date)) for date in dates)]

    @property
    def facts(self) -> dict:
        return super().facts | {"held_event": self.cleaned_data["held_event"]}


def _words_of_date(event: Event) -> str:
    left = "no limit" if event.free_places is None else f"{event.free_places} free"
    return f"{format_date(localtime(event.starts_at), 'l j F Y')}, {event.venue or event.get_mode_display()} ({left})"


class CapacityForm(ChangeForm):
    """More places, or fewer."""

    kind = ChangeKind.CAPACITY
    words = None
    capacity = forms.IntegerField(
        label="Places", min_value=1, max_value=5000, required=False, help_text="Empty: no limit."
    )

    @property
    def facts(self) -> dict:
        return {"facts": {"capacity": self.cleaned_data["capacity"]}}


class GoAheadForm(ChangeForm):
    """Fewer people than planned, and it runs all the same."""

    kind = ChangeKind.GO_AHEAD
