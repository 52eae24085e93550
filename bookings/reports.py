"""Rows in, figures and stories out: the training record, the story of one booking, the corrections of a register."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.clock import time_in_words
from accounts.models import AuditEntry, Organisation, OutboundEmail, User
from accounts.spreadsheets import neutralised
from bookings.models import Approval, Attendance, Booking, Certificate, ChargeNotice, Invoice, SelfPacedEnrolment
from bookings.models.attendance import LATE, choice_of, marks_over_time, time_of
from bookings.models.booking import ATTENDANCE_OUTCOMES, TOOK_PART_STATES, State, bookings_over_time
from courses.models import Event, Session
from courses.models.course import HALF_DAY_HOURS

# The year of learning days begins with the financial year (DOMAIN 7.3).
LEARNING_YEAR_BEGINS = (4, 1)
HALF_DAY, FULL_DAY = Decimal("0.5"), Decimal("1.0")
HOURS_A_DAY = 6
# What a training record is made of: places on dates, and courses finished in one's own time.
Learning = Booking | SelfPacedEnrolment
# How the register's choices read on its pages.
CHOICE_WORDS = {
    Attendance.Mark.PRESENT: "Here",
    LATE: "Here, late",
    Attendance.Mark.LEFT_EARLY: "Left early",
    Attendance.Mark.ABSENT: "Not here",
    Attendance.Mark.TURNED_AWAY: "Too late to join",
}
# More days than these are printed as a span.
DAYS_PRINTED = 4
ORGANISATION_COLUMNS = ("Name", "Course", "Date", "Outcome", "Reference")
RECORD_COLUMNS = ["Date", "Course", "Format", "Took part", "Hours", "Organisation", "Certificate"]


def days_in_words(days: list[date], *, written: str) -> str:
    """Return the days as documents print them, each `written` so ("l j F Y"); many days are printed as a span."""
    words = [format_date(day, written) for day in days]
    if len(words) > DAYS_PRINTED:
        return f"{words[0]} to {words[-1]} ({len(words)} days)"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def training_record(user: User) -> list[Learning]:
    """Return what a person has taken part in and finished, the latest first, with the valid certificate of each place."""
    issued = Certificate.objects.filter(state=Certificate.State.ISSUED)
    places = (
        Booking.objects.of(user)
        .took_part()
        .with_event_facts()
        .prefetch_related(Prefetch("certificates", issued), "event__sessions")
        .order_by("-event__starts_at", "-pk")
    )
    in_own_time = SelfPacedEnrolment.objects.of(user).passed().with_facts().order_by("-passed_at", "-pk")
    return sorted([*places, *in_own_time], key=_learned_at, reverse=True)


def _learned_at(learning: Learning) -> Any:
    return learning.event.starts_at if isinstance(learning, Booking) else learning.passed_at


def learning_year_start(now: datetime) -> date:
    """Return the first day of the year that `now` lies in: 1 April."""
    today = timezone.localtime(now).date()
    start = date(today.year, *LEARNING_YEAR_BEGINS)
    return start if today >= start else date(today.year - 1, *LEARNING_YEAR_BEGINS)


def learning_days(record: Sequence[Learning], now: datetime) -> Decimal:
    """Count the learning days of this year: half a day up to four hours, a day above, for each session (DOMAIN 7.3).

    What was done in one's own time counts by its hours, six to a day, and a day at the most.
    """
    start = learning_year_start(now)
    in_own_time = [
        min(FULL_DAY, (learning.course.duration_hours / HOURS_A_DAY).quantize(Decimal("0.01")))
        for learning in record
        if isinstance(learning, SelfPacedEnrolment) and timezone.localtime(learning.passed_at).date() >= start
    ]
    sessions = [
        session
        for booking in record
        if isinstance(booking, Booking) and booking.state == State.ATTENDED
        for session in booking.event.sessions.all()
        if timezone.localtime(session.starts_at).date() >= start
    ]
    days = [HALF_DAY if session.hours <= HALF_DAY_HOURS else FULL_DAY for session in sessions]
    return sum([*days, *in_own_time], Decimal("0"))


def training_record_csv(record: Sequence[Learning]) -> str:
    """Return the record as CSV that a spreadsheet opens in British letters and runs no formula from."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(RECORD_COLUMNS)
    for learning in record:
        writer.writerow([neutralised(cell) for cell in _cells_of(learning)])
    return "\ufeff" + file.getvalue()


