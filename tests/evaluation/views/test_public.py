"""Behind the link of a letter: one questionnaire, without signing in; the manager's view; wrong, old and used links."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from accounts.models import OutboundEmail, Partnership
from bookings.models import Booking
from courses.models import LearningFormat
from evaluation.actions import responses
from evaluation.answer_links import token_for
from evaluation.models import Answer, Draft, Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.answers import main_of
from tests.certificates import attended
from tests.evaluation.views.test_practitioner import BRIEFING, open_now
from tests.makers import make_course

pytestmark = pytest.mark.django_db

MANAGER = "manager@example.org"
SEEN = {"MG1": "yes", "MG2": "4", "MG3": "Asks the child first", "MG4": ""}


@pytest.fixture
def managers():
    """Amina's manager is asked, twelve weeks on."""
    booking = attended(now=clock.now() - timedelta(days=90))
    Booking.objects.filter(pk=booking.pk).update(manager_email=MANAGER)
    response = open_now(booking, Stage.MANAGER, state="SCHEDULED", closes_at=clock.now() + timedelta(days=60))
    assert responses.invite(response_id=response.pk, now=clock.now())
    return response


@pytest.fixture
def after():
    """Amina's short questionnaire after a briefing."""
    return open_now(attended(course=make_course(learning_format=LearningFormat.BRIEFING), now=clock.now()))


def path_in(letter):
    """The link as the letter prints it."""
    return re.search(r"https?://[^/\s]+(/feedback/\S+)", letter.text)[1]


def path_to(response, until=None):
    return reverse("evaluation:respond_by_link", args=[token_for(response=response, until=until)])


# --- The manager -----------------------------------------------------------------------------------------


def test_a_manager_answers_by_the_link_of_their_letter(client, managers):
    letter = OutboundEmail.objects.get()
    assert (letter.to, letter.is_secret) == (MANAGER, True)
    path = path_in(letter)
    page = main_of(client.get(path))
    assert "Amina" in page
    assert managers.booking.event.version.course.title in page
    assert "does not see your answers, and you do not see theirs" in page
    answer = client.post(path, SEEN, follow=True)
    assert "Your answers are in" in main_of(answer)
    managers.refresh_from_db()
    assert managers.state == "SUBMITTED"
    given = {each.question.code: each.rating or each.choices or each.texts for each in managers.answers.all()}
    assert given == {"MG1": ["yes"], "MG2": 4, "MG3": ["Asks the child first"]}
    assert managers.answers.get(question__code="MG3").moderation == Answer.Moderation.TO_REVIEW


def test_a_managers_page_holds_nothing_that_the_person_answered(client, managers):
    theirs = open_now(managers.booking, Stage.POST)
    words = "Ring the health visitor"
    question = theirs.questionnaire.questions.get(code="AC1")
    given = responses.Given(question=question, texts=[words])
    responses.submit(response=theirs, answers=[given], now=clock.now())
    assert words not in client.get(path_in(OutboundEmail.objects.get(to=MANAGER))).content.decode()


def test_a_managers_answers_are_hidden_from_the_person(client, managers):
    client.force_login(cast.amina())
    assert client.get(reverse("evaluation:respond", args=[managers.pk])).status_code == 404
    feedback = main_of(client.get(reverse("evaluation:booking_feedback", args=[managers.booking.reference])))
    assert "anager" not in feedback


def test_a_managers_link_works_once(client, managers):
    path = path_in(OutboundEmail.objects.get())
    client.post(path, SEEN)
    answer = client.post(path, SEEN | {"MG2": "1"})
    assert (answer.status_code, "Your answers are in" in main_of(answer)) == (200, True)
    assert managers.answers.get(question__code="MG2").rating == 4


def test_a_managers_link_ends_some_days_after_its_letter(client, managers):
    path = path_in(OutboundEmail.objects.get())
    assert client.get(path).status_code == 200
    with_an_end = path_to(managers, until=clock.now() - timedelta(seconds=1))
    page = client.get(with_an_end)
    assert (page.status_code, "The time to answer by this link is over" in main_of(page)) == (200, True)
    assert client.post(with_an_end, SEEN).status_code == 409
    assert not Answer.objects.exists()
    assert client.post(path, SEEN).status_code == 302


