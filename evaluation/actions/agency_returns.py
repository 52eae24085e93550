"""Training returns of agencies: open them, write and send one, ask about it, send it back, accept it (DOMAIN 9.1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.audit import record
from accounts.locking import locked
from accounts.models import Organisation, Partnership, User
from evaluation import emails
from evaluation.actions import improvements
from evaluation.actions.observations import Promise
from evaluation.models import (
    AgencyReturn,
    ImprovementAction,
    ReturnLevel,
    ReturnQuestion,
    Section11Result,
    Section11Standard,
)
from evaluation.models.agency_return import WRITING_STATES, ReturnState, TrainingLevel
from evaluation.reports.agency_year import learned

# A return that is late is asked for so often, and then somebody telephones.
LATE_REMINDERS = 3


class ReturnRefused(Exception):
    """It cannot be done so; the words say why and what to do."""


@dataclass(frozen=True, kw_only=True)
class LevelGiven:
    """What an agency has written of one level; None is not written yet."""

    need: int | None = None
    trained: int | None = None
    courses_held: int | None = None
    evaluated: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ResultGiven:
    """What an agency has written of one Section 11 standard."""

    score: int | None = None
    evidence: str = ""
    plan: str = ""


@transaction.atomic
def open_returns(
    *, organisations: Iterable[Organisation], year: int, due_on: date, by: User, now: datetime
) -> list[AgencyReturn]:
    """Ask these agencies for a year; whoever was asked for it already is not asked again. Their leads get a letter."""
    asked = {organisation.pk: organisation for organisation in organisations}
    row = {"year": year, "due_on": due_on, "reminders_sent": _due_already(due_on, now)}
    rows = [AgencyReturn(organisation=each, opened_at=now, opened_by=by, **row) for each in asked.values()]
    known = set(AgencyReturn.objects.filter(year=year).values_list("organisation", flat=True))
    AgencyReturn.objects.bulk_create(rows, ignore_conflicts=True)
    # Whoever opened the same at the same moment has written those rows, and the letters.
    opened = AgencyReturn.objects.filter(year=year, organisation__in=asked.keys() - known, opened_by=by, opened_at=now)
    for agency_return in opened.select_related("organisation").order_by("pk"):
        _note(agency_return, "open", by, now)
        emails.return_opened(agency_return=agency_return, now=now)
    return list(opened)


@transaction.atomic
def save_training(
    *,
    return_id: int,
    headcount: int | None,
    headcount_on: date | None,
    levels: Mapping[str, LevelGiven],
    by: User,
    now: datetime,
) -> AgencyReturn:
    """Keep what was written so far of staff and training; whatever is missing may follow."""
    agency_return = _writable(return_id)
    agency_return.headcount, agency_return.headcount_on = headcount, headcount_on
    agency_return.save(update_fields=["headcount", "headcount_on"])
    ReturnLevel.objects.bulk_create(
        [
            ReturnLevel(
                agency_return=agency_return,
                level=level,
                need=given.need,
                trained=given.trained,
                courses_held=given.courses_held,
                evaluated=list(given.evaluated),
            )
            for level, given in levels.items()
        ],
        update_conflicts=True,
        unique_fields=["agency_return", "level"],
        update_fields=["need", "trained", "courses_held", "evaluated"],
    )
    _note(agency_return, "write", by, now)
    return agency_return


@transaction.atomic
def save_section_11(
    *, return_id: int, results: Mapping[Section11Standard, ResultGiven], by: User, now: datetime
) -> AgencyReturn:
    """Keep what was written so far of the Section 11 standards."""
    agency_return = _writable(return_id)
    Section11Result.objects.bulk_create(
        [
            Section11Result(
                agency_return=agency_return,
                standard=standard,
                score=given.score,
                evidence=given.evidence.strip(),
                plan=given.plan.strip(),
            )
            for standard, given in results.items()
        ],
        update_conflicts=True,
        unique_fields=["agency_return", "standard"],
        update_fields=["score", "evidence", "plan"],
    )
    _note(agency_return, "write", by, now)
    return agency_return


def missing_of(*, agency_return: AgencyReturn) -> list[str]:
    """What is still to be written before the return may be sent, in sentences."""
    missing = []
    if agency_return.headcount is None or agency_return.headcount_on is None:
        missing.append("Say how many of your staff work with children or families, and on which day you counted them.")
    levels = {each.level: each for each in agency_return.levels.all()}
    for level in TrainingLevel:
        given = levels.get(level)
        if given is None or None in (given.need, given.trained, given.courses_held):
            missing.append(f"Fill in the numbers of “{level.label}”; a nought where there is nobody.")
        elif given.courses_held and not given.evaluated:
            missing.append(f"Say how you evaluated the courses of “{level.label}”.")
    results = {each.standard_id: each for each in agency_return.results.all()}
    for standard in Section11Standard.objects.in_force():
        result = results.get(standard.pk)
        if result is None or result.score is None:
            missing.append(f"Score standard {standard.number}.")
        elif result.score > 0 and not result.evidence:
            missing.append(f"Write what shows your score of standard {standard.number}.")
        elif result.score < max(Section11Result.Score.values) and not result.plan:
            missing.append(f"Write what you plan for standard {standard.number}.")
    if agency_return.questions.open().exists():
        missing.append("Answer the question that was asked.")
    return missing


@transaction.atomic
def submit(*, return_id: int, by: User, now: datetime) -> AgencyReturn:
    """Send it as it is, with what our registers say of that year; from now on it stays. Sent twice is once."""
    agency_return = _locked(return_id)
    if agency_return.state == ReturnState.SUBMITTED:
        return agency_return
    _refuse_unless(agency_return, WRITING_STATES, "sent")
    if missing := missing_of(agency_return=agency_return):
        raise ReturnRefused(" ".join(missing))
    year = learned(agency_return)
    agency_return.people, agency_return.attendances, agency_return.courses = year.people, year.attendances, year.courses
    agency_return.state = ReturnState.SUBMITTED
    agency_return.submitted_at, agency_return.submitted_by = now, by
    agency_return.save(
        update_fields=["people", "attendances", "courses", "state", "submitted_at", "submitted_by"],
    )
    _note(agency_return, "submit", by, now)
    return agency_return


@transaction.atomic
def ask(*, return_id: int, question: str, by: User, now: datetime, back_by: date | None = None) -> ReturnQuestion:
    """Ask the agency something about what it sent; with a day, it may change its figures until then. Twice is once."""
    agency_return = _locked(return_id)
    question = question.strip()
    same = agency_return.questions.open().filter(question=question).first()
    if same is not None:
        return same
    _refuse_unless(agency_return, [ReturnState.SUBMITTED], "asked about")
    asked = ReturnQuestion.objects.create(agency_return=agency_return, question=question, asked_at=now, asked_by=by)
    if back_by is not None:
        agency_return.state, agency_return.due_on = ReturnState.SENT_BACK, back_by
        agency_return.reminders_sent = _due_already(back_by, now)
        agency_return.save(update_fields=["state", "due_on", "reminders_sent"])
    _note(agency_return, "send_back" if back_by else "ask", by, now)
    emails.return_question(question=asked, now=now)
    return asked


@transaction.atomic
def answer(*, question_id: int, answer: str, by: User, now: datetime) -> ReturnQuestion:
    """Answer a question once; the same answer twice is one."""
    # The return first, as everybody else takes it, so that nobody accepts it in between.
    agency_return = _locked(ReturnQuestion.objects.values_list("agency_return", flat=True).get(pk=question_id))
    question = agency_return.questions.get(pk=question_id)
    if question.answered_at is not None:
        if question.answer == answer.strip():
            return question
        raise ReturnRefused("Somebody has answered this question already.")
    question.answer, question.answered_at, question.answered_by = answer.strip(), now, by
    question.save(update_fields=["answer", "answered_at", "answered_by"])
    _note(agency_return, "answer", by, now)
    return question


@transaction.atomic
def raise_concern(*, return_id: int, promise: Promise, by: User, now: datetime) -> ImprovementAction:
    """Make a concern about what was sent an action with an owner and a day; nobody named is whoever sent it."""
    agency_return = _locked(return_id)
    _refuse_unless(agency_return, [ReturnState.SUBMITTED, ReturnState.ACCEPTED], "the reason for an action")
    owner_words = promise.owner_words.strip()
    return improvements.agree(
        what=promise.what,
        source=ImprovementAction.Source.AGENCY,
        agency_return=agency_return,
        owner=None if owner_words else agency_return.submitted_by,
        owner_words=owner_words,
        due_on=promise.due_on,
        by=by,
        now=now,
    )


@transaction.atomic
def accept(*, return_id: int, by: User, now: datetime) -> AgencyReturn:
    """Take the return as it is: it counts in reports, and its headcount is the agency's, unless a later one is known."""
    agency_return = _locked(return_id)
    if agency_return.state == ReturnState.ACCEPTED:
        return agency_return
    _refuse_unless(agency_return, [ReturnState.SUBMITTED], "accepted")
    if agency_return.questions.open().exists():
        raise ReturnRefused("A question is still open. Wait for the answer, or send the return back.")
    agency_return.state = ReturnState.ACCEPTED
    agency_return.accepted_at, agency_return.accepted_by = now, by
    agency_return.save(update_fields=["state", "accepted_at", "accepted_by"])
    not_later = Q(headcount_on__isnull=True) | Q(headcount_on__lte=agency_return.headcount_on)
    Organisation.objects.filter(not_later, pk=agency_return.organisation_id).update(
        child_facing_headcount=agency_return.headcount,
        headcount_on=agency_return.headcount_on,
        headcount_source=f"Training return, {agency_return.year_name}",
    )
    _note(agency_return, "accept", by, now)
    emails.return_accepted(agency_return=agency_return, now=now)
    return agency_return


