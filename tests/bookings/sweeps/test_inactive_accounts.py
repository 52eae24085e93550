"""The two sweeps over accounts that nobody uses: by night, in portions, and again the next night."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail, Practitioner
from bookings import sweeps
from tests import cast
from tests.bookings.test_inactivity import unseen
from tests.makers import NOW

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)


def run(now):
    with time_machine.travel(now, tick=False):
        sweeps.inactive_accounts.ask_inactive_accounts()
        sweeps.inactive_accounts.anonymise_inactive_accounts()


def test_people_are_asked_by_night_and_read_it_in_the_morning():
    unseen()
    run(NOW)
    assert OutboundEmail.objects.count() == 0
    run(NIGHT)
    run(NIGHT + timedelta(minutes=20))
    assert OutboundEmail.objects.get().send_at == NIGHT.replace(hour=8, minute=0)


def test_a_portion_a_night_the_longest_unseen_first(monkeypatch):
    monkeypatch.setattr(sweeps.inactive_accounts, "PEOPLE_A_NIGHT", 1)
    unseen()
    unseen(cast.amina())
    run(NIGHT)
    asked = Practitioner.objects.filter(inactive_asked_at__isnull=False)
    assert asked.count() == 1
    run(NIGHT + timedelta(days=1))
    assert asked.count() == 2


def test_whoever_does_not_answer_is_made_anonymous_once_the_time_is_over():
    unseen()
    run(NIGHT)
    OutboundEmail.objects.update(sent_at=NIGHT)
    run(NIGHT + timedelta(days=30))
    assert Practitioner.objects.filter(anonymised_at__isnull=False).count() == 0
    run(NIGHT + timedelta(days=31, hours=8))
    assert Practitioner.objects.filter(anonymised_at__isnull=False).count() == 0
    run(NIGHT + timedelta(days=31))
    run(NIGHT + timedelta(days=31))
    assert Practitioner.objects.get(anonymised_at__isnull=False).full_name == "Former member"
