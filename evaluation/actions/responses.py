"""Responses: ask for them when their time comes, remind, close, and take the answers in, once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bookings.actions import certificates
from bookings.models import Booking, Certificate
from bookings.models.booking import LIVE_STATES, TOOK_PART_STATES, State
from courses.models import Event, LearningOutcome, Session, TrainerAssignment
from courses.working_days import BRITISH_TIME, end_of_day, working_days_after
from evaluation import emails, profiles
from evaluation.models import Answer, Draft, Question, Questionnaire, Response
from evaluation.models.questionnaire import Stage
from evaluation.models.response import QUOTES_TABLE

# DOMAIN 9.2: until when each stage may be answered, counted from the start or the end of the event.
PRE_AFTER_START = timedelta(minutes=30)
POST_AFTER_END = timedelta(days=60)
FOLLOW_UP_OPENS = timedelta(days=84)
FOLLOW_UP_AFTER_END = timedelta(days=150)
# DOMAIN 5.6: days after the invitation. Before the course nobody is chased: joining instructions mention it.
REMINDER_DAYS = {Stage.POST: (3, 7, 14), Stage.FOLLOW_UP: (7, 14), Stage.MANAGER: (10,), Stage.TRAINER: (3,)}
SCHEDULED_STAGES = (Stage.PRE, Stage.POST, Stage.FOLLOW_UP, Stage.MANAGER)
# Asked of whoever took part, and of their manager.
AFTERWARDS = (Stage.POST, Stage.FOLLOW_UP, Stage.MANAGER)
# A trainer's own review is asked for as long as somebody remembers the day: after that the row is not made any more.
REVIEW_WORKING_DAYS = 5
REVIEWS_MADE_WITHIN = timedelta(days=14)
# The manager is asked about whoever named one (DOMAIN 9.2).
NAMES_A_MANAGER = Q(booking__has_no_manager=False) & ~Q(booking__manager_email="")
# A certificate follows the feedback at once, or the correction of a register some months later.
RELEASED_AFTER_START = timedelta(days=180)
WAITING = (Response.State.SCHEDULED, Response.State.OPEN)


class NotOpen(Exception):
    """This questionnaire cannot be answered now; the words say why."""


class AlreadySubmitted(NotOpen):
    """The answers are in already, and stay as they are."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """One answer as the form read it; see Answer for what each kind of item fills."""

    question: Question
    outcome: LearningOutcome | None = None
    rating: int | None = None
    is_not_applicable: bool = False
    choices: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def schedule(*, now: datetime) -> int:
    """Make the rows that are missing: for whoever has a place, for whoever took part, and for whoever trained.

    A stage without a published questionnaire asks nobody. Harmless twice, and by two sweeps at once.
    """
    missing = [row for stage in SCHEDULED_STAGES for row in _missing(stage, now)] + _missing_reviews(now)
    return len(Response.objects.bulk_create(missing, batch_size=1000, ignore_conflicts=True))


def _missing(stage: Stage, now: datetime) -> list[Response]:
    questionnaire = Questionnaire.objects.in_force(stage).first()
    if questionnaire is None:
        return []
    asked = Response.objects.filter(booking=OuterRef("pk"), stage=stage)
    formats = profiles.formats_that_ask(questions=list(questionnaire.questions.all()), stage=stage)
    to_ask = _bookings_to_ask(stage, now).filter(~Exists(asked), event__version__course__learning_format__in=formats)
    facts = ("pk", "confirmed_at", "event__starts_at", "event__ends_at")
    made = []
    for pk, confirmed_at, starts_at, ends_at in to_ask.values_list(*facts):
        opens_at, closes_at = {
            Stage.PRE: (confirmed_at, starts_at + PRE_AFTER_START),
            Stage.POST: (ends_at, ends_at + POST_AFTER_END),
            Stage.FOLLOW_UP: (ends_at + FOLLOW_UP_OPENS, ends_at + FOLLOW_UP_AFTER_END),
            Stage.MANAGER: (ends_at + FOLLOW_UP_OPENS, ends_at + FOLLOW_UP_AFTER_END),
        }[stage]
        if opens_at < closes_at:
            made.append(
                Response(
                    booking_id=pk, questionnaire=questionnaire, stage=stage, opens_at=opens_at, closes_at=closes_at
                )
            )
    return made


def _missing_reviews(now: datetime) -> list[Response]:
    """Each trainer's own review of a date that has ended."""
    questionnaire = Questionnaire.objects.in_force(Stage.TRAINER).first()
    if questionnaire is None:
        return []
    asked = Response.objects.filter(event=OuterRef("session__event"), trainer=OuterRef("trainer"), stage=Stage.TRAINER)
    held = TrainerAssignment.objects.filter(
        ~Exists(asked),
        session__in=Session.objects.of_running_events(),
        session__event__ends_at__lte=now,
        session__event__ends_at__gt=now - REVIEWS_MADE_WITHIN,
    )
    return [
        Response(
            event_id=event,
            trainer_id=trainer,
            questionnaire=questionnaire,
            stage=Stage.TRAINER,
            opens_at=ends_at,
            closes_at=end_of_day(working_days_after(ends_at.astimezone(BRITISH_TIME).date(), REVIEW_WORKING_DAYS)),
        )
        for event, trainer, ends_at in held.values_list(
            "session__event", "trainer", "session__event__ends_at"
        ).distinct()
        if ends_at is not None
    ]


