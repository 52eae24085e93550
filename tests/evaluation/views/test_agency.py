"""Pages of an agency's lead: their own return, saved as far as it goes, sent once it is whole, and read afterwards."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import MembershipRole
from evaluation.actions import agency_returns
from evaluation.models import AgencyReturn
from evaluation.models.agency_return import ReturnState
from tests import cast
from tests.evaluation.returned import filled, opened, sent
from tests.makers import NOW, make_booking, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/organisation/returns/"


def page_of(agency_return, part=""):
    return f"{LIST}{agency_return.pk}/{part}"


@pytest.fixture
def lea(client):
    client.force_login(cast.lea())
    return client


def training(**changed):
    said = {"headcount": "46", "headcount_on": "1/11/2026"}
    for level in ("everybody", "regular", "planning", "leads"):
        said |= {f"need_{level}": "40", f"trained_{level}": "36", f"courses_{level}": "0"}
    return said | changed


def test_training_is_saved_as_far_as_it_goes(lea):
    agency_return = opened()
    url = page_of(agency_return, "training/")

    assert lea.post(url, {"headcount": "46", "need_everybody": "40"}).url == page_of(agency_return)
    agency_return.refresh_from_db()
    assert (agency_return.headcount, agency_return.headcount_on) == (46, None)
    row = agency_return.levels.get(level="everybody")
    assert (row.need, row.trained, row.evaluated) == (40, None, [])
    assert lea.post(url, training(courses_everybody="2", evaluated_everybody=["form", "later"])).status_code == 302
    row.refresh_from_db()
    assert (row.trained, row.courses_held, row.evaluated) == (36, 2, ["form", "later"])
    page = lea.get(page_of(agency_return)).content.decode()
    assert "90%" in page
    assert "Form on the day, asked again weeks later" in page


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("trained_regular", "41", "That is more than the 40 who need it. Count only those of them."),
        ("trained_regular", "-1", "The number of people who have had it cannot be less than nought."),
        ("need_leads", "9" * 40, "Check the number of people who need it: it is more than a city has."),
        ("need_leads", "a few\x00", "Write the number of people who need it in figures, such as 12."),
        ("need_leads", "", "Say how many people need it, as you say how many have had it."),
        ("headcount", "many", "Write the number of staff and volunteers in figures, such as 12."),
        ("headcount_on", "22/11/2026", "Give a day that has been."),
        ("evaluated_planning", "form", "You held no course at this level: leave these empty."),
        ("evaluated_planning", ["not", "form"], "Choose “not yet” alone, or leave it out."),
    ],
)
def test_numbers_are_checked_beside_their_field(lea, field, typed, words):
    agency_return = opened()

    page = lea.post(page_of(agency_return, "training/"), training(**{field: typed}))

    assert page.status_code == 422
    assert words in page.context["form"].errors[field]
    assert words in page.content.decode()
    assert not agency_return.levels.exists()
    assert lea.post(page_of(agency_return, "training/"), training()).status_code == 302


def test_section_11_is_saved_and_shows_what_our_registers_say(lea):
    agency_return = opened()
    event = make_event(starts_at=NOW.replace(month=3, day=2), state="DELIVERED")
    staff = [cast.make_person(f"Staff{number} Person", agency_return.organisation) for number in range(5)]
    for person in staff[:4]:
        make_booking(event, person, state="ATTENDED")
    url = page_of(agency_return, "section-11/")

    def learned():
        return [cell["text"] for _, cell in lea.get(url).context["learned"]]

    assert learned() == ["fewer than 5", "not shown", "not shown"]
    make_booking(event, staff[4], state="ATTENDED")
    assert learned() == ["5", "5", "1"]
    assert lea.post(url, {"score_1": "3", "evidence_1": "A register.", "score_2": "1"}).status_code == 302
    page = lea.get(page_of(agency_return)).content.decode()
    assert "3: In place, and seen to work" in page
    assert "Green" in page
    assert "1: Begun" in page
    assert "Red" in page
    # 3 and 1: their mean is 2.0.
    assert "<strong>2.0</strong> of 3" in page
    assert "Amber" in page
    assert lea.post(url, {"score_1": "4"}).status_code == 422


def test_the_return_is_sent_once_it_is_whole_and_stays(lea):
    agency_return = opened()

    half = lea.post(page_of(agency_return))
    assert (half.status_code, "Score standard 6." in half.content.decode()) == (409, True)
    assert "Send the return" not in half.content.decode()
    filled(agency_return)
    assert "Send the return" in lea.get(page_of(agency_return)).content.decode()
    assert lea.post(page_of(agency_return)).status_code == 302
    assert lea.post(page_of(agency_return)).status_code == 302
    agency_return.refresh_from_db()
    assert agency_return.state == ReturnState.SUBMITTED
    for part in ("training/", "section-11/"):
        assert lea.get(page_of(agency_return, part)).url == page_of(agency_return)
        assert lea.post(page_of(agency_return, part), training()).url == page_of(agency_return)


def test_what_came_back_may_be_emptied_while_it_is_written_anew(lea):
    agency_return = sent()
    agency_returns.ask(
        return_id=agency_return.pk, question="And nights?", by=cast.lou(), now=NOW, back_by=date(2027, 1, 31)
    )
    assert lea.post(page_of(agency_return, "training/"), {}).status_code == 302
    assert "how many of your staff work with children" in lea.get(page_of(agency_return)).content.decode()


def test_a_question_is_answered_and_what_came_back_is_sent_again(lea):
    agency_return = sent()
    question = agency_returns.ask(
        return_id=agency_return.pk, question="And nights?", by=cast.lou(), now=NOW, back_by=date(2027, 1, 31)
    )
    url = reverse("evaluation:my_return_answer", args=[question.pk])

    assert url in lea.get(page_of(agency_return)).content.decode()
    assert lea.post(url, {"answer": " "}).status_code == 422
    assert lea.post(page_of(agency_return)).status_code == 409
    assert lea.post(url, {"answer": "At seven."}).url == page_of(agency_return)
    assert lea.get(url).url == page_of(agency_return)
    assert lea.post(url, {"answer": "At eight."}).status_code == 409
    assert lea.post(page_of(agency_return)).status_code == 302
    assert "At seven." in lea.get(page_of(agency_return)).content.decode()


def test_home_and_list_lead_the_lead_there_and_nobody_else(client):
    agency_return, later = opened(), opened(year=2026)
    theirs = opened(cast.make_person("Lena Lawful", cast.police(), membership=MembershipRole.AGENCY_LEAD))
    client.force_login(cast.lea())

    assert "Your training return, April 2025 to March 2026" in client.get("/organisation/").content.decode()
    assert [each for each, _ in client.get(LIST).context["rows"]] == [later, agency_return]
    assert client.get(page_of(theirs)).status_code == 404
    client.force_login(cast.carol())
    assert "training return" not in client.get("/organisation/").content.decode().lower()
    for url in (LIST, page_of(agency_return), page_of(agency_return, "training/")):
        assert client.get(url).status_code == 404
    assert AgencyReturn.objects.count() == 3


def test_the_list_asks_the_same_however_long_it_is(lea, django_assert_num_queries):
    opened()
    lea.get(LIST)
    with CaptureQueriesContext(connection) as one:
        lea.get(LIST)
    for year in (2023, 2024, 2026):
        opened(year=year)
    with django_assert_num_queries(len(one)):
        lea.get(LIST)
