"""Spreadsheets of the catalogue: the sample city's files, their translations, and each refusal by row and column."""

from decimal import Decimal
from pathlib import Path

import pytest

from accounts.spreadsheets import PortalCSV, read_spreadsheet
from courses.actions import courses
from courses.models import (
    ApprovalMode,
    AudienceGroup,
    Course,
    DeliveryMode,
    Event,
    Offer,
    Price,
    PriceBand,
    Strand,
    Trainer,
    Venue,
)
from courses.resources import (
    CourseResource,
    CourseTextResource,
    OfferResource,
    PriceResource,
    TrainerResource,
    VenueResource,
)
from tests import cast
from tests.makers import NOW, make_course, make_event

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[2] / "workforce_portal/sample_city/data"
VENUES = 10
COURSE_HEADER = (
    "code,title,strands,format,mode,level,duration_hours,days,audience,prerequisite,refresh_months,capacity,"
    "min_numbers,price_band,source"
)


def load(resource, text, dry_run=False):
    return resource().import_data(read_spreadsheet(text.encode()), dry_run=dry_run, now=NOW, user=None)


def load_file(resource, name):
    result = load(resource, (DATA / name).read_text())
    assert [row.error_dict for row in result.invalid_rows] == []
    return result


@pytest.fixture
def bands():
    """The price bands alone, for tests that need a course or two and not the whole city."""
    PriceBand.objects.bulk_create(PriceBand(code=code, name=code) for code in ["P0", "P1", "P2", "L0", "L2", "L3"])


@pytest.fixture
def city():
    load_file(PriceResource, "prices.csv")
    load_file(CourseResource, "courses.csv")
    load_file(CourseTextResource, "course_texts.csv")
    load_file(VenueResource, "venues.csv")


def offers_of(code):
    offers = Offer.objects.filter(course__code=code).order_by("strand")
    return [(offer.strand, offer.price_band.code, offer.approval_mode) for offer in offers]


def errors_of(result):
    return [(row.number, row.error_dict) for row in result.invalid_rows]


def test_the_sample_citys_files_load_whole_and_can_be_published(city):
    assert (Course.objects.count(), Price.objects.count(), Venue.objects.count()) == (71, 98, VENUES)
    # Where it is done is not in the file: the team gives the link before it publishes the course.
    Course.objects.filter(code="M21").update(learning_link="https://learning.example.org/")
    for course in Course.objects.all():
        courses.publish(course=course, by=None, now=NOW)
    assert Course.objects.published().count() == 71


def test_import_translates_the_words_of_the_file(city):
    modes = dict(Course.objects.filter(code__in=["C01", "C02", "TR03", "M21"]).values_list("code", "default_mode"))
    assert modes == {
        "C01": DeliveryMode.LIVE_ONLINE,
        "C02": DeliveryMode.IN_PERSON,
        "TR03": DeliveryMode.AT_YOUR_SETTING,
        "M21": DeliveryMode.RECORDED,
    }
    no_limit = Course.objects.get(code="M21")
    assert (no_limit.default_capacity, no_limit.refresh_months, no_limit.learning_format) == (None, 36, "self_paced")
    assert Course.objects.get(code="C01").refresh_months is None
    assert Course.objects.get(code="M12").audience == (
        "People in regular contact with children, people who mostly work with children or their parents and people "
        "with particular safeguarding duties (contact groups 2 to 4)"
    )


def test_import_gives_each_strand_its_band_and_usual_approval(city):
    found = {code: offers_of(code) for code in ["C01", "C08", "C09", "C11", "ST04", "M04", "TR12"]}
    assert found == {
        "C01": [("core", "P0", "explicit"), ("traded", "P1", "attest")],
        "C08": [("core", "P0", "explicit"), ("multi_agency", "P0", "attest")],
        # The file's P4 belongs to strands that charge, and this course has none.
        "C09": [("core", "P0", "explicit")],
        # Free to the council and to partners: the multi-agency half day, not the traded one.
        "C11": [("core", "P0", "explicit"), ("multi_agency", "L2", "attest")],
        "ST04": [("multi_agency", "P0", "attest"), ("statutory", "P0", "explicit")],
        "M04": [("multi_agency", "LT", "attest")],
        "TR12": [("traded", "W4", "attest")],
    }


def test_import_links_what_is_needed_first_and_keeps_the_better_words(city):
    course = Course.objects.get(code="M03")
    assert course.prerequisite_mode == Course.PrerequisiteMode.DECLARED
    assert sorted(course.required_courses.values_list("code", flat=True)) == ["M01", "M02"]
    assert course.prerequisites.startswith("Introduction to Safeguarding")
    nothing = Course.objects.get(code="M06")
    assert (nothing.prerequisite_mode, nothing.prerequisites) == (Course.PrerequisiteMode.NONE, "")


