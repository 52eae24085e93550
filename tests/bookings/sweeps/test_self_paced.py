"""Self-paced courses in time: reminded on the fourteenth and the twenty-fifth day, ended after the last."""

from datetime import date, timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail
from accounts.post import deliver
from bookings import sweeps
from bookings.actions import self_paced
from bookings.models import ChargeNotice, SelfPacedEnrolment
from courses.working_days import end_of_day
from tests import cast
from tests.makers import NOW, make_enrolment, make_self_paced_course

pytestmark = pytest.mark.django_db

State = SelfPacedEnrolment.State
DAY = timedelta(days=1)


def enrolled(user=None, **fields):
    """Somebody who started on 21 November and has until the end of 19 December."""
    return make_enrolment(
        make_self_paced_course(), user or cast.carol(), due_at=end_of_day(date(2026, 12, 19)), **fields
    )


def reminders_at(now):
    with time_machine.travel(now, tick=False):
        sweeps.self_paced.remind_self_paced()
        sweeps.self_paced.remind_self_paced()
    return list(OutboundEmail.objects.order_by("pk").values_list("subject", flat=True))


def test_reminders_go_on_the_fourteenth_and_the_twenty_fifth_day_once_each():
    enrolled()
    early = NOW.replace(hour=7)
    assert reminders_at(NOW + 13 * DAY) == []
    assert reminders_at(early + 14 * DAY) == []
    first = ["14 days left: Introduction to Safeguarding"]
    assert reminders_at(NOW + 14 * DAY) == first
    assert reminders_at(NOW + 24 * DAY) == first
    both = [*first, "3 days left: Introduction to Safeguarding"]
    assert reminders_at(NOW + 25 * DAY) == both
    assert reminders_at(NOW + 28 * DAY) == both


@pytest.mark.parametrize("state", [State.PASSED, State.LAPSED])
def test_nobody_is_reminded_of_what_has_ended(state):
    enrolled(state=state)
    assert reminders_at(NOW + 25 * DAY) == []


def test_whoever_gets_more_time_is_reminded_before_the_later_day():
    enrolment = enrolled()
    reminders_at(NOW + 25 * DAY)
    self_paced.extend(
        enrolment_id=enrolment.pk, until=date(2027, 1, 19), by=cast.wendy(), now=NOW + 26 * DAY, reason="Jury service"
    )
    before = len(reminders_at(NOW + 27 * DAY))
    assert len(reminders_at(NOW + 44 * DAY)) == before
    assert reminders_at(NOW + 45 * DAY)[before:] == ["14 days left: Introduction to Safeguarding"]


def test_whoever_has_just_been_told_a_near_day_is_not_reminded_of_it():
    enrolment = enrolled()
    SelfPacedEnrolment.objects.filter(pk=enrolment.pk).update(
        extended_at=NOW + 20 * DAY, extended_by=cast.wendy(), extended_reason="Jury service"
    )
    assert reminders_at(NOW + 21 * DAY) == []
    assert len(reminders_at(NOW + 25 * DAY)) == 1


def test_an_outdated_reminder_is_held_back_when_it_is_about_to_leave():
    late, done = enrolled(), enrolled(cast.amina())
    reminders_at(NOW + 25 * DAY)
    later = end_of_day(date(2027, 1, 19))
    SelfPacedEnrolment.objects.filter(pk=late.pk).update(due_at=later)
    SelfPacedEnrolment.objects.filter(pk=done.pk).update(state=State.IN_PROGRESS, begun_at=NOW)
    SelfPacedEnrolment.objects.filter(pk=done.pk).update(state=State.PASSED, passed_at=NOW)
    with time_machine.travel(NOW + 25 * DAY, tick=False):
        assert deliver(OutboundEmail.objects.values_list("pk", flat=True), now=NOW + 25 * DAY) == 0
    assert dict(OutboundEmail.objects.values_list("about", "withheld_reason")) == {
        f"enrolment:{late.pk}": "The person has been given more time since this was written.",
        f"enrolment:{done.pk}": "The person has finished the course.",
    }


def test_lapse_ends_each_after_its_last_day_and_is_harmless_twice():
    late, early = enrolled(), make_enrolment(make_self_paced_course("Other"), cast.carol(), due_at=NOW + 40 * DAY)
    with time_machine.travel(end_of_day(date(2026, 12, 19)) - timedelta(minutes=1), tick=False):
        sweeps.self_paced.lapse_self_paced()
    assert SelfPacedEnrolment.objects.live().count() == 2
    with time_machine.travel(NOW + 29 * DAY, tick=False):
        sweeps.self_paced.lapse_self_paced()
        sweeps.self_paced.lapse_self_paced()
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.state, early.state, ChargeNotice.objects.count()) == (State.LAPSED, State.ENROLLED, 1)
    assert OutboundEmail.objects.get().letter == "bookings/self_paced_lapsed"


def test_the_agency_hears_of_the_charge_on_the_next_working_day():
    enrolled()
    with time_machine.travel(NOW + 29 * DAY, tick=False):  # a Sunday
        sweeps.self_paced.lapse_self_paced()
        sweeps.charges.queue_charge_letters()
    assert not OutboundEmail.objects.filter(letter="bookings/charge_proposed").exists()
    with time_machine.travel(NOW + 30 * DAY, tick=False):
        sweeps.charges.queue_charge_letters()
    letter = OutboundEmail.objects.get(letter="bookings/charge_proposed")
    assert letter.subject == "A charge of £25 is proposed: Introduction to Safeguarding, 19 Dec 2026"
    assert "To be finished by: Saturday 19 December 2026" in letter.text
    assert "somebody else took the place" not in letter.text
