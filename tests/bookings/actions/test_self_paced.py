"""Self-paced courses: started once, begun, finished by one's own word, lapsed with a charge where the terms say so."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import AuditEntry, OutboundEmail, Partnership
from bookings.actions import charges, self_paced
from bookings.actions.capacity import BookingRefused
from bookings.eligibility import Answers
from bookings.models import ChargeNotice, SelfPacedEnrolment
from courses.models import ApprovalMode, Course
from tests import cast
from tests.makers import NOW, make_enrolment, make_self_paced_course

pytestmark = pytest.mark.django_db

AGREED = Answers(has_managers_agreement=True)
# The 28th day after 21 November 2026, to its end.
DUE = datetime(2026, 12, 19, 23, 59, tzinfo=UTC)
State = SelfPacedEnrolment.State


def enrol(user, course, *, answers=AGREED, now=NOW, **fields):
    practitioner = user.practitioner
    membership = practitioner.memberships.select_related("organisation").first()
    organisation = fields.pop("organisation", membership and membership.organisation)
    return self_paced.enrol(
        course=Course.objects.prefetch_related("offers").get(pk=course.pk),
        practitioner=practitioner,
        organisation=organisation,
        by=user,
        now=now,
        answers=answers,
        **fields,
    )


def letters():
    return list(OutboundEmail.objects.order_by("pk").values_list("letter", flat=True))


def refused(**case):
    with pytest.raises(BookingRefused) as refusal:
        enrol(**case)
    return [reason.code for reason in refusal.value.reasons]


def test_enrol_copies_the_terms_sets_the_day_and_writes_the_letter():
    course = make_self_paced_course()
    enrolment = enrol(cast.carol(), course, price_shown=Decimal("0"))

    kept = SelfPacedEnrolment.objects.get(pk=enrolment.pk)
    assert (kept.state, kept.enrolled_at, kept.due_at) == (State.ENROLLED, NOW, DUE)
    assert (kept.organisation, kept.charging_category, kept.price) == (cast.make_organisation(), "education", 0)
    assert (kept.charges_non_completion, kept.policy.version, kept.has_managers_agreement) == (True, "2024-04", True)
    assert kept.history.count() == 1
    letter = OutboundEmail.objects.get()
    assert (letter.letter, letter.to) == ("bookings/self_paced_started", "carol@example.org")
    assert "Saturday 19 December 2026" in letter.text
    assert "£25" in letter.text
    assert course.learning_link not in letter.text + letter.html


def test_enrol_takes_the_partnerships_days():
    Partnership.objects.current()
    Partnership.objects.update(self_paced_days=10)
    assert enrol(cast.carol(), make_self_paced_course()).due_at == DUE - timedelta(days=18)


def test_enrol_twice_is_once_and_again_after_it_has_lapsed():
    course, carol = make_self_paced_course(), cast.carol()
    first = enrol(carol, course)
    assert enrol(carol, course).pk == first.pk
    self_paced.lapse(enrolment_id=first.pk, now=DUE)

    again = enrol(carol, course, now=DUE + timedelta(days=1))

    assert (again.pk != first.pk, again.state) == (True, State.ENROLLED)
    assert letters().count("bookings/self_paced_started") == 2


def test_enrol_refuses_for_every_reason_at_once():
    course = make_self_paced_course(learning_link="", state=Course.State.PAUSED)
    assert refused(user=cast.zed(), course=course) == ["course_paused", "no_material", "no_organisation"]
    assert refused(user=cast.carol(), course=make_self_paced_course("Open"), answers=Answers()) == ["no_agreement"]
    assert SelfPacedEnrolment.objects.count() == 0
    assert enrol(cast.carol(), make_self_paced_course("Open too")).state == State.ENROLLED


def test_enrol_keeps_free_courses_for_people_who_work_with_the_citys_children():
    course, outside = make_self_paced_course(), cast.make_organisation("Far Away School", is_in_area=False)
    course.offers.update(is_area_only=True)
    far = cast.make_person("Fay Far", outside)
    assert refused(user=far, course=course) == ["out_of_area"]
    assert enrol(cast.carol(), course).state == State.ENROLLED


def test_enrol_waits_until_the_team_has_placed_a_new_employer():
    course, new = make_self_paced_course(), cast.make_organisation("Kite Club", charging_category="")
    assert refused(user=cast.make_person("Noa New", new), course=course) == ["no_price"]
    assert enrol(cast.carol(), course).state == State.ENROLLED


@pytest.mark.parametrize(
    ("mode", "answers", "copy_to"),
    [
        (ApprovalMode.NOTIFY, Answers(manager_email="head@example.org"), "head@example.org"),
        (ApprovalMode.EXPLICIT, AGREED, ""),
    ],
)
def test_enrol_follows_the_offers_way_of_agreeing_without_anybody_waiting(mode, answers, copy_to):
    course = make_self_paced_course()
    course.offers.update(approval_mode=mode)
    assert refused(user=cast.carol(), course=course, answers=Answers()) == [
        "no_managers_email" if mode == ApprovalMode.NOTIFY else "no_agreement"
    ]
    enrol(cast.carol(), course, answers=answers)
    assert OutboundEmail.objects.get().copy_to == copy_to


def test_a_price_that_has_changed_is_shown_first():
    course = make_self_paced_course()
    assert refused(user=cast.carol(), course=course, price_shown=Decimal("5")) == ["price_changed"]


def test_the_database_refuses_a_second_live_enrolment_and_steps_that_skip_one():
    course, carol = make_self_paced_course(), cast.carol()
    first = make_enrolment(course, carol)
    with pytest.raises(IntegrityError, match="one_live_enrolment_per_practitioner_and_course"), transaction.atomic():
        make_enrolment(course, carol)
    with pytest.raises(ProgrammingError, match="Invalid transition"), transaction.atomic():
        SelfPacedEnrolment.objects.filter(pk=first.pk).update(state=State.PASSED, begun_at=NOW, passed_at=NOW)
    with pytest.raises(IntegrityError, match="a_course_in_progress_was_begun"), transaction.atomic():
        SelfPacedEnrolment.objects.filter(pk=first.pk).update(state=State.IN_PROGRESS)


def test_begin_and_finish_once_each_and_in_this_order():
    carol = cast.carol()
    enrolment = make_enrolment(make_self_paced_course(), carol)
    with pytest.raises(self_paced.CannotGoOn, match="Open the course first"):
        self_paced.finish(enrolment_id=enrolment.pk, by=carol, now=NOW)

    begun = self_paced.begin(enrolment_id=enrolment.pk, by=carol, now=NOW + timedelta(days=1))
    self_paced.begin(enrolment_id=enrolment.pk, by=carol, now=NOW + timedelta(days=2))
    self_paced.finish(enrolment_id=enrolment.pk, by=carol, now=NOW + timedelta(days=3))
    self_paced.finish(enrolment_id=enrolment.pk, by=carol, now=NOW + timedelta(days=4))

    enrolment.refresh_from_db()
    assert (enrolment.begun_at, enrolment.passed_at) == (begun.begun_at, NOW + timedelta(days=3))
    assert (enrolment.state, enrolment.state_set_by) == (State.PASSED, carol)
    assert list(enrolment.history.order_by("pgh_id").values_list("state", flat=True)) == [
        "ENROLLED", "IN_PROGRESS", "PASSED",
    ]  # fmt: skip


def test_finish_holds_back_the_reminder_that_has_not_left():
    carol = cast.carol()
    enrolment = enrol(carol, make_self_paced_course())
    self_paced.begin(enrolment_id=enrolment.pk, by=carol, now=NOW)
    self_paced.finish(enrolment_id=enrolment.pk, by=carol, now=NOW)
    assert OutboundEmail.objects.get().withheld_reason == "The person has finished the course."


def test_lapse_ends_what_was_not_finished_by_the_end_of_its_day_and_charges_the_agency():
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), state=State.IN_PROGRESS, due_at=DUE)
    assert not self_paced.lapse(enrolment_id=enrolment.pk, now=DUE - timedelta(seconds=1))

    assert self_paced.lapse(enrolment_id=enrolment.pk, now=DUE)
    assert not self_paced.lapse(enrolment_id=enrolment.pk, now=DUE)

    enrolment.refresh_from_db()
    notice = ChargeNotice.objects.get()
    assert (enrolment.state, notice.kind, notice.amount) == (State.LAPSED, "NON_COMPLETION", Decimal("25"))
    assert (notice.enrolment, notice.booking, notice.organisation) == (enrolment, None, cast.make_organisation())
    assert letters() == ["bookings/self_paced_lapsed"]
    assert "A charge of £25 to Beckside Primary School is proposed" in " ".join(
        OutboundEmail.objects.get().text.split()
    )
    with pytest.raises(self_paced.CannotGoOn, match="You can start it again"):
        self_paced.finish(enrolment_id=enrolment.pk, by=cast.carol(), now=DUE)


def test_lapse_charges_nothing_unless_the_terms_said_so_when_the_person_started():
    course = make_self_paced_course(is_charged=False)
    enrolment = make_enrolment(course, cast.carol(), due_at=DUE)
    course.offers.update(charges_non_completion=True)

    self_paced.lapse(enrolment_id=enrolment.pk, now=DUE)

    assert ChargeNotice.objects.count() == 0
    assert "There is nothing to pay." in OutboundEmail.objects.get().text


def test_lapse_leaves_alone_what_is_finished():
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), state=State.PASSED, due_at=DUE)
    assert not self_paced.lapse(enrolment_id=enrolment.pk, now=DUE + timedelta(days=9))
    assert (ChargeNotice.objects.count(), letters()) == (0, [])


def test_a_charge_for_a_course_is_decided_like_any_other():
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), due_at=DUE)
    self_paced.lapse(enrolment_id=enrolment.pk, now=DUE)
    notice = ChargeNotice.objects.with_facts().get()
    assert "Reasons are heard" in charges.why_not_approve(notice=notice, now=DUE)
    after = notice.review_from + timedelta(hours=1)
    charges.put_up_for_review(now=after)
    tally = charges.decide_each(notice_ids=[notice.pk], state="APPROVED", by=cast.wendy(), now=after)
    notice.refresh_from_db()
    assert (tally.decided, tally.left, notice.state) == (1, [], "APPROVED")
    assert (notice.practitioner, notice.reference, notice.course) == (
        enrolment.practitioner, enrolment.reference, enrolment.course,
    )  # fmt: skip


def test_the_database_wants_a_charge_to_be_for_one_thing():
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), state=State.LAPSED)
    notice = charges.draft_for_enrolment(enrolment=enrolment, now=NOW)
    assert charges.draft_for_enrolment(enrolment=enrolment, now=NOW).pk == notice.pk
    with pytest.raises(IntegrityError, match="a_charge_is_for_a_booking_or_an_enrolment"), transaction.atomic():
        ChargeNotice.objects.filter(pk=notice.pk).update(enrolment=None)
    notice.pk = None
    with pytest.raises(IntegrityError, match="one_charge_per_enrolment"), transaction.atomic():
        notice.save(force_insert=True)


def test_extend_gives_a_later_day_on_record_and_tells_the_person():
    wendy, enrolment = cast.wendy(), make_enrolment(make_self_paced_course(), cast.carol(), due_at=DUE)
    more = {"enrolment_id": enrolment.pk, "until": date(2027, 1, 8), "by": wendy, "now": NOW, "reason": "Jury service"}

    self_paced.extend(**more)
    self_paced.extend(**more)

    enrolment.refresh_from_db()
    assert enrolment.due_at == datetime(2027, 1, 8, 23, 59, tzinfo=UTC)
    assert (enrolment.extended_by, enrolment.extended_reason) == (wendy, "Jury service")
    assert AuditEntry.objects.filter(verb="enrolment.extend").count() == 1
    letter = OutboundEmail.objects.get()
    assert (letter.letter, "Friday 8 January 2027" in letter.text, "Jury" in letter.text) == (
        "bookings/self_paced_extended", True, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("until", "reason", "words"),
    [(date(2026, 12, 19), "Ill", "Choose a day after 19 December 2026"), (date(2027, 1, 8), " ", "Say why")],
)
def test_extend_wants_a_later_day_and_a_reason(until, reason, words):
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), due_at=DUE)
    with pytest.raises(self_paced.CannotGoOn, match=words):
        self_paced.extend(enrolment_id=enrolment.pk, until=until, by=cast.wendy(), now=NOW, reason=reason)
    enrolment.refresh_from_db()
    assert enrolment.due_at == DUE


def test_extend_has_no_day_to_move_once_it_has_ended():
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), state=State.LAPSED, due_at=DUE)
    with pytest.raises(self_paced.CannotGoOn, match="not finished in time"):
        self_paced.extend(
            enrolment_id=enrolment.pk, until=date(2027, 1, 8), by=cast.wendy(), now=DUE, reason="Jury service"
        )
