"""A trainer's own review: theirs alone, once, in its time."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from courses.models import Event, Trainer
from evaluation.models import Answer, Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.answers import main_of
from tests.makers import make_event
from tests.questionnaires import make_questionnaires

pytestmark = pytest.mark.django_db

SAID = {"TR1": "4", "TR2": "5", "TR3": "The projector failed", "TR4": "", "TR5": "no"}


def make_review(*, trainer=None, **facts):
    """Open since yesterday, of a date that this trainer held."""
    user, now = trainer or cast.dev(), clock.now()
    Trainer.objects.get_or_create(practitioner=user.practitioner, defaults={"organisation": cast.police()})
    event = make_event(trainer=user, starts_at=now - timedelta(days=1), state=Event.State.DELIVERED)
    window = {"opens_at": event.ends_at, "closes_at": now + timedelta(days=5)}
    return Response.objects.create(
        event=event,
        trainer=user.practitioner.trainer,
        questionnaire=make_questionnaires()[Stage.TRAINER],
        stage=Stage.TRAINER,
        **{"state": "OPEN", "invited_at": now} | window | facts,
    )


def path_of(review):
    return reverse("evaluation:trainer_review", args=[review.pk])


def test_a_trainer_writes_their_review_once(client):
    review = make_review()
    client.force_login(cast.dev())
    page = main_of(client.get(path_of(review)))
    assert review.event.version.course.title in page
    assert "Whether you passed one on is a yes or a no" in page
    assert "Your review is in" in main_of(client.post(path_of(review), SAID, follow=True))
    client.post(path_of(review), SAID | {"TR1": "1"})
    given = {each.question.code: each.rating or each.choices or each.texts for each in review.answers.all()}
    assert given == {"TR1": 4, "TR2": 5, "TR3": ["The projector failed"], "TR5": ["no"]}


def test_whether_a_concern_was_passed_on_is_yes_or_no_and_no_more(client):
    review = make_review()
    client.force_login(cast.dev())
    answer = client.post(path_of(review), SAID | {"TR5": "yes, about the Khan family"})
    assert answer.status_code == 422
    assert "Khan" not in main_of(answer)
    assert not Answer.objects.exists()
    assert client.post(path_of(review), SAID | {"TR5": "yes"}).status_code == 302
    assert Answer.objects.get(question__code="TR5").choices == ["yes"]


@pytest.mark.parametrize("person", [cast.amina, cast.wendy, cast.lou, cast.carol])
def test_a_review_is_hidden_from_everybody_else(client, person):
    review = make_review()
    other = make_review(trainer=cast.make_person("Tam Trainer", cast.police()))
    client.force_login(person())
    assert client.get(path_of(review)).status_code == 404
    client.force_login(cast.dev())
    assert [client.get(path_of(each)).status_code for each in (review, other)] == [200, 404]


def test_a_review_whose_time_is_over_says_so(client):
    review = make_review(closes_at=clock.now() - timedelta(seconds=1))
    client.force_login(cast.dev())
    assert "The time for these answers is over" in main_of(client.get(path_of(review)))
    assert client.post(path_of(review), SAID).status_code == 409
    assert not Answer.objects.exists()


def test_a_review_is_not_opened_as_a_persons_questionnaire(client):
    review = make_review()
    client.force_login(cast.dev())
    assert client.get(reverse("evaluation:respond", args=[review.pk])).status_code == 404
