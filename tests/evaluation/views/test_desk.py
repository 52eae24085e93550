"""The first page of the evidence: what it counts, for whom, and from when."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry
from courses.models import Course, Event
from evaluation.actions import improvements
from evaluation.models import ImprovementAction, LearningNeed, Meeting
from tests import cast
from tests.evaluation import city, observed
from tests.evaluation.city import Run
from tests.evaluation.views.test_lscp import CORE, pending, ready

pytestmark = pytest.mark.django_db

DESK = "/lscp/"
TODAY = timezone.localtime(city.AFTER).date()


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(city.AFTER, tick=True):
        yield


def lines(client, who):
    """The numbers on the page, by their words."""
    client.force_login(who)
    page = client.get(DESK).content.decode()
    found = re.findall(r'portal-count__number">(\d+)</span> ([^<]+)<', page)
    return {words: int(number) for number, words in found}, page


def agree(due_on, **facts):
    facts = {"what": "Add the bruising protocol", "source": "MEETING", "owner_words": "Police"} | facts
    return improvements.agree(by=cast.lou(), now=city.AFTER, due_on=due_on, **facts)


def need(**facts):
    facts = {"need": "Neglect in teenagers", "source": "AUDIT", "owner_words": "Lou", "due_on": TODAY} | facts
    return LearningNeed.objects.create(seen_at=city.AFTER, seen_by=cast.lou(), **facts)


def test_desk_counts_from_the_last_meeting(client):
    city.deliver(Run("Neglect", 40, 30, starts_at=city.AFTER - timedelta(days=20)))
    city.deliver(Run("Neglect", 40, 30, starts_at=city.AFTER - timedelta(days=8)))
    found, page = lines(client, cast.lou())
    assert found["dates took place"] == 2
    assert "Since 1 October 2026, when the quarter began" in page
    client.post("/lscp/meetings/", {"held_on": "11/11/2026"})
    found, page = lines(client, cast.lou())
    assert found["date took place"] == 1
    assert "Since the meeting on 11 November 2026" in page


def test_desk_shows_what_waits_for_a_decision(client):
    agree(TODAY - timedelta(days=1))
    agree(TODAY, what="Shorten the slides")
    done = agree(TODAY - timedelta(days=3), what="Ask the police")
    improvements.end(action_id=done.pk, state="DONE", outcome="Asked.", by=cast.lou(), now=city.AFTER)
    need()
    need(response="A briefing in June", due_on=TODAY - timedelta(days=1))
    city.course_called("Neglect")
    Course.objects.filter(title="Neglect").update(state="PUBLISHED", review_due_on=TODAY - timedelta(days=1))
    found, page = lines(client, cast.sal())
    assert {words: number for words, number in found.items() if "since" not in words} == {
        "action is overdue": 1,
        "need has nothing planned for it": 1,
        "need is past its day": 1,
        "course is overdue for a review of its content": 1,
        "actions agreed": 3,
        "action done": 1,
        "needs seen": 2,
    }
    assert [words in page for words in ("Add the bruising protocol", "Shorten the slides", "Ask the police")] == [
        True,
        True,
        False,
    ]
    assert "Note a meeting" not in page


def test_what_a_trainer_promised_after_an_observation_is_not_for_the_subgroup(client):
    facts = {"source": "OBSERVATION", "observation": observed.shared(), "owner": cast.dev(), "owner_words": ""}
    agree(TODAY - timedelta(days=1), **facts)
    found, page = lines(client, cast.lou())
    assert (found["action is overdue"], "Dev Patel" in page) == (1, True)
    found, page = lines(client, cast.sal())
    assert ("Dev Patel" in page, "No action is outstanding" in page) == (False, True)
    assert not [words for words in found if "action" in words]


def test_desk_shows_the_headlines_of_the_latest_quarter(client):
    city.llr_quarter()
    _, page = lines(client, cast.lou())
    assert "There is no report of a quarter yet" in page
    ready(cast.lou())
    _, page = lines(client, cast.sal())
    assert "The latest quarter: April to June 2026" in page
    assert "77.4%" in page


def test_desk_waits_for_the_quarter_to_end(client):
    city.llr_quarter()
    ready(cast.lou(), counted_at=datetime(2026, 6, 30, 12, tzinfo=UTC))
    _, page = lines(client, cast.lou())
    assert "There is no report of a quarter yet" in page


def test_desk_of_the_team_is_about_its_own_strands(client):
    agree(TODAY - timedelta(days=1))
    city.deliver(Run("Neglect", 40, 30, starts_at=city.AFTER - timedelta(days=2)))
    city.llr_quarter()
    ready(cast.lou())
    found, page = lines(client, cast.wendy())
    assert found == {}
    assert [words in page for words in ("77.4%", "Add the bruising protocol", "Actions outstanding")] == [False] * 3
    pending(cast.wendy(), CORE)


@pytest.mark.parametrize("who", ["amina", "carol", "dev", "zed"])
def test_desk_is_for_those_who_read_reports(client, who):
    client.force_login(getattr(cast, who)())
    assert client.get(DESK).status_code == 404


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "Give the day of the meeting."),
        ("the 3rd", "Give the day as a date, such as 14/10/2026."),
        ("22/11/2026", "That day has not come yet. Note the meeting once it has been held."),
    ],
)
def test_a_meeting_that_cannot_be_noted_says_why(client, day, sentence):
    client.force_login(cast.lou())
    answer = client.post("/lscp/meetings/", {"held_on": day})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Meeting.objects.exists()


def test_a_meeting_noted_twice_is_there_once(client):
    client.force_login(cast.lou())
    for _ in range(2):
        client.post("/lscp/meetings/", {"held_on": "21/11/2026"})
    assert list(Meeting.objects.values_list("held_on", flat=True)) == [date(2026, 11, 21)]
    assert AuditEntry.objects.filter(verb="meeting.note").count() == 1


def test_desk_asks_as_many_questions_with_ten_actions_as_with_one(client):
    client.force_login(cast.lou())
    client.get(DESK)  # the partnership's settings are read once
    asked = []
    for number in range(10):
        owner = cast.make_person(f"Owner {number}", cast.police())
        agree(TODAY, what=f"Action {number}", owner=owner, owner_words="")
        city.deliver(Run("Neglect", 40, 2, starts_at=city.AFTER - timedelta(days=number + 1)))
        if number in (0, 9):
            with CaptureQueriesContext(connection) as queries:
                client.get(DESK)
            asked.append(len(queries))
    assert asked[0] == asked[1]
    assert (ImprovementAction.objects.count(), Event.objects.count()) == (10, 10)
