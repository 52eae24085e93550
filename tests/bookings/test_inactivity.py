"""Who counts as inactive, who is asked, and who is kept whatever they do (rule B27)."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import MembershipRole, OutboundEmail, Partnership, Practitioner, Role, User
from bookings import inactivity
from bookings.actions import charges
from bookings.models import Booking, Certificate
from courses.models import Trainer
from tests import cast
from tests.makers import (
    NOW,
    assign_trainer,
    make_booking,
    make_course,
    make_enrolment,
    make_entry,
    make_event,
    make_self_paced_course,
)

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(days=1100)
State = Booking.State


def unseen(user=None):
    """Somebody who has not been here for three years."""
    user = user or cast.carol()
    user.practitioner.memberships.update(role=MembershipRole.MEMBER)
    User.objects.filter(pk=user.pk).update(joined_at=LONG_AGO, last_login=LONG_AGO)
    return user


def to_be_asked(now=NOW):
    found = inactivity.to_be_asked(now, Partnership.objects.current())
    return list(found.order_by("full_name").values_list("full_name", flat=True))


def test_somebody_who_has_not_been_here_for_long_is_asked_and_others_are_not():
    unseen()
    User.objects.filter(pk=cast.amina().pk).update(joined_at=LONG_AGO, last_login=NOW - timedelta(days=700))
    cast.zed()
    Practitioner.objects.create(full_name="Noor Named", email="noor@example.org")
    assert to_be_asked() == ["Carol Hughes"]


def test_the_months_are_counted_to_the_day():
    user = unseen()
    User.objects.filter(pk=user.pk).update(last_login=datetime(2024, 11, 21, 10, 0, tzinfo=UTC))
    assert to_be_asked(NOW) == []
    assert to_be_asked(NOW + timedelta(minutes=1)) == ["Carol Hughes"]


def active_by_booking(user):
    event = make_event(starts_at=NOW - timedelta(days=800), state="DELIVERED")
    make_booking(event, user, state=State.CANCELLED, now=NOW - timedelta(days=600), cancelled_at=NOW)


def active_by_attending(user):
    event = make_event(starts_at=NOW - timedelta(days=600), state="DELIVERED")
    make_booking(event, user, state=State.ATTENDED, now=LONG_AGO)


def active_by_a_self_paced_course(user):
    make_enrolment(make_self_paced_course(), user, state="LAPSED", now=NOW - timedelta(days=600))


def active_by_keeping(user):
    Practitioner.objects.filter(user=user).update(kept_at=NOW - timedelta(days=600))


def needed_for_a_duty(user):
    User.objects.filter(pk=user.pk).update(roles=[Role.OBSERVER])


def needed_by_an_organisation(user):
    cast.join(user.practitioner, cast.police(), MembershipRole.BOOKING_CONTACT)


def needed_in_the_pool(user):
    Trainer.objects.create(practitioner=user.practitioner, organisation=cast.police())


def needed_to_teach(user):
    Trainer.objects.create(practitioner=user.practitioner, organisation=cast.police(), pool_state="LEFT")
    assign_trainer(make_event().sessions.get(), user)


def needed_for_a_place(user):
    # Booked long ago, put off, and without a day.
    event = make_event(starts_at=LONG_AGO + timedelta(days=5))
    make_booking(event, user, now=LONG_AGO)


def needed_on_a_list(user):
    make_entry(make_event(), user, now=LONG_AGO)


def needed_on_a_course(user):
    make_enrolment(make_self_paced_course(), user, now=LONG_AGO, due_at=NOW + timedelta(days=1))


def absent_long_ago(user):
    event = make_event(starts_at=LONG_AGO + timedelta(days=9), state="LOCKED", register_locked_at=LONG_AGO)
    return make_booking(event, user, state=State.DID_NOT_ATTEND, now=LONG_AGO)


def needed_for_a_charge(user):
    charges.draft(booking=absent_long_ago(user), kind="NON_ATTENDANCE", now=NOW)


def certificate_of(user, **fields):
    event = make_event(
        make_course(), starts_at=LONG_AGO + timedelta(days=9), state="LOCKED", register_locked_at=LONG_AGO
    )
    booking = make_booking(event, user, state=State.ATTENDED, now=LONG_AGO)
    return Certificate.objects.create(
        booking=booking, number="AIR-2023-1", code="A" * 20, practitioner_name=user.practitioner.full_name, issuer="Us",
        course_title="Course", dates="Then", hours=6, strand="core", earned_on=LONG_AGO.date(), requested_at=LONG_AGO,
        **{"state": "ISSUED", "issued_at": LONG_AGO, **fields},
    )  # fmt: skip


def needed_for_a_certificate_in_the_making(user):
    certificate_of(user, state="PENDING", issued_at=None)


def needed_for_a_certificate_that_still_counts(user):
    certificate_of(user, refresh_by=NOW.date() + timedelta(days=1))


def needed_for_a_letter(user):
    OutboundEmail.objects.create(
        key="waits", letter="bookings/reminder", message_id="<waits@example.org>", practitioner=user.practitioner,
        to=user.email, subject="Soon", text="Soon", created_at=NOW, send_at=NOW + timedelta(days=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    "story",
    [
        active_by_booking, active_by_attending, active_by_a_self_paced_course, active_by_keeping, needed_for_a_duty,
        needed_by_an_organisation, needed_in_the_pool, needed_to_teach, needed_for_a_place, needed_on_a_list,
        needed_on_a_course, needed_for_a_charge, needed_for_a_certificate_in_the_making,
        needed_for_a_certificate_that_still_counts, needed_for_a_letter,
    ],
)  # fmt: skip
def test_whoever_is_active_or_needed_is_neither_asked_nor_made_anonymous(story):
    user = unseen()
    partnership = Partnership.objects.current()
    overdue = NOW - timedelta(days=partnership.inactive_answer_days + 2)
    assert to_be_asked() == ["Carol Hughes"]
    Practitioner.objects.filter(user=user).update(inactive_asked_at=overdue)
    assert inactivity.to_be_anonymised(NOW, partnership).count() == 1

    story(user)

    assert inactivity.to_be_anonymised(NOW, partnership).count() == 0
    Practitioner.objects.filter(user=user).update(inactive_asked_at=None)
    assert to_be_asked() == []


@pytest.mark.parametrize(
    "story",
    [absent_long_ago, lambda user: certificate_of(user, refresh_by=NOW.date()), certificate_of],
    ids=["an absence", "a certificate that is to be repeated", "a certificate for good"],
)
def test_what_is_over_keeps_nobody(story):
    story(unseen())
    assert to_be_asked() == ["Carol Hughes"]


def test_whoever_comes_back_after_the_question_is_asked_anew_after_as_long_again():
    user = unseen()
    Practitioner.objects.filter(user=user).update(inactive_asked_at=NOW)
    assert to_be_asked(NOW + timedelta(days=1)) == []
    User.objects.filter(pk=user.pk).update(last_login=NOW + timedelta(days=3))
    partnership = Partnership.objects.current()
    assert inactivity.to_be_anonymised(NOW + timedelta(days=300), partnership).count() == 0
    assert to_be_asked(NOW + timedelta(days=800)) == ["Carol Hughes"]


def test_answers_are_heard_to_the_end_of_the_last_day():
    Practitioner.objects.filter(user=unseen()).update(inactive_asked_at=NOW)
    partnership = Partnership.objects.current()
    last = inactivity.answer_by(asked_at=NOW, partnership=partnership)
    assert last == datetime(2026, 12, 21, 23, 59, tzinfo=UTC)
    assert inactivity.to_be_anonymised(last, partnership).count() == 0
    assert inactivity.to_be_anonymised(last + timedelta(minutes=1), partnership).count() == 1


def test_a_link_is_good_for_its_own_question_and_nobody_elses():
    practitioner = unseen().practitioner
    Practitioner.objects.filter(pk=practitioner.pk).update(inactive_asked_at=NOW)
    token = inactivity.token_for(practitioner, NOW)
    assert inactivity.asked_by(token) == practitioner
    for wrong in (token[:-1], f"{token}x", "", "nothing", inactivity.token_for(cast.amina().practitioner, NOW)):
        assert inactivity.asked_by(wrong) is None
    Practitioner.objects.filter(pk=practitioner.pk).update(inactive_asked_at=NOW + timedelta(days=800))
    assert inactivity.asked_by(token) is None
