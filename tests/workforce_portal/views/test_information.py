"""The information pages are open to everybody."""

import pytest

from accounts.models import Partnership
from workforce_portal.views.information import mixed

pytestmark = pytest.mark.django_db


def test_the_privacy_page_says_how_long_as_the_settings_do(client):
    Partnership.objects.stored()
    Partnership.objects.update(basket_names_days=1, enquiry_months=18, money_years=7, feedback_words_months=13)
    page = client.get("/privacy/").content.decode()
    assert "1 day after the last change of the basket" in page
    assert "18 months; if you have an account" in page
    assert "13 months; after that only what was approved" in page
    assert "7 financial years and the current one" in page


@pytest.mark.parametrize("name", ["accessibility-statement", "privacy", "cookies", "complaint", "contact"])
def test_show_page_to_a_stranger(client, name):
    response = client.get(f"/{name}/")
    assert response.status_code == 200
    assert response.text.count("<h1") == 1


def test_mix_shades_of_a_colour():
    assert (mixed("#ff8000", 0, 0.5), mixed("#000000", 255, 0.9)) == ("#804000", "#e6e6e6")


def test_give_the_partnerships_colour(client, django_assert_num_queries):
    Partnership.objects.current()
    Partnership.objects.update(primary_colour="#123456")
    with django_assert_num_queries(1):
        response = client.get("/theme.css")
    assert response["Content-Type"] == "text/css"
    assert "--portal-primary: #123456;" in response.text
    assert response["Cache-Control"] == "public, max-age=300"


def test_give_the_logo_only_when_there_is_one(client):
    Partnership.objects.current()
    assert client.get("/logo.svg").status_code == 404
    Partnership.objects.update(logo_svg="<svg xmlns='http://www.w3.org/2000/svg'/>")
    response = client.get("/logo.svg")
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")


def test_show_the_style_guide_on_a_local_portal_only(client, settings):
    assert client.get("/style-guide/").status_code == 200
    settings.PORTAL_LOCAL = False
    assert client.get("/style-guide/").status_code == 404