def test_how_long_a_managers_link_lasts_is_a_setting(managers):
    Partnership.objects.update(manager_link_days=3)
    now = clock.now() + timedelta(days=10)
    assert responses.remind(response_id=managers.pk, now=now)
    day = (now + timedelta(days=3)).astimezone().day
    letter = OutboundEmail.objects.get(letter="evaluation/manager_reminder")
    assert f" {day} " in letter.text
    assert not responses.remind(response_id=managers.pk, now=now + timedelta(days=10))


def test_what_is_wrong_is_said_beside_it_and_the_rest_kept(client, managers):
    answer = client.post(path_in(OutboundEmail.objects.get()), SEEN | {"MG2": "9", "MG1": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Asks the child first" in page
    assert 'href="#id_MG1_0"' in page
    assert 'href="#id_MG2_0"' in page
    assert not Answer.objects.exists()


def test_a_manager_cannot_save_for_later(client, managers):
    path = path_in(OutboundEmail.objects.get())
    assert "go on later" not in main_of(client.get(path))
    client.post(path, SEEN | {"MG1": "", "save": "1"})
    assert not Draft.objects.exists()


# --- The person, without signing in ----------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.PRE, Stage.POST, Stage.FOLLOW_UP])
def test_the_letters_link_opens_the_questionnaire(client, stage):
    response = open_now(attended(now=clock.now()), stage, state="SCHEDULED")
    responses.invite(response_id=response.pk, now=clock.now())
    letter = OutboundEmail.objects.get()
    assert letter.is_secret
    page = client.get(path_in(letter))
    assert (page.status_code, page.context["response"]) == (200, response)
    assert "Confidential, not anonymous" in main_of(page)
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("strict-origin", "no-store")


def test_answering_by_link_opens_nothing_else(client, after):
    path = path_to(after)
    closed = main_of(client.post(path, BRIEFING, follow=True))
    assert "Your answers are in" in closed
    assert "sign in to see it" in closed
    assert Response.objects.get(pk=after.pk).state == "SUBMITTED"
    for name, argument in [
        ("certificate_status", after.booking.reference),
        ("booking_detail", after.booking.reference),
    ]:
        assert client.get(reverse(f"bookings:{name}", args=[argument])).url.startswith(reverse("account_login"))


def test_opening_a_link_changes_nothing(client, after):
    before = Response.objects.values().get(pk=after.pk)
    client.get(path_to(after))
    client.head(path_to(after))
    assert Response.objects.values().get(pk=after.pk) == before
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "EXPIRED"}, "The time for these answers is over"),
        ({"closes_at": timedelta(seconds=-1)}, "The time for these answers is over"),
        ({"state": "CANCELLED"}, "We no longer need these answers"),
        ({"state": "SCHEDULED", "opens_at": timedelta(days=2)}, "These questions are not open yet"),
    ],
)
@pytest.mark.parametrize("stage", [Stage.POST, Stage.MANAGER])
def test_a_link_outside_its_time_says_so_and_takes_nothing(client, stage, facts, words):
    response = open_now(attended(now=clock.now()), stage)
    now = clock.now()
    moved = {name: now + value if isinstance(value, timedelta) else value for name, value in facts.items()}
    Response.objects.filter(pk=response.pk).update(**moved)
    page = client.get(path_to(response))
    assert (page.status_code, words in main_of(page)) == (200, True)
    for typed in (SEEN | BRIEFING, SEEN | BRIEFING | {"save": "1"}):
        assert client.post(path_to(response), typed).status_code == 409
    assert not Answer.objects.exists()
    assert not Draft.objects.exists()


def test_wrong_links_are_not_found(client, after):
    good = token_for(response=after, until=None)
    body, _, signature = good.rpartition(":")
    other = open_now(attended(cast.ben(), now=clock.now()))
    swapped = f"{token_for(response=other, until=None).rpartition(':')[0]}:{signature}"
    assert client.get(reverse("evaluation:respond_by_link", args=[good])).status_code == 200
    for token in (swapped, body, good[:-1], f"{good}x", "x", "::", "\x00", "🎉", "9" * 400):
        answer = client.post(reverse("evaluation:respond_by_link", args=[token]), BRIEFING)
        assert (answer.status_code, "This link does not work" in main_of(answer)) == (404, True), token
    assert not Answer.objects.exists()