@transaction.atomic
def tell(*, return_id: int, now: datetime) -> bool:
    """Write to the leads who were appointed after their agency's return was opened. Each is told once."""
    agency_return = _locked(return_id)
    if agency_return.state != ReturnState.OPEN:
        return False
    emails.return_opened(agency_return=agency_return, now=now)
    return True


def due_to_remind(*, now: datetime) -> list[int]:
    """Return the returns that are waited for and of which a reminder is due that was not written."""
    today = timezone.localtime(now).date()
    waiting = AgencyReturn.objects.waiting_for_the_agency().filter(
        due_on__lte=today + timedelta(days=Partnership.objects.current().agency_return_reminder_days),
        reminders_sent__lte=LATE_REMINDERS,
    )
    return [each.pk for each in waiting.order_by("pk") if _reminders_due(each.due_on, today) > each.reminders_sent]


@transaction.atomic
def remind(*, return_id: int, now: datetime) -> bool:
    """Write the reminder that is due to the agency's leads. Of several that fell due together, one is written."""
    agency_return = _locked(return_id)
    due = _reminders_due(agency_return.due_on, timezone.localtime(now).date())
    if not agency_return.is_writable or due <= agency_return.reminders_sent:
        return False
    agency_return.reminders_sent = due
    agency_return.save(update_fields=["reminders_sent"])
    emails.return_reminder(agency_return=agency_return, number=due, now=now)
    return True


