"""Check-in: a short code by which people mark themselves as here, while their session runs."""

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from bookings.actions import registers
from bookings.models import Attendance, Booking, CheckInCode
from courses.models import Event, Session
from courses.references import REFERENCE_ALPHABET

CODE_LENGTH = 6
# Two codes alike are one chance in many millions; three in a row point to a fault.
DRAWS = 3
OTHER_GROUPS = str.maketrans("", "", " -.·\t\n\r\x00")


class CannotCheckIn(Exception):
    """The person cannot mark themselves as here; the words say why and what to do."""


def open_code(*, session: Session, by: User, now: datetime) -> CheckInCode:
    """Open check-in for a session: its code is made, or the one it has is opened again. Harmless twice."""
    registers.may_mark(session=session, by=by, now=now)
    if now >= session.ends_at:
        raise registers.RegisterClosed("This session has ended, so nobody can check in. You can still mark people.")
    for _ in range(DRAWS):
        try:
            with transaction.atomic():
                made, is_new = CheckInCode.objects.get_or_create(
                    session=session, defaults={"code": new_code(), "made_at": now, "made_by": by}
                )
                break
        except IntegrityError:
            continue
    else:
        raise registers.RegisterClosed("No code could be made. Try once more, or mark people yourself.")
    if not is_new and made.closed_at:
        made.closed_at = made.closed_by = None
        made.save(update_fields=["closed_at", "closed_by"])
    return made


def close_code(*, session: Session, by: User, now: datetime) -> None:
    """Close check-in before the session ends. Harmless twice."""
    CheckInCode.objects.filter(session=session, closed_at__isnull=True).update(closed_at=now, closed_by=by)


def new_code() -> str:
    """Draw a code that can be read from the back of a room: nothing in it looks or sounds like another."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(CODE_LENGTH))


def code_as_typed(text: str) -> str:
    """Return the code that somebody meant who typed it: small letters, gaps and dashes do not matter."""
    return text.translate(OTHER_GROUPS).upper()


def session_of_code(*, code: str, now: datetime) -> Session:
    """Return the session that this code opens now. Raises CannotCheckIn."""
    found = (
        CheckInCode.objects.of_code(code_as_typed(code))
        .select_related("session__event__version__course", "session__venue", "session__event__venue")
        .first()
    )
    if found is None:
        raise CannotCheckIn("No session has this code. Compare it with the one on the screen, or see the trainer.")
    session = found.session
    if found.closed_at or now >= session.ends_at or session.event.register_locked_at:
        raise CannotCheckIn("Checking in is closed for this session. See the trainer: they can mark you.")
    if now < session.starts_at - registers.MARKING_OPENS_BEFORE or session.event.state == Event.State.CANCELLED:
        raise CannotCheckIn("Checking in is not open for this session. See the trainer.")
    return session


@transaction.atomic
def check_in(*, code: str, user: User, now: datetime) -> Attendance:
    """Mark somebody as here by their own word. Harmless twice, and never undoes what the trainer marked.

    Whoever comes after the time for joining is marked with the time, so that the trainer sees it and
    decides (rule B14).
    """
    session = session_of_code(code=code, now=now)
    booking = _booking_of(user, session)
    standing = Attendance.objects.filter(session=session, booking=booking).first()
    if standing is not None:
        if standing.mark != Attendance.Mark.PRESENT:
            raise CannotCheckIn(
                f"The register already says “{standing.get_mark_display()}” for you. If that is wrong, see the trainer."
            )
        return standing
    attendance = Attendance(booking=booking, session=session, mark=Attendance.Mark.PRESENT)
    if now > registers.joins_until(session):
        attendance.arrived_at = now
    registers.write_marks(session=session, marks=[attendance], how=Attendance.How.CHECK_IN, by=user, now=now)
    return attendance


def _booking_of(user: User, session: Session) -> Booking:
    own = Booking.objects.of(user).filter(event_id=session.event_id).on_the_register().values_list("pk", flat=True)
    locked = registers.lock_people(event_id=session.event_id, booking_ids=own)
    if not locked:
        raise CannotCheckIn(
            "You have no confirmed place on this date under your name. "
            "See the trainer: they can add you if a place is free."
        )
    return locked[0]
