"""The places of an organisation by month: what a school looks at before it plans who covers a class."""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from accounts import clock
from accounts.models import Organisation
from bookings.models import Booking, GroupBooking
from bookings.models.booking import PLACE_HOLDING_STATES
from courses.models import Session
from courses.working_days import BRITISH_TIME
from workforce_portal.views.organisation import chosen

YEARS_SHOWN = range(2000, 2100)


@dataclass
class DayOfTraining:
    """One day of one date, with those of the organisation who come."""

    session: Session
    people: list[str] = field(default_factory=list)
    places_unnamed: int = 0

    @property
    def places(self):
        return len(self.people) + self.places_unnamed


@login_required
def organisation_calendar(request):
    """A month as a grid, and below it the same days as a list with names."""
    organisations = list(Organisation.objects.of_contact(request.user))
    if not organisations:
        raise Http404
    organisation = chosen(organisations, request.GET.get("organisation"))
    today = timezone.localtime(clock.now()).date()
    month = _month(request.GET.get("month"), today)
    days = _days_of_training(request.user, organisation, month)
    by_day = defaultdict(list)
    for day in days:
        by_day[timezone.localtime(day.session.starts_at).date()].append(day)
    weeks = [
        [(each, by_day[each] if each.month == month.month else []) for each in week]
        for week in Calendar().monthdatescalendar(month.year, month.month)
    ]
    return render(
        request,
        "workforce_portal/organisation/organisation_calendar.html",
        {
            "organisation": organisation,
            "organisations": organisations,
            "month": month,
            "before": (month - timedelta(days=1)).replace(day=1),
            "after": _next(month),
            "weeks": weeks,
            "days": days,
            "places": sum(day.places for day in days),
            "today": today,
        },
    )


def _month(given, today):
    """The first day of the month that was asked for; whatever is no month shows this one."""
    try:
        asked = date.fromisoformat(f"{given}-01")
    except ValueError:
        return today.replace(day=1)
    return asked if asked.year in YEARS_SHOWN else today.replace(day=1)


def _next(month: date):
    return (month + timedelta(days=31)).replace(day=1)


def _days_of_training(user, organisation, month):
    """Each day in this month on which people of the organisation have places, with them, in order of time."""
    bookings = Booking.objects.visible_to(user).filter(organisation=organisation, state__in=PLACE_HOLDING_STATES)
    groups = GroupBooking.objects.visible_to(user).filter(organisation=organisation).with_unnamed_places()
    start, end = (datetime.combine(each, time.min, tzinfo=BRITISH_TIME) for each in (month, _next(month)))
    in_month = Session.objects.of_running_events().filter(starts_at__gte=start, starts_at__lt=end)
    sessions = in_month.filter(event__in=bookings.values("event")) | in_month.filter(event__in=groups.values("event"))
    days = [DayOfTraining(session) for session in sessions.with_event_facts().order_by("starts_at", "pk")]
    events = {day.session.event_id for day in days}
    names, unnamed = defaultdict(list), defaultdict(int)
    of_events = bookings.filter(event__in=events).order_by("practitioner__full_name", "pk")
    for event_id, name in of_events.values_list("event_id", "practitioner__full_name"):
        names[event_id].append(name)
    for event_id, places in groups.filter(event__in=events).values_list("event_id", "places_unnamed"):
        unnamed[event_id] += places
    for day in days:
        day.people, day.places_unnamed = names[day.session.event_id], unnamed[day.session.event_id]
    return days
