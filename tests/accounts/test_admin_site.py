"""The administration site answers odd requests in words."""

import pytest

from tests import cast
from tests.makers import make_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(client):
    client.force_login(cast.wendy())
    return client


@pytest.mark.parametrize("chosen", ["today", "1e400", "-1", "", "٣"])
def test_a_choice_that_was_never_offered_gets_the_forms_own_sentence(team, chosen):
    response = team.post("/admin/courses/offer/add/", {"course": chosen, "strand": "core"})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["course"]


def test_a_choice_that_was_offered_is_shown_again(team):
    course = make_course("Neglect")
    response = team.post("/admin/courses/offer/add/", {"course": course.pk, "strand": "nonsense"})
    assert f'<option value="{course.pk}" selected>' in response.content.decode()


def test_no_address_leads_from_any_table_to_a_page(team):
    assert team.get("/admin/r/1/1/").status_code == 404


def test_a_field_without_a_name_is_no_field(team):
    course = make_course("Neglect")
    assert team.post(f"/admin/courses/course/{course.pk}/change/", {"_to_field": ""}).status_code == 200