def test_a_link_whose_booking_is_gone_is_not_found(client, after):
    path = path_to(after)
    after.delete()
    assert client.get(path).status_code == 404


def test_wrong_links_are_counted_and_right_ones_are_not(client, after):
    """A whole course may answer from one room."""
    for _ in range(40):
        assert client.get(path_to(after)).status_code == 200
    wrong = [client.get("/feedback/wrong/").status_code for _ in range(31)]
    assert (wrong[0], wrong[-1]) == (404, 429)


# --- Save and go on later --------------------------------------------------------------------------------

TYPED = {"SR1": "6", "RE1": "12", "AC1_1": "x" * 250, "AC1_2": "Ask\x00 <b>first</b>", "nobody": "asks this"}


def test_answers_so_far_are_shown_again_from_either_way_in(client, after):
    answer = client.post(path_to(after), TYPED | {"save": "1"}, follow=True)
    assert "Your answers so far are kept. Nothing is sent yet." in answer.content.decode()
    assert Draft.objects.get().typed == {
        "SR1": ["6"], "RE1": ["12"], "AC1_1": ["x" * 250], "AC1_2": ["Ask <b>first</b>"],
    }  # fmt: skip
    assert Response.objects.get(pk=after.pk).state == "OPEN"
    assert not Answer.objects.exists()
    by_link = client.get(path_to(after)).content.decode()
    client.force_login(cast.amina())
    signed_in = client.get(reverse("evaluation:respond", args=[after.pk])).content.decode()
    for page in (by_link, signed_in):
        assert 'name="SR1" value="6" checked' in page
        assert "x" * 250 in page
        assert "Ask &lt;b&gt;first&lt;/b&gt;" in page
        assert "You saved these answers on" in page


def test_saving_again_keeps_the_newer_answers(client, after):
    client.post(path_to(after), TYPED | {"save": "1"})
    client.post(path_to(after), {"SR1": "7", "save": "1"})
    assert Draft.objects.get().typed == {"SR1": ["7"]}


def test_what_was_saved_is_erased_when_it_is_sent(client, after):
    client.post(path_to(after), TYPED | {"save": "1"})
    client.post(path_to(after), BRIEFING)
    assert Answer.objects.get(question__code="SR1").rating == 6
    assert not Draft.objects.exists()


def test_what_was_saved_is_erased_when_the_questions_close(client, after):
    client.post(path_to(after), TYPED | {"save": "1"})
    responses.expire(now=after.closes_at - timedelta(minutes=1))
    assert Draft.objects.exists()
    responses.expire(now=after.closes_at)
    assert not Draft.objects.exists()


def test_what_was_saved_is_erased_when_nobody_asks_any_more(client, after):
    client.post(path_to(after), TYPED | {"save": "1"})
    responses.follow_bookings(now=clock.now())
    assert Draft.objects.exists()
    Booking.objects.update(state=Booking.State.DID_NOT_ATTEND)
    responses.follow_bookings(now=clock.now())
    assert not Draft.objects.exists()


def test_choices_saved_at_twelve_weeks_are_ticked_again(client):
    response = open_now(attended(now=clock.now()), Stage.FOLLOW_UP)
    item = response.questionnaire.questions.get(code="IM2")
    client.post(path_to(response), {"IM2": item.choices[1:3], "save": "1"})
    form = client.get(path_to(response)).context["form"]
    assert form["IM2"].value() == item.choices[1:3]


def test_a_draft_is_never_counted_as_an_answer(after):
    responses.keep_draft(response=after, typed={"SR1": ["6"]}, now=clock.now())
    assert not Response.objects.submitted().exists()


def test_nothing_is_kept_beside_answers_that_are_in(after):
    responses.keep_draft(response=after, typed={"SR1": ["6"]}, now=clock.now())
    responses.submit(response=after, answers=[], now=clock.now())
    with pytest.raises(responses.AlreadySubmitted):
        responses.keep_draft(response=after, typed={"SR1": ["7"]}, now=clock.now())
    assert not Draft.objects.exists()
