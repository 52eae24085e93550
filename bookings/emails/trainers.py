"""Letters to those who train: the days they are down for, as entries of their calendar that follow every change.

What a trainer's calendar holds stands in the keys of the letters that brought it there, and nowhere else: the
number of the letter, which is the entry's SEQUENCE, the days, and a mark of where and when they are. Whoever is told
twice at once, by the sweep and by a change that is carried out, asks for the same key, and one letter goes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from accounts.correspondence import Calendar, queue_email
from accounts.models import OutboundEmail, Partnership
from bookings.emails.facts import address_of, facts_of_date, place_of, sessions_of
from courses.calendars import CANCEL, REQUEST, calendar_text
from courses.models import Event, Session, Trainer

LETTER = "bookings/trainer_date"
PREFIX = "bookings.trainer_date"
NOTHING = "none"
MARK_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a trainer's calendar holds of one date: the last letter's number, its days, and how they were."""

    sequence: int = -1
    positions: frozenset[int] = frozenset()
    mark: str = NOTHING


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the next letter does to the calendar, and the letter's key."""

    key: str
    calendar: Calendar
    sessions: Sequence[Session]
    is_first: bool

    @property
    def is_off(self) -> bool:
        return self.calendar.method == CANCEL


def trainer_dates(*, trainer: Trainer, event: Event, sessions: Sequence[Session], now: datetime) -> None:
    """Have the trainer's calendar hold these sittings of the date and no others: a letter for what has changed.

    Days that fall away and days that stay go in two letters, because one file asks for one thing only.
    """
    told = told_of(trainer=trainer, event=event)
    while entry := next_entry(trainer=trainer, event=event, sessions=sessions, told=told):
        queue_entry(LETTER, entry, trainer=trainer, event=event, now=now)
        told = told_in(entry.key)[1]


def next_entry(
    *, trainer: Trainer, event: Event, sessions: Sequence[Session], told: Told | None = None
) -> Entry | None:
    """Return what is to be done to the trainer's calendar next; None where it is right, or nobody can be written to."""
    told = told or told_of(trainer=trainer, event=event)
    if not address_of(trainer.practitioner) or mark_of(event, sessions) == told.mark:
        return None
    wanted = {session.position for session in sessions}
    if dropped := sorted(told.positions - wanted):
        mark, kept = (NOTHING, set()) if not wanted else ("", told.positions & wanted)
        return _entry(trainer, event, told, CANCEL, [_sitting(event, number) for number in dropped], kept, mark)
    return _entry(trainer, event, told, REQUEST, sessions, wanted, mark_of(event, sessions))


def told_of(*, trainer: Trainer, event: Event) -> Told:
    """Read from the letters what the trainer was told of this date last."""
    prefix = f"{PREFIX}:{trainer.pk}:{event.pk}:"
    keys = OutboundEmail.objects.about(f"event:{event.pk}").filter(key__startswith=prefix)
    told = [told_in(key)[1] for key in keys.values_list("key", flat=True)]
    return max(told, key=lambda one: one.sequence, default=Told())


def key_of(*, trainer_id: int, event_id: int, sequence: int, positions: Iterable[int], mark: str) -> str:
    days = ".".join(str(number) for number in sorted(positions))
    return f"{PREFIX}:{trainer_id}:{event_id}:{sequence}:{days}:{mark}"


def mark_of(event: Event, sessions: Iterable[Session]) -> str:
    """A mark of when and where these sittings are: another one whenever a calendar should say something else."""
    facts = [
        f"{one.position}/{one.starts_at.timestamp():.0f}/{one.ends_at.timestamp():.0f}/{one.venue_id or event.venue_id}"
        for one in sorted(sessions, key=lambda one: one.position)
    ]
    return hashlib.sha256("|".join(facts).encode()).hexdigest()[:MARK_LENGTH] if facts else NOTHING


def told_in(key: str) -> tuple[tuple[int, int], Told]:
    """Read a letter's key: the trainer and the date, and what was told."""
    _, trainer, event, sequence, days, mark = key.split(":")
    positions = frozenset(int(day) for day in days.split(".") if day)
    return (int(trainer), int(event)), Told(sequence=int(sequence), positions=positions, mark=mark)


def _sitting(event: Event, position: int) -> Session:
    """The day as the date has it now. A calendar finds a day that is gone by its name, whatever hours stand with it."""
    days = sessions_of(event)
    day = next((one for one in days if one.position == position), days[0])
    return Session(position=position, starts_at=day.starts_at, ends_at=day.ends_at, venue=day.venue)


def _entry(
    trainer: Trainer,
    event: Event,
    told: Told,
    method: str,
    sessions: Sequence[Session],
    positions: Iterable[int],
    mark: str,
) -> Entry:
    sequence = told.sequence + 1
    title = event.version.course.title
    home = f"{settings.SITE_URL}{reverse('trainer_home')}"
    text = calendar_text(
        uid=f"training-{trainer.pk}-{event.reference}@{urlsplit(settings.SITE_URL).hostname}",
        sequence=sequence,
        method=method,
        summary=f"You train: {title}",
        description=f"{event.reference}. Register and people: {home}",
        location=place_of(event),
        url=home,
        sessions=sessions,
        organiser_email=settings.CALENDAR_ORGANISER,
        organiser_name=Partnership.objects.current().team_name,
        attendee_email=address_of(trainer.practitioner),
    )
    key = key_of(trainer_id=trainer.pk, event_id=event.pk, sequence=sequence, positions=positions, mark=mark)
    return Entry(
        key=key,
        calendar=Calendar(text=text, method=method),
        sessions=sessions,
        is_first=not told.positions,
    )


def queue_entry(
    letter: str,
    entry: Entry,
    *,
    trainer: Trainer,
    event: Event,
    now: datetime,
    urgency: int = OutboundEmail.Urgency.USUAL,
    **facts: object,
) -> OutboundEmail:
    """Queue the letter that brings an entry, under the entry's own key, whichever letter it is."""
    return queue_email(
        key=entry.key,
        to=address_of(trainer.practitioner),
        letter=letter,
        context={
            **facts_of_date(event, now=now, sessions=entry.sessions),
            "practitioner": trainer.practitioner,
            "is_off": entry.is_off,
            "is_first": entry.is_first,
            **facts,
        },
        now=now,
        about=f"event:{event.pk}",
        practitioner=trainer.practitioner,
        calendar=entry.calendar,
        urgency=urgency,
    )
