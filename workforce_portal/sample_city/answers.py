"""What people said before, after and twelve weeks on; paired, so that change can be measured."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from evaluation.actions.responses import (
    FOLLOW_UP_AFTER_END,
    FOLLOW_UP_OPENS,
    POST_AFTER_END,
    PRE_AFTER_START,
    REMINDER_DAYS,
)
from evaluation.models import Answer, Question, Questionnaire, Response
from evaluation.models.questionnaire import AnswerKind
from evaluation.profiles import profile_of, questions_for
from workforce_portal.sample_city import words
from workforce_portal.sample_city.bookings import Place
from workforce_portal.sample_city.copying import Table, Tables, array
from workforce_portal.sample_city.facts import CourseFacts

STAGES = ("pre", "post", "follow_up")
# DOMAIN 9.7.
SHARE_ANSWERED = {"pre": 0.74, "post": 0.92, "follow_up": 0.31}
MEAN_DAYS_TO_ANSWER = {"pre": 6, "post": 4, "follow_up": 9}

# Ratings from 1 to 10: a person's own level, what the course adds, and what is left of it.
BEFORE, SPREAD_OF_PEOPLE, SPREAD_OF_ITEMS = 5.6, 1.5, 0.9
AFTER, KEPT_FROM_BEFORE, SPREAD_AFTER = 8.14, 0.45, 0.85
FADED = 0.42
# How much lower the single outcomes start: nobody can do yet what the course is for.
OUTCOMES_LOWER = 0.6

# Strongly disagree to strongly agree; where an item is not named, the first row.
AGREEMENT = {
    "": (1, 3, 8, 42, 46),
    "RE3": (0.5, 1.5, 4, 36, 58),
    "RE5": (1, 5, 13, 43, 38),
    "RE8": (3, 8, 12, 41, 36),
}
NOT_APPLICABLE = {"RE7": 0.07}
CHOICES = {
    "PR1": (14, 38, 48),
    "RE9": (89, 4, 7),
    "OP3": (42, 58),
    "IM1": (28, 37, 12, 15, 8),
    "IM6": (64, 30, 6),
    "IM3": (45, 30, 18, 7),
}
WRITES_WORDS = {"PR2": 0.4, "AC1": 1.0, "AC3": 0.2, "OP1": 0.4, "OP2": 0.28, "IM4": 0.35}
REMARKS = {
    "PR2": words.HOPES,
    "AC1": words.ACTIONS,
    "AC3": words.NEEDS,
    "OP1": words.WORKED_BEST,
    "OP2": words.TO_CHANGE,
    "IM4": words.DIFFERENCES,
}
# Words that may be quoted are read by somebody first.
READ_WITHIN = timedelta(days=12)


@dataclass(slots=True)
class Item:
    """A question as one course asks it, with the beginning of its line in the answers' table."""

    code: str
    key: str
    kind: str
    start: str
    choices: tuple[str, ...]
    has_not_applicable: bool
    is_per_action: bool
    is_outcome: bool
    is_quoted: bool
    max_texts: int


@dataclass(slots=True)
class Voice:
    """One person's three questionnaires on one course, while they are being filled in."""

    level: float
    course_effect: float
    actions: list[str] = field(default_factory=list)
    ratings: dict[str, float] = field(default_factory=dict)


