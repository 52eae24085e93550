"""The whole report on typed-in quarters."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Sector
from bookings.models import Attendance, Booking, WaitingListEntry
from bookings.models.booking import State
from courses.models import DeliveryMode, Event, Strand
from evaluation.models import Response
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation import city
from tests.evaluation.city import Run
from tests.makers import make_event

pytestmark = pytest.mark.django_db

QUARTER = Period(date(2026, 4, 1), date(2026, 6, 30))


def compiled(**filters):
    selection = Selection(QUARTER, (Strand.MULTI_AGENCY,), **filters)
    return compile_figures(selection, threshold=5, now=city.AFTER)


def table_of(figures, code):
    return next(table for table in figures["tables"] if table["code"] == code)


def row_of(table, name):
    lead = table["lead"]
    cells = next(row["cells"] for row in table["rows"] if row["cells"][lead]["text"] == name)
    names = [column["code"] or column["label"] for column in table["columns"]]
    return dict(zip(names, cells, strict=True))


def printed(row, *names):
    return [row[name]["text"] for name in names]


def test_compile_gives_the_figures_of_the_real_quarter():
    city.llr_quarter()
    figures = compiled()
    headlines = {row["cells"][0]["text"]: row["cells"][1] for row in table_of(figures, "R1")["rows"]}
    assert [
        (headlines[name]["text"], headlines[name]["note"])
        for name in ("Occupancy", "Attendance rate", "Did not attend")
    ] == [
        ("77.4%", "304 of 393"),
        ("93.1%", "269 of 289"),
        ("6.9%", "20 of 289"),
    ]
    total = row_of(table_of(figures, "R2"), "All courses")
    assert printed(total, "E", "CAP", "BK", "AT", "WI", "TOT", "OCC", "ATR", "DNA", "DNA%") == [
        "7", "393", "289", "269", "35", "304", "77%", "93%", "20", "7%",
    ]  # fmt: skip


def test_compile_counts_by_agency_and_group():
    city.llr_quarter()
    table = table_of(compiled(), "R3")
    total = row_of(table, "All groups")
    assert printed(total, "BK", "AT", "WI", "Cancelled in time", "LC", "DNA", "DNA%", "SH", "PPL") == [
        "289", "269", "35", "20", "9", "20", "7%", "100%", "304",
    ]  # fmt: skip
    groups = [row["cells"][1]["text"] for row in table["rows"] if row["kind"] == "group"]
    assert groups == [
        "Council: all", "Police and justice: all", "Health: all", "Education: all", "Early years: all",
        "Third sector, faith and sport: all", "Carers: all",
    ]  # fmt: skip


def test_compile_compares_people_who_answered_each_time():
    city.deliver(Run("Neglect", 40, 30, answered=24))
    rows = table_of(compiled(), "R14")["rows"]
    confidence = next(row["cells"] for row in rows if row["cells"][1]["text"].startswith("Confidence"))
    answers = Booking.objects.filter(responses__stage="post", responses__answers__question__code="SR2")
    before, after = ratings("pre"), ratings("post")
    assert answers.count() == 24
    assert confidence[2]["value"] == 24
    assert confidence[3]["value"] == round(sum(before.values()) / 24 + 1e-9, 1)
    assert confidence[4]["value"] == round(sum(after.values()) / 24 + 1e-9, 1)
    assert confidence[6]["value"] == round(100 * sum(after[who] > before[who] for who in before) / 24 + 1e-9, 1)
    assert confidence[7]["value"] == 8


def ratings(stage):
    rows = Response.objects.filter(stage=stage, answers__question__code="SR2").values_list("booking", "answers__rating")
    return dict(rows)


def test_compile_leaves_out_who_answered_only_once():
    event = city.deliver(Run("Neglect", 40, 30, answered=24))
    Response.objects.filter(booking__event=event, stage="pre").order_by("pk")[:4][0].delete()
    rows = table_of(compiled(), "R14")["rows"]
    assert {row["cells"][2]["text"] for row in rows if row["cells"][1]["text"].startswith("Confidence")} == {"23"}


def test_compile_joins_courses_with_few_answers():
    city.deliver(Run("Neglect", 40, 30, answered=24))
    city.deliver(Run("Domestic Abuse", 40, 30, answered=3))
    city.deliver(Run("Parental Mental Health", 40, 30, answered=12))
    figures = compiled()
    assert [row["cells"][0]["text"] for row in table_of(figures, "R10")["rows"]] == [
        "Neglect", "Courses with too few answers to show alone", "All courses",
    ]  # fmt: skip
    courses = dict.fromkeys(row["cells"][0]["text"] for row in table_of(figures, "R14")["rows"])
    assert list(courses) == ["All courses", "Neglect", "Courses with too few answers to show alone"]


def test_compile_counts_an_event_in_the_quarter_it_began():
    city.deliver(Run("Neglect", 40, 30, starts_at=city.datetime(2026, 6, 30, 8, tzinfo=city.UTC)), days=2)
    city.deliver(Run("Domestic Abuse", 40, 30, starts_at=city.datetime(2026, 7, 1, 8, tzinfo=city.UTC)))
    table = table_of(compiled(), "R2")
    assert [row["cells"][0]["text"] for row in table["rows"]] == ["Neglect", "All courses"]
    assert printed(row_of(table, "All courses"), "E", "TOT", "LH") == ["1", "30", "360"]


def test_compile_counts_hours_of_sessions_people_were_at():
    event = city.deliver(Run("Neglect", 40, 30), days=2)
    second = event.sessions.get(position=2)
    Attendance.objects.filter(session=second).order_by("pk")[:10][0].delete()
    assert printed(row_of(table_of(compiled(), "R2"), "All courses"), "LH") == ["354"]


def test_compile_keeps_sector_and_agency_as_booked():
    city.deliver(Run("Neglect", 40, 30))
    before = compiled()["tables"]
    organisation = Booking.objects.first().organisation
    organisation.sector = Sector.PRIVATE_OTHER
    organisation.save(update_fields=["sector"])
    assert compiled()["tables"] == before


def test_compile_does_not_notice_a_booking_for_a_coming_date():
    """Two reports before and after one booking tell nothing of it."""
    city.llr_quarter()
    coming = make_event(city.course_called("Neglect"), starts_at=city.AFTER)
    before = compiled()
    booking = Booking.objects.filter(event__state=Event.State.LOCKED).first()
    booking.pk, booking.reference, booking.idempotency_key = None, "B-NEW", None
    booking.idempotency_key = city.uuid.uuid4()
    booking.event, booking.state, booking.cancelled_at = coming, State.CONFIRMED, None
    booking.save()
    assert compiled() == before


@pytest.mark.parametrize(
    ("filters", "attended"),
    [
        ({}, "90"),
        ({"course": "Neglect"}, "40"),
        ({"mode": DeliveryMode.LIVE_ONLINE}, "50"),
        ({"sector": Sector.POLICE}, None),
        ({"sector": "group:police_and_justice"}, None),
    ],
)
def test_compile_narrows_by_filters(filters, attended):
    city.deliver(Run("Neglect", 50, 40))
    city.deliver(Run("Domestic Abuse", 60, 50), mode=DeliveryMode.LIVE_ONLINE)
    if "course" in filters:
        filters = {"course": city.course_called(filters["course"]).pk}
    police = f"{Booking.objects.filter(sector=Sector.POLICE, state=State.ATTENDED).count()}"
    assert printed(row_of(table_of(compiled(**filters), "R2"), "All courses"), "AT") == [attended or police]


def test_compile_hides_what_a_filter_leaves_out():
    city.deliver(Run("Neglect", 50, 40))
    first, *rest = Booking.objects.order_by("pk")
    Booking.objects.exclude(pk=first.pk).update(sector=Sector.POLICE)
    Booking.objects.filter(pk=first.pk).update(sector=Sector.HEALTH_TRUST)
    assert len(rest) == 39
    all_of_them = row_of(table_of(compiled(), "R2"), "All courses")
    police = row_of(table_of(compiled(sector=Sector.POLICE), "R2"), "All courses")
    assert printed(all_of_them, "AT") == ["40"]
    assert printed(police, "AT") == ["not shown"]


def test_compile_sees_its_own_strands_alone():
    city.deliver(Run("Neglect", 50, 40))
    city.deliver(Run("Inductions", 50, 30), strand=Strand.CORE)
    assert printed(row_of(table_of(compiled(), "R2"), "All courses"), "E", "AT") == ["1", "40"]
    core = compile_figures(Selection(QUARTER, (Strand.CORE, Strand.TRADED)), threshold=5, now=city.AFTER)
    assert printed(row_of(table_of(core, "R2"), "All courses"), "E", "AT") == ["1", "30"]


def test_compile_says_what_is_wrong_with_the_data():
    event = city.deliver(Run("Neglect", 50, 40), state=Event.State.DELIVERED)
    make_event(city.course_called("Domestic Abuse"), starts_at=city.SPRING)
    bookings = list(Booking.objects.filter(event=event))
    Booking.objects.filter(pk__in=[booking.pk for booking in bookings[:6]]).update(sector="")
    Booking.objects.filter(pk=bookings[7].pk).update(state=State.CONFIRMED)
    assert compiled()["notes"] == [
        "Dates that are over but not closed, and so not counted yet: 1.",
        "Registers not locked yet, so that figures may be corrected: 1 of 1 dates.",
        "Bookings nobody marked, counted neither as attended nor as missed: fewer than 5.",
        "Bookings from employers not matched to an agency, under Private and other: 6.",
    ]


def wait_in_vain(event, *, people, groups_of=(), sector=Sector.POLICE, state="CLOSED"):
    """People, and groups that wanted places together, whose wait for this date ended as the state says."""
    organisation = cast.make_organisation(f"Waits {sector}", sector=sector)
    for wanted in [1] * people + list(groups_of):
        practitioner = None if wanted > 1 else cast.make_person(f"W{city.uuid.uuid4().hex}", organisation).practitioner
        WaitingListEntry.objects.create(
            reference=f"W-{city.uuid.uuid4().hex[:8]}", event=event, practitioner=practitioner,
            organisation=organisation, offer=event.offers.get(), places_wanted=wanted, state=state,
            joined_at=city.SPRING, joined_by=cast.wendy(), queued_at=city.SPRING, closed_at=city.SPRING, idempotency_key=city.uuid.uuid4(),
        )  # fmt: skip


def test_compile_counts_unmet_demand_by_course_and_in_all():
    neglect = city.deliver(Run("Neglect", 50, 40))
    abuse = city.deliver(Run("Domestic Abuse", 50, 40))
    before = city.deliver(Run("Neglect", 50, 40, starts_at=city.datetime(2026, 2, 3, 8, tzinfo=city.UTC)))
    off = make_event(city.course_called("Checks"), starts_at=city.SPRING, state=Event.State.DRAFT)
    Event.objects.filter(pk=off.pk).update(
        state=Event.State.CANCELLED, cancelled_at=city.SPRING, cancelled_by=cast.wendy(), cancelled_reason="Ill"
    )
    wait_in_vain(neglect, people=6, groups_of=[3])
    wait_in_vain(neglect, people=4, state="WITHDRAWN")
    wait_in_vain(abuse, people=7)
    wait_in_vain(off, people=5)
    wait_in_vain(before, people=8)

    figures = compiled()
    table = table_of(figures, "R2")
    headlines = {
        row["cells"][0]["text"]: [cell["text"] for cell in row["cells"]] for row in table_of(figures, "R1")["rows"]
    }

    assert [printed(row_of(table, name), "WLU") for name in ("Neglect", "Domestic Abuse", "Checks", "All courses")] == [
        ["9"], ["7"], ["5"], ["21"],
    ]  # fmt: skip
    assert headlines["Unmet demand"] == ["Unmet demand", "21", "8", "0", "+13"]
    assert not any("aiting lists" in note for note in figures["notes"])


def test_compile_hides_small_unmet_demand_with_another_beside_it():
    for name, people in (("Neglect", 2), ("Domestic Abuse", 7), ("Parental Mental Health", 9)):
        wait_in_vain(city.deliver(Run(name, 50, 40)), people=people)

    table = table_of(compiled(), "R2")
    names = ("Neglect", "Domestic Abuse", "Parental Mental Health", "All courses")

    assert [printed(row_of(table, name), "WLU") for name in names] == [
        ["fewer than 5"], ["not shown"], ["9"], ["18"],
    ]  # fmt: skip
    assert row_of(table, "Neglect")["WLU"]["value"] is None


def test_compile_hides_unmet_demand_of_which_a_filter_leaves_few_out():
    event = city.deliver(Run("Neglect", 50, 40))
    wait_in_vain(event, people=8)
    wait_in_vain(event, people=2, sector=Sector.HEALTH_TRUST)

    everybody = table_of(compiled(), "R2")
    police = table_of(compiled(sector=Sector.POLICE), "R2")

    assert printed(row_of(everybody, "Neglect"), "WLU") == ["10"]
    assert printed(row_of(police, "Neglect"), "WLU") == ["not shown"]
    assert printed(row_of(police, "All courses"), "WLU") == ["not shown"]


def test_compile_leaves_dates_without_limit_out_of_occupancy():
    city.deliver(Run("Neglect", 50, 40))
    city.deliver(Run("Webinar", None, 300))
    table = table_of(compiled(), "R2")
    assert printed(row_of(table, "Webinar"), "CAP", "TOT", "OCC") == ["-", "300", "-"]
    assert printed(row_of(table, "All courses"), "CAP", "TOT", "OCC") == ["50", "340", "80%"]


def test_compile_of_nothing_is_a_report_too():
    cast.lou()
    figures = compiled()
    rows = {table["code"]: len(table["rows"]) for table in figures["tables"]}
    assert rows == {
        "R1": 18,
        "R1b": 0,
        "R2": 1,
        "R3": 1,
        "R4": 1,
        "R5": 1,
        "R6": 1,
        "R7": 1,
        "R8": 1,
        "R9": 13,
        "R9b": 11,
        "R10": 1,
        "R11": 15,
        "R12": 0,
        "R14": 0,
        "R15": 1,
        "R15b": 1,
        "R16": 0,
        "R18": 0,
        "R19": 0,
        "R20": 0,
    }
    assert printed(row_of(table_of(figures, "R2"), "All courses"), "E", "TOT", "OCC", "ATR") == ["0", "0", "-", "-"]


def test_compile_asks_as_many_questions_of_one_date_as_of_three():
    asked = []
    for number in range(3):
        city.deliver(Run(f"Course {number}", 50, 40, answered=30))
        if number in (0, 2):
            with CaptureQueriesContext(connection) as queries:
                compiled()
            asked.append(len(queries))
    assert asked[0] == asked[1]


def test_compile_hides_the_same_cells_whatever_way_the_database_takes():
    """Of equal counts it must always be the same one that hides another, or two copies of a report tell it."""
    for number in range(6):
        city.deliver(Run(f"Course {number}", 50, 3 if number == 4 else 10, missed=6, answered=3 if number == 4 else 6))
    as_usual = compiled()
    assert as_usual["hidden_cells"] > 1
    for way in ("enable_hashagg", "enable_sort"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {way} = off")
        assert compiled() == as_usual
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {way} = on")


def test_compile_counts_the_year_before_once():
    city.deliver(Run("Neglect", 50, 40, answered=30))
    asked = {}
    for name, period in (("quarter", QUARTER), ("year", Period(date(2026, 4, 1), date(2027, 3, 31)))):
        with CaptureQueriesContext(connection) as queries:
            figures = compile_figures(Selection(period, (Strand.MULTI_AGENCY,)), threshold=5, now=city.AFTER)
        asked[name] = len(queries)
    assert asked["year"] < asked["quarter"]
    previous, year_ago = printed(row_of(table_of(figures, "R1"), "Attendances"), "previous", "same period last year")
    assert previous == year_ago


@pytest.mark.parametrize("filters", [{}, {"mode": DeliveryMode.IN_PERSON}, {"sector": "group:health"}])
def test_compile_tells_no_more_of_another_period_than_its_own_report(filters):
    """Four people were added on each of two days: their sum, eight, would tell both."""
    city.deliver(Run("Neglect", 60, 40, walk_ins=4, answered=30), seed=1)
    city.deliver(Run("Domestic Abuse", 60, 40, walk_ins=4, missed=2, late=3), seed=2)
    own = [row["cells"] for row in table_of(compiled(**filters), "R1")["rows"]]
    later = Selection(Period(date(2026, 7, 1), date(2026, 9, 30)), (Strand.MULTI_AGENCY,), **filters)
    figures = compile_figures(later, threshold=5, now=city.AFTER)
    beside = [row["cells"] for row in table_of(figures, "R1")["rows"]]
    assert [cells[2]["text"] for cells in beside] == [cells[1]["text"] for cells in own]
    if not filters:
        attendances = next(cells[1]["text"] for cells in own if cells[0]["text"] == "Attendances")
        assert attendances in ("not shown", "about 90")
        [quarter] = [
            row["cells"] for row in table_of(figures, "R1b")["rows"] if row["cells"][0]["text"].startswith("April")
        ]
        assert quarter[2]["value"] is None


def test_stored_figures_hold_no_small_count():
    city.lively_quarter()
    figures = compiled()
    person_counts = {
        "BK",
        "AT",
        "WI",
        "TOT",
        "DNA",
        "LC",
        "WLU",
        "PPL",
        "Cancelled in time",
        "Pairs",
        "Triples",
        "Answers",
    }
    for table in figures["tables"][1:]:
        for row in table["rows"]:
            for column, cell in zip(table["columns"], row["cells"], strict=True):
                if (column["code"] or column["label"]) in person_counts:
                    assert cell["value"] is None or cell["value"] == 0 or cell["value"] >= 5
                if cell["hidden"]:
                    assert (cell["value"], cell["note"]) == (None, "")


def test_compile_with_a_filter_tells_nothing_that_is_kept_back_without_one():
    """Somebody takes what is hidden beside a small count from a report on it alone, and the small count from the total."""
    for name, missed in (("Neglect", 2), ("Domestic Abuse", 6), ("Parental Mental Health", 30)):
        city.deliver(Run(name, 90, 40, missed=missed))

    everything = table_of(compiled(), "R2")
    alone = table_of(compiled(course=city.course_called("Domestic Abuse").pk), "R2")

    names = ("Neglect", "Domestic Abuse", "All courses")
    assert [printed(row_of(everything, name), "DNA") for name in names] == [["fewer than 5"], ["not shown"], ["38"]]
    assert [printed(row_of(alone, name), "DNA") for name in names[1:]] == [["not shown"], ["not shown"]]
    # What is told without a filter is told with one.
    assert printed(row_of(alone, "All courses"), "AT") == ["40"]


def test_compile_with_a_filter_tells_no_answers_that_share_a_row_without_one():
    for name, answered in (("Neglect", 3), ("Domestic Abuse", 9), ("Parental Mental Health", 30)):
        city.deliver(Run(name, 90, 40, answered=answered))
    course = city.course_called("Domestic Abuse").pk

    together = row_of(table_of(compiled(), "R10"), "Courses with too few answers to show alone")
    alone = compiled(course=course)

    assert printed(together, "Answers") == ["12"]
    assert [row["cells"][1]["text"] for row in table_of(alone, "R10")["rows"]] == []
    assert table_of(alone, "R14")["rows"] == []
    said = {row["cells"][0]["text"]: row["cells"][1] for row in table_of(alone, "R1")["rows"]}
    assert [said[name]["text"] for name in ("Would recommend their course", "Answered after the course")] == [
        "not shown"
    ] * 2


def test_compile_counts_by_way_of_taking_part():
    city.deliver(Run("Neglect", 50, 40, missed=10, answered=30))
    city.deliver(Run("Neglect", 80, 60, missed=20, answered=30), mode=DeliveryMode.LIVE_ONLINE)
    city.deliver(Run("Domestic Abuse", 40, 20, missed=5), mode=DeliveryMode.LIVE_ONLINE)
    table = table_of(compiled(), "R5")
    names = ("E", "CAP", "TOT", "OCC", "DNA%")
    assert [printed(row_of(table, name), *names) for name in ("In person", "Live online", "All")] == [
        ["1", "50", "40", "80%", "20%"],
        ["2", "120", "80", "67%", "24%"],
        ["3", "170", "120", "71%", "23%"],
    ]
    assert row_of(table, "In person")["REC"]["value"] is not None
    # Less what a filter tells, the whole would tell of the others.
    assert printed(row_of(table_of(compiled(sector=Sector.POLICE), "R5"), "All"), "REC") == ["-"]


def test_compile_tells_no_mode_where_a_course_in_it_would_come_out():
    """Neglect was held in both ways, and two of its people were online: less the other course, the mode is they."""
    city.deliver(Run("Neglect", 50, 40))
    city.deliver(Run("Neglect", 50, 2), mode=DeliveryMode.LIVE_ONLINE)
    city.deliver(Run("Domestic Abuse", 40, 20), mode=DeliveryMode.LIVE_ONLINE)
    figures = compiled()
    assert printed(row_of(table_of(figures, "R2"), "Domestic Abuse"), "AT") == ["20"]
    assert [printed(row_of(table_of(figures, "R5"), name), "TOT") for name in ("In person", "Live online", "All")] == [
        ["not shown"], ["not shown"], ["62"],
    ]  # fmt: skip