def test_import_knows_who_will_look_for_a_course(city):
    groups = dict(Course.objects.values_list("code", "audience_groups"))
    assert groups["ST10"] == [AudienceGroup.CARERS]
    assert groups["TR06"] == [AudienceGroup.EARLY_YEARS]
    assert groups["M06"] == []
    assert set(Course.objects.for_audience(AudienceGroup.CARERS).values_list("code", flat=True)) >= {"ST10", "M06"}


def test_importing_the_same_files_again_changes_nothing(city):
    for resource, name in [
        (PriceResource, "prices.csv"),
        (CourseTextResource, "course_texts.csv"),
        (VenueResource, "venues.csv"),
    ]:
        totals = load_file(resource, name).totals
        assert (totals["new"], totals["update"]) == (0, 0), name


def test_import_keeps_what_staff_decided_about_an_offer(bands):
    course = "C01,Restorative Practice,{},briefing,virtual,,3,0.5,All,None,0,40,8,P2,"
    both_strands = '"core,traded"'
    load(CourseResource, f"{COURSE_HEADER}\n{course.format(both_strands)}")
    Offer.objects.filter(course__code="C01", strand=Strand.TRADED).update(
        approval_mode=ApprovalMode.NOTIFY, audience="Schools of the city"
    )
    load(
        CourseResource, f"{COURSE_HEADER}\nC01,Restorative Practice,traded,briefing,virtual,,3,0.5,All,None,0,40,8,P2,"
    )
    offers = Offer.objects.filter(course__code="C01").order_by("strand")
    assert [(offer.strand, offer.price_band.code, offer.is_active) for offer in offers] == [
        ("core", "P0", False),
        ("traded", "P2", True),
    ]
    assert (offers[1].approval_mode, offers[1].audience) == (ApprovalMode.NOTIFY, "Schools of the city")


def test_import_refuses_the_whole_file_when_one_row_is_wrong(bands):
    before = Course.objects.count()
    result = load(
        CourseResource,
        f"{COURSE_HEADER}\n"
        "N1,New,core,course,virtual,,2,0.5,Everyone,None,0,40,8,P1,\n"
        "N2,New,core,seance,virtual,,two hours,0.5,Everyone,None,0,40,8,P77,\n",
    )
    assert errors_of(result) == [
        (
            3,
            {
                "format": [
                    "“seance” is not one of the choices: course, briefing, masterclass, conference, workshop, "
                    "programme, learning_lessons, self_paced, commissioned, service"
                ],
                "duration_hours": ["“two hours” is not a number."],
                "price_band": ["There is no price band “P77”. Correct it, or import the price band first."],
            },
        )
    ]
    assert Course.objects.count() == before


def test_import_refuses_formulas_and_repeated_rows(bands):
    row = "N1,New,core,course,virtual,,2,0.5,Everyone,None,0,40,8,P1,"
    twice = load(CourseResource, f"{COURSE_HEADER}\n{row}\n{row}\n")
    assert errors_of(twice) == [(3, {"code": ["The same code already stands in row 2."]})]
    formula = load(CourseResource, f"{COURSE_HEADER}\n{row.replace('New', '=1+1')}\n")
    assert [list(errors) for _, errors in errors_of(formula)] == [["title"]]


def test_texts_of_an_unknown_course_are_refused():
    result = load(CourseTextResource, "code,summary\nX99,Nothing\n")
    assert errors_of(result) == [(2, {"code": ["There is no course with this code. Import the course first."]})]


def test_new_texts_of_a_delivered_course_make_a_new_version():
    course = make_course(code="M02")
    make_event(course, state=Event.State.DELIVERED)
    load(CourseTextResource, "code,outcome_1,outcome_2,outcome_3,outcome_4\nM02,name your part,,,\n")
    assert list(course.versions.get(number=2).outcomes.values_list("text", flat=True)) == ["name your part"]


