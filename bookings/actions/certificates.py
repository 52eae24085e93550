"""Certificates: promise one when it is earned, hand it to one worker, issue it, replace it, revoke it."""

import hashlib
import secrets
from datetime import date, datetime
from decimal import Decimal

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.audit import record
from accounts.locking import locked
from accounts.models import Partnership, User
from accounts.wake import wake
from bookings import emails
from bookings.models import Attendance, Booking, Certificate, CertificateFile
from bookings.models.booking import State
from bookings.reports import days_in_words
from courses.models import Session, Strand

# Without I, L, O and U, which are misread on paper. Twenty letters of thirty-two are 100 bits.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 20
DAY_WRITTEN = "l j F Y"
READ_AS = str.maketrans("OILU", "011V")
# So long nobody else calls a worker after one was called; a call that is lost holds up the next no longer than this.
CALLED = "bookings.certificates.called"
CALL_STANDS_SECONDS = 5


class CannotWithdraw(Exception):
    """This certificate cannot be replaced or revoked; the words say why."""


@transaction.atomic
def release(*, booking_id: int, now: datetime) -> Certificate | None:
    """Promise the certificate of a booking whose every session was attended (DOMAIN 8, rule B16).

    Return it, the earlier one when it was promised before; None when it is not earned, or was
    revoked. Every word that will be printed is copied now. Whoever withholds certificates until
    feedback is given calls this when it is.
    """
    facts = Booking.objects.select_related("event__version__course", "practitioner", "offer")
    booking = locked(facts.filter(pk=booking_id)).get()
    if booking.state != State.ATTENDED:
        return None
    latest = booking.certificates.order_by("-version").first()
    if latest is not None:
        return latest if latest.state in (Certificate.State.PENDING, Certificate.State.ISSUED) else None
    return _promise(booking=booking, version=1, now=now)


def _promise(*, booking: Booking, version: int, now: datetime) -> Certificate:
    certificate = Certificate(booking=booking, version=version, requested_at=now, **printed_words(booking))
    certificate.pk = _next_id()
    certificate.number = number_of(
        certificate_id=certificate.pk, short_name=Partnership.objects.current().short_name, now=now
    )
    certificate.code = new_code()
    certificate.save(force_insert=True)
    call_worker()
    return certificate


def _next_id() -> int:
    """Take the row's id first, because the printed number is made of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Certificate._meta.db_table])
        return cursor.fetchone()[0]


def number_of(*, certificate_id: int, short_name: str, now: datetime) -> str:
    """Return the number for the record: AIR-2026-004182. It is no secret and says nothing about validity."""
    prefix = "".join(letter for letter in short_name.upper() if letter.isascii() and letter.isalnum())[:5]
    return f"{prefix or 'C'}-{timezone.localtime(now).year}-{certificate_id:06d}"


def new_code() -> str:
    """Return the secret part of the address at which anybody holding the certificate can check it."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def code_as_typed(text: str) -> str:
    """Return the code that somebody meant who typed it from paper: case, gaps, dashes and look-alikes do not matter."""
    return "".join(letter for letter in text.upper().translate(READ_AS) if letter in CODE_ALPHABET)


def printed_words(booking: Booking) -> dict:
    """Return everything the certificate prints, as it stands now. Later changes elsewhere do not touch it."""
    course = booking.event.version.course
    sessions = _attended_sessions(booking)
    days = sorted({timezone.localtime(session.starts_at).date() for session in sessions})
    partnership = Partnership.objects.current()
    is_multi_agency = booking.offer.strand == Strand.MULTI_AGENCY
    return {
        "practitioner_name": booking.practitioner.full_name,
        "course_title": course.title,
        "dates": days_in_words(days, written=DAY_WRITTEN),
        "hours": sum((Decimal(str(session.hours)) for session in sessions), Decimal(0)),
        "level": course.level,
        "outcomes": [outcome.text for outcome in booking.event.version.outcomes.order_by("position")],
        "strand": booking.offer.strand,
        "issuer": partnership.name if is_multi_agency else partnership.council_name,
        "refresh_by": months_later(day=days[-1], months=course.refresh_months) if course.refresh_months else None,
        "earned_on": days[-1],
    }


def _attended_sessions(booking: Booking) -> list[Session]:
    """Return the sessions the person was marked present in; all of them where the record holds no marks."""
    sessions = list(booking.event.sessions.order_by("position"))
    present = set(booking.attendances.filter(mark=Attendance.Mark.PRESENT).values_list("session_id", flat=True))
    return [session for session in sessions if session.pk in present] or sessions


