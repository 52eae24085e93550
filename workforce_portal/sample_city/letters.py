"""Letters that the city has beside those about places: to trainers about their days, and two that did not arrive."""

from collections import defaultdict
from datetime import datetime, timedelta

from accounts.models import OutboundEmail
from bookings.emails.trainers import LETTER, key_of, mark_of
from courses.models import Event, Session, TrainerAssignment
from workforce_portal.sample_city import SAMPLE_ACCOUNTS
from workforce_portal.sample_city.records import ENVELOPE

REFUSED = "550 5.1.1 <{address}>: Recipient address rejected: User unknown"
RETURNED = "552 5.2.2 <{address}>: The mailbox is full"


def file_letters_to_trainers(*, as_of: datetime) -> None:
    """Whoever trains a coming date was told so: their calendars hold its days."""
    facts = ("session__event__version__course", "session__venue", "trainer__practitioner__user")
    assignments = TrainerAssignment.objects.filter(
        session__event__starts_at__gt=as_of, session__event__state=Event.State.OPEN
    )
    trained: dict[tuple[int, int], list[TrainerAssignment]] = defaultdict(list)
    for assignment in assignments.select_related(*facts).order_by("session__position", "pk"):
        trained[assignment.trainer_id, assignment.session.event_id].append(assignment)
    OutboundEmail.objects.bulk_create(
        [_letter_to_trainer([one.session for one in own], own[0], as_of) for own in trained.values()], batch_size=500
    )


def _letter_to_trainer(sessions: list[Session], assignment: TrainerAssignment, as_of: datetime) -> OutboundEmail:
    event, person = sessions[0].event, assignment.trainer.practitioner
    key = key_of(
        trainer_id=assignment.trainer_id,
        event_id=event.pk,
        sequence=0,
        positions=[session.position for session in sessions],
        mark=mark_of(event, sessions),
    )
    sent_at = as_of - timedelta(days=20)
    return OutboundEmail(
        key=key, letter=LETTER, about=f"event:{event.pk}", message_id=f"<{key}@portal.example.org>",
        practitioner=person, to=person.email, subject=f"You train: {event.version.course.title}"[:200], text=ENVELOPE,
        created_at=sent_at, send_at=sent_at, attempts=1, sent_at=sent_at,
    )  # fmt: skip


def let_two_letters_fail(*, as_of: datetime) -> None:
    """One that the mail server refused for good and one that came back, so that the team sees both."""
    printed = [account.email for account in SAMPLE_ACCOUNTS]
    confirmations = OutboundEmail.objects.filter(letter="bookings/confirmation").exclude(to__in=printed)
    refused, returned = confirmations.order_by("pk").first(), confirmations.order_by("pk").last()
    if refused is None or returned is None:
        return
    refused.sent_at, refused.given_up_at = None, as_of - timedelta(hours=14)
    refused.last_error = REFUSED.format(address=refused.to)
    refused.save(update_fields=["sent_at", "given_up_at", "last_error"])
    returned.bounced_at = (returned.sent_at or as_of) + timedelta(minutes=2)
    returned.bounce_reason = RETURNED.format(address=returned.to)
    returned.save(update_fields=["bounced_at", "bounce_reason"])