def organisation_record_csv(organisation: Organisation) -> str:
    """Return what an organisation's people took part in as its people, the latest first, as CSV."""
    took_part = Booking.objects.filter(organisation=organisation, state__in=TOOK_PART_STATES).with_list_facts()
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(ORGANISATION_COLUMNS)
    for booking in took_part.order_by("-event__starts_at", "practitioner__full_name", "pk"):
        cells = (
            booking.practitioner.full_name,
            booking.event.version.course.title,
            f"{timezone.localtime(booking.event.starts_at):%d/%m/%Y}",
            booking.get_state_display(),
            booking.reference,
        )
        writer.writerow([neutralised(cell) for cell in cells])
    return "\ufeff" + file.getvalue()


def _cells_of(learning: Learning) -> list[object]:
    """One row of the spreadsheet; what was attended in part has no hours."""
    if isinstance(learning, Booking):
        course, was_whole = learning.event.version.course, learning.state == State.ATTENDED
        certificate = next((certificate.number for certificate in learning.certificates.all()), "")
    else:
        course, was_whole, certificate = learning.course, True, ""
    return [
        timezone.localtime(_learned_at(learning)).date().isoformat(),
        course.title,
        course.get_learning_format_display(),
        "yes" if was_whole else "in part",
        course.duration_hours if was_whole else "",
        learning.organisation.name,
        certificate,
    ]


# What the record says of a charge besides its own row.
CHARGE_VERBS = {
    "charge.reopen": "The decision was taken back",
    "charge.withdraw": "Withdrawn: the register was corrected",
}


