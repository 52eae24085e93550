"""The same person in two windows, on real connections: one course is started, and what is kept is kept whole."""

import os
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from accounts.models import Practitioner
from bookings.actions import inactive_accounts, self_paced
from bookings.eligibility import Answers
from bookings.models import ChargeNotice, SelfPacedEnrolment
from courses.models import Course
from tests import cast
from tests.bookings.test_inactivity import unseen
from tests.load.live import own_database
from tests.makers import NOW, make_enrolment, make_self_paced_course
from tests.sizes import size
from tests.threads import at_once

ROUNDS = size(10, 100)
ONE_LIVE = "one_live_enrolment_per_practitioner_and_course"


@pytest.fixture
def database(django_db_blocker):
    with own_database(django_db_blocker, f"self_paced_{os.getpid()}"):
        yield


def starting(course, user):
    """Press “Start this course”."""
    organisation = user.practitioner.memberships.select_related("organisation").get().organisation
    return lambda: self_paced.enrol(
        course=Course.objects.prefetch_related("offers").get(pk=course.pk),
        practitioner=user.practitioner,
        organisation=organisation,
        by=user,
        now=NOW,
        answers=Answers(has_managers_agreement=True),
    )


def both_look_before_either_writes(monkeypatch):
    both_have_looked = threading.Barrier(2)
    decide = self_paced.decide_self_paced

    def look_and_wait(**facts):
        decision = decide(**facts)
        both_have_looked.wait(30)
        return decision

    monkeypatch.setattr(self_paced, "decide_self_paced", look_and_wait)


def test_without_the_constraint_two_windows_start_a_course_twice(database, monkeypatch):
    course, carol = make_self_paced_course(), cast.carol()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX "{ONE_LIVE}"')
    both_look_before_either_writes(monkeypatch)

    at_once(starting(course, carol), starting(course, carol))

    assert SelfPacedEnrolment.objects.count() == 2


def test_two_windows_start_a_course_once_and_lead_to_the_same_page(database, monkeypatch):
    course, carol = make_self_paced_course(), cast.carol()
    both_look_before_either_writes(monkeypatch)

    first, second = at_once(starting(course, carol), starting(course, carol))

    assert first.pk == second.pk == SelfPacedEnrolment.objects.get().pk


def test_a_course_that_is_finished_while_it_lapses_is_one_of_both_and_charged_accordingly(database):
    carol = cast.carol()
    for number in range(ROUNDS):
        course = make_self_paced_course(f"Course {number}")
        enrolment = make_enrolment(course, carol, state="IN_PROGRESS")
        facts = {"enrolment_id": enrolment.pk, "now": enrolment.due_at}

        def finish(facts=facts):
            try:
                return self_paced.finish(by=carol, **facts).state
            except self_paced.CannotGoOn:
                return "LAPSED"

        told, has_lapsed = at_once(
            *[
                finish,
                lambda facts=facts: self_paced.lapse(**facts),
            ]
        )

        enrolment.refresh_from_db()
        charges = ChargeNotice.objects.filter(enrolment=enrolment).count()
        assert (enrolment.state, has_lapsed, charges) in [("PASSED", False, 0), ("LAPSED", True, 1)]
        assert told == enrolment.state


def keeping_against_forgetting(user):
    """They press “Keep my account” in the very moment in which the night takes it."""
    practitioner_id = user.practitioner.pk
    Practitioner.objects.filter(pk=practitioner_id).update(inactive_asked_at=NOW, kept_at=None)
    night = NOW + timedelta(days=31)
    deeds = [
        lambda: inactive_accounts.keep(practitioner_id=practitioner_id, by=None, now=night),
        lambda: inactive_accounts.anonymise(practitioner_id=practitioner_id, now=night),
    ]
    kept, is_gone = at_once(*deeds)
    name = Practitioner.objects.get(pk=practitioner_id).full_name
    return kept, is_gone, name


def test_without_the_lock_somebody_is_told_that_an_account_is_kept_which_is_gone(database, monkeypatch):
    practitioner = unseen().practitioner
    Practitioner.objects.filter(pk=practitioner.pk).update(inactive_asked_at=NOW)
    night, told, forget = NOW + timedelta(days=31), [], inactive_accounts._forget_letters

    def they_press_in_between(person):
        keep = partial(inactive_accounts.keep, practitioner_id=person.pk, by=None, now=night)
        told.extend(at_once(keep))
        forget(person)

    monkeypatch.setattr(inactive_accounts, "_lock", lambda pk: Practitioner.objects.select_related("user").get(pk=pk))
    monkeypatch.setattr(inactive_accounts, "_forget_letters", they_press_in_between)

    assert inactive_accounts.anonymise(practitioner_id=practitioner.pk, now=night)
    assert told == [True]


def test_an_account_is_kept_or_gone_and_its_owner_told_which(database):
    for number in range(ROUNDS):
        user = unseen(cast.make_person(f"Kim{number} Quill", cast.make_organisation()))
        kept, is_gone, name = keeping_against_forgetting(user)
        assert (kept, is_gone, name) in [(True, False, f"Kim{number} Quill"), (False, True, "Former member")]