def test_an_outcome_that_is_too_long_is_named():
    make_course(code="M02")
    result = load(CourseTextResource, f"code,outcome_1\nM02,{'x' * 201}\n")
    assert errors_of(result) == [(2, {"outcome_1": ["This outcome has 201 characters; 200 are the most."]})]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("fixed,", "A fixed price needs an amount: 0 where the place is free."),
        ("fixed,-5", "A fixed price needs an amount: 0 where the place is free."),
        ("not offered,5", "What is not offered has no price. Leave the amount empty."),
        ("on quote,0", "Say where quotes start, or leave the amount empty."),
    ],
)
def test_prices_that_say_nothing_are_refused(cells, words):
    result = load(
        PriceResource, f"band,band name,category,terms,amount,effective_from\nP1,Short,private,{cells},2027-04-01"
    )
    assert errors_of(result) == [(2, {"amount": [words]})]
    assert Price.objects.count() == 0


def test_a_new_band_takes_its_vat_treatment_from_the_file_and_a_known_one_keeps_its_own():
    header = "band,band name,VAT treatment,category,terms,amount,effective_from"
    load(
        PriceResource,
        f"{header}\nW5,Case,standard rate,private,fixed,550,2024-04-01\nP1,Short,,private,fixed,40,2024-04-01",
    )
    assert dict(PriceBand.objects.values_list("code", "vat_treatment")) == {"W5": "STANDARD", "P1": "EXEMPT"}
    same = f"{header}\nW5,Case,STANDARD,private,fixed,560,2027-04-01\nP1,Short,,private,fixed,41,2027-04-01"
    assert errors_of(load(PriceResource, same)) == []
    words = "Band W5 is “standard rate”. Change that under Price bands."
    other = load(PriceResource, f"{header}\nW5,Case,exempt,private,fixed,570,2028-04-01")
    assert errors_of(other) == [(2, {"VAT treatment": [words]})]
    assert (Price.objects.count(), PriceBand.objects.get(code="W5").vat_treatment) == (4, "STANDARD")


@pytest.mark.parametrize("cell", ["20", "20%", "NO_SUPPLY"])
def test_a_vat_treatment_that_is_none_is_named_in_its_column(cell):
    result = load(
        PriceResource, f"band,VAT treatment,category,terms,amount,effective_from\nP1,{cell},private,fixed,40,2024-04-01"
    )
    words = (
        f"“{cell}” is not one of the choices: OUTSIDE_SCOPE, EXEMPT, STANDARD. The rate itself stands under VAT rates."
    )
    assert errors_of(result) == [(2, {"VAT treatment": [words]})]
    assert not PriceBand.objects.exists()


def test_export_of_prices_reads_back_as_it_was():
    load_file(PriceResource, "prices.csv")
    dataset = PriceResource().export(Price.objects.filter(band__code__in=["W5", "P2"]).order_by("band__code", "pk"))
    assert set(dataset["VAT treatment"]) == {"EXEMPT", "STANDARD"}
    totals = load(PriceResource, PortalCSV().export_data(dataset)).totals
    assert (totals["invalid"], totals["new"], totals["update"], totals["skip"]) == (0, 0, 0, 14)


def test_a_price_from_a_later_day_stands_beside_the_old_one():
    load(PriceResource, "band,category,terms,amount,effective_from\nP1,private,fixed,40,2024-04-01")
    load(PriceResource, "band,category,terms,amount,effective_from\nP1,private,fixed,£44.50,2027-04-01")
    rows = Price.objects.filter(band__code="P1", charging_category="private").order_by("effective_from")
    assert [price.amount for price in rows] == [Decimal("40"), Decimal("44.50")]


def test_offers_can_be_changed_by_spreadsheet(bands):
    make_course(code="M06")
    load(OfferResource, "course,strand,approval_mode,price_band,is_area_only\nM06,multi_agency,notify,L0,no")
    assert offers_of("M06") == [("multi_agency", "L0", "notify")]
    assert not Offer.objects.get(course__code="M06").is_area_only


def test_trainers_are_people_whom_we_know():
    cast.amina()
    row = "email,organisation,topics\namina@example.org,Northern Ridings Police,neglect; safer sleep"
    words = "There is no organisation “Northern Ridings Police”. Correct it, or import the organisation first."
    assert errors_of(load(TrainerResource, row)) == [(2, {"organisation": [words]})]
    cast.police()
    load(TrainerResource, row)
    assert Trainer.objects.get().topics == ["neglect", "safer sleep"]


def test_export_of_courses_reads_back_as_it_was(city, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        dataset = CourseResource().export()
    text = PortalCSV().export_data(dataset)
    result = load(CourseResource, text)
    assert (result.totals["invalid"], result.totals["new"], result.totals["update"]) == (0, 0, 0)


def test_export_defuses_formulas():
    make_course("=cmd|' /C calc'!A0")
    text = PortalCSV().export_data(CourseResource().export())
    assert "'=cmd|' /C calc'!A0" in text