INVOICE_VERBS = {
    "invoice.issue": "Issued",
    "invoice.dispute": "Disputed",
    "invoice.answer": "The dispute was answered",
    "invoice.write_off": "The rest was written off",
    "credit_note.issue": "Credit note issued",
    "credit_note.discard": "A drafted credit note was thrown away",
}


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One thing that happened to a booking, or will."""

    at: datetime
    title: str
    text: str = ""
    is_ahead: bool = False
    is_whole_day: bool = False
    letter: OutboundEmail | None = None
    certificate: Certificate | None = None


def story_of(booking: Booking, now: datetime) -> list[Chapter]:
    """Tell everything about a booking in time order: steps, letters, sessions, certificate; then what lies ahead."""
    # Letters to managers are not the person's: whoever read one could answer in the manager's place.
    letters = OutboundEmail.objects.about(f"booking:{booking.pk}").exclude(letter__startswith="bookings/approval_")
    # What was held back was never sent, so it is no part of what the person knows.
    letters = letters.filter(is_secret=False, withheld_at=None).defer("html", "calendar")
    certificates = booking.certificates.order_by("issued_at")
    chapters = [
        *_steps(booking),
        *_steps_of_manager(booking),
        *(chapter for notice in booking.charge_notices.shown_to_agencies() for chapter in _charge_steps(notice)),
        *(
            Chapter(at=letter.created_at, title=f"Letter: {letter.subject}", letter=letter)
            for letter in letters.order_by("created_at", "pk")
        ),
        *_sittings(booking, now),
        *(
            Chapter(at=certificate.issued_at, title="Your certificate is ready", certificate=certificate)
            for certificate in certificates
            if certificate.issued_at
        ),
    ]
    return sorted(chapters, key=lambda chapter: chapter.at)


def _steps(booking: Booking) -> list[Chapter]:
    steps = [Chapter(at=booking.booked_at, title=_first_words(booking))]
    if booking.confirmed_at and booking.decided_at:
        steps.append(Chapter(at=booking.confirmed_at, title="Your place was confirmed"))
    if booking.terms_accepted_at and booking.terms_accepted_at > booking.booked_at:
        steps.append(Chapter(at=booking.terms_accepted_at, title="You accepted the terms of your place"))
    if booking.state == State.DECLINED and booking.decided_at:
        steps.append(Chapter(at=booking.decided_at, title="Your request was declined", text=booking.decided_reason))
    if booking.state == State.LAPSED and booking.hold_ends_at:
        steps.append(Chapter(at=booking.hold_ends_at, title="Your request lapsed", is_whole_day=True))
    if booking.cancelled_at:
        steps.append(Chapter(at=booking.cancelled_at, title=_cancelled_words(booking), text=booking.cancelled_reason))
    return steps


def _steps_of_manager(booking: Booking) -> list[Chapter]:
    """Whom we asked, and what they said; an answer of the team is told with its own step."""
    approval = getattr(booking, "approval", None)
    if approval is None:
        return []
    steps = [Chapter(at=approval.asked_at, title=f"We asked your manager, {approval.approver_email}")]
    if approval.reminded_at:
        steps.append(Chapter(at=approval.reminded_at, title="We reminded your manager"))
    if approval.deputy_asked_at:
        steps.append(Chapter(at=approval.deputy_asked_at, title=f"{approval.deputy_email} was asked as well"))
    if approval.decided_by_email:
        has_agreed = approval.decision == Approval.Decision.APPROVED
        title = "Your manager agreed" if has_agreed else "Your manager declined"
        steps.append(Chapter(at=approval.decided_at, title=title, text=approval.reason))
    return steps


def _charge_steps(notice: ChargeNotice) -> list[Chapter]:
    """What the person is told of a charge to their agency: never what others said about it."""
    steps = [Chapter(at=notice.drafted_at, title=f"A charge to {notice.organisation} was proposed")]
    if notice.decided_at:
        steps.append(Chapter(at=notice.decided_at, title=f"The charge was {notice.get_state_display()}"))
    return steps


def story_of_charge(notice: ChargeNotice) -> list[Chapter]:
    """Tell the team everything about a charge in time order: reasons, decisions and what became of them, letters."""
    people = ("decided_by__practitioner", "reason_given_by__practitioner")
    earlier = apps.get_model("bookings", "ChargeNoticeHistory")._default_manager.filter(pgh_obj=notice.pk)
    versions: list[Any] = [*earlier.select_related(*people).order_by("pgh_id"), notice]
    reasons = {(row.reason_given_at, row.reason_given): row for row in versions if row.reason_given_at}
    decisions = {(row.decided_at, row.state): row for row in versions if row.decided_at}
    chapters = [Chapter(at=notice.drafted_at, title="The charge was proposed")]
    for (at, _), row in reasons.items():
        title = f"Reason given by {_name_of(row.reason_given_by)}: {row.get_reason_given_for_display()}"
        chapters.append(Chapter(at=at, title=title, text=row.reason_given))
    for (at, _), row in decisions.items():
        what = row.get_state_display() + (f" for {row.get_waived_for_display()}" if row.waived_for else "")
        by = f" by {_name_of(row.decided_by)}" if row.decided_by else ""
        chapters.append(Chapter(at=at, title=f"{what.capitalize()}{by}", text=row.decided_reason))
    for entry in AuditEntry.objects.about(f"charge:{notice.pk}"):
        if entry.verb in CHARGE_VERBS:
            chapters.append(
                Chapter(at=entry.at, title=CHARGE_VERBS[entry.verb], text=str(entry.detail.get("reason", "")))
            )
    letters = OutboundEmail.objects.about(f"charge:{notice.pk}").defer("html", "calendar")
    chapters += [
        Chapter(
            at=letter.created_at,
            title=f"Letter to {letter.practitioner or 'the address for invoices'}: {letter.subject}",
            letter=letter,
        )
        for letter in letters.select_related("practitioner").order_by("created_at", "pk")
    ]
    return sorted(chapters, key=lambda chapter: chapter.at)


def story_of_invoice(invoice: Invoice) -> list[Chapter]:
    """Tell finance everything about an invoice in time order: steps, money, letters."""
    chapters = [Chapter(at=invoice.drafted_at, title="Drafted")]
    entries = [each for each in AuditEntry.objects.about(f"invoice:{invoice.pk}") if each.verb in INVOICE_VERBS]
    people = people_of([each.actor_id for each in entries])
    for entry in entries:
        by = people.by(entry.actor_id)
        text = next((str(entry.detail[name]) for name in ("answer", "reason", "number") if name in entry.detail), "")
        chapters.append(Chapter(at=entry.at, title=f"{INVOICE_VERBS[entry.verb]}{by}", text=text))
    if invoice.dispute_reason and invoice.disputed_at:
        chapters.append(Chapter(at=invoice.disputed_at, title="What they say", text=invoice.dispute_reason))
    for each in invoice.allocations.select_related("payment").order_by("pk"):
        what = "paid" if each.amount > 0 else "taken off again"
        chapters.append(
            Chapter(at=each.made_at, title=f"£{abs(each.amount):,} {what}: {each.payment.reference}", text=each.reason)
        )
    if invoice.export:
        chapters.append(Chapter(at=invoice.export.made_at, title=f"Sent to the ledger in {invoice.export.reference}"))
    return sorted([*chapters, *letters_about(f"invoice:{invoice.pk}")], key=lambda chapter: chapter.at)


def letters_about(subject: str) -> list[Chapter]:
    """Every letter about something, to be read where its story is told."""
    letters = OutboundEmail.objects.about(subject).defer("html", "calendar").order_by("created_at", "pk")
    return [Chapter(at=letter.created_at, title=f"Letter: {letter.subject}", letter=letter) for letter in letters]


class People(dict[int, User]):
    """Accounts by their number, to say who did something."""

    def by(self, actor_id: int | None) -> str:
        """Say “ by Wendy”; nothing where it happened by itself."""
        return f" by {_name_of(self.get(actor_id))}" if actor_id else ""


def people_of(actor_ids: Sequence[int | None]) -> People:
    """Fetch who did what the records name by number, all at once."""
    return People(User.objects.select_related("practitioner").in_bulk([each for each in actor_ids if each]))


def _name_of(user: User | None) -> str:
    return str(getattr(user, "practitioner", None) or user or "somebody")


def _first_words(booking: Booking) -> str:
    if booking.is_walk_in:
        return "You joined on the day"
    was_request = booking.confirmed_at is None or booking.decided_at is not None or booking.hold_ends_at is not None
    return "You asked for a place" if was_request else "You booked this place"


def _cancelled_words(booking: Booking) -> str:
    if booking.state == State.CANCELLED_BY_PROVIDER:
        return "We cancelled this date"
    if booking.state == State.CANCELLED_LATE:
        return "You cancelled after the last free day"
    return "You cancelled your place" if booking.confirmed_at else "You withdrew your request"


def _sittings(booking: Booking, now: datetime) -> list[Chapter]:
    """The sessions and the last free day, while the place stands."""
    if not booking.is_live:
        return []
    sessions = sorted(booking.event.sessions.all(), key=lambda session: session.position)
    chapters = [
        Chapter(
            at=session.starts_at,
            title=f"Day {session.position} of your course" if len(sessions) > 1 else "The day of your course",
            text=_outcome_words(booking) if session is sessions[-1] else "",
            is_ahead=session.ends_at > now,
        )
        for session in sessions
    ]
    if booking.state == State.CONFIRMED and booking.free_cancel_until and booking.free_cancel_until > now:
        chapters.append(_deadline(booking.free_cancel_until, "Last day to cancel free of charge"))
    if booking.state == State.REQUESTED and booking.hold_ends_at:
        chapters.append(_deadline(booking.hold_ends_at, "Last day that we hold the place for you"))
    return chapters


def _deadline(at: datetime, title: str) -> Chapter:
    return Chapter(at=at, title=title, is_ahead=True, is_whole_day=True)


def _outcome_words(booking: Booking) -> str:
    """What the register says, once it says something."""
    if booking.state in TOOK_PART_STATES:
        return "You took part." if booking.state == State.ATTENDED else "You took part in some of it."
    return f"The register says: {booking.get_state_display()}." if booking.state in ATTENDANCE_OUTCOMES else ""


# --- The register ------------------------------------------------------------------------------------


def words_of(choice: str, at: datetime | None) -> str:
    """Say a mark in words: “Here, late (9:50am)”."""
    words = CHOICE_WORDS.get(choice, "")
    return f"{words} ({time_in_words(timezone.localtime(at))})" if words and at else words


def name_of(user: User | None) -> str:
    """Return the name of whoever marked; accounts of the team may have no person behind them."""
    practitioner = getattr(user, "practitioner", None)
    return practitioner.full_name if practitioner else "Somebody of the team"


def who_marked(attendance: Attendance, session: Session) -> str:
    """Say who marked and when, in a line under the person's name."""
    local = timezone.localtime(attendance.marked_at)
    at = time_in_words(local)
    if local.date() != timezone.localtime(session.starts_at).date():
        at += f" on {local.day} {local:%B}"
    if attendance.how == Attendance.How.CHECK_IN:
        return f"Checked in at {at}"
    return f"Marked by {name_of(attendance.marked_by)} at {at}"


