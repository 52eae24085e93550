"""The sweep over who trains: their calendars follow the dates, whoever changed them and however."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.db.models import Prefetch

from accounts import clock
from accounts.models import OutboundEmail
from bookings import emails
from bookings.emails.trainers import PREFIX, Told, mark_of, told_in
from bookings.models import EventChange
from courses.models import Event, Session, Trainer, TrainerAssignment


@shared_task(name="bookings.tell_trainers")
def tell_trainers(**kwargs: object) -> None:
    """Write to trainers who were put on a coming date or taken off it, or whose date is not as they were told."""
    now = clock.now()
    for trainer, event, sessions in trainers_owed(now):
        with transaction.atomic():
            emails.trainer_dates(trainer=trainer, event=event, sessions=sessions, now=now)


def trainers_owed(now: datetime) -> Iterator[tuple[Trainer, Event, list[Session]]]:
    """Return who is to be told of which sittings. A change that is still being carried out tells them itself."""
    events = {event.pk: event for event in _coming(now)}
    told = _told(events)
    trained: dict[tuple[int, int], list[Session]] = defaultdict(list)
    for event in events.values():
        if event.state == Event.State.OPEN:
            for session in emails.sessions_of(event):
                for assignment in session.trainer_assignments.all():
                    trained[assignment.trainer_id, event.pk].append(session)
    owed = [
        pair
        for pair in sorted({*trained, *told})
        if mark_of(events[pair[1]], trained[pair]) != told.get(pair, Told()).mark
    ]
    trainers = Trainer.objects.select_related("practitioner__user").in_bulk([trainer for trainer, _ in owed])
    for trainer, event_id in owed:
        yield trainers[trainer], events[event_id], trained[trainer, event_id]


def _coming(now: datetime) -> list[Event]:
    changing = EventChange.objects.filter(finished_at__isnull=True).values("event")
    sessions = Session.objects.select_related("venue").order_by("position")
    sessions = sessions.prefetch_related(Prefetch("trainer_assignments", TrainerAssignment.objects.order_by("pk")))
    coming = Event.objects.filter(starts_at__gt=now).exclude(state=Event.State.DRAFT).exclude(pk__in=changing)
    return list(coming.with_catalogue_facts().prefetch_related(Prefetch("sessions", sessions)).order_by("pk"))


def _told(events: dict[int, Event]) -> dict[tuple[int, int], Told]:
    """What each trainer was told last of each of these dates."""
    letters = OutboundEmail.objects.filter(key__startswith=f"{PREFIX}:", about__in=[f"event:{pk}" for pk in events])
    last: dict[tuple[int, int], Told] = {}
    for key in letters.values_list("key", flat=True):
        pair, told = told_in(key)
        if pair not in last or last[pair].sequence < told.sequence:
            last[pair] = told
    return last
