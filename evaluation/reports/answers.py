"""Counts of questionnaires and answers, straight from the database: one query for each way of counting.

They come in a fixed order, because of two equally small counts the first is hidden: see `counts`.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from django.db import connection

from accounts.models.organisation import GROUP_OF_SECTOR, ReportingGroup
from courses.models import LearningOutcome
from evaluation.models import Question, Response
from evaluation.reports.selection import Selection

OPENED_STATES = (Response.State.OPEN, Response.State.SUBMITTED, Response.State.EXPIRED)
RECOMMEND = "RE9"
USED = "IM1"
USED_ANSWERS = ("often", "sometimes", "once")
DID, BECAME_OF_ACTIONS, OBSTACLES, NO_OBSTACLE = "IM2", "IM3", "IM5", "nothing"
SAW_CHANGE = "MG2"
SAW_SOME_FROM = 3  # of 1 none to 5 large
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
class ImpactCounts:
    """Of what people and their managers said at twelve weeks: how many answered each question, and how."""

    answers: int = 0
    used: int = 0
    obstacles: int = 0
    managers: int = 0
    saw_change: int = 0

    def __add__(self, other: "ImpactCounts") -> "ImpactCounts":
        return ImpactCounts(*[a + b for a, b in zip(astuple(self), astuple(other), strict=True)])


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
IMPACT = """
    SELECT chosen.course_id,
        count(*) FILTER (WHERE question.code = %s AND answer.choices <> '{}'),
        count(*) FILTER (WHERE question.code = %s AND answer.choices && %s::varchar[]),
        count(*) FILTER (WHERE question.code = %s AND NOT answer.choices <@ ARRAY[%s]::varchar[]),
        count(*) FILTER (WHERE question.code = %s AND answer.rating IS NOT NULL),
        count(*) FILTER (WHERE question.code = %s AND answer.rating >= %s)
    FROM chosen
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    JOIN evaluation_answer answer ON answer.response_id = response.id
    JOIN evaluation_question question ON question.id = answer.question_id
    WHERE response.state = 'SUBMITTED' AND response.stage IN ('follow_up', 'manager')
        AND question.code = ANY(%s) AND NOT answer.is_not_applicable
    GROUP BY chosen.course_id
    ORDER BY chosen.course_id
"""
CHOICES = """
    SELECT chosen.course_id, question.code, choice, count(*)
    FROM chosen
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    JOIN evaluation_answer answer ON answer.response_id = response.id
    JOIN evaluation_question question ON question.id = answer.question_id
    CROSS JOIN LATERAL unnest(answer.choices) choice
    WHERE response.state = 'SUBMITTED' AND response.stage = 'follow_up' AND question.code = ANY(%s) AND choice <> ''
    GROUP BY chosen.course_id, question.code, choice
    ORDER BY chosen.course_id, question.code, choice
"""
# The latest decision holds; it may have taken the words back since.
VOICES = """
    SELECT chosen.course_id, booking.sector, response.stage, latest.theme, latest.words
    FROM chosen
    JOIN bookings_booking booking ON booking.id = chosen.booking_id
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    JOIN evaluation_answer answer ON answer.response_id = response.id
    CROSS JOIN LATERAL (
        SELECT moderation.theme, moderation.words, moderation.is_for_report FROM evaluation_moderation moderation
        WHERE moderation.answer_id = answer.id ORDER BY moderation.id DESC LIMIT 1
    ) latest
    WHERE response.state = 'SUBMITTED' AND answer.moderation IN ('APPROVED', 'REDACTED') AND latest.is_for_report
"""
RESPONDENTS = """
    SELECT chosen.course_id, booking.sector, response.stage, count(*)
    FROM chosen
    JOIN bookings_booking booking ON booking.id = chosen.booking_id
    JOIN evaluation_response response ON response.booking_id = chosen.booking_id
    WHERE response.state = 'SUBMITTED'
    GROUP BY chosen.course_id, booking.sector, response.stage
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


def _asked(
    selection: Selection, question: str, *parameters: str | int | list[str], by: str = "event__version__course"
) -> list[tuple]:
    """Ask the database about the answers that belong to a report's bookings, course by course or by something else."""
    bookings = selection.bookings().values_list("pk", by)
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


def recommended_by_mode(selection: Selection) -> dict[str, AnswerCounts]:
    """By the way of taking part: how many would recommend their course."""
    rows = _asked(selection, REACTIONS, AGREES_FROM, [RECOMMEND], by="event__mode")
    return {mode: AnswerCounts(*numbers) for mode, _, *numbers in rows}


def used_the_learning(selection: Selection) -> AnswerCounts:
    [numbers] = _asked(selection, USED_THE_LEARNING, list(USED_ANSWERS), USED)
    return AnswerCounts(*numbers)


def impact_by_course(selection: Selection) -> dict[int, ImpactCounts]:
    """What was used, what got in the way and whether managers saw a change."""
    rows = _asked(
        selection,
        IMPACT,
        *(USED, USED, list(USED_ANSWERS), OBSTACLES, NO_OBSTACLE, SAW_CHANGE, SAW_CHANGE, SAW_SOME_FROM),
        [USED, OBSTACLES, SAW_CHANGE],
    )
    return {course: ImpactCounts(*numbers) for course, *numbers in rows}


def choices_by_course(selection: Selection) -> dict[tuple[int, str, str], int]:
    """By course, question and choice: what people did since, and what became of the actions they had named."""
    rows = _asked(selection, CHOICES, [DID, BECAME_OF_ACTIONS])
    return {(course, code, choice): number for course, code, choice, number in rows}


@dataclass(frozen=True, order=True)
class Voice:
    """Words that may be printed, and about what they were said by whom: a group, never an agency."""

    theme: str
    course: int
    group: str
    stage: str
    words: str


def voices(selection: Selection) -> list[Voice]:
    """The words chosen for the report."""
    return sorted(
        Voice(theme, course, _group(sector), stage, words)
        for course, sector, stage, theme, words in _asked(selection, VOICES)
    )


def respondents(selection: Selection) -> dict[tuple[int, str, str], int]:
    """How many answered, by course, reporting group and stage."""
    numbers: dict[tuple[int, str, str], int] = {}
    for course, sector, stage, number in _asked(selection, RESPONDENTS):
        place = (course, _group(sector), stage)
        numbers[place] = numbers.get(place, 0) + number
    return numbers


def _group(sector: str) -> str:
    """The reporting group of a booking; of an employer whom nobody has placed yet, the last."""
    return str(GROUP_OF_SECTOR.get(sector, ReportingGroup.PRIVATE_AND_OTHER))


def choices_offered(code: str) -> list[str]:
    """The choices of a question in any version that was asked, as the newest puts them first."""
    versions = Question.objects.filter(code=code, questionnaire__published_at__isnull=False)
    offered = versions.order_by("-questionnaire__version").values_list("choices", flat=True)
    return list(dict.fromkeys(choice for choices in offered for choice in choices))


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
