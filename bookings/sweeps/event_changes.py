"""Sweeps over dates that were changed: changes half carried out, people to be asked once more or released."""

from celery import shared_task
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts import clock
from accounts.models import OutboundEmail
from bookings.actions import move_answers
from bookings.models import Booking, EventChange
from bookings.sweeps.documents import HINT_SECONDS
from bookings.tasks import carry_out_change


@shared_task(name="bookings.carry_out_changes")
def carry_out_changes(**kwargs: object) -> None:
    """Hand on every change of a date that is not carried out, whatever became of the first hint or its worker."""
    for change_id in EventChange.objects.owed(clock.now()).order_by("asked_at", "pk").values_list("pk", flat=True):
        carry_out_change.apply_async(kwargs={"change_id": change_id}, expires=HINT_SECONDS)


@shared_task(name="bookings.remind_unanswered")
def remind_unanswered(**kwargs: object) -> None:
    """Ask once more, half way to the day by which people say whether they can come on a new day."""
    now = clock.now()
    key = Concat(
        *(Value("bookings.move_reminder:"), Cast("pk", TextField()), Value(":")),
        Cast("calendar_sequence", TextField()),
        output_field=TextField(),
    )
    asking = EventChange.objects.filter(answer_due_at__gt=now).order_by("pk")
    for change in asking:
        if move_answers.half_way(change=change) > now:
            continue
        unanswered = Booking.objects.unanswered().filter(
            event_id=change.new_event_id or change.event_id, answer_due_at=change.answer_due_at
        )
        unasked = unanswered.annotate(owed_key=key).filter(
            ~Exists(OutboundEmail.objects.filter(key=OuterRef("owed_key")))
        )
        for booking_id in list(unasked.order_by("pk").values_list("pk", flat=True)):
            move_answers.remind(booking_id=booking_id, now=now)


@shared_task(name="bookings.release_unanswered")
def release_unanswered(**kwargs: object) -> None:
    """Give back the places of those who did not say in time that they can come on the new day."""
    now = clock.now()
    for booking_id in list(
        Booking.objects.past_their_answer(now).order_by("answer_due_at", "pk").values_list("pk", flat=True)
    ):
        move_answers.release(booking_id=booking_id, now=now)
