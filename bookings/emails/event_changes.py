"""Letters about a date that changed: moved, put off, cancelled, going ahead; to those booked, waiting, holding, training."""

from collections.abc import Sequence
from datetime import datetime

from accounts.correspondence import Calendar
from accounts.models import OutboundEmail, Practitioner
from bookings.emails.facts import booking_calendar, facts_of_date, managers_copy, place_of, queue, queue_to, sessions_of
from bookings.emails.trainers import next_entry, queue_entry
from bookings.emails.waiting import addressee_of
from bookings.models import Booking, EventChange, GroupBooking, WaitingListEntry
from bookings.models.booking import State
from courses.calendars import CANCEL, REQUEST
from courses.models import Event, Session, Trainer


def event_facts(event: Event) -> dict:
    """Copy where and when a date is, for letters that say how it was before a change."""
    return {
        "when": [[one.starts_at.isoformat(), one.ends_at.isoformat()] for one in sessions_of(event)],
        "place": place_of(event),
        "was_postponed": event.state == Event.State.POSTPONED,
    }


def before_of(change: EventChange) -> dict:
    """Read what `event_facts` copied."""
    before = change.plan.get("before", {})
    when = [[datetime.fromisoformat(moment) for moment in pair] for pair in before.get("when", [])]
    return {**before, "when": when}


def moved(*, booking: Booking, change: EventChange, now: datetime) -> OutboundEmail | None:
    """At once, with the entry that replaces the old one: how it was, how it is, and by when they say whether they come.

    Days that the date no longer has go out of calendars by a letter of their own, because one file asks for one
    thing only.
    """
    dropped = _days_no_longer_there(booking.event, before_of(change)["when"])
    if dropped and booking.state == State.CONFIRMED:
        days_dropped(booking=booking, sessions=dropped, now=now)
    return queue(
        "bookings/moved",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        copy_to=managers_copy(booking),
        calendar=_entry(booking, REQUEST) if booking.state == State.CONFIRMED else None,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        change=change,
        before=before_of(change),
    )


def days_dropped(*, booking: Booking, sessions: Sequence[Session], now: datetime) -> OutboundEmail | None:
    """At once, beside the letter about the move: the days that fall away, so that calendars forget them."""
    return queue(
        "bookings/days_dropped",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        calendar=Calendar(text=booking_calendar(booking, method=CANCEL, sessions=sessions), method=CANCEL),
        urgency=OutboundEmail.Urgency.AT_ONCE,
        dropped=list(sessions),
    )


def _days_no_longer_there(event: Event, before: Sequence[Sequence[datetime]]) -> list[Session]:
    """The sittings that the date had and has no longer, as their calendar entries knew them."""
    left = len(sessions_of(event))
    return [
        Session(event=event, position=position, starts_at=starts_at, ends_at=ends_at)
        for position, (starts_at, ends_at) in enumerate(before, start=1)
        if position > left
    ]


def move_reminder(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """Half way to the day by which they answer."""
    return queue("bookings/move_reminder", booking, version=str(booking.calendar_sequence), now=now)


def move_released(*, booking: Booking, was_asked: bool, now: datetime) -> OutboundEmail | None:
    """The place is given back: they cannot come on the new day, or did not say. Nothing is charged."""
    return queue(
        "bookings/move_released",
        booking,
        now=now,
        copy_to=managers_copy(booking),
        calendar=_entry(booking, CANCEL),
        urgency=OutboundEmail.Urgency.AT_ONCE,
        is_unanswered=was_asked,
    )


def postponed(*, booking: Booking, change: EventChange, now: datetime) -> OutboundEmail | None:
    """At once: the date is put off, the place is kept, the old day goes out of the calendar."""
    return queue(
        "bookings/postponed",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        copy_to=managers_copy(booking),
        calendar=_entry(booking, CANCEL) if booking.state == State.CONFIRMED else None,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        change=change,
    )


def cancelled_by_us(
    *, booking: Booking, change: EventChange, entry: WaitingListEntry | None, now: datetime
) -> OutboundEmail | None:
    """At once: why, that nothing is charged, the place held elsewhere, and the entry that leaves the calendar."""
    had_place = booking.confirmed_at is not None
    return queue(
        "bookings/cancelled_by_us",
        booking,
        now=now,
        copy_to=managers_copy(booking) if had_place else "",
        calendar=_entry(booking, CANCEL) if had_place else None,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        change=change,
        entry=entry,
        held_event=change.held_event,
        had_place=had_place,
    )


def goes_ahead(*, booking: Booking, change: EventChange, now: datetime) -> OutboundEmail | None:
    """When it was decided that the date runs though fewer people have booked than planned (rule B20)."""
    return queue("bookings/goes_ahead", booking, now=now, change=change)


def waiting_change(*, entry: WaitingListEntry, change: EventChange, now: datetime) -> OutboundEmail | None:
    """To those who wait for the date, or have an offer: it is moved or put off; their turn stays."""
    practitioner = addressee_of(entry)
    return _about_event("waiting_change", f"waiting:{entry.pk}", practitioner, change, now, entry=entry)


def group_change(*, group: GroupBooking, places: int, change: EventChange, now: datetime) -> OutboundEmail | None:
    """To the contact of an organisation that holds places without names."""
    about = f"group:{group.pk}"
    return _about_event("group_change", about, group.contact, change, now, group=group, places=places)


def trainer_change(
    *, trainer: Trainer, sessions: Sequence[Session], is_off: bool, change: EventChange, now: datetime
) -> OutboundEmail | None:
    """To those who train the date, and to those who no longer do because they are elsewhere on its new day.

    `sessions` are what they train of it from now on. Their calendar follows by the same letter.
    """
    entry = next_entry(trainer=trainer, event=change.event, sessions=sessions)
    if entry is None:
        about = f"event:{change.event_id}"
        return _about_event("trainer_change", about, trainer.practitioner, change, now, is_off=is_off)
    return queue_entry(
        "bookings/trainer_change",
        entry,
        trainer=trainer,
        event=change.event,
        now=now,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        change=change,
        is_off=is_off,
    )


def _entry(booking: Booking, method: str) -> Calendar:
    return Calendar(text=booking_calendar(booking, method=method), method=method)


def _about_event(
    name: str, about: str, practitioner: Practitioner | None, change: EventChange, now: datetime, **facts: object
) -> OutboundEmail | None:
    """A letter about the date itself, once for each change and reader."""
    return queue_to(
        practitioner,
        f"bookings/{name}",
        key=(change.pk, about, practitioner.pk if practitioner else ""),
        about=about,
        context={
            **facts_of_date(change.event, now=now),
            "change": change,
            "before": before_of(change),
            **facts,
        },
        now=now,
        urgency=OutboundEmail.Urgency.AT_ONCE,
    )
