"""The questionnaire's page: answered once, by the person concerned alone, with everything kept on an error."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import clock
from bookings.models import Certificate
from courses.models import LearningFormat
from evaluation.models import Answer, Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.certificates import attended
from tests.makers import make_booking, make_course, make_event
from tests.questionnaires import make_response

pytestmark = pytest.mark.django_db

BRIEFING = {"SR1": "6", "SR2": "7", "RE1": "4", "RE9": "yes", "AC1_1": "Ask the child first"}
OTHERS = [cast.ben, cast.carol, cast.dev, cast.wendy, cast.lou, cast.sal, cast.zed]


def open_now(booking, stage=Stage.POST, **facts):
    now = clock.now()
    return make_response(
        booking, stage, **{"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(days=9)} | facts
    )


@pytest.fixture
def after():
    """Amina's short questionnaire after a briefing."""
    return open_now(attended(course=make_course(learning_format=LearningFormat.BRIEFING), now=clock.now()))


def url(response):
    return reverse("evaluation:respond", args=[response.pk])


def test_respond_after_the_course_leads_to_the_certificate(client, after):
    client.force_login(cast.amina())
    answer = client.post(url(after), BRIEFING, follow=True)
    certificate = Certificate.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("bookings:certificate", args=[certificate.number])
    assert "Your certificate is being made" in answer.content.decode()
    assert Answer.objects.filter(response=after).count() == 5


def test_respond_before_the_course_says_that_it_is_in(client):
    booking = make_booking(make_event(starts_at=clock.now() + timedelta(days=3)), cast.amina(), now=clock.now())
    response = open_now(booking, Stage.PRE)
    client.force_login(cast.amina())
    names = [name for name in client.get(url(response)).context["form"].fields if name.startswith("SR")]
    answer = client.post(url(response), dict.fromkeys(names, "5") | {"PR1": "never"}, follow=True)
    assert "Your answers are in" in answer.content.decode()
    response.refresh_from_db()
    assert response.state == "SUBMITTED"


def test_respond_says_what_happens_to_the_answers(client, after):
    client.force_login(cast.amina())
    page = client.get(url(after)).content.decode()
    assert "Confidential, not anonymous" in page
    assert "Your manager never sees them" in page
    assert "groups of 5 people or more" in page
    assert "do not name a child or family" in page


@pytest.mark.parametrize("person", OTHERS)
def test_respond_is_hidden_from_others(client, after, person):
    client.force_login(person())
    assert client.get(url(after)).status_code == 404
    assert client.post(url(after), BRIEFING).status_code == 404
    assert not Answer.objects.exists()


def test_respond_sends_strangers_to_sign_in(client, after):
    assert client.get(url(after)).url.startswith(reverse("account_login"))


def test_respond_keeps_everything_when_something_is_wrong(client, after):
    client.force_login(cast.amina())
    answer = client.post(url(after), BRIEFING | {"SR2": "", "AC1_1": "Ask 🎉 " + "x" * 300})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose a number from 1 to 10" in page
    assert "to 200 characters. It has 306." in page
    assert 'id="id_SR1_5" name="SR1" value="6" checked' in page
    assert 'name="RE1" value="4" checked' in page
    assert "Ask 🎉 xxx" in page
    assert 'href="#id_SR2_0"' in page
    assert Response.objects.get(pk=after.pk).state == "OPEN"


