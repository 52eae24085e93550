"""Pages of the trainer: what was seen, and agreeing with it."""

import pytest
from django.urls import reverse

from evaluation.models import ImprovementAction
from evaluation.models.observation import ObservationState
from tests import cast
from tests.evaluation.observed import done, planned, shared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
FEEDBACK = "/trainer/feedback/"


def page_of(observation):
    return reverse("evaluation:trainer_observation", args=[observation.pk])


@pytest.fixture
def dev(client):
    client.force_login(cast.dev())
    return client


def test_a_trainer_reads_what_was_shared_and_nothing_before(dev):
    observation = done()
    assert dev.get(page_of(observation)).status_code == 404
    assert "Nobody has observed you yet" in dev.get(FEEDBACK).content.decode()

    shared(observation, s3="PARTLY")

    page = dev.get(page_of(observation)).content.decode()
    assert "Everybody spoke." in page
    assert "Bring the new protocol." in page
    assert "Partly met" in page
    assert page_of(observation) in dev.get(FEEDBACK).content.decode()


def test_others_do_not(client):
    observation = shared()
    for user in (cast.amina(), cast.sal(), cast.olive()):
        client.force_login(user)
        assert client.get(page_of(observation)).status_code == 404
        assert client.get(FEEDBACK).status_code == 404


def test_agreeing_asks_for_an_action_and_keeps_the_comment(dev):
    observation = shared(planned(), s3="PARTLY")
    url = page_of(observation)

    refused = dev.post(url, {"comment": "The room was cold."})
    assert refused.status_code == 409
    assert "The room was cold." in refused.content.decode()
    said = {"comment": "The room was cold.", "what": "Read the protocol", "due_on": "1/3/2027"}
    for _ in range(2):
        assert dev.post(url, said).url == url

    observation.refresh_from_db()
    assert (observation.state, observation.trainers_comment) == (ObservationState.AGREED, "The room was cold.")
    assert ImprovementAction.objects.get().owner == cast.dev()
