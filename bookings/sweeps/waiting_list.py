"""Sweeps of the waiting lists: offers that are owed, offers that ended, the last hours, lists that are over."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q

from accounts import clock
from accounts.models import Partnership
from bookings.actions import waiting_list
from bookings.models import WaitingListEntry
from bookings.sweeps.documents import HINT_SECONDS
from bookings.tasks import offer_free_places_of
from courses.models import Event


@shared_task(name="bookings.offer_free_places")
def offer_free_places(**kwargs: object) -> None:
    """Hand on every event that owes offers to those who wait, whatever became of the first hint."""
    for event_id in Event.objects.owing_offers(clock.now()).order_by("starts_at", "pk").values_list("pk", flat=True):
        offer_free_places_of.apply_async(kwargs={"event_id": event_id}, expires=HINT_SECONDS)


@shared_task(name="bookings.lapse_offers")
def lapse_offers(**kwargs: object) -> None:
    """Let the offers go that nobody answered in time, each in a transaction of its own."""
    now = clock.now()
    ended = WaitingListEntry.objects.past_their_offer(now).order_by("offer_ends_at", "pk")
    for entry_id in list(ended.values_list("pk", flat=True)):
        waiting_list.lapse_offer(entry_id=entry_id, now=now)


@shared_task(name="bookings.tell_first_to_answer")
def tell_first_to_answer(**kwargs: object) -> None:
    """In the last hours before a date, tell those who wait that a free place goes to whoever books first."""
    now = clock.now()
    hours = Partnership.objects.current().first_to_answer_hours
    near = Event.objects.filter(people_waiting__gt=0, state=Event.State.OPEN).with_free_places()
    for event in near.filter(starts_at__gt=now, starts_at__lte=now + timedelta(hours=hours)).order_by("pk"):
        waiting_list.tell_first_to_answer(event_id=event.pk, now=now)


@shared_task(name="bookings.close_waiting_lists")
def close_waiting_lists(**kwargs: object) -> None:
    """Close the lists of dates that have begun or are off: who still waits is demand that was not met."""
    now = clock.now()
    over = Event.objects.filter(Q(starts_at__lte=now) | Q(state=Event.State.CANCELLED), people_waiting__gt=0)
    for event in over.exclude(state=Event.State.POSTPONED).order_by("pk"):
        waiting_list.close_list(event_id=event.pk, now=now)