def test_respond_twice_keeps_the_first_answers(client, after):
    client.force_login(cast.amina())
    client.post(url(after), BRIEFING)
    answer = client.post(url(after), BRIEFING | {"SR1": "1"})
    assert (answer.status_code, "Your answers are in" in answer.content.decode()) == (200, True)
    assert Answer.objects.get(question__code="SR1").rating == 6


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"closes_at": timedelta(minutes=-1)}, "The time for these answers is over"),
        ({"state": "EXPIRED"}, "The time for these answers is over"),
        ({"state": "CANCELLED"}, "We no longer need these answers"),
        ({"state": "SCHEDULED", "opens_at": timedelta(days=2)}, "These questions are not open yet"),
    ],
)
def test_respond_outside_its_time_says_so_and_takes_nothing(client, after, facts, words):
    now = clock.now()
    moved = {name: now + value if isinstance(value, timedelta) else value for name, value in facts.items()}
    Response.objects.filter(pk=after.pk).update(**moved)
    client.force_login(cast.amina())
    answer = client.get(url(after))
    assert (answer.status_code, words in answer.content.decode()) == (200, True)
    answer = client.post(url(after), BRIEFING)
    assert (answer.status_code, words in answer.content.decode()) == (409, True)
    assert not Answer.objects.exists()


def test_respond_refuses_five_megabytes_with_a_sentence(client, after):
    client.force_login(cast.amina())
    answer = client.post(url(after), BRIEFING | {"AC1_1": "x" * 5_000_000})
    assert answer.status_code == 413
    assert "One of your answers is far too long" in answer.content.decode()
    assert not Answer.objects.exists()


def test_respond_refuses_a_megabyte_beside_the_field(client, after):
    client.force_login(cast.amina())
    answer = client.post(url(after), BRIEFING | {"AC1_1": "x" * 1_000_000})
    assert answer.status_code == 422
    assert "It has 1000000." in answer.content.decode()


@pytest.mark.parametrize("number", ["0", "99999999999999999999999"])
def test_respond_with_an_odd_number_is_not_found(client, after, number):
    client.force_login(cast.amina())
    assert client.get(f"/my/feedback/{number}/").status_code == 404


def test_respond_escapes_what_was_typed(client, after):
    client.force_login(cast.amina())
    page = client.post(
        url(after), BRIEFING | {"SR1": "", "AC1_1": "</textarea><script>alert(1)</script>"}
    ).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_respond_escapes_outcomes_and_titles(client):
    course = make_course("Safe <b>hands</b>", outcomes=["say <script>alert(1)</script>"])
    response = open_now(attended(course=course, now=clock.now()))
    client.force_login(cast.amina())
    page = client.get(url(response)).content.decode()
    assert "<script>alert" not in page
    assert "<b>hands" not in page


def test_respond_asks_as_much_for_four_outcomes_as_for_one(client, django_assert_num_queries):
    one = open_now(attended(course=make_course(outcomes=["listen"]), now=clock.now()))
    four = open_now(attended(cast.amina(), course=make_course(outcomes=["a", "b", "c", "d"]), now=clock.now()))
    client.force_login(cast.amina())
    client.get(url(one))
    with CaptureQueriesContext(connection) as asked:
        client.get(url(one))
    with django_assert_num_queries(len(asked)):
        client.get(url(four))


def feedback_url(booking):
    return reverse("evaluation:booking_feedback", args=[booking.reference])


def test_booking_feedback_leads_to_what_is_open(client, after):
    client.force_login(cast.amina())
    assert client.get(feedback_url(after.booking)).url == url(after)


def test_booking_feedback_says_when_there_is_nothing_to_answer(client):
    booking = attended(now=clock.now())
    client.force_login(cast.amina())
    assert "when your trainer has marked the register" in client.get(feedback_url(booking)).content.decode()
    opens_at = clock.now() + timedelta(days=84)
    make_response(
        booking, Stage.FOLLOW_UP, state="SCHEDULED", opens_at=opens_at, closes_at=opens_at + timedelta(days=66)
    )
    page = client.get(feedback_url(booking)).content.decode()
    assert "There is nothing to answer now." in page
    assert "Opens on" in page


@pytest.mark.parametrize("person", OTHERS)
def test_booking_feedback_is_hidden_from_others(client, after, person):
    client.force_login(person())
    assert client.get(feedback_url(after.booking)).status_code == 404