def note_about_kept(attendance: Attendance) -> str:
    """Say that somebody else marked the person meanwhile, so that one looks again."""
    words = words_of(attendance.choice, attendance.at)
    at = time_in_words(timezone.localtime(attendance.marked_at))
    who = name_of(attendance.marked_by)
    return f"{who} marked {attendance.booking.practitioner} as “{words}” at {at}, after you opened this page. Choose again."


@dataclass(frozen=True, kw_only=True)
class Correction:
    """Something in a register that was changed after it had been marked: when, by whom, of whom, what, why."""

    at: datetime
    who: str
    person: str
    what: str
    reason: str = ""


def corrections_of(event: Event) -> list[Correction]:
    """Return every change of a mark, and every outcome decided against the marks, the latest first."""
    people = {booking.pk: booking.practitioner for booking in event.bookings.select_related("practitioner")}
    changes, moments = _changed_marks(event, people)
    outcomes = (
        bookings_over_time()
        .filter(pgh_obj__event=event, state__in=ATTENDANCE_OUTCOMES)
        .select_related("state_set_by__practitioner")
        .order_by("pgh_obj_id", "state_since", "pgh_id")
        .distinct("pgh_obj_id", "state_since")
    )
    decided = [
        Correction(
            at=row.state_since,
            who=name_of(row.state_set_by),
            person=people[row.pgh_obj_id].full_name,
            what=f"counted as: {State(row.state).label}",
            reason=row.state_reason,
        )
        for row in outcomes
        if (row.pgh_obj_id, row.state_since) not in moments and row.state_set_by_id
    ]
    return sorted([*changes, *decided], key=lambda one: one.at, reverse=True)


