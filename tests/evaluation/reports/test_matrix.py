"""R4: who came to what, on dates typed in by hand."""

import random
from collections import Counter
from datetime import date
from itertools import islice

import pytest

from accounts.models.organisation import GROUP_OF_SECTOR, ReportingGroup, Sector
from bookings.models import Booking
from bookings.models.booking import TOOK_PART_STATES
from courses.models import DeliveryMode, Strand
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests.evaluation import city
from tests.evaluation.city import Run

pytestmark = pytest.mark.django_db

QUARTER = Period(date(2026, 4, 1), date(2026, 6, 30))


def compiled(threshold, **filters):
    return compile_figures(Selection(QUARTER, (Strand.MULTI_AGENCY,), **filters), threshold=threshold, now=city.AFTER)


def table(figures, code):
    return next(table for table in figures["tables"] if table["code"] == code)


def matrix(threshold, **filters):
    """What R4 prints: by course and group."""
    its = table(compiled(threshold, **filters), "R4")
    names = [column["label"] for column in its["columns"][1:]]
    return {
        (row["cells"][0]["text"], name): cell["text"]
        for row in its["rows"]
        for name, cell in zip(names, row["cells"][1:], strict=True)
    }


def by_hand():
    """The same from the rows, in plain Python."""
    found = Counter()
    for booking in Booking.objects.select_related("event__version__course"):
        if booking.state in TOOK_PART_STATES and booking.source != Booking.Source.WALK_IN:
            group = ReportingGroup(GROUP_OF_SECTOR[booking.sector]).label
            course = booking.event.version.course.title
            for place in ((course, group), (course, "All groups"), ("All courses", group)):
                found[place] += 1
            found["All courses", "All groups"] += 1
    return found


def a_quarter(seed):
    chance = random.Random(seed)
    for run in city.LLR:
        city.deliver(Run(run.course, 60, chance.randint(1, 45), walk_ins=chance.randint(0, 6), missed=2, late=1))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_matrix_counts_each_booked_person_who_came_once(seed):
    a_quarter(seed)
    counted = by_hand()
    assert matrix(1) == {place: f"{counted[place]:,}" for place in matrix(1)}
    assert {place for place, number in counted.items() if number} <= set(matrix(1))


def test_matrix_has_the_totals_of_the_tables_beside_it():
    a_quarter(4)
    figures = compiled(5)
    of_courses = {row["cells"][0]["text"]: row["cells"][6]["text"] for row in table(figures, "R2")["rows"]}
    of_groups = {
        row["cells"][0]["text"]: row["cells"][3]["text"]
        for row in table(figures, "R3")["rows"]
        if row["kind"] == "group"
    }
    printed = matrix(5)
    assert {course: printed[course, "All groups"] for course in of_courses} == of_courses
    assert {group: printed["All courses", group] for group in of_groups} == of_groups


def test_matrix_hides_small_counts_and_keeps_them_hidden():
    a_quarter(5)
    counted, printed = by_hand(), matrix(5)
    small = {place for place, number in counted.items() if 0 < number < 5}
    assert small
    assert {printed[place] for place in small} <= {"fewer than 5", "not shown"}
    courses = {course for course, _ in printed} - {"All courses"}
    groups = {group for _, group in printed} - {"All groups"}
    for course in courses:
        told = [printed[course, group] for group in (*groups, "All groups")]
        hidden = sum(not text.replace(",", "").isdigit() for text in told)
        assert hidden != 1, (course, told)


def people_of(course, mode, **sectors):
    """A date of so many people of each sector."""
    event = city.deliver(Run(course, 60, sum(sectors.values())), mode=mode)
    bookings = iter(event.bookings.order_by("pk"))
    organisations = {organisation.sector: organisation for organisation in city.agencies()}
    for sector, number in sectors.items():
        employer = organisations[sector]
        for booking in islice(bookings, number):
            Booking.objects.filter(pk=booking.pk).update(sector=sector, organisation=employer)


def test_matrix_of_a_filter_leaves_nothing_small_to_subtract():
    police, council = Sector.POLICE, Sector.LA_CHILDREN
    for course in ("Neglect", "Self-harm"):
        people_of(course, DeliveryMode.IN_PERSON, **{police: 20, council: 20})
    people_of("Neglect", DeliveryMode.LIVE_ONLINE, **{police: 3, council: 30})
    people_of("Self-harm", DeliveryMode.LIVE_ONLINE, **{police: 30, council: 3})
    everybody, here = matrix(5), matrix(5, mode=DeliveryMode.IN_PERSON)
    assert everybody["Neglect", "Police and justice"] == "23"
    assert here["Neglect", "All groups"] == "40"
    assert {
        text for place, text in here.items() if not place[0].startswith("All") and not place[1].startswith("All")
    } == {"not shown"}