def _assignments() -> QuerySet[TrainerAssignment]:
    """Who holds a session of the response's date."""
    return TrainerAssignment.objects.filter(session__event=OuterRef("event"))


def _bookings_to_ask(stage: Stage, now: datetime) -> QuerySet[Booking]:
    if stage == Stage.PRE:
        # Somebody added on the day has begun already.
        placed = Booking.objects.confirmed().exclude(source=Booking.Source.WALK_IN)
        return placed.filter(event__starts_at__gt=now - PRE_AFTER_START)
    last = POST_AFTER_END if stage == Stage.POST else FOLLOW_UP_AFTER_END
    took_part = Booking.objects.took_part().filter(event__ends_at__lte=now, event__ends_at__gt=now - last)
    if stage == Stage.MANAGER:
        return took_part.filter(has_no_manager=False).exclude(manager_email="")
    return took_part


def follow_bookings(*, now: datetime) -> int:
    """Stop asking where the booking was cancelled or its attendance corrected; ask again where that was undone."""
    unneeded = Response.objects.filter(
        Q(stage=Stage.PRE) & ~Q(booking__state__in=LIVE_STATES)
        | Q(stage__in=AFTERWARDS) & ~Q(booking__state__in=TOOK_PART_STATES)
        | Q(stage=Stage.MANAGER) & ~NAMES_A_MANAGER
        | Q(stage=Stage.TRAINER) & ~Exists(_assignments().filter(trainer=OuterRef("trainer"))),
        state__in=WAITING,
    )
    needed_again = Response.objects.filter(
        ~Q(stage=Stage.MANAGER) | NAMES_A_MANAGER,
        stage__in=AFTERWARDS,
        booking__state__in=TOOK_PART_STATES,
        state=Response.State.CANCELLED,
        closes_at__gt=now,
    )
    # By their own state again: whoever submits in between is left alone.
    stopped = _of(unneeded).filter(state__in=WAITING).update(state=Response.State.CANCELLED)
    resumed = _of(needed_again).filter(state=Response.State.CANCELLED).update(state=Response.State.SCHEDULED)
    _forget_drafts()
    return stopped + resumed


def follow_dates(*, now: datetime) -> int:
    """Keep the questions before a course open until it begins, where its date was moved; asked once all the same."""
    begins = F("booking__event__starts_at") + PRE_AFTER_START
    unanswered = Response.objects.filter(stage=Stage.PRE, state__in=[*WAITING, Response.State.EXPIRED])
    moved = unanswered.filter(
        booking__state=State.CONFIRMED, booking__event__state=Event.State.OPEN, booking__event__starts_at__gt=now
    ).exclude(closes_at=begins)
    followed = 0
    for response in moved.annotate(begins=begins):
        state = response.state
        if state == Response.State.EXPIRED:
            state = Response.State.OPEN if response.invited_at else Response.State.SCHEDULED
        # By its own state again: whoever submits in between is left alone.
        followed += Response.objects.filter(pk=response.pk, state=response.state, opens_at__lt=response.begins).update(
            closes_at=response.begins, state=state
        )
    return followed


def _of(found: QuerySet[Response]) -> QuerySet[Response]:
    return Response.objects.filter(pk__in=list(found.values_list("pk", flat=True)))


@transaction.atomic
def invite(*, response_id: int, now: datetime) -> bool:
    """Open a questionnaire whose time has come and write to the person; False when somebody else did or nothing is due.

    It takes the version in force now, which may be newer than when the row was made.
    """
    response = (
        Response.objects.due_to_invite(now)
        .select_for_update(of=("self",), skip_locked=True)
        .filter(pk=response_id)
        .first()
    )
    if response is None:
        return False
    newest = Questionnaire.objects.in_force(response.stage).first()
    response.questionnaire = newest or response.questionnaire
    response.state, response.invited_at = Response.State.OPEN, now
    response.save(update_fields=["questionnaire", "state", "invited_at"])
    emails.invitation(response=_for_letter(response), now=now)
    return True