def months_later(*, day: date, months: int) -> date:
    """Return the first day of the month that lies so many months later: people are asked to refresh by a month."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def claim(*, certificate_id: int, now: datetime) -> Certificate | None:
    """Take a certificate in hand for building, or return None when there is nothing to do or another worker has it.

    Normally a promised one; also an issued one whose file is missing, as after loading old records.
    One conditional update decides, so of two workers one gets it. A worker that dies leaves the
    claim to lapse.
    """
    wanted = Certificate.objects.filter(pk=certificate_id)
    if not _claim(wanted.owed(now), now):
        issued = wanted.filter(state=Certificate.State.ISSUED)
        if not issued.filter(file__isnull=True).exists() or not _claim(issued.claimable(now), now):
            return None
    return Certificate.objects.select_related("booking__practitioner").get(pk=certificate_id)


def _claim(certificates: QuerySet[Certificate], now: datetime) -> bool:
    return bool(certificates.update(claimed_at=now, attempts=F("attempts") + 1))


@transaction.atomic
def claim_next(*, now: datetime) -> Certificate | None:
    """Take the promised certificate that has waited longest in hand, or return None when none is owed.

    What another worker is just taking is passed over.
    """
    owed = Certificate.objects.owed(now).select_related("booking__practitioner").order_by("requested_at")
    certificate = locked(owed, skip_locked=True, at_most=1).first()
    if certificate is not None:
        certificate.claimed_at = now
        certificate.attempts += 1
        certificate.save(update_fields=["claimed_at", "attempts"])
    return certificate


def call_worker() -> None:
    """After the commit, ask a worker to come to the line; not when one is asked for already and has yet to come.

    A worker that comes says so (`worker_has_come`) before it looks for what is owed, so it finds
    whatever was committed before a call that was spared. Calls may be lost: the sweep calls each minute.
    """
    transaction.on_commit(_call_worker, robust=True)


def _call_worker() -> None:
    if cache.add(CALLED, True, CALL_STANDS_SECONDS):
        wake("bookings.build_certificates")


def worker_has_come() -> None:
    """From now on whoever promises a certificate calls another worker."""
    cache.delete(CALLED)


@transaction.atomic
def issue(*, certificate: Certificate, content: bytes, now: datetime) -> bool:
    """Keep the built file, mark the certificate issued and queue the letter, all or nothing.

    `certificate` is as `claim` or `claim_next` returned it. False, and nothing written, when the
    claim lapsed and another worker took over, or when it was withdrawn meanwhile.
    """
    held = Certificate.objects.filter(pk=certificate.pk, claimed_at=certificate.claimed_at, state=certificate.state)
    is_new = certificate.state == Certificate.State.PENDING
    changes = {"state": Certificate.State.ISSUED, "issued_at": now} if is_new else {"claimed_at": None}
    if not held.update(**changes):
        return False
    CertificateFile.objects.create(certificate=certificate, content=content, sha256=hashlib.sha256(content).hexdigest())
    if is_new:
        emails.certificate(certificate=certificate, now=now)
    return True


@transaction.atomic
def reissue(*, certificate: Certificate, by: User, now: datetime, reason: str) -> Certificate:
    """Replace a certificate by its next version with today's facts, such as a corrected name; the old one shows it."""
    latest = _withdraw(certificate=certificate, state=Certificate.State.REPLACED, by=by, now=now, reason=reason)
    if latest.booking.state != State.ATTENDED:
        raise CannotWithdraw("The register no longer says that this person attended. Revoke the certificate instead.")
    return _promise(booking=latest.booking, version=latest.version + 1, now=now)


@transaction.atomic
def revoke(*, certificate: Certificate, by: User, now: datetime, reason: str) -> Certificate:
    """Take a certificate back. It is kept, its check page says so, and no other is made for the booking."""
    return _withdraw(certificate=certificate, state=Certificate.State.REVOKED, by=by, now=now, reason=reason)


def _withdraw(*, certificate: Certificate, state: str, by: User, now: datetime, reason: str) -> Certificate:
    # The booking first, as in release: whoever changes a booking's certificates holds the booking.
    facts = Booking.objects.select_related("event__version__course", "practitioner", "offer")
    booking = locked(facts.filter(pk=certificate.booking_id)).get()
    latest = Certificate.objects.get(pk=certificate.pk)
    if latest.state not in (Certificate.State.PENDING, Certificate.State.ISSUED):
        raise CannotWithdraw(f"Certificate {latest.number} is {latest.get_state_display()} already.")
    latest.booking = booking
    latest.state, latest.withdrawn_at, latest.withdrawn_by, latest.withdrawn_reason = state, now, by, reason
    latest.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    verb = "certificate.replace" if state == Certificate.State.REPLACED else "certificate.revoke"
    record(by=by, verb=verb, subject=f"certificate:{latest.pk}", now=now, reason=reason)
    return latest


def ask_for_file(*, certificate: Certificate) -> None:
    """Have the file made of an issued certificate that has none, as after loading old records."""
    wake("bookings.build_certificate", certificate_id=certificate.pk)


def retry(*, certificate: Certificate, by: User, now: datetime) -> bool:
    """Have a certificate built that was given up, once its cause is mended."""
    again = Certificate.objects.given_up().filter(pk=certificate.pk).update(attempts=0, claimed_at=None)
    if again:
        record(by=by, verb="certificate.retry", subject=f"certificate:{certificate.pk}", now=now)
        wake("bookings.build_certificate", certificate_id=certificate.pk)
    return bool(again)


def are_owed(*, now: datetime) -> bool:
    """Whether any certificate is promised, not built, and in nobody's hands."""
    return Certificate.objects.owed(now).exists()
