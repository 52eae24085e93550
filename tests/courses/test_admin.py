"""The catalogue on the administration site: who gets in, that each list opens, and an import from preview to end."""

import io

import pytest
from django.urls import reverse

from courses.models import Course, DiscountRule, PriceBand, VatRate, Venue
from courses.models.discount import ABOVE_NOTHING, AT_MOST_PLACES, ONE_OF_THE_TWO
from courses.models.vat import RATE_WORDS
from tests import cast
from tests.makers import make_course, make_event

pytestmark = pytest.mark.django_db

LISTS = [
    "chargingpolicy",
    "course",
    "coursetext",
    "courseversion",
    "discountrule",
    "event",
    "offer",
    "price",
    "priceband",
    "trainer",
    "trainerassignment",
    "vatrate",
    "venue",
]


def upload(text):
    file = io.BytesIO(text.encode())
    file.name = "rows.csv"
    return {"import_file": file}


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_for_the_team_and_for_nobody_else(client, name):
    make_event(trainer=cast.dev())
    url = reverse(f"admin:courses_{name}_changelist")
    client.force_login(cast.wendy())
    assert client.get(url).status_code == 200
    client.force_login(cast.amina())
    assert client.get(url).status_code != 200


def test_a_course_is_edited_with_its_offers_and_cannot_be_added_or_deleted_here(client):
    course = make_course()
    client.force_login(cast.wendy())
    page = client.get(reverse("admin:courses_course_change", args=[course.pk]))
    assert (page.status_code, page.context["has_delete_permission"]) == (200, False)
    assert client.get(reverse("admin:courses_course_add")).status_code == 403


def test_a_file_of_courses_is_previewed_before_anything_is_written(client):
    PriceBand.objects.create(code="P0", name="Free")
    client.force_login(cast.wendy())
    header = "code,title,strands,format,mode,duration_hours,days,audience,price_band"
    row = "N1,Life Story Work,core,course,classroom,3.5,0.5,Social workers,P0"
    preview = client.post(reverse("admin:courses_course_import"), upload(f"{header}\n{row}\n"))
    assert (preview.status_code, Course.objects.count()) == (200, 0)
    ticket = preview.context["confirm_form"].initial["ticket"]
    client.post(reverse("admin:courses_course_process_import"), {"ticket": ticket})
    course = Course.objects.get()
    assert (course.code, course.slug, course.state) == ("N1", "life-story-work", Course.State.DRAFT)
    assert course.versions.get().number == 1


def test_a_file_with_one_bad_row_writes_none(client):
    client.force_login(cast.wendy())
    answer = client.post(
        reverse("admin:courses_venue_import"),
        upload("name,address,capacity\nMill House,1 Mill Lane,ten\nHall,2 Lane,9\n"),
    )
    assert "confirm_form" not in answer.context
    assert "“ten” is not a number." in answer.content.decode()
    assert Venue.objects.count() == 0


def test_texts_are_imported_apart(client):
    course = make_course(code="M02")
    client.force_login(cast.wendy())
    rows = "code,summary,outcome_1,outcome_2\nM02,A better summary.,name your part,\n"
    preview = client.post(reverse("admin:courses_coursetext_import"), upload(rows))
    ticket = preview.context["confirm_form"].initial["ticket"]
    client.post(reverse("admin:courses_coursetext_process_import"), {"ticket": ticket})
    course.refresh_from_db()
    assert course.summary == "A better summary."
    assert [outcome.text for outcome in course.versions.get().outcomes.all()] == ["name your part"]


def test_dates_are_exported_and_never_edited(client):
    event = make_event()
    client.force_login(cast.wendy())
    page = client.get(reverse("admin:courses_event_change", args=[event.pk]))
    assert page.context["has_change_permission"] is False
    export = client.post(
        reverse("admin:courses_event_export"), {"format": "0", "resource": "", "eventresource_reference": "on"}
    )
    assert event.reference in export.getvalue().decode()


def errors_on(page):
    return {name: list(words) for name, words in page.context["adminform"].form.errors.items()}


RULE = {"name": "School groups", "min_places": "5", "charging_category": "education", "strand": "", "is_active": "on"}


def test_a_discount_is_read_back_in_words(client):
    client.force_login(cast.wendy())
    url = reverse("admin:courses_discountrule_add")
    assert "Said here once the rule is saved." in client.get(url).text
    client.post(url, RULE | {"percent": "10"})
    rule = DiscountRule.objects.get()
    for page in (reverse("admin:courses_discountrule_changelist"), admin_page(rule)):
        assert "10% off each place for city schools, academies and colleges, from 5 places on one date" in (
            client.get(page).text
        )
    assert not client.get(admin_page(rule)).context["has_delete_permission"]


def admin_page(rule):
    return reverse("admin:courses_discountrule_change", args=[rule.pk])


@pytest.mark.parametrize(
    ("facts", "errors"),
    [
        ({"percent": "10", "amount": "5"}, {"__all__": [ONE_OF_THE_TWO]}),
        ({}, {"__all__": [ONE_OF_THE_TWO]}),
        ({"percent": "-10"}, {"percent": [ABOVE_NOTHING]}),
        ({"amount": "-5"}, {"amount": [ABOVE_NOTHING]}),
        ({"percent": "10\0"}, {"percent": ["Enter a number."]}),
        ({"percent": "10", "min_places": "99999999999"}, {"min_places": [AT_MOST_PLACES]}),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused_with_a_sentence(client, facts, errors):
    client.force_login(cast.wendy())
    rule = DiscountRule.objects.create(name="Groups", percent=10)
    for url in (reverse("admin:courses_discountrule_add"), admin_page(rule)):
        assert errors_on(client.post(url, RULE | facts)) == errors
    assert DiscountRule.objects.get().percent == 10


def test_a_vat_rate_is_a_percentage(client):
    client.force_login(cast.wendy())
    url = reverse("admin:courses_vatrate_add")
    before = VatRate.objects.count()
    for wrong in ("0.2", "-20", "120"):
        assert errors_on(client.post(url, {"percent": wrong, "effective_from": "2030-01-01"})) == {
            "percent": [RATE_WORDS]
        }
    client.post(url, {"percent": "20", "effective_from": "2030-01-01"})
    assert VatRate.objects.count() == before + 1