def due_to_remind(*, now: datetime) -> list[int]:
    """Return the open questionnaires with a reminder due that was not written yet."""
    due = Q()
    for stage, days in REMINDER_DAYS.items():
        for sent, day in enumerate(days):
            due |= Q(stage=stage, reminders_sent=sent, invited_at__lte=now - timedelta(days=day))
    waiting = Response.objects.filter(due, state=Response.State.OPEN, closes_at__gt=now)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def remind(*, response_id: int, now: datetime) -> bool:
    """Write the reminder that is due. Of several that fell due together, one is written."""
    response = (
        Response.objects.filter(pk=response_id, state=Response.State.OPEN, closes_at__gt=now)
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if response is None or response.invited_at is None:
        return False
    days = REMINDER_DAYS.get(Stage(response.stage), ())
    passed = sum(response.invited_at + timedelta(days=day) <= now for day in days)
    if passed <= response.reminders_sent:
        return False
    response.reminders_sent = passed
    response.save(update_fields=["reminders_sent"])
    emails.reminder(response=_for_letter(response), number=passed, now=now)
    return True


def _for_letter(response: Response) -> Response:
    """Fetch what the letters say in one go."""
    return Response.objects.select_related(
        *("booking__practitioner__user", "booking__event__version__course"),
        *("trainer__practitioner__user", "event__version__course"),
    ).get(pk=response.pk)


def expire(*, now: datetime) -> int:
    """Close the questionnaires whose time has passed."""
    closed = Response.objects.past_closing(now).update(state=Response.State.EXPIRED)
    _forget_drafts()
    return closed


def _forget_drafts() -> None:
    """Nobody keeps what somebody began to write and never sent."""
    Draft.objects.exclude(response__state__in=WAITING).delete()


@transaction.atomic
def keep_draft(*, response: Response, typed: dict[str, list[str]], now: datetime) -> None:
    """Keep the answers so far, in place of those kept before. Raises as `submit` does."""
    locked = Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
    refuse_unless_open(response=locked, now=now)
    Draft.objects.update_or_create(response=locked, defaults={"typed": typed, "saved_at": now})


@transaction.atomic
def submit(*, response: Response, answers: Iterable[Given], now: datetime) -> Response:
    """Take the answers in, once and for good. Feedback after the course earns the certificate at once (DOMAIN 8).

    Raises AlreadySubmitted, or NotOpen when it is too early, too late or no longer asked.
    """
    locked = Response.objects.select_for_update(of=("self",)).get(pk=response.pk)
    refuse_unless_open(response=locked, now=now)
    Answer.objects.bulk_create(
        [
            Answer(
                response=locked,
                question=given.question,
                outcome=given.outcome,
                rating=given.rating,
                is_not_applicable=given.is_not_applicable,
                choices=given.choices,
                texts=given.texts,
                moderation=_moderation(given),
            )
            for given in answers
        ]
    )
    locked.state, locked.submitted_at = Response.State.SUBMITTED, now
    locked.save(update_fields=["state", "submitted_at"])
    Draft.objects.filter(response=locked).delete()
    if locked.stage == Stage.POST and locked.booking_id:
        certificates.release(booking_id=locked.booking_id, now=now)
    return locked


def refuse_unless_open(*, response: Response, now: datetime) -> None:
    """Raise the reason why this questionnaire cannot be answered now, if there is one."""
    if response.state == Response.State.SUBMITTED:
        raise AlreadySubmitted("Your answers are in. Thank you: they cannot be changed any more.")
    if response.state == Response.State.CANCELLED:
        raise NotOpen("We no longer need these answers, because the booking was cancelled or changed.")
    if response.state == Response.State.EXPIRED or response.closes_at <= now:
        raise NotOpen("The time for these answers is over, so they cannot be sent any more.")
    if response.opens_at > now:
        raise NotOpen("These questions are not open yet. We write to you when they are.")


def _moderation(given: Given) -> str:
    """Words that a report may quote are read by somebody first (DOMAIN 9.3)."""
    may_be_quoted = QUOTES_TABLE in given.question.report_table
    return Answer.Moderation.TO_REVIEW if given.texts and may_be_quoted else Answer.Moderation.NOT_NEEDED


def earned_without_certificate(*, now: datetime) -> list[int]:
    """Return bookings whose feedback is in and whose register says attended, and that have no certificate yet."""
    has_feedback = Response.objects.submitted().filter(booking=OuterRef("pk"), stage=Stage.POST)
    has_certificate = Certificate.objects.filter(booking=OuterRef("pk"))
    attended = Booking.objects.filter(
        Exists(has_feedback),
        ~Exists(has_certificate),
        state=State.ATTENDED,
        event__starts_at__gt=now - RELEASED_AFTER_START,
    )
    return list(attended.order_by("pk").values_list("pk", flat=True))