class Listener:
    """Writes the questionnaires of each booking and what was answered, as of the beginning of today."""

    def __init__(self, *, rng: Random, as_of: datetime) -> None:
        self.rng, self.as_of = rng, as_of
        self.responses = Table(
            Response, "id", "booking_id", "questionnaire_id", "stage", "state", "opens_at", "closes_at", "invited_at",
            "reminders_sent", "submitted_at",
        )  # fmt: skip
        self.answers = Table(
            Answer, "response_id", "question_id", "outcome_id", "rating", "is_not_applicable", "choices", "texts",
            "moderation",
        )  # fmt: skip
        self.all = Tables([self.responses, self.answers])
        self.questionnaires = {stage: Questionnaire.objects.in_force(stage).first() for stage in STAGES}
        self.questions = {
            stage: list(questionnaire.questions.order_by("position"))
            for stage, questionnaire in self.questionnaires.items()
        }
        self.items: dict[tuple[str, str], list[Item]] = {}

    # --- Which questionnaires there are ---------------------------------------------------------------

    def hear(self, place: Place) -> dict[str, datetime]:
        """Write the questionnaires of one booking; return the stages that were answered, and when."""
        voice = Voice(self.rng.gauss(BEFORE, SPREAD_OF_PEOPLE), ((place.event.course.id * 7) % 9 - 4) / 12)
        answered: dict[str, datetime] = {}
        if place.confirmed_at and not place.is_walk_in:
            self.ask(place, "pre", place.confirmed_at, place.event.starts_at + PRE_AFTER_START, voice, answered)
        if place.state in ("ATTENDED", "PART_ATTENDED"):
            ends_at = place.event.ends_at
            self.ask(place, "post", ends_at, ends_at + POST_AFTER_END, voice, answered)
            opens_at, closes_at = ends_at + FOLLOW_UP_OPENS, ends_at + FOLLOW_UP_AFTER_END
            self.ask(place, "follow_up", opens_at, closes_at, voice, answered)
        return answered

    def ask(self, place: Place, stage: str, opens_at, closes_at, voice: Voice, answered: dict) -> None:
        if opens_at >= closes_at:
            return
        submitted_at = self.when_answered(place, stage, opens_at, closes_at)
        if submitted_at:
            state = "SUBMITTED"
        elif place.cancelled_at:
            state = "CANCELLED"
        elif opens_at >= self.as_of:
            state = "SCHEDULED"
        else:
            state = "OPEN" if closes_at > self.as_of else "EXPIRED"
        until = submitted_at or self.as_of
        reminders = sum(opens_at + timedelta(days=days) < until for days in REMINDER_DAYS.get(stage, ()))
        response_id = self.responses.next_id()
        self.responses.add(
            response_id, place.id, self.questionnaires[stage].id, stage, state, opens_at, closes_at,
            None if state == "SCHEDULED" else opens_at, reminders if state != "SCHEDULED" else 0, submitted_at,
        )  # fmt: skip
        if submitted_at:
            answered[stage] = submitted_at
            self.answer(place, stage, response_id, voice, submitted_at)

    def when_answered(self, place: Place, stage: str, opens_at, closes_at) -> datetime | None:
        """The moment somebody answered, if they had by the beginning of today."""
        rng = self.rng
        delay = timedelta(days=min(rng.expovariate(1 / MEAN_DAYS_TO_ANSWER[stage]), 45), minutes=20)
        does = rng.random() < SHARE_ANSWERED[stage]
        if place.fate and place.fate.answers is not None:
            does, delay = stage in place.fate.answers, min(delay, (self.as_of - opens_at) / 2)
        end = min(closes_at, place.cancelled_at or closes_at)
        if stage == "pre":
            delay = min(delay, (end - opens_at) * 0.9)
        moment = opens_at + delay
        return moment if does and moment < min(end, self.as_of) else None

    # --- What was answered ----------------------------------------------------------------------------

    def items_of(self, course: CourseFacts, stage: str) -> list[Item]:
        key = (course.code, stage)
        if key not in self.items:
            self.items[key] = [
                item
                for question in questions_for(
                    questions=self.questions[stage],
                    profile=profile_of(stage=stage, learning_format=course.learning_format),
                )
                for item in items_of_question(question, course)
            ]
        return self.items[key]

    def answer(self, place: Place, stage: str, response_id: int, voice: Voice, submitted_at: datetime) -> None:
        lines, tail = self.answers.lines, self.answers.tail
        for item in self.items_of(place.event.course, stage):
            rest = self.line_of(item, stage, voice, submitted_at, place)
            if rest:
                lines.append(f"{response_id}{item.start}{rest}{tail}")

    def line_of(self, item: Item, stage: str, voice: Voice, submitted_at, place: Place) -> str:
        """Rating, not applicable, choices, texts and moderation, as COPY wants them; empty when left out."""
        rng = self.rng
        if item.kind == AnswerKind.SCALE_10:
            return f"{self.rating(item, stage, voice)}\tf\t{{}}\t{{}}\tNOT_NEEDED"
        if item.kind in (AnswerKind.AGREE_5, AnswerKind.SCALE_5):
            if item.has_not_applicable and rng.random() < NOT_APPLICABLE.get(item.code, 0.04):
                return "\\N\tt\t{}\t{}\tNOT_NEEDED"
            weights = AGREEMENT.get(item.code, AGREEMENT[""])
            return f"{rng.choices((1, 2, 3, 4, 5), weights)[0]}\tf\t{{}}\t{{}}\tNOT_NEEDED"
        if item.kind == AnswerKind.TEXT:
            return self.words_of(item, voice, submitted_at, place)
        if item.is_per_action:
            if not voice.actions or rng.random() < 0.3:
                return ""
            chosen = [self.choice(item) for _ in voice.actions]
            return f"\\N\tf\t{array(chosen)}\t{array(voice.actions)}\tNOT_NEEDED"
        if item.kind == AnswerKind.MULTIPLE:
            chosen = self.several(item)
            return f"\\N\tf\t{array(chosen)}\t{{}}\tNOT_NEEDED" if chosen else ""
        return f"\\N\tf\t{array([self.choice(item)])}\t{{}}\tNOT_NEEDED"

    def rating(self, item: Item, stage: str, voice: Voice) -> int:
        """The same item at each stage belongs together: what somebody starts with shows in what they end with."""
        rng = self.rng
        before = voice.ratings.get(item.key)
        if before is None:
            before = voice.level + rng.gauss(0, SPREAD_OF_ITEMS) - OUTCOMES_LOWER * item.is_outcome
            voice.ratings[item.key] = before
        if stage == "pre":
            return on_scale(before)
        after = AFTER + voice.course_effect + KEPT_FROM_BEFORE * (before - BEFORE) + rng.gauss(0, SPREAD_AFTER)
        return on_scale(after if stage == "post" else after - FADED)

    def choice(self, item: Item) -> str:
        weights = CHOICES.get(item.code, ())
        if len(weights) == len(item.choices):
            return self.rng.choices(item.choices, weights)[0]
        return self.rng.choice(item.choices)

    def several(self, item: Item) -> list[str]:
        """One or more ticks, in the order of the form; the last choices (nothing, other) are ticked alone or not at all."""
        rng = self.rng
        if rng.random() < 0.15:
            return [item.choices[-1]] if item.code == "IM2" else []
        ticked = {rng.randrange(max(1, len(item.choices) - 2)) for _ in range(rng.choice((1, 1, 2, 3)))}
        return [item.choices[position] for position in sorted(ticked)]

    def words_of(self, item: Item, voice: Voice, submitted_at: datetime, place: Place) -> str:
        rng = self.rng
        remark = place.fate.remark if place.fate and item.code == "IM4" else ""
        if not remark and (item.code not in REMARKS or rng.random() > WRITES_WORDS[item.code]):
            return ""
        texts = [remark] if remark else rng.sample(REMARKS[item.code], rng.randint(1, item.max_texts))
        if item.code == "AC1":
            voice.actions = texts
        moderation = "NOT_NEEDED"
        if remark or (item.is_quoted and submitted_at > self.as_of - READ_WITHIN):
            moderation = "TO_REVIEW"
        elif item.is_quoted:
            moderation = rng.choices(("APPROVED", "REDACTED", "WITHHELD"), (92, 4, 4))[0]
        return f"\\N\tf\t{{}}\t{array(texts)}\t{moderation}"


def on_scale(value: float) -> int:
    return min(10, max(1, int(value + 0.5)))


def items_of_question(question: Question, course: CourseFacts) -> list[Item]:
    """One item, or one for each learning outcome."""
    outcomes = course.outcome_ids if question.is_per_outcome else [None]
    return [
        Item(
            code=question.code,
            key=f"{question.code}{outcome or ''}",
            kind=question.kind,
            start=f"\t{question.id}\t{outcome if outcome else chr(92) + 'N'}\t",
            choices=tuple(question.choices),
            has_not_applicable=question.has_not_applicable,
            is_per_action=question.is_per_action,
            is_outcome=question.is_per_outcome,
            is_quoted="R16" in question.report_table,
            max_texts=question.max_texts,
        )
        for outcome in outcomes
    ]
