"""Counts of questionnaires and answers, straight from the database: one query for each way of counting."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet

from courses.models import LearningOutcome
from evaluation.models import Answer, Response
from evaluation.models.questionnaire import Stage
from evaluation.reports.selection import Selection

OPENED_STATES = (Response.State.OPEN, Response.State.SUBMITTED, Response.State.EXPIRED)
RECOMMEND = "RE9"
USED = "IM1"
USED_ANSWERS = ("often", "sometimes", "once")
SELF_RATINGS = ("SR1", "SR2", "SR3")
CONFIDENCE = "SR2"
PER_OUTCOME = "SRx"
AGREES_FROM = 4  # of 1 strongly disagree to 5 strongly agree


@dataclass(frozen=True)
class ResponseCounts:
    """Of questionnaires of one stage: opened to somebody, answered, and still waiting for an answer."""

    opened: int = 0
    submitted: int = 0
    waiting: int = 0

    def __add__(self, other: "ResponseCounts") -> "ResponseCounts":
        return ResponseCounts(*[a + b for a, b in zip(astuple(self), astuple(other), strict=True)])


@dataclass(frozen=True)
class AnswerCounts:
    """Of answers to one question: how many, and how many of them say yes or agree."""

    answers: int = 0
    favourable: int = 0

    def __add__(self, other: "AnswerCounts") -> "AnswerCounts":
        return AnswerCounts(self.answers + other.answers, self.favourable + other.favourable)


@dataclass(frozen=True)
class RatingCounts:
    """Of people who rated themselves before and after (pairs), and of those who did so again at twelve weeks (triples)."""

    pairs: int = 0
    before: int = 0
    after: int = 0
    better: int = 0
    same: int = 0
    triples: int = 0
    before_of_triples: int = 0
    after_of_triples: int = 0
    later_of_triples: int = 0

    def __add__(self, other: "RatingCounts") -> "RatingCounts":
        return RatingCounts(*[a + b for a, b in zip(astuple(self), astuple(other), strict=True)])


def responses_by_course(selection: Selection) -> dict[tuple[int, str], ResponseCounts]:
    """By course and stage."""
    rows = (
        Response.objects.filter(booking__in=selection.bookings().values("pk"), state__in=OPENED_STATES)
        .values_list("booking__event__version__course", "stage")
        .annotate(
            opened=Count("pk"),
            submitted=Count("pk", filter=Q(state=Response.State.SUBMITTED)),
            waiting=Count("pk", filter=Q(state=Response.State.OPEN)),
        )
        .order_by()
    )
    return {(course, stage): ResponseCounts(*numbers) for course, stage, *numbers in rows}


def _answers(selection: Selection, stage: Stage, codes: Iterable[str]) -> QuerySet[Answer]:
    return Answer.objects.filter(
        response__booking__in=selection.bookings().values("pk"),
        response__state=Response.State.SUBMITTED,
        response__stage=stage,
        question__code__in=list(codes),
        is_not_applicable=False,
    )


def reactions_by_course(selection: Selection, codes: Iterable[str]) -> dict[tuple[int, str], AnswerCounts]:
    """By course and question: agreement with the statements, and whether people would recommend the course."""
    rows = (
        _answers(selection, Stage.POST, codes)
        .filter(Q(rating__isnull=False) | ~Q(choices=[]))
        .values_list("response__booking__event__version__course", "question__code")
        .annotate(
            answers=Count("pk"),
            favourable=Count("pk", filter=Q(rating__gte=AGREES_FROM) | Q(choices__contains=["yes"])),
        )
        .order_by()
    )
    return {(course, code): AnswerCounts(*numbers) for course, code, *numbers in rows}


def used_the_learning(selection: Selection) -> AnswerCounts:
    return AnswerCounts(
        **_answers(selection, Stage.FOLLOW_UP, [USED])
        .exclude(choices=[])
        .aggregate(
            answers=Count("pk"),
            favourable=Count("pk", filter=Q(choices__overlap=list(USED_ANSWERS))),
        )
    )


# Ratings of one person and item side by side, then added up; the ORM cannot group a grouping.
RATINGS_SIDE_BY_SIDE = """
    WITH ratings AS (
        SELECT version.course_id, question.code, answer.outcome_id,
            max(answer.rating) FILTER (WHERE response.stage = 'pre') AS before,
            max(answer.rating) FILTER (WHERE response.stage = 'post') AS after,
            max(answer.rating) FILTER (WHERE response.stage = 'follow_up') AS later
        FROM evaluation_response response
        JOIN evaluation_answer answer ON answer.response_id = response.id
        JOIN evaluation_question question ON question.id = answer.question_id
        JOIN bookings_booking booking ON booking.id = response.booking_id
        JOIN courses_event event ON event.id = booking.event_id
        JOIN courses_courseversion version ON version.id = event.version_id
        WHERE response.state = 'SUBMITTED' AND answer.rating IS NOT NULL AND question.code = ANY(%s)
            AND response.booking_id IN ({bookings})
        GROUP BY response.booking_id, version.course_id, question.code, answer.outcome_id
    )
    SELECT course_id, code, outcome_id, count(*), sum(before), sum(after),
        count(*) FILTER (WHERE after > before), count(*) FILTER (WHERE after = before), count(later),
        coalesce(sum(before) FILTER (WHERE later IS NOT NULL), 0),
        coalesce(sum(after) FILTER (WHERE later IS NOT NULL), 0), coalesce(sum(later), 0)
    FROM ratings
    WHERE before IS NOT NULL AND after IS NOT NULL
    GROUP BY course_id, code, outcome_id
"""


def ratings_by_course(
    selection: Selection, codes: Iterable[str] = (*SELF_RATINGS, PER_OUTCOME)
) -> dict[tuple[int, str, int | None], RatingCounts]:
    """By course, question and learning outcome; of people who rated before and after."""
    bookings, parameters = selection.bookings().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(RATINGS_SIDE_BY_SIDE.format(bookings=bookings), [list(codes), *parameters])
        return {tuple(row[:3]): RatingCounts(*map(int, row[3:])) for row in cursor.fetchall()}


def outcome_texts(outcomes: Iterable[int]) -> dict[int, tuple[int, int, str]]:
    """Version number, position and words of learning outcomes."""
    rows = LearningOutcome.objects.filter(pk__in=list(outcomes)).values_list(
        "pk", "version__number", "position", "text"
    )
    return {pk: (version, position, text) for pk, version, position, text in rows}
