"""Pages of learning needs: officers and the team keep the list, the subgroup reads it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluation.actions import needs
from evaluation.models import LearningNeed
from tests import cast
from tests.evaluation.needs import make_need
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/lscp/needs/"
SAID = {
    "need": "Hear what the child says",
    "source": "REVIEW",
    "priority": "1",
    "response": "",
    "owner_words": "Team",
    "due_on": "31/3/2027",
}


@pytest.fixture
def wendy(client):
    client.force_login(cast.wendy())
    return client


def page_of(need, name="edit"):
    return reverse(f"evaluation:need_{name}", args=[need.pk])


def listed(client, query=""):
    return [need for need, _ in client.get(LIST + query).context["rows"]]


def test_the_list_comes_by_urgency_and_shows_what_each_filter_says(wendy):
    low, high = make_need("Low", priority=3), make_need("High", priority=1, source="AUDIT")
    closed = make_need("Closed")
    needs.close(need_id=closed.pk, by=cast.lou(), now=NOW)

    assert listed(wendy) == [high, low]
    assert listed(wendy, "?source=AUDIT") == [high]
    assert listed(wendy, "?state=closed") == [closed]
    assert listed(wendy, "?state=%00&source=9") == [high, low]


def test_an_empty_list_says_what_to_do(wendy):
    assert "Add the first need" in wendy.get(LIST).content.decode()
    assert "No need fits" in wendy.get(f"{LIST}?state=closed").content.decode()


def test_the_list_asks_the_same_however_long_it_is(wendy):
    make_need()
    wendy.get(LIST)
    with CaptureQueriesContext(connection) as one:
        wendy.get(LIST)
    for number in range(3):
        make_need(f"Number {number}")
    with CaptureQueriesContext(connection) as four:
        wendy.get(LIST)
    assert len(four) == len(one)


def test_add_change_and_close(wendy):
    assert [wendy.post(f"{LIST}new/", SAID).url for _ in range(2)] == [LIST, LIST]
    need = LearningNeed.objects.get()
    wendy.post(page_of(need), SAID | {"response": "A briefing"})
    need.refresh_from_db()
    assert (need.priority, need.response) == (1, "A briefing")

    wendy.post(page_of(need, "close"))
    assert listed(wendy) == []
    assert wendy.post(page_of(need), SAID | {"response": "Another"}).status_code == 409
    assert "was closed on" in wendy.get(page_of(need)).content.decode()


@pytest.mark.parametrize("name", ["need", "source", "priority", "owner_words", "due_on"])
def test_what_is_missing_is_said_beside_the_field(wendy, name):
    page = wendy.post(f"{LIST}new/", SAID | {name: " "})

    assert (page.status_code, set(page.context["form"].errors)) == (422, {name})
    assert not LearningNeed.objects.exists()


def test_the_subgroup_reads_and_changes_nothing(client):
    need = make_need()
    client.force_login(cast.sal())

    assert listed(client) == [need]
    assert page_of(need) not in client.get(LIST).content.decode()
    for url in (f"{LIST}new/", page_of(need), page_of(need, "close")):
        assert client.post(url, SAID).status_code == 404
