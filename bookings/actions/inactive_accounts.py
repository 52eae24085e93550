"""Accounts that nobody uses: ask, keep, make anonymous (rule B27).

Made anonymous means: name, address, telephone, needs, letters and whatever people typed about somebody are gone, from
the rows and from their history. What is counted stays: that somebody of this agency had a place and came.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.actions import letters, people
from accounts.locking import locked
from accounts.models import OutboundEmail, Partnership, Practitioner, User
from accounts.models.practitioner import FORMER_MEMBER, REMOVED_ADDRESS
from bookings import emails, inactivity
from bookings.models import (
    Approval,
    Booking,
    BookingNeeds,
    Certificate,
    CertificateFile,
    ChargeNotice,
    Invoice,
    Order,
    OrderLine,
    Quote,
    SelfPacedEnrolment,
    TrainingRecordFile,
    WaitingListEntry,
)
from courses.actions import enquiries
from courses.models import Enquiry


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
    _forget_purchases(practitioner)
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
    return locked(Practitioner.objects.select_related("user").filter(pk=practitioner_id)).get()


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
    for found in (of_theirs, OutboundEmail.objects.filter(about__in=about)):
        letters.forget(emails=found)


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
        **people.without_words(
            "prerequisite_declared", "state_reason", "cancelled_reason", "decided_reason", "override_reason"
        ),
    )
    SelfPacedEnrolment.objects.filter(**own).update(
        manager_email="", **people.without_words("prerequisite_declared", "extended_reason")
    )
    WaitingListEntry.objects.filter(**own).update(**people.without_words("state_reason", "urgent_reason"))
    Certificate.objects.filter(**of_own).update(
        practitioner_name=FORMER_MEMBER, **people.without_words("withdrawn_reason")
    )
    Approval.objects.filter(**of_own).update(
        approver_email=REMOVED_ADDRESS,
        **people.without_words("reason"),
        **people.without_words("deputy_email", "decided_by_email", instead=REMOVED_ADDRESS),
    )
    words_of_charges = people.without_words("reason_given", "decided_reason")
    ChargeNotice.objects.filter(**of_own).update(**words_of_charges)
    ChargeNotice.objects.filter(enrolment__practitioner=practitioner).update(**words_of_charges)


def _forget_purchases(practitioner: Practitioner) -> None:
    """Whatever they typed about orders, quotes, enquiries and invoices, and their name where others typed it in a basket.

    What was issued or sent names nobody and stays as it is (docs/decisions/0010).
    """
    Order.objects.filter(contact=practitioner).update(answers={}, **people.without_words("notes"))
    employers = practitioner.memberships.values("organisation")
    by_name = Q(full_name__iexact=practitioner.full_name, order__organisation__in=employers)
    in_baskets = OrderLine.objects.filter(
        Q(order__contact=practitioner) | by_name | _at_their_address("email", practitioner)
    )
    in_baskets.exclude(full_name="", email="").update(full_name="", email="")
    had = Q(bookings__practitioner=practitioner) | Q(enrolment__practitioner=practitioner)
    waived = OrderLine.objects.filter(had).exclude(waived_reason="")
    waived.update(**people.without_words("waived_reason", "settled_reason"))
    Invoice.objects.filter(disputed_by__practitioner=practitioner).update(**people.without_words("dispute_reason"))
    Invoice.objects.filter(_at_their_address("customer_email", practitioner)).update(customer_email="")
    over = Enquiry.objects.filter(_at_their_address("email", practitioner)).exclude(pk__in=Enquiry.objects.open())
    for found in (over, Enquiry.objects.filter(made_by__practitioner=practitioner)):
        enquiries.forget_asker(found=found)
    Quote.objects.filter(contact=practitioner).update(**people.without_words("accepted_note", "closed_reason"))


def _at_their_address(column: str, practitioner: Practitioner) -> Q:
    """The condition that an address somebody typed is the person's own."""
    own = {practitioner.email if practitioner.email_owner == Practitioner.EmailOwner.SELF else ""}
    own.add(practitioner.user.email if practitioner.user else "")
    found = Q(pk__in=[])
    for address in filter(None, own):
        found |= Q(**{f"{column}__iexact": address})
    return found
