"""Put a whole report together: gather counts once, protect them, print the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from courses.models import Course, Strand
from evaluation import suppression
from evaluation.figures import DEFINITIONS
from evaluation.models import TrainingStandard
from evaluation.models.questionnaire import Stage
from evaluation.reports import answers, counts
from evaluation.reports.agencies import Agency, agency_table
from evaluation.reports.answers import AnswerCounts, ImpactCounts, RatingCounts, ResponseCounts
from evaluation.reports.cells import Table
from evaluation.reports.counts import EventCounts
from evaluation.reports.currency import contents_of, currency_table
from evaluation.reports.delivery import delivery_table
from evaluation.reports.demand import Demand
from evaluation.reports.headlines import Totals, headline_cards, headline_table
from evaluation.reports.impact import Impact, impact_tables
from evaluation.reports.learning import Words, courses_with_few_pairs, learning_table
from evaluation.reports.lost_places import (
    LostCounts,
    charges_by_end,
    charges_table,
    lost_by_reason,
    lost_places_table,
)
from evaluation.reports.matrix import matrix_table
from evaluation.reports.mix import mix_table
from evaluation.reports.modes import mode_table
from evaluation.reports.next_steps import actions_of, actions_table, needs_of, needs_table
from evaluation.reports.notes import data_notes
from evaluation.reports.observation import observation_table
from evaluation.reports.own_training import own_training_table, returns_of
from evaluation.reports.pool import Pool, pool_table
from evaluation.reports.quarters import quarters_of
from evaluation.reports.reaction import CODES, reaction_table
from evaluation.reports.selection import Selection
from evaluation.reports.self_paced import EnrolmentCounts, enrolments_by_course, self_paced_table
from evaluation.reports.shield import ROOT, Attendance, Shield
from evaluation.reports.trend import quarters_to, trend_table
from evaluation.reports.voices import voices_table
from evaluation.suppression import is_small


@dataclass(frozen=True)
class Gathered:
    """The raw counts of one selection. They live as long as the report is being made and are never stored."""

    events: Mapping[int, EventCounts]
    attendance: Attendance
    attended: Mapping[tuple[int, str], int]
    hours: Mapping[int, Decimal]
    unmet: Mapping[int, int]
    responses: Mapping[tuple[int, str], ResponseCounts]
    reactions: Mapping[tuple[int, str], AnswerCounts]
    used: AnswerCounts
    impact: Mapping[int, ImpactCounts]
    choices: Mapping[tuple[int, str, str], int]
    enrolments: Mapping[int, EnrolmentCounts]
    lost: Mapping[str, LostCounts]
    ratings: Mapping[tuple[int, str, int | None], RatingCounts]

    def of_stage(self, stage: str) -> dict[int, ResponseCounts]:
        return {course: each for (course, its), each in self.responses.items() if its == stage}


def gather(selection: Selection) -> Gathered:
    """Count everything that the tables of a period print."""
    return Gathered(
        events=counts.events_by_course(selection),
        attendance=attendance_of(selection),
        attended=counts.attended_by_course_and_group(selection),
        hours=counts.hours_by_course(selection),
        unmet=counts.unmet_by_course(selection),
        responses=answers.responses_by_course(selection),
        reactions=answers.reactions_by_course(selection, CODES),
        used=answers.used_the_learning(selection),
        impact=answers.impact_by_course(selection),
        choices=answers.choices_by_course(selection),
        enrolments=enrolments_by_course(selection),
        lost=lost_by_reason(selection),
        ratings=answers.ratings_by_course(selection),
    )


def attendance_of(selection: Selection) -> Attendance:
    return Attendance(
        courses=counts.bookings_by_course(selection),
        agencies=counts.bookings_by_agency(selection),
        people_of_agencies=counts.people_by_agency(selection),
        people_of_groups=counts.people_by_group(selection),
        people=counts.people(selection),
        courses_by_mode=counts.bookings_by_course_and_mode(selection),
    )


@dataclass(frozen=True)
class Making:
    """What the tables of one report are made of."""

    selection: Selection
    gathered: Gathered
    unfiltered: Gathered | None
    shield: Shield
    demand: Demand
    courses: Mapping[int, str]
    threshold: int
    now: datetime
    # Courses that answers are not told of alone: of a course of which a report is, none are told at all.
    kept_back_answers: frozenset[int]
    kept_back_pairs: frozenset[int]

    @property
    def has_places(self) -> bool:
        return not self.selection.is_about_some_agencies

    @classmethod
    def of(cls, selection: Selection, threshold: int, now: datetime) -> "Making":
        gathered = gather(selection)
        unfiltered = gather(selection.without_filters) if selection.is_narrowed else None
        return cls(
            selection=selection,
            gathered=gathered,
            unfiltered=unfiltered,
            shield=Shield(
                gathered.attendance,
                threshold,
                unfiltered.attendance if unfiltered else None,
                selection.is_all_of or ROOT,
            ),
            demand=Demand(gathered.unmet, threshold, unfiltered.unmet if unfiltered else None),
            courses=_course_names(gathered),
            threshold=threshold,
            now=now,
            kept_back_answers=_kept_back_answers(gathered, unfiltered, Stage.POST, threshold),
            kept_back_pairs=_kept_back_pairs(gathered, unfiltered, threshold),
        )

    @property
    def tells_answers(self) -> bool:
        return self.selection.course not in self.kept_back_answers | self.kept_back_pairs


def compile_figures(selection: Selection, *, threshold: int, now: datetime) -> dict[str, Any]:
    """Return the report as it is stored: every cell printed and, where its count is small, already hidden."""
    making = Making.of(selection, threshold, now)
    gathered, period = making.gathered, selection.period
    totals = _totals(making)
    before = _totals_of(selection.at(period.previous), threshold)
    # A year is compared with the year before: that is the same question twice.
    is_same = period.last_year == period.previous
    last_year = before if is_same else _totals_of(selection.at(period.last_year), threshold)
    names = (period.name, period.previous.name, period.last_year.name)
    headlines = headline_table(totals, before, last_year, names)
    tables = [
        headlines,
        *_trend(making),
        *_how_much(making),
        *_how_well(making),
        *_what_difference(making),
        *_what_next(making),
    ]
    headlines.sentence = next(table.sentence for table in tables if table.code == "R2")
    notes = data_notes(selection, responses=gathered.responses.values(), now=now, threshold=threshold)
    return {
        "period": names[0],
        "cards": headline_cards(totals, before, names[1]),
        "quarters": quarters_of(selection),
        "notes": notes,
        "hidden_cells": sum(table.hidden_cells for table in tables),
        "threshold": threshold,
        "definitions": DEFINITIONS,
        "tables": [table.stored() for table in tables],
    }


def _trend(making: Making) -> list[Table]:
    """R1b, in reports without filters alone."""
    if making.selection.is_narrowed:
        return []
    quarters = quarters_to(making.selection.period)
    return [trend_table([(each, _totals_of(making.selection.at(each), making.threshold)) for each in quarters])]


def _how_much(making: Making) -> list[Table]:
    """R2 to R7."""
    gathered, unfiltered = making.gathered, making.unfiltered
    return [
        delivery_table(
            making.shield, gathered.events, gathered.hours, making.courses, making.demand, making.has_places
        ),
        agency_table(making.shield, _agencies(gathered.attendance)),
        matrix_table(making.shield, gathered.attended, making.courses, unfiltered.attended if unfiltered else None),
        mode_table(
            making.shield,
            counts.events_by_mode(making.selection),
            None if unfiltered else answers.recommended_by_mode(making.selection),
            has_places=making.has_places,
        ),
        self_paced_table(
            gathered.enrolments, making.courses, making.threshold, is_narrowed=making.selection.is_narrowed
        ),
        _pool(making.selection, making.shield, making.threshold),
    ]


def _how_well(making: Making) -> list[Table]:
    """R8 to R12."""
    gathered, selection = making.gathered, making.selection
    return [
        *_mix(making),
        lost_places_table(
            gathered.lost,
            counts.total_events(gathered.events.values()).places if making.has_places else None,
            making.threshold,
            frozenset(making.shield.row(ROOT).hidden),
            is_narrowed=selection.is_narrowed,
        ),
        charges_table(charges_by_end(selection), making.threshold, is_narrowed=selection.is_narrowed),
        reaction_table(
            gathered.of_stage(Stage.POST),
            gathered.reactions,
            making.courses,
            making.threshold,
            making.kept_back_answers,
            is_told=selection.course not in making.kept_back_answers,
        ),
        observation_table(
            counts.ratings_by_standard(selection),
            counts.observation_counts(selection),
            counts.issues_raised(selection),
            dict(TrainingStandard.objects.in_force().values_list("number", "words")),
            making.threshold,
            is_narrowed=selection.is_narrowed,
        ),
        currency_table(contents_of(selection), timezone.localtime(making.now).date()),
    ]


def _mix(making: Making) -> list[Table]:
    """R8, in reports about multi-agency dates."""
    selection = making.selection
    if Strand.MULTI_AGENCY not in selection.strands:
        return []
    dates = counts.groups_by_date(replace(selection, strands=(Strand.MULTI_AGENCY,)))
    return [mix_table(dates, making.courses, making.threshold, is_narrowed=selection.is_narrowed)]


def _what_difference(making: Making) -> list[Table]:
    """R14 to R16."""
    gathered, unfiltered, selection, threshold = making.gathered, making.unfiltered, making.selection, making.threshold
    return [
        learning_table(
            {} if selection.course in making.kept_back_pairs else gathered.ratings,
            _words(gathered, making.courses),
            threshold,
            making.kept_back_pairs,
        ),
        *impact_tables(
            _impact(gathered),
            making.courses,
            threshold,
            is_narrowed=selection.is_narrowed,
        ),
        voices_table(
            answers.voices(selection),
            answers.respondents(selection),
            making.courses,
            threshold,
            frozenset(making.courses) if unfiltered else frozenset(),
        ),
    ]


def _what_next(making: Making) -> list[Table]:
    """R18 to R20."""
    selection, today = making.selection, timezone.localtime(making.now).date()
    return [
        own_training_table(returns_of(selection), making.threshold, is_narrowed=selection.is_narrowed),
        needs_table(needs_of(selection), today, is_narrowed=selection.is_narrowed),
        actions_table(
            actions_of(selection),
            today,
            selection.period.starts_on,
            is_narrowed=selection.is_narrowed,
            is_of_partnership=Strand.MULTI_AGENCY in selection.strands,
        ),
    ]


def _totals(making: Making) -> Totals:
    gathered = making.gathered
    return Totals(
        row=making.shield.row(ROOT),
        hours=making.shield.hours(ROOT, gathered.hours),
        unmet=making.demand.in_all,
        has_places=making.has_places,
        tells_answers=making.tells_answers,
        **_sums(gathered.events, gathered.responses, gathered.reactions, gathered.ratings),
        used=gathered.used,
    )


def _sums(events: Mapping, responses: Mapping, reactions: Mapping, ratings: Mapping) -> dict[str, Any]:
    """Return the parts of the headlines that are sums over courses."""
    return {
        "events": counts.total_events(events.values()),
        "responses": {
            stage: sum((each for (_, its), each in responses.items() if its == stage), ResponseCounts())
            for stage in Stage.values
        },
        "recommend": sum((each for (_, code), each in reactions.items() if code == answers.RECOMMEND), AnswerCounts()),
        "confidence": sum(
            (each for (_, code, _), each in ratings.items() if code == answers.CONFIDENCE), RatingCounts()
        ),
    }


def _totals_of(selection: Selection, threshold: int) -> Totals:
    """Return the headlines of another period, hidden as the report of that period hides them."""
    without_filters = selection.without_filters if selection.is_narrowed else None
    shield = Shield(
        attendance_of(selection),
        threshold,
        attendance_of(without_filters) if without_filters else None,
        selection.is_all_of or ROOT,
    )
    demand = Demand(
        counts.unmet_by_course(selection),
        threshold,
        counts.unmet_by_course(without_filters) if without_filters else None,
    )
    return Totals(
        row=shield.row(ROOT),
        hours=shield.hours(ROOT, counts.hours_by_course(selection)),
        unmet=demand.in_all,
        has_places=not selection.is_about_some_agencies,
        **_sums(
            counts.events_by_course(selection),
            answers.responses_by_course(selection),
            answers.reactions_by_course(selection, [answers.RECOMMEND]),
            answers.ratings_by_course(selection, [answers.CONFIDENCE]),
        ),
        used=answers.used_the_learning(selection),
    )


def _impact(gathered: Gathered) -> Impact:
    offered = {code: answers.choices_offered(code) for code in (answers.DID, answers.BECAME_OF_ACTIONS)}
    return Impact(gathered.of_stage(Stage.FOLLOW_UP), gathered.impact, gathered.choices, offered)


def _kept_back_answers(gathered: Gathered, unfiltered: Gathered | None, stage: Stage, threshold: int) -> frozenset[int]:
    """Return courses that may not stand alone in a report with a filter.

    They do not in the report without one; or the filter leaves so few of their answers out that these could be told.
    """
    if unfiltered is None:
        return frozenset()
    everything = {course: each.submitted for course, each in unfiltered.of_stage(stage).items()}
    mine = gathered.of_stage(stage)
    left_out = [course for course in mine if is_small(everything[course] - mine[course].submitted, threshold)]
    return frozenset(suppression.together(everything, threshold, left_out))


def _kept_back_pairs(gathered: Gathered, unfiltered: Gathered | None, threshold: int) -> frozenset[int]:
    if unfiltered is None:
        return frozenset()
    left_out = frozenset(
        place[0]
        for place, mine in gathered.ratings.items()
        if is_small(unfiltered.ratings[place].pairs - mine.pairs, threshold)
    )
    return courses_with_few_pairs(unfiltered.ratings, threshold, left_out)


def _pool(selection: Selection, shield: Shield, threshold: int) -> Table:
    """R7. Its balance counts attendances, which the table by agency may have hidden."""
    given, in_all = counts.training_given(selection)
    hidden = {
        agency
        for group, agency in shield.attendance.agencies
        if shield.row(("agency", group, agency)).why_hidden("attended", "walk_ins")
    }
    pool = Pool(
        trainers=counts.trainers_by_agency(selection),
        given=given,
        in_all=in_all,
        attendances=None if selection.is_narrowed else counts.free_attendances_by_agency(selection),
        hidden=frozenset(hidden),
    )
    names = dict(Organisation.objects.filter(pk__in=pool.agencies).values_list("pk", "name"))
    return pool_table(pool, names, threshold)


def _course_names(gathered: Gathered) -> dict[int, str]:
    courses = {*gathered.events, *gathered.attendance.courses, *gathered.unmet, *gathered.enrolments}
    return dict(Course.objects.filter(pk__in=courses).values_list("pk", "title"))


def _words(gathered: Gathered, courses: Mapping[int, str]) -> Words:
    outcomes = {outcome for _, _, outcome in gathered.ratings if outcome is not None}
    return Words(courses, answers.outcome_texts(outcomes))


def _agencies(attendance: Attendance) -> dict[int, Agency]:
    rows = Organisation.objects.filter(pk__in={agency for _, agency in attendance.agencies})
    return {
        pk: Agency(name, headcount, headcount_on)
        for pk, name, headcount, headcount_on in rows.values_list(
            "pk", "name", "child_facing_headcount", "headcount_on"
        )
    }
