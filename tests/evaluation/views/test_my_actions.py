"""Pages of whoever promised an action: their own alone, and what came of each."""

import pytest
from django.urls import reverse

from evaluation.models import ImprovementAction
from tests import cast
from tests.evaluation.observed import agreed, done
from tests.evaluation.views.test_improvements import make_action

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/my/actions/"


def page_of(action):
    return reverse("evaluation:my_action", args=[action.pk])


@pytest.fixture
def dev(client):
    client.force_login(cast.dev())
    return client


def test_an_owner_sees_their_own_alone(dev):
    assert "Nothing is yours to do" in dev.get(LIST).content.decode()
    mine, others = make_action(owner=cast.dev()), make_action(owner=cast.amina())

    assert [row["action"] for row in dev.get(LIST).context["rows"]] == [mine]
    assert [dev.get(page_of(action)).status_code for action in (mine, others)] == [200, 404]
    assert dev.post(page_of(others), {"outcome": "Done."}).status_code == 404
    assert "/my/actions/" in dev.get("/my/").content.decode()


def test_an_owner_says_what_came_of_it_once(dev):
    action = make_action(owner=cast.dev())

    assert dev.post(page_of(action), {"outcome": " "}).status_code == 422
    for _ in range(2):
        assert dev.post(page_of(action), {"outcome": "Every school answered."}).url == page_of(action)
    assert dev.post(page_of(action), {"outcome": "Otherwise"}).status_code == 409

    action.refresh_from_db()
    assert (action.state, action.outcome, action.ended_by) == (
        ImprovementAction.State.DONE,
        "Every school answered.",
        cast.dev(),
    )


def test_a_trainer_reaches_what_they_agreed_on_from_the_observation(dev):
    observation = agreed(s2="PARTLY")
    page = dev.get(reverse("evaluation:trainer_observation", args=[observation.pk])).content.decode()

    assert page_of(observation.actions.get()) in page


def test_a_trainer_does_not_reach_what_is_still_being_written(dev):
    observation = done()
    action = ImprovementAction.objects.create(
        what="Read", source="OBSERVATION", observation=observation, owner=cast.dev(), due_on="2027-01-01",
        made_at=observation.planned_at, made_by=cast.olive(),
    )  # fmt: skip

    assert dev.get(page_of(action)).status_code == 404
    assert "/my/actions/" not in dev.get("/my/").content.decode()
