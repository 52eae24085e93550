"""Asking for a printed training record: once while it is made, anew afterwards, one worker at a time, for a day."""

from datetime import timedelta

import pytest

from bookings.actions import training_records
from bookings.models import TrainingRecordFile
from bookings.models.training_record import CLAIM_LEASE, KEPT_FOR, MAX_ATTEMPTS
from tests import cast
from tests.makers import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)
PDF = b"%PDF-1.7"


def asked(user=None, now=NOW):
    return training_records.ask_for_file(practitioner=(user or cast.amina()).practitioner, now=now)


def made(user=None, now=NOW):
    file = training_records.claim(file_id=asked(user, now).pk, now=now)
    training_records.keep(file=file, content=PDF, now=now)
    return TrainingRecordFile.objects.get(pk=file.pk)


def test_ask_for_file_twice_while_it_is_made_is_the_same_as_once():
    asked()
    claimed = training_records.claim(file_id=TrainingRecordFile.objects.get().pk, now=NOW)

    asked(now=LATER)

    file = TrainingRecordFile.objects.get()
    assert (file.requested_at, file.claimed_at, file.attempts) == (NOW, claimed.claimed_at, 1)


def test_ask_for_file_after_it_was_made_makes_it_anew():
    first = made()

    again = asked(now=LATER)

    assert (again.pk, again.requested_at, again.made_at, again.content) == (first.pk, LATER, None, None)
    assert list(training_records.owed_ids(now=LATER)) == [first.pk]


def test_claim_gives_a_file_to_one_worker_until_the_lease_ends():
    file = asked()

    claims = [training_records.claim(file_id=file.pk, now=moment) for moment in (NOW, LATER)]
    after = training_records.claim(file_id=file.pk, now=NOW + CLAIM_LEASE + timedelta(seconds=1))

    assert [bool(claim) for claim in claims] == [True, False]
    assert after.attempts == 2


def test_keep_refuses_the_worker_whose_claim_lapsed():
    file = asked()
    slow = training_records.claim(file_id=file.pk, now=NOW)
    later = NOW + CLAIM_LEASE + timedelta(seconds=1)
    quick = training_records.claim(file_id=file.pk, now=later)

    kept = [training_records.keep(file=claim, content=PDF, now=later) for claim in (slow, quick, quick)]

    assert kept == [False, True, False]
    assert bytes(TrainingRecordFile.objects.get().content) == PDF


def test_file_that_cannot_be_made_is_given_up_and_can_be_asked_for_again():
    file = asked()
    for _ in range(MAX_ATTEMPTS):
        training_records.put_back(file=training_records.claim(file_id=file.pk, now=NOW))
    assert training_records.claim(file_id=file.pk, now=NOW) is None
    file.refresh_from_db()
    assert file.is_given_up(NOW)

    assert not asked(now=LATER).is_given_up(LATER)
    assert training_records.claim(file_id=file.pk, now=LATER)


def test_erase_expired_erases_what_was_kept_for_a_day():
    made(cast.amina())
    kept = made(cast.ben(), now=LATER)

    assert training_records.erase_expired(now=NOW + KEPT_FOR + timedelta(seconds=1)) == 1
    assert list(TrainingRecordFile.objects.all()) == [kept]
