"""Accounts that nobody uses: ask, keep, make anonymous (rule B27).

Made anonymous means: name, address, telephone, needs, letters and whatever people typed about somebody are gone, from
the rows and from their history. What is counted stays: that somebody of this agency had a place and came.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Case, F, QuerySet, Value, When

from accounts import audit
from accounts.actions import people
from accounts.models import OutboundEmail, Partnership, Practitioner, User
from accounts.models.practitioner import FORMER_MEMBER
from bookings import emails, inactivity
from bookings.models import (
    Approval,
    Booking,
    BookingNeeds,
    Certificate,
    CertificateFile,
    ChargeNotice,
    Quote,
    SelfPacedEnrolment,
    TrainingRecordFile,
    WaitingListEntry,
)
from courses.models import Enquiry

REMOVED = "Removed"
REMOVED_ADDRESS = "removed@anonymised.invalid"


@transaction.atomic
def ask(*, practitioner_id: int, now: datetime, send_at: datetime) -> bool:
    """Ask whether somebody still needs their account. Asking twice asks once; whoever is needed is not asked."""
    practitioner = _lock(practitioner_id)
    if not inactivity.to_be_asked(now, Partnership.objects.current()).filter(pk=practitioner.pk).exists():
        return False
    practitioner.inactive_asked_at = now
    practitioner.save(update_fields=["inactive_asked_at"])
    audit.record(by=None, verb="person.ask_inactive", subject=f"practitioner:{practitioner.pk}", now=now)
    emails.inactive_account(practitioner=practitioner, now=now, send_at=send_at)
    return True


@transaction.atomic
def keep(*, practitioner_id: int, by: User | None, now: datetime) -> bool:
    """The account is still needed: the person says so by their link, or the team for them. False if it is gone already.

    Saying so twice is once.
    """
    practitioner = _lock(practitioner_id)
    if practitioner.anonymised_at:
        return False
    if (
        practitioner.kept_at
        and practitioner.inactive_asked_at
        and practitioner.kept_at > practitioner.inactive_asked_at
    ):
        return True
    practitioner.kept_at = now
    practitioner.save(update_fields=["kept_at"])
    audit.record(by=by, verb="person.keep", subject=f"practitioner:{practitioner.pk}", now=now)
    return True


@transaction.atomic
def anonymise(*, practitioner_id: int, now: datetime) -> bool:
    """Take away who it was, if nobody has answered in time and nobody needs them; all of it or nothing.

    The account's row is held first, so that somebody who signs in at this moment either keeps it or finds it closed.
    """
    practitioner = _lock(practitioner_id)
    if not inactivity.to_be_anonymised(now, Partnership.objects.current()).filter(pk=practitioner.pk).exists():
        return False
    _forget_letters(practitioner)
    _forget_places(practitioner)
    people.anonymise(practitioner=practitioner, by=None, now=now)
    # Nobody may change history, the portal least of all; this function of the database owner's may, for people who
    # are anonymous already and for nobody else.
    with connection.cursor() as cursor:
        cursor.execute("SELECT bookings_forget_history(%s)", [practitioner.pk])
    return True


def _lock(practitioner_id: int) -> Practitioner:
    """Hold the account, then the person: whoever books for them at this moment waits."""
    User.objects.select_for_update(of=("self",)).filter(practitioner=practitioner_id).first()
    return Practitioner.objects.select_for_update(of=("self",)).select_related("user").get(pk=practitioner_id)


def _forget_letters(practitioner: Practitioner) -> None:
    """Letters to the person, and those to others about their places: to whom and what they said. That one went stays."""
    bookings = list(Booking.objects.filter(practitioner=practitioner).values_list("pk", "group_booking_id"))
    charges = ChargeNotice.objects.filter(booking__practitioner=practitioner) | ChargeNotice.objects.filter(
        enrolment__practitioner=practitioner
    )
    about = {
        f"practitioner:{practitioner.pk}",
        *(f"booking:{pk}" for pk, _ in bookings),
        *(f"group:{group}" for _, group in bookings if group),
        *(f"charge:{pk}" for pk in charges.values_list("pk", flat=True)),
        *_named("waiting", WaitingListEntry.objects.filter(practitioner=practitioner)),
        *_named("enrolment", SelfPacedEnrolment.objects.filter(practitioner=practitioner)),
        *_named("invitation", practitioner.invitations.all()),
    }
    of_theirs = OutboundEmail.objects.filter(practitioner=practitioner)
    for letters in (of_theirs, OutboundEmail.objects.filter(about__in=about)):
        # Nobody of the team need look after one that came back or could not be delivered.
        letters.filter(given_up_at__isnull=False).update(
            withheld_at=F("given_up_at"), withheld_reason=REMOVED, given_up_at=None
        )
        letters.update(
            to="", copy_to="", subject=REMOVED, text="", html="", calendar="",
            last_error="", bounce_reason="", bounced_at=None,
            # Without words it can never go again.
            is_secret=True,
        )  # fmt: skip


def _named(kind: str, rows: QuerySet) -> list[str]:
    return [f"{kind}:{pk}" for pk in rows.values_list("pk", flat=True)]


def _forget_places(practitioner: Practitioner) -> None:
    """Whatever people typed about places, lists, charges and certificates; names and files of certificates; needs."""
    own = {"practitioner": practitioner}
    of_own = {"booking__practitioner": practitioner}
    BookingNeeds.objects.filter(**of_own).delete()
    TrainingRecordFile.objects.filter(**own).delete()
    CertificateFile.objects.filter(certificate__booking__practitioner=practitioner).delete()
    Booking.objects.filter(**own).update(
        manager_email="",
        **_without_words(
            "prerequisite_declared", "state_reason", "cancelled_reason", "decided_reason", "override_reason"
        ),
    )
    SelfPacedEnrolment.objects.filter(**own).update(
        manager_email="", **_without_words("prerequisite_declared", "extended_reason")
    )
    Enquiry.objects.filter(made_by__practitioner=practitioner).update(
        contact_name=FORMER_MEMBER, email=REMOVED_ADDRESS, phone="",
        **_without_words("audience", "budget_holder", "travel", "note", "question", "lost_reason"),
    )  # fmt: skip
    Quote.objects.filter(contact=practitioner).update(**_without_words("accepted_note", "closed_reason"))
    WaitingListEntry.objects.filter(**own).update(**_without_words("state_reason", "urgent_reason"))
    Certificate.objects.filter(**of_own).update(practitioner_name=FORMER_MEMBER, **_without_words("withdrawn_reason"))
    Approval.objects.filter(**of_own).update(
        approver_email=REMOVED_ADDRESS,
        **_without_words("reason"),
        **_without_words("deputy_email", "decided_by_email", instead=REMOVED_ADDRESS),
    )
    words_of_charges = _without_words("reason_given", "decided_reason")
    ChargeNotice.objects.filter(**of_own).update(**words_of_charges)
    ChargeNotice.objects.filter(enrolment__practitioner=practitioner).update(**words_of_charges)


def _without_words(*names: str, instead: str = REMOVED) -> dict[str, Case]:
    """That there was a reason is a fact that rules rest on, and stays; what it was goes."""
    return {name: Case(When(**{name: ""}, then=Value("")), default=Value(instead)) for name in names}