def _changed_marks(event: Event, people: dict) -> tuple[list[Correction], set[tuple[int, datetime]]]:
    """The marks that replaced another, or were made after the lock; and every moment at which anything was marked."""
    days = {session.pk: f"day {session.position}: " for session in event.sessions.all()}
    reasons = {
        (entry.subject, entry.at): entry.detail.get("reason", "")
        for entry in AuditEntry.objects.filter(
            verb="register.correct", subject__in=[f"session:{session_id}" for session_id in days]
        )
    }
    before: dict[int, str] = {}
    changes, moments = [], set()
    history = marks_over_time().filter(session__in=days).select_related("marked_by__practitioner")
    for row in history.order_by("pgh_id"):
        moments.add((row.booking_id, row.marked_at))
        was, words = before.get(row.pgh_obj_id, ""), words_of(choice_of(row), time_of(row))
        before[row.pgh_obj_id] = words
        is_late = event.register_locked_at is not None and row.marked_at > event.register_locked_at
        if words == was or not (was or is_late):
            continue
        changes.append(
            Correction(
                at=row.marked_at,
                who=name_of(row.marked_by),
                person=people[row.booking_id].full_name,
                what=f"{days[row.session_id] if len(days) > 1 else ''}{was or 'not marked'}, now {words}",
                reason=reasons.get((f"session:{row.session_id}", row.marked_at), ""),
            )
        )
    return changes, moments
