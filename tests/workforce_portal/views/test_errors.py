"""Every error has its page."""

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def calm_client():
    """Shows what a reader sees where the usual test client raises."""
    return Client(raise_request_exception=False)


def test_show_page_not_found(client):
    response = client.get("/there-is-nothing-here/")
    assert response.status_code == 404
    assert "<h1" in response.text


def test_show_forged_host_a_plain_refusal(calm_client):
    response = calm_client.get("/contact/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.text


def test_show_a_page_that_asks_to_come_back_while_the_database_is_away(calm_client):
    def away(execute, sql, params, many, context):
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(away):
        response = calm_client.get("/contact/")
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "Traceback" not in response.text
    assert "connection is lost" not in response.text


def test_show_a_page_for_what_breaks(calm_client):
    def broken(execute, sql, params, many, context):
        raise ZeroDivisionError("a fault of ours")

    with connection.execute_wrapper(broken):
        response = calm_client.get("/contact/")
    assert response.status_code == 500
    assert "fault of ours" not in response.text


@override_settings(ROOT_URLCONF="workforce_portal.urls")
def test_refuse_a_form_without_its_token():
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "amina@example.org"})
    assert response.status_code == 403
    assert "<h1" in response.text
