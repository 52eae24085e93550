"""Knowledge checks: answer the questions at the end of a self-paced course (rule B26, DOMAIN 12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.clock import time_in_words
from accounts.models import User
from bookings.actions import self_paced
from bookings.actions.self_paced import CannotGoOn
from bookings.models import KnowledgeAttempt, SelfPacedEnrolment
from bookings.models.knowledge_attempt import next_attempt_at
from bookings.models.self_paced import EnrolmentState
from courses.models import KnowledgeCheck, KnowledgeQuestion


@dataclass(frozen=True)
class Desk:
    """What somebody who sits down to the questions needs to know. `wrong` are those of the last attempt."""

    questions: list[KnowledgeQuestion]
    number: int
    needed: int
    last: KnowledgeAttempt | None
    wrong: list[KnowledgeQuestion]
    again_at: datetime | None


def desk_of(enrolment: SelfPacedEnrolment, *, now: datetime) -> Desk | None:
    """Return the questions as they stand for this person; None where there are none to be answered."""
    check = KnowledgeCheck.objects.filter(course=enrolment.course_id).prefetch_related("questions").first()
    questions = list(check.questions.all()) if check else []
    if check is None or not questions or enrolment.state != EnrolmentState.IN_PROGRESS:
        return None
    attempts = list(enrolment.knowledge_attempts.latest_first())
    last = attempts[0] if attempts else None
    again_at = _again_at(check, attempts)
    return Desk(
        questions=questions,
        number=len(attempts) + 1,
        needed=check.needed(len(questions)),
        last=last,
        wrong=[question for question in questions if last and question.pk in last.wrong_questions],
        again_at=again_at if again_at and again_at > now else None,
    )


@transaction.atomic
def answer(*, enrolment_id: int, number: int, chosen: Mapping[int, str], by: User, now: datetime) -> KnowledgeAttempt:
    """Mark one attempt, and end the course where it is passed. `chosen` is an answer in words for each question.

    `number` is the attempt that the page was drawn for: sent twice, it counts once. Raises CannotGoOn.
    """
    enrolment = self_paced.locked_enrolment(enrolment_id)
    attempts = list(enrolment.knowledge_attempts.latest_first())
    if number <= len(attempts):
        return attempts[len(attempts) - number]
    self_paced.refuse_lapsed(enrolment)
    if enrolment.state != EnrolmentState.IN_PROGRESS:
        raise CannotGoOn("Open the course first. When you have worked through it, come back for the questions.")
    check = KnowledgeCheck.objects.filter(course=enrolment.course_id).prefetch_related("questions").first()
    questions = list(check.questions.all()) if check else []
    if check is None or not questions:
        raise CannotGoOn("This course has no questions any more. Say on its page that you have finished it.")
    again_at = _again_at(check, attempts)
    if again_at and again_at > now:
        raise CannotGoOn(
            f"You can try again from {_moment_in_words(again_at)}. Until then, go through the course once more."
        )
    wrong = [question.pk for question in questions if chosen.get(question.pk) != question.right_answer]
    right = len(questions) - len(wrong)
    attempt = KnowledgeAttempt.objects.create(
        enrolment=enrolment,
        number=len(attempts) + 1,
        answered_at=now,
        asked=len(questions),
        right=right,
        needed=check.needed(len(questions)),
        is_passed=right >= check.needed(len(questions)),
        wrong_questions=wrong,
    )
    if attempt.is_passed:
        self_paced.pass_enrolment(enrolment, by=by, now=now)
    return attempt


def _again_at(check: KnowledgeCheck, attempts: list[KnowledgeAttempt]) -> datetime | None:
    return next_attempt_at(attempts, at_once=check.attempts_at_once, pause=timedelta(hours=check.pause_hours))


def _moment_in_words(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{time_in_words(local)} on {local:%-d} {local:%B}"
