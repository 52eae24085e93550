"""Who has not used the portal for long, who of them is asked, and who is made anonymous then (rule B27). Reads only.

What counts as activity: an account that was made, a sign-in, a yes to our question, a booking, a course attended or
ahead, a self-paced course. Somebody else may have booked for them: that is activity too.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import Membership, OutboundEmail, Partnership, Practitioner
from bookings.models import Booking, Certificate, ChargeNotice, GroupBooking, SelfPacedEnrolment, WaitingListEntry
from bookings.models.booking import State
from courses.models import Trainer, TrainerAssignment
from courses.working_days import end_of_day, months_before

KEEP_LINK = "bookings.keep_account"


def inactive(now: datetime, partnership: Partnership) -> QuerySet[Practitioner]:
    """People with an account who have done nothing for so long, each with the moment of their last deed."""
    since = months_before(now, partnership.inactive_months)
    accounts = Practitioner.objects.filter(
        Q(user__last_login__isnull=True) | Q(user__last_login__lt=since),
        Q(kept_at__isnull=True) | Q(kept_at__lt=since),
        user__is_active=True,
        user__joined_at__lt=since,
        anonymised_at__isnull=True,
    )
    return accounts.annotate(last_active_at=_last_deed()).filter(last_active_at__lt=since)


def _last_deed() -> Greatest:
    """The latest of all; what somebody never did counts for nothing."""
    booked = _latest(Booking.objects.all(), "booked_at")
    attended = _latest(Booking.objects.live(), "event__ends_at")
    in_own_time = _latest(SelfPacedEnrolment.objects.all(), "state_since")
    return Greatest(F("user__joined_at"), F("user__last_login"), F("kept_at"), booked, attended, in_own_time)


def _latest(rows: QuerySet, moment: str) -> Subquery:
    own = rows.filter(practitioner=OuterRef("pk")).order_by().values("practitioner")
    return Subquery(own.annotate(latest=Max(moment)).values("latest"), output_field=DateTimeField())


def still_needed(now: datetime) -> QuerySet[Practitioner]:
    """People who are kept whatever they do or do not do, for as long as one of these holds.

    Duties for the portal or an organisation; the training pool; a date, a list, an offer or places still ahead; a charge
    nobody has decided; a certificate that is being made, or is to be repeated on a day that has not come; a letter that
    has not left.
    """
    mine = {"practitioner": OuterRef("pk")}
    ahead = Booking.objects.filter(state__in=[State.REQUESTED, State.CONFIRMED], **mine)
    charges = ChargeNotice.objects.open()
    teaching = TrainerAssignment.objects.filter(trainer__practitioner=OuterRef("pk"), session__ends_at__gt=now)
    certificates = Certificate.objects.filter(booking__practitioner=OuterRef("pk")).filter(
        Q(state=Certificate.State.PENDING)
        | Q(state=Certificate.State.ISSUED, refresh_by__gt=timezone.localtime(now).date())
    )
    return Practitioner.objects.filter(
        ~Q(user__roles=[])
        | Q(user__is_superuser=True)
        | Exists(Membership.objects.appointed().filter(**mine))
        | Exists(Trainer.objects.active().filter(**mine))
        | Exists(teaching)
        | Exists(ahead)
        | Exists(WaitingListEntry.objects.live().filter(**mine))
        | Exists(GroupBooking.objects.filter(contact=OuterRef("pk"), event__ends_at__gt=now))
        | Exists(SelfPacedEnrolment.objects.live().filter(**mine))
        | Exists(charges.filter(booking__practitioner=OuterRef("pk")))
        | Exists(charges.filter(enrolment__practitioner=OuterRef("pk")))
        | Exists(certificates)
        | Exists(OutboundEmail.objects.unsent().filter(**mine))
    )


def is_needed(now: datetime) -> Exists:
    """The same as a condition, asked only about those whom the rest of a question leaves."""
    return Exists(still_needed(now).filter(pk=OuterRef("pk")))


def to_be_asked(now: datetime, partnership: Partnership) -> QuerySet[Practitioner]:
    """Nobody needs them, and they have not been asked since they were last here."""
    unasked = Q(inactive_asked_at__isnull=True) | Q(inactive_asked_at__lt=F("last_active_at"))
    return inactive(now, partnership).filter(unasked).exclude(is_needed(now))


def asked(now: datetime, partnership: Partnership) -> QuerySet[Practitioner]:
    """They were asked, and have neither answered nor been here since."""
    return inactive(now, partnership).filter(inactive_asked_at__gte=F("last_active_at"))


def to_be_anonymised(now: datetime, partnership: Partnership) -> QuerySet[Practitioner]:
    """The time for an answer is over, and still nobody needs them."""
    overdue = asked(now, partnership).filter(inactive_asked_at__lte=_asked_until(now, partnership))
    return overdue.exclude(is_needed(now))


def _asked_until(now: datetime, partnership: Partnership) -> datetime:
    """Whoever was asked on this day or earlier has had the whole of their last day."""
    day = timezone.localtime(now).date() - timedelta(days=partnership.inactive_answer_days + 1)
    return end_of_day(day)


def answer_by(*, asked_at: datetime, partnership: Partnership) -> datetime:
    """Return the last moment for an answer."""
    return end_of_day(timezone.localtime(asked_at).date() + timedelta(days=partnership.inactive_answer_days))


def token_for(practitioner: Practitioner, asked_at: datetime) -> str:
    """Return the secret part of the link that keeps an account without signing in.

    It says who was asked, and when, so that an earlier link answers no later question.
    """
    return signing.Signer(salt=KEEP_LINK).sign_object([practitioner.pk, asked_at.isoformat()])


def asked_by(token: str) -> Practitioner | None:
    """Return the person whom this link was made for, while the question stands; nobody for any other word."""
    try:
        pk, asked_at = signing.Signer(salt=KEEP_LINK).unsign_object(token)
    except signing.BadSignature:
        return None
    practitioner = Practitioner.objects.filter(pk=pk, anonymised_at__isnull=True).first()
    if practitioner is None or practitioner.inactive_asked_at is None:
        return None
    return practitioner if practitioner.inactive_asked_at.isoformat() == asked_at else None
