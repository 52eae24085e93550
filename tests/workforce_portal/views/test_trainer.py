"""The trainer's home: registers to finish, reviews to write."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from courses.models import Event
from tests import cast
from tests.evaluation.views.test_review import make_review
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def running():
    """Amina on a date that Dev trains, which began an hour ago."""
    event = make_event(trainer=cast.dev(), starts_at=clock.now() - timedelta(hours=1))
    return make_booking(event, cast.amina(), now=clock.now())


def test_trainer_home_lists_the_register_to_finish(client, running):
    client.force_login(cast.dev())
    page = client.get(reverse("trainer_home")).content.decode()
    assert "Registers to finish" in page
    assert reverse("bookings:register", args=[running.event.sessions.get().pk]) in page


def test_trainer_home_is_for_trainers(client, running):
    client.force_login(cast.amina())
    assert client.get(reverse("trainer_home")).status_code == 404


def test_trainer_home_lists_the_reviews_to_write(client):
    review = make_review()
    theirs = make_review(trainer=cast.make_person("Tam Trainer", cast.police()))
    client.force_login(cast.dev())
    page = client.get(reverse("trainer_home")).content.decode()
    assert reverse("evaluation:trainer_review", args=[review.pk]) in page
    assert reverse("evaluation:trainer_review", args=[theirs.pk]) not in page
    review.closes_at = clock.now() - timedelta(minutes=1)
    review.save()
    assert "Your own reviews" not in client.get(reverse("trainer_home")).content.decode()
    assert Event.objects.count() == 2
