"""Counts of questionnaires and answers, straight from the database: one query for each way of counting.

They come in a fixed order, because of two equally small counts the first is hidden: see `counts`.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from django.db import connection

from courses.models import LearningOutcome
from evaluation.models import Response
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


# Every query first puts the report's bookings aside, each with its course, and looks up the answers of those alone.
# Left to itself, the planner expects too few of them and reads all answers that were ever given.
CHOSEN = "WITH chosen (booking_id, course_id) AS MATERIALIZED ({bookings})"
RESPONSES = """
    SELECT chosen.course_id, response.stage, count(*),
        count(*) FILTER (WHERE response.state = 'SUBMITTED'), count(*) FILTER (WHERE response.state = 'OPEN')
    FROM chosen
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    WHERE response.state = ANY(%s)
    GROUP BY chosen.course_id, response.stage
    ORDER BY chosen.course_id, response.stage
"""
REACTIONS = """
    SELECT chosen.course_id, question.code, count(*),
        count(*) FILTER (WHERE answer.rating >= %s OR answer.choices @> ARRAY['yes']::varchar[])
    FROM chosen
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    JOIN evaluation_answer answer ON answer.response_id = response.id
    JOIN evaluation_question question ON question.id = answer.question_id
    WHERE response.state = 'SUBMITTED' AND response.stage = 'post' AND question.code = ANY(%s)
        AND NOT answer.is_not_applicable AND (answer.rating IS NOT NULL OR answer.choices <> '{}')
    GROUP BY chosen.course_id, question.code
    ORDER BY chosen.course_id, question.code
"""
USED_THE_LEARNING = """
    SELECT count(*), count(*) FILTER (WHERE answer.choices && %s::varchar[])
    FROM chosen
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    JOIN evaluation_answer answer ON answer.response_id = response.id
    JOIN evaluation_question question ON question.id = answer.question_id
    WHERE response.state = 'SUBMITTED' AND response.stage = 'follow_up' AND question.code = %s
        AND NOT answer.is_not_applicable AND answer.choices <> '{}'
"""
# Ratings of one person and item side by side, then added up.
RATINGS_SIDE_BY_SIDE = """,
    ratings AS (
        SELECT chosen.course_id, question.code, answer.outcome_id,
            max(answer.rating) FILTER (WHERE response.stage = 'pre') AS before,
            max(answer.rating) FILTER (WHERE response.stage = 'post') AS after,
            max(answer.rating) FILTER (WHERE response.stage = 'follow_up') AS later
        FROM chosen
        JOIN evaluation_response response ON response.booking_id = chosen.booking_id
        JOIN evaluation_answer answer ON answer.response_id = response.id
        JOIN evaluation_question question ON question.id = answer.question_id
        WHERE response.state = 'SUBMITTED' AND answer.rating IS NOT NULL AND question.code = ANY(%s)
        GROUP BY chosen.booking_id, chosen.course_id, question.code, answer.outcome_id
    )
    SELECT course_id, code, outcome_id, count(*), sum(before), sum(after),
        count(*) FILTER (WHERE after > before), count(*) FILTER (WHERE after = before), count(later),
        coalesce(sum(before) FILTER (WHERE later IS NOT NULL), 0),
        coalesce(sum(after) FILTER (WHERE later IS NOT NULL), 0), coalesce(sum(later), 0)
    FROM ratings
    WHERE before IS NOT NULL AND after IS NOT NULL
    GROUP BY course_id, code, outcome_id
    ORDER BY course_id, code, outcome_id
"""


def _asked(selection: Selection, question: str, *parameters: str | int | list[str]) -> list[tuple]:
    """Ask the database about the answers that belong to a report's bookings."""
    bookings = selection.bookings().values_list("pk", "event__version__course")
    sql, its_parameters = bookings.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN.format(bookings=sql) + question, [*its_parameters, *parameters])
        return cursor.fetchall()


def responses_by_course(selection: Selection) -> dict[tuple[int, str], ResponseCounts]:
    """By course and stage."""
    rows = _asked(selection, RESPONSES, list(OPENED_STATES))
    return {(course, stage): ResponseCounts(*numbers) for course, stage, *numbers in rows}


def reactions_by_course(selection: Selection, codes: Iterable[str]) -> dict[tuple[int, str], AnswerCounts]:
    """By course and question: agreement with the statements, and whether people would recommend the course."""
    rows = _asked(selection, REACTIONS, AGREES_FROM, list(codes))
    return {(course, code): AnswerCounts(*numbers) for course, code, *numbers in rows}


def used_the_learning(selection: Selection) -> AnswerCounts:
    [numbers] = _asked(selection, USED_THE_LEARNING, list(USED_ANSWERS), USED)
    return AnswerCounts(*numbers)


def ratings_by_course(
    selection: Selection, codes: Iterable[str] = (*SELF_RATINGS, PER_OUTCOME)
) -> dict[tuple[int, str, int | None], RatingCounts]:
    """By course, question and learning outcome; of people who rated before and after."""
    rows = _asked(selection, RATINGS_SIDE_BY_SIDE, list(codes))
    return {tuple(row[:3]): RatingCounts(*map(int, row[3:])) for row in rows}


def outcome_texts(outcomes: Iterable[int]) -> dict[int, tuple[int, int, str]]:
    """Version number, position and words of learning outcomes."""
    rows = LearningOutcome.objects.filter(pk__in=list(outcomes)).values_list(
        "pk", "version__number", "position", "text"
    )
    return {pk: (version, position, text) for pk, version, position, text in rows}
