"""Forms to change many dates together: which are shown, and what changes about those that are ticked."""

from datetime import datetime, time, timedelta

from django import forms
from django.db.models import Q

from bookings.actions.event_changes import Plan
from bookings.forms.event_changes import ASK, TELL
from bookings.models.event_change import ChangeKind
from courses.actions.events import Sitting
from courses.forms.fields import DayField, OneOf
from courses.models import DeliveryMode, Event
from courses.working_days import BRITISH_TIME, end_of_day, start_of_day

EDITABLE = (Event.State.DRAFT, Event.State.OPEN)
LONGEST_SHIFT = 12 * 60


class BulkFilter(forms.Form):
    """Which dates are shown to choose from."""

    q = forms.CharField(label="Course, code or reference", max_length=100, required=False)
    state = forms.ChoiceField(
        label="State",
        choices=[("", "Drafts and open dates"), ("DRAFT", "Drafts"), ("OPEN", "Open dates")],
        required=False,
    )
    begins = DayField(label="From", required=False)
    ends = DayField(label="Until", required=False)

    def narrow(self, events):
        given = self.cleaned_data
        if words := given["q"].strip():
            course = Q(version__course__title__icontains=words) | Q(version__course__code__iexact=words)
            events = events.filter(course | Q(reference__istartswith=words))
        if given["state"]:
            events = events.filter(state=given["state"])
        if given["begins"]:
            events = events.filter(starts_at__gte=start_of_day(given["begins"]))
        if given["ends"]:
            events = events.filter(starts_at__lte=end_of_day(given["ends"]))
        return events


class BulkForm(forms.Form):
    """What changes about every date that is ticked; what is left empty stays."""

    venue = OneOf(label="Venue", required=False, help_text="For dates in person.")
    shift = forms.IntegerField(
        label="Start and end later by",
        required=False,
        min_value=-LONGEST_SHIFT,
        max_value=LONGEST_SHIFT,
        help_text="With a minus sign: earlier. For example, -30.",
    )
    capacity = forms.IntegerField(label="Places", required=False, min_value=1, max_value=5000)
    booking_opens_on = DayField(label="Booking opens on", required=False, help_text="At the start of that day.")
    booking_closes_on = DayField(label="Booking closes on", required=False, help_text="At the end of that day.")
    is_publishing = forms.BooleanField(label="Publish those that are drafts", required=False)
    asking = forms.ChoiceField(
        label="Where hours or the venue change, do people have to say whether they can come?",
        choices=[(TELL, "Only tell them"), (ASK, "Ask everybody")],
        widget=forms.RadioSelect,
        initial=TELL,
    )
    words = forms.CharField(
        label="Words of your own for the letters",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    CHANGES = ("venue", "shift", "capacity", "booking_opens_on", "booking_closes_on", "is_publishing")

    def __init__(self, *args, venues, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["venue"].offer(venues, "Leave as it is")

    def clean(self):
        given = self.cleaned_data
        if not self.errors and not any(given.get(name) for name in self.CHANGES):
            raise forms.ValidationError("Say what is to change.")
        opens, closes = given.get("booking_opens_on"), given.get("booking_closes_on")
        if opens and closes and closes < opens:
            self.add_error("booking_closes_on", "Booking closes before it opens.")
        return given

    def plan_for(self, event: Event) -> Plan:
        """The plan for one date: moved where hours or venue change, and otherwise only its details."""
        given, facts = self.cleaned_data, self._facts()
        is_publishing = given["is_publishing"]
        venue = given["venue"] if event.mode != DeliveryMode.LIVE_ONLINE else None
        if not venue and not given["shift"]:
            kind = ChangeKind.CAPACITY if set(facts) == {"capacity"} and not is_publishing else ChangeKind.DETAILS
            return Plan(kind=kind, facts=facts, is_publishing=is_publishing, words=given["words"])
        later = timedelta(minutes=given["shift"] or 0)
        return Plan(
            kind=ChangeKind.MOVE,
            sessions=[
                Sitting(
                    starts_at=_by_the_clock(session.starts_at, later),
                    ends_at=_by_the_clock(session.ends_at, later),
                    venue=None if venue else session.venue,
                )
                for session in sorted(event.sessions.all(), key=lambda each: each.position)
            ],
            venue=venue or event.venue,
            mode=event.mode,
            online_link=event.online_link,
            is_asking=given["asking"] == ASK,
            words=given["words"],
            facts=facts,
            is_publishing=is_publishing,
        )

    def _facts(self) -> dict:
        given = self.cleaned_data
        facts = {"capacity": given["capacity"]} if given["capacity"] else {}
        if given["booking_opens_on"]:
            facts["booking_opens_at"] = datetime.combine(given["booking_opens_on"], time.min, tzinfo=BRITISH_TIME)
        if given["booking_closes_on"]:
            facts["booking_closes_at"] = end_of_day(given["booking_closes_on"])
        return facts


def _by_the_clock(moment: datetime, later: timedelta) -> datetime:
    """Later as the clock on the wall shows it."""
    local = moment.astimezone(BRITISH_TIME).replace(tzinfo=None) + later
    return local.replace(tzinfo=BRITISH_TIME)
