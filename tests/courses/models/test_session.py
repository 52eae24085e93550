"""Session: its times decide the event's and the trainers', whoever writes them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from courses.models import Session, TrainerAssignment
from tests import cast
from tests.makers import NOW, assign_trainer, make_event

pytestmark = pytest.mark.django_db


def test_event_times_follow_sessions():
    event = make_event(days=2)

    Session.objects.filter(event=event, position=2).update(
        starts_at=NOW + timedelta(days=40), ends_at=NOW + timedelta(days=40, hours=3)
    )

    event.refresh_from_db()
    assert event.starts_at == NOW + timedelta(days=30)
    assert event.ends_at == NOW + timedelta(days=40, hours=3)


def test_trainer_cannot_be_in_two_places_at_once():
    dev = cast.dev()
    first = make_event(trainer=dev)
    later = make_event(first.course, starts_at=first.starts_at + timedelta(days=1))
    assign_trainer(later.sessions.get(), dev)

    with pytest.raises(IntegrityError, match="a_trainer_is_in_one_place_at_a_time"), transaction.atomic():
        Session.objects.filter(event=later).update(starts_at=first.starts_at, ends_at=first.ends_at)

    assert TrainerAssignment.objects.count() == 2


def test_session_cannot_end_before_it_starts():
    event = make_event()
    with pytest.raises(IntegrityError, match="a_session_ends_after_it_starts"):
        Session.objects.filter(event=event).update(ends_at=event.starts_at)
