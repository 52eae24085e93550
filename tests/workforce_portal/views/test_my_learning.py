"""My learning: the next thing first, then what is to come and what is done; one's own and nobody else's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models.booking import State
from evaluation.models import Questionnaire, Response
from tests import cast
from tests.answers import main_of
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def make_response(booking, stage="post", **fields):
    questionnaire, _ = Questionnaire.objects.get_or_create(stage=stage, defaults={"published_at": NOW})
    defaults = {"state": Response.State.OPEN, "opens_at": NOW - timedelta(days=1), "closes_at": NOW + timedelta(days=9)}
    return Response.objects.create(booking=booking, questionnaire=questionnaire, stage=stage, **defaults | fields)


def past(title, user, days_ago=20):
    event = make_event(make_course(title), starts_at=NOW - timedelta(days=days_ago), state="LOCKED")
    return make_booking(event, user, state=State.ATTENDED)


def test_my_learning_sends_strangers_to_sign_in(client):
    assert client.get("/my/").url == "/accounts/login/?next=/my/"


def test_my_learning_begins_with_an_invitation(client):
    client.force_login(cast.zed())

    assert "Your learning begins here" in main_of(client.get("/my/"))


def test_my_learning_puts_the_next_date_first(client):
    amina = cast.amina()
    make_booking(make_event(make_course("Later"), starts_at=NOW + timedelta(days=50)), amina)
    make_booking(make_event(make_course("Sooner"), starts_at=NOW + timedelta(days=5)), amina)
    past("Long ago", amina)
    client.force_login(amina)

    text = main_of(client.get("/my/"))

    order = [text.index(words) for words in ("Next for you Sooner", "Coming up", "Later", "Done", "Long ago")]
    assert order == sorted(order)


def test_my_learning_puts_feedback_before_everything(client):
    amina = cast.amina()
    make_booking(make_event(make_course("Coming")), amina)
    make_response(past("Neglect", amina))
    make_response(past("Domestic abuse", amina, days_ago=30), closes_at=NOW + timedelta(days=20))
    make_response(past("Answered", amina), state=Response.State.SUBMITTED, submitted_at=NOW)
    make_response(past("Closed", amina), closes_at=NOW)
    client.force_login(amina)

    text = main_of(client.get("/my/"))

    assert "Next for you How was “Neglect”?" in text
    assert "To do How was “Domestic abuse”?" in text
    assert "“Answered”" not in text
    assert "“Closed”" not in text


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("pre", "Where do you stand before “Neglect”?"),
        ("post", "How was “Neglect”?"),
        ("follow_up", "What has changed since “Neglect”?"),
    ],
)
def test_my_learning_says_what_each_questionnaire_is_for(client, stage, words):
    amina = cast.amina()
    make_response(past("Neglect", amina), stage)
    client.force_login(amina)

    assert words in main_of(client.get("/my/"))


def test_my_learning_shows_nothing_of_others(client):
    make_response(past("Private matters", cast.amina()))
    make_booking(make_event(make_course("Private plans")), cast.amina())
    client.force_login(cast.amina())
    own = main_of(client.get("/my/"))
    client.force_login(cast.ben())
    other = main_of(client.get("/my/"))

    assert "Private matters" in own
    assert "Private plans" in own
    assert "Private" not in other


def test_my_learning_leaves_out_what_was_cancelled(client):
    amina = cast.amina()
    make_booking(make_event(make_course("Given up")), amina, state=State.CANCELLED, cancelled_at=NOW)
    client.force_login(amina)

    assert "Given up" not in main_of(client.get("/my/"))


def test_my_learning_reads_as_often_for_one_row_as_for_three(client):
    amina, counts = cast.amina(), []
    client.force_login(amina)
    client.get("/my/")
    for number in range(3):
        make_booking(make_event(make_course(f"C{number}"), starts_at=NOW + timedelta(days=9 + number)), amina)
        make_response(past(f"P{number}", amina, days_ago=20 + number))
        with CaptureQueriesContext(connection) as queries:
            client.get("/my/")
        counts.append(len(queries))

    assert counts == [counts[0]] * 3
