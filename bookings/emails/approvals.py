"""Letters to managers about one request: asked, reminded, over. Those with a link are secret: erased once sent."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail, Practitioner
from bookings.emails.facts import context_of
from bookings.models import Approval, Booking
from bookings.models.approval import digest_of

# Enough of a link's digest to tell its letter from others.
KEY_LENGTH = 16
WITH_A_LINK = ("bookings/approval_request", "bookings/approval_reminder")


def approval_request(
    *, approval: Approval, booking: Booking, token: str, to: str, now: datetime, is_passed_on: bool = False
) -> OutboundEmail:
    """At once, to the manager; to a deputy when the manager passes it on, or when the manager is reminded."""
    is_deputy = to == approval.deputy_email
    return _queue(WITH_A_LINK[0], approval, booking, token, to, now, is_deputy=is_deputy, is_passed_on=is_passed_on)


def approval_reminder(*, approval: Approval, booking: Booking, token: str, now: datetime) -> OutboundEmail:
    """Some working days later (a setting), to a manager who has not answered."""
    return _queue(WITH_A_LINK[1], approval, booking, token, approval.approver_email, now)


def approval_over(*, approval: Approval, booking: Booking, now: datetime) -> list[OutboundEmail]:
    """When nobody answered in time, to everybody who was asked: there is nothing left to do."""
    return [
        queue_email(
            key=f"bookings.approval_over:{booking.pk}:{number}",
            to=address,
            letter="bookings/approval_over",
            context={**context_of(booking, now=now), "approval": approval},
            now=now,
            about=f"booking:{booking.pk}",
            practitioner=booking.practitioner,
        )
        for number, address in enumerate(approval.addresses)
    ]


def managers_asked_since(*, practitioner: Practitioner, moment: datetime) -> int:
    """How many letters with a link have been written about this person's requests."""
    asked = OutboundEmail.objects.filter(practitioner=practitioner, letter__in=WITH_A_LINK, created_at__gt=moment)
    return asked.count()


def withhold_links(*, booking: Booking, now: datetime) -> None:
    """Keep back what is not sent yet: its link is dead, and the address may have been wrong."""
    unsent = OutboundEmail.objects.about(f"booking:{booking.pk}").unsent().filter(letter__in=WITH_A_LINK)
    unsent.update(withheld_at=now, text="", html="")


def _queue(
    letter: str, approval: Approval, booking: Booking, token: str, to: str, now: datetime, **facts: object
) -> OutboundEmail:
    link = settings.SITE_URL + reverse("bookings:approval_answer", args=[token])
    return queue_email(
        key=f"{letter.replace('/', '.')}:{booking.pk}:{digest_of(token)[:KEY_LENGTH]}",
        to=to,
        letter=letter,
        context={**context_of(booking, now=now), "approval": approval, "link": link, **facts},
        now=now,
        about=f"booking:{booking.pk}",
        practitioner=booking.practitioner,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        is_secret=True,
    )
