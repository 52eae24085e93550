"""Pages of improvement actions for officers and the subgroup: what is to do, one from a meeting, what came of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluation.actions import improvements
from evaluation.models import ImprovementAction, Observation
from tests import cast
from tests.evaluation.observed import agreed
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/lscp/actions/"
State, Source = ImprovementAction.State, ImprovementAction.Source
TODAY = NOW.date()


def make_action(what="Ask every school", days=30, **facts):
    facts = {"owner_words": "Police, learning lead"} | facts
    if facts.get("owner"):
        facts["owner_words"] = ""
    return improvements.agree(
        what=what, source=Source.MEETING, due_on=TODAY + timedelta(days=days), by=cast.lou(), now=NOW, **facts
    )


def page_of(action, name="detail"):
    return reverse(f"evaluation:action_{name}", args=[action.pk])


@pytest.fixture
def lou(client):
    client.force_login(cast.lou())
    return client


def listed(client, query=""):
    return [row["action"] for row in client.get(LIST + query).context["rows"]]


def test_the_list_shows_what_each_filter_says(lou):
    late, soon = make_action("Late", -3), make_action("Soon", 3, owner=cast.dev())
    done, dropped = make_action("Done"), make_action("Dropped")
    for action, state in ((done, State.DONE), (dropped, State.DROPPED)):
        improvements.end(action_id=action.pk, state=state, outcome="Well.", by=cast.lou(), now=NOW)

    assert listed(lou) == [late, soon]
    assert listed(lou, "?state=overdue") == [late]
    assert listed(lou, "?state=DONE") == [done]
    assert listed(lou, "?state=DROPPED") == [dropped]
    assert listed(lou, "?owner=patel") == [soon]
    assert listed(lou, "?owner=learning") == [late]
    assert listed(lou, "?source=REPORT") == []
    assert len(listed(lou, "?state=all&source=MEETING")) == 4
    assert listed(lou, "?state=x%00&source=x&owner=%00") == [late, soon]


def test_an_empty_list_says_what_to_do(lou):
    assert "Nothing is to do" in lou.get(LIST).content.decode()
    assert "No action fits" in lou.get(f"{LIST}?source=REPORT").content.decode()


def test_the_list_asks_the_same_however_long_it_is(lou):
    make_action(owner=cast.dev())
    lou.get(LIST)
    with CaptureQueriesContext(connection) as one:
        lou.get(LIST)
    for number in range(3):
        make_action(f"Number {number}", owner=cast.amina())
    with CaptureQueriesContext(connection) as four:
        lou.get(LIST)
    assert len(four) == len(one)


def test_the_subgroup_reads_duties_and_agencies_not_names(client):
    action = make_action(owner=cast.dev())
    hidden = agreed().actions.get()
    client.force_login(cast.sal())

    for url in (LIST, f"{LIST}?owner=patel", page_of(action)):
        page = client.get(url).content.decode()
        assert "Dev Patel" not in page
        assert "Somebody of" in page
    assert listed(client, "?state=all") == [action]
    assert client.get(page_of(hidden)).status_code == 404
    for url in (f"{LIST}new/", page_of(action, "end"), page_of(action, "reopen")):
        assert client.post(url, {"state": "DONE", "outcome": "Mine"}).status_code == 404


def test_add_from_a_meeting_sent_twice_is_one(lou):
    said = {"what": "Ask every school", "owner_email": "DEV@example.org", "due_on": "1/3/2027"}
    dev = cast.dev()

    answers = [lou.post(f"{LIST}new/", said) for _ in range(2)]

    action = ImprovementAction.objects.get()
    assert (action.source, action.owner, action.owner_words) == (Source.MEETING, dev, "")
    assert [answer.url for answer in answers] == [page_of(action)] * 2


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"what": "Ask", "due_on": "1/3/2027"}, "owner_email"),
        ({"what": "Ask", "due_on": "1/3/2027", "owner_email": "nobody@example.org"}, "owner_email"),
        (
            {"what": "Ask", "due_on": "1/3/2027", "owner_email": "lou@example.org", "owner_words": "Police"},
            "owner_words",
        ),
        ({"what": "Ask", "due_on": "1/3/2020", "owner_words": "Police"}, "due_on"),
        ({"what": " ", "due_on": "1/3/2027", "owner_words": "Police"}, "what"),
        ({"what": "Ask", "owner_words": "Police"}, "due_on"),
    ],
)
def test_add_says_what_is_wrong_beside_the_field(lou, said, wrong):
    page = lou.post(f"{LIST}new/", said)

    assert (page.status_code, set(page.context["form"].errors)) == (422, {wrong})
    assert not ImprovementAction.objects.exists()


def test_end_and_reopen(lou):
    action = make_action()
    wrong = lou.post(page_of(action, "end"), {"state": "LOST", "outcome": " "})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"state", "outcome"})

    said = {"state": "DONE", "outcome": "Every school answered."}
    assert [lou.post(page_of(action, "end"), said).url for _ in range(2)] == [page_of(action)] * 2
    action.refresh_from_db()
    assert (action.state, action.outcome) == (State.DONE, "Every school answered.")
    assert lou.post(page_of(action, "end"), said | {"outcome": "Otherwise"}).status_code == 409

    lou.post(page_of(action, "reopen"))
    lou.post(page_of(action, "reopen"))
    action.refresh_from_db()
    assert (action.state, action.outcome) == (State.OPEN, "")


def test_an_observation_that_was_partly_met_can_be_closed(lou):
    observation = agreed(s2="PARTLY")
    page = reverse("evaluation:observation_detail", args=[observation.pk])
    action = observation.actions.get()
    close = reverse("evaluation:observation_close", args=[observation.pk])

    assert page_of(action) in lou.get(page).content.decode()
    assert lou.post(close).status_code == 409
    lou.post(page_of(action, "end"), {"state": "DONE", "outcome": "It is in the slides."})
    assert lou.post(close).status_code == 302
    assert Observation.objects.get().state == "CLOSED"