def _reminders_due(due_on: date, today: date) -> int:
    """Once before the day it is due, then every so many days while it is late."""
    partnership = Partnership.objects.current()
    before = due_on - timedelta(days=partnership.agency_return_reminder_days)
    late = timedelta(days=partnership.agency_return_late_days)
    days = [before, *(due_on + number * late for number in range(1, LATE_REMINDERS + 1))]
    return sum(day <= today for day in days)


def _due_already(due_on: date, now: datetime) -> int:
    """The letter that asks takes the place of a reminder that would fall due with it."""
    return _reminders_due(due_on, timezone.localtime(now).date())


def _locked(return_id: int) -> AgencyReturn:
    rows = AgencyReturn.objects.select_related("organisation", "submitted_by")
    return locked(rows.filter(pk=return_id)).get()


def _writable(return_id: int) -> AgencyReturn:
    agency_return = _locked(return_id)
    if not agency_return.is_writable:
        raise ReturnRefused(f"It is {agency_return.get_state_display()}, and stays as it is.")
    return agency_return


def _refuse_unless(agency_return: AgencyReturn, states: Iterable[str], verb: str) -> None:
    if agency_return.state not in states:
        raise ReturnRefused(f"It cannot be {verb}: it is {agency_return.get_state_display()}.")


def _note(agency_return: AgencyReturn, verb: str, by: User, now: datetime) -> None:
    record(by=by, verb=f"return.{verb}", subject=f"return:{agency_return.pk}", now=now)
