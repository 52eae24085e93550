"""Responses: asked for when their time comes, reminded of, closed, submitted once, and leading to the certificate."""

import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import OutboundEmail
from bookings.models import Booking, Certificate
from courses.models import Event, LearningFormat, Trainer, TrainerAssignment
from courses.working_days import end_of_day, working_days_after
from evaluation.actions import questionnaires, responses
from evaluation.actions.responses import Given
from evaluation.answer_links import link_to
from evaluation.models import Answer, Questionnaire, Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.certificates import attended
from tests.makers import NOW, make_booking, make_course, make_event
from tests.questionnaires import make_questionnaires, make_response

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def asked():
    return make_questionnaires()


def rows(**filters):
    return list(Response.objects.filter(**filters).order_by("opens_at").values_list("stage", "opens_at", "closes_at"))


def keys():
    return list(OutboundEmail.objects.order_by("pk").values_list("key", flat=True))


def question(stage, code):
    return Questionnaire.objects.in_force(stage).get().questions.get(code=code)


# --- Which rows there are --------------------------------------------------------------------------------


def test_schedule_asks_before_the_course_from_confirmation_until_half_an_hour_in():
    event = make_event(starts_at=NOW + 30 * DAY)
    make_booking(event, cast.amina(), now=NOW)
    assert responses.schedule(now=NOW) == 1
    assert rows() == [("pre", NOW, event.starts_at + timedelta(minutes=30))]


@pytest.mark.parametrize("state", ["ATTENDED", "PART_ATTENDED"])
def test_schedule_asks_afterwards_and_at_twelve_weeks(state):
    booking = attended(state=state)
    ends_at = booking.event.ends_at
    responses.schedule(now=NOW)
    assert rows() == [
        ("post", ends_at, ends_at + 60 * DAY),
        ("follow_up", ends_at + 84 * DAY, ends_at + 150 * DAY),
    ]


@pytest.mark.parametrize("state", ["CONFIRMED", "DID_NOT_ATTEND", "TURNED_AWAY"])
def test_schedule_asks_nobody_afterwards_who_was_not_marked_as_there(state):
    attended(state=state)
    attended(cast.ben())
    responses.schedule(now=NOW)
    assert {row.booking.practitioner.full_name for row in Response.objects.all()} == {"Ben Clarke"}


def test_schedule_asks_nobody_before_the_course_who_has_no_place_or_came_unbooked():
    event = make_event(starts_at=NOW + DAY)
    make_booking(event, cast.amina(), state=Booking.State.REQUESTED)
    make_booking(event, cast.ben(), source=Booking.Source.WALK_IN)
    make_booking(event, cast.carol())
    responses.schedule(now=NOW)
    assert [row.booking.practitioner.full_name for row in Response.objects.all()] == ["Carol Hughes"]


def test_schedule_twice_makes_nothing_new():
    attended()
    assert responses.schedule(now=NOW) == 2
    assert responses.schedule(now=NOW + DAY) == 0


def test_schedule_leaves_the_distant_past_alone():
    attended(now=NOW - 200 * DAY)
    assert responses.schedule(now=NOW) == 0


# --- Inviting --------------------------------------------------------------------------------------------


def test_invite_opens_and_writes_one_letter():
    booking = attended()
    responses.schedule(now=NOW)
    response = Response.objects.get(stage=Stage.POST)
    assert responses.invite(response_id=response.pk, now=NOW) is True
    assert responses.invite(response_id=response.pk, now=NOW) is False
    response.refresh_from_db()
    assert (response.state, response.invited_at) == ("OPEN", NOW)
    assert keys() == [f"evaluation.invite:{booking.pk}:post"]
    letter = OutboundEmail.objects.get()
    assert link_to(response=response) in letter.text
    assert letter.to == "amina@example.org"


def test_invite_waits_for_its_time():
    attended()
    responses.schedule(now=NOW)
    response = Response.objects.get(stage=Stage.FOLLOW_UP)
    assert responses.invite(response_id=response.pk, now=NOW) is False
    assert responses.invite(response_id=response.pk, now=response.opens_at) is True


def test_invite_takes_the_version_in_force_now():
    attended()
    responses.schedule(now=NOW)
    newer = questionnaires.publish(questionnaire=questionnaires.begin_next_version(stage=Stage.POST), by=None, now=NOW)
    response = Response.objects.get(stage=Stage.POST)
    responses.invite(response_id=response.pk, now=NOW)
    response.refresh_from_db()
    assert response.questionnaire == newer


def test_invite_somebody_without_an_address_opens_and_writes_to_nobody():
    booking = attended()
    practitioner = booking.practitioner
    practitioner.email, practitioner.user = "", None
    practitioner.save(update_fields=["email", "user"])
    responses.schedule(now=NOW)
    assert responses.invite(response_id=Response.objects.get(stage=Stage.POST).pk, now=NOW) is True
    assert keys() == []


# --- Following the booking -------------------------------------------------------------------------------


def test_a_cancelled_booking_cancels_what_is_still_open():
    booking = make_booking(make_event(starts_at=NOW + 30 * DAY), cast.amina())
    responses.schedule(now=NOW)
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.CANCELLED, cancelled_at=NOW)
    responses.follow_bookings(now=NOW)
    assert Response.objects.get().state == "CANCELLED"


def test_questions_before_the_course_follow_a_date_that_was_moved():
    make_questionnaires()
    booking = make_booking(make_event(), cast.amina())
    responses.schedule(now=NOW)
    responses.invite(response_id=Response.objects.get().pk, now=NOW)
    Response.objects.update(state=Response.State.EXPIRED)
    later = booking.event.starts_at + timedelta(days=7)
    session = booking.event.sessions.get()
    session.starts_at, session.ends_at = later, later + timedelta(hours=6)
    session.save()
    assert [responses.follow_dates(now=NOW) for _ in range(2)] == [1, 0]
    response = Response.objects.get()
    assert (response.closes_at, response.state) == (later + responses.PRE_AFTER_START, Response.State.OPEN)
    Response.objects.update(state=Response.State.SUBMITTED, submitted_at=NOW)
    session.starts_at = later - timedelta(hours=1)
    session.save()
    assert responses.follow_dates(now=NOW) == 0


def test_a_corrected_register_stops_the_questions_and_a_second_correction_asks_again():
    booking = attended()
    responses.schedule(now=NOW)
    responses.invite(response_id=Response.objects.get(stage=Stage.POST).pk, now=NOW)
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.DID_NOT_ATTEND)
    responses.follow_bookings(now=NOW)
    assert set(Response.objects.values_list("state", flat=True)) == {"CANCELLED"}
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.ATTENDED)
    responses.follow_bookings(now=NOW)
    assert set(Response.objects.values_list("state", flat=True)) == {"SCHEDULED"}


def test_answers_that_are_in_stay_when_the_register_is_corrected():
    booking = attended()
    response = make_response(booking)
    responses.submit(response=response, answers=[], now=NOW)
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.DID_NOT_ATTEND)
    responses.follow_bookings(now=NOW)
    response.refresh_from_db()
    assert response.state == "SUBMITTED"


# --- Reminding and closing -------------------------------------------------------------------------------


def reminded_days(stage, days):
    """The days after the invitation on which a reminder is written, the sweep running daily."""
    response = make_response(attended(), stage, closes_at=NOW + 100 * DAY)
    Response.objects.filter(pk=response.pk).update(invited_at=NOW)
    written = []
    for day in range(days):
        for response_id in responses.due_to_remind(now=NOW + day * DAY):
            assert responses.remind(response_id=response_id, now=NOW + day * DAY) is True
            written.append(day)
    return written


def test_remind_after_the_course_at_three_seven_and_fourteen_days():
    assert reminded_days(Stage.POST, 30) == [3, 7, 14]
    assert [key.rsplit(":", 1)[1] for key in keys()] == ["1", "2", "3"]


def test_remind_at_twelve_weeks_after_seven_and_fourteen_days():
    assert reminded_days(Stage.FOLLOW_UP, 30) == [7, 14]


def test_remind_nobody_before_the_course():
    assert reminded_days(Stage.PRE, 30) == []


def test_remind_once_when_several_fell_due_together():
    response = make_response(attended())
    Response.objects.filter(pk=response.pk).update(invited_at=NOW - 8 * DAY)
    assert responses.due_to_remind(now=NOW) == [response.pk]
    assert responses.remind(response_id=response.pk, now=NOW) is True
    assert responses.due_to_remind(now=NOW) == []
    assert responses.remind(response_id=response.pk, now=NOW) is False
    assert len(keys()) == 1


def test_remind_nobody_who_answered_or_whose_time_is_over():
    done, late = make_response(attended()), make_response(attended(cast.ben()), closes_at=NOW + DAY)
    Response.objects.update(invited_at=NOW - 4 * DAY)
    assert responses.due_to_remind(now=NOW) == [done.pk, late.pk]
    responses.submit(response=done, answers=[], now=NOW)
    assert responses.due_to_remind(now=NOW + DAY) == []
    assert responses.remind(response_id=done.pk, now=NOW) is False


def test_expire_closes_what_is_over():
    open_still, over = (
        make_response(attended(), closes_at=NOW + DAY),
        make_response(attended(cast.ben()), closes_at=NOW),
    )
    assert responses.expire(now=NOW) == 1
    assert [Response.objects.get(pk=row.pk).state for row in (open_still, over)] == ["OPEN", "EXPIRED"]


# --- Submitting ------------------------------------------------------------------------------------------


def test_submit_keeps_the_answers_and_promises_the_certificate():
    booking = attended()
    response = make_response(booking)
    outcome = booking.event.version.outcomes.first()
    given = [
        Given(question=question(Stage.POST, "SR1"), rating=8),
        Given(question=question(Stage.POST, "SRx"), outcome=outcome, rating=9),
        Given(question=question(Stage.POST, "RE7"), is_not_applicable=True),
        Given(question=question(Stage.POST, "AC2"), choices=["time", "caseload"]),
        Given(question=question(Stage.POST, "AC1"), texts=["Ask the child first"]),
        Given(question=question(Stage.POST, "OP1"), texts=["The role play"]),
    ]
    responses.submit(response=response, answers=given, now=NOW)
    response.refresh_from_db()
    assert (response.state, response.submitted_at) == ("SUBMITTED", NOW)
    kept = Answer.objects.order_by("pk").values_list(
        "question__code", "outcome", "rating", "is_not_applicable", "choices", "texts", "moderation"
    )
    assert list(kept) == [
        ("SR1", None, 8, False, [], [], "NOT_NEEDED"),
        ("SRx", outcome.pk, 9, False, [], [], "NOT_NEEDED"),
        ("RE7", None, None, True, [], [], "NOT_NEEDED"),
        ("AC2", None, None, False, ["time", "caseload"], [], "NOT_NEEDED"),
        ("AC1", None, None, False, [], ["Ask the child first"], "NOT_NEEDED"),
        ("OP1", None, None, False, [], ["The role play"], "TO_REVIEW"),
    ]
    assert Certificate.objects.get().booking == booking


@pytest.mark.parametrize("stage", [Stage.PRE, Stage.FOLLOW_UP])
def test_submit_at_other_stages_promises_nothing(stage):
    responses.submit(response=make_response(attended(), stage), answers=[], now=NOW)
    assert not Certificate.objects.exists()


def test_submit_twice_is_refused_and_keeps_the_first_answers():
    response = make_response(attended())
    item = question(Stage.POST, "SR1")
    responses.submit(response=response, answers=[Given(question=item, rating=8)], now=NOW)
    with pytest.raises(responses.AlreadySubmitted):
        responses.submit(response=response, answers=[Given(question=item, rating=1)], now=NOW)
    assert Answer.objects.get().rating == 8


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"closes_at": NOW}, "time for these answers is over"),
        ({"state": Response.State.EXPIRED}, "time for these answers is over"),
        ({"state": Response.State.CANCELLED}, "no longer need"),
        ({"opens_at": NOW + DAY}, "not open yet"),
    ],
)
def test_submit_is_refused_outside_its_time(facts, words):
    response = make_response(attended(), **facts)
    with pytest.raises(responses.NotOpen, match=words):
        responses.submit(response=response, answers=[], now=NOW)
    assert Response.objects.get().submitted_at is None


def test_earned_without_certificate_finds_who_was_marked_after_answering():
    booking = attended(state=Booking.State.PART_ATTENDED)
    responses.submit(response=make_response(booking), answers=[], now=NOW)
    assert responses.earned_without_certificate(now=NOW) == []
    Booking.objects.filter(pk=booking.pk).update(state=Booking.State.ATTENDED)
    assert responses.earned_without_certificate(now=NOW) == [booking.pk]


def test_earned_without_certificate_asks_for_the_answers_first():
    make_response(attended())
    assert responses.earned_without_certificate(now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_submit_by_a_double_click_is_taken_once():
    response = make_response(attended())
    item = question(Stage.POST, "SR1")
    at_once, outcomes = threading.Barrier(6), []

    def press():
        at_once.wait()
        try:
            responses.submit(response=response, answers=[Given(question=item, rating=8)], now=NOW)
            outcomes.append("taken")
        except responses.AlreadySubmitted:
            outcomes.append("already")
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(6)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()
    assert sorted(outcomes) == ["already"] * 5 + ["taken"]
    assert (Answer.objects.count(), Certificate.objects.count()) == (1, 1)


# --- The manager -----------------------------------------------------------------------------------------


def named(booking, **facts):
    Booking.objects.filter(pk=booking.pk).update(**{"manager_email": "manager@example.org"} | facts)
    return booking


def test_a_manager_is_asked_with_the_person_twelve_weeks_on():
    booking = named(attended())
    named(attended(cast.ben()), manager_email="")
    named(attended(cast.carol()), has_no_manager=True)
    responses.schedule(now=NOW)
    managers = Response.objects.get(stage=Stage.MANAGER)
    persons = Response.objects.get(stage=Stage.FOLLOW_UP, booking=booking)
    assert managers.booking == booking
    assert (managers.opens_at, managers.closes_at) == (persons.opens_at, persons.closes_at)


def test_a_manager_is_not_asked_about_a_course_whose_format_has_no_question_for_them():
    named(attended(course=make_course(learning_format=LearningFormat.BRIEFING)))
    responses.schedule(now=NOW)
    assert [row[0] for row in rows()] == ["post", "follow_up"]


def test_a_manager_gets_one_letter_and_one_reminder():
    named(attended())
    responses.schedule(now=NOW)
    managers = Response.objects.get(stage=Stage.MANAGER)
    opened = managers.opens_at
    assert responses.invite(response_id=managers.pk, now=opened)
    assert managers.pk not in responses.due_to_remind(now=opened + 9 * DAY)
    assert responses.due_to_remind(now=opened + 10 * DAY) == [managers.pk]
    assert responses.remind(response_id=managers.pk, now=opened + 10 * DAY)
    assert responses.due_to_remind(now=opened + 40 * DAY) == []
    letters = OutboundEmail.objects.filter(to="manager@example.org").order_by("pk")
    assert [letter.letter for letter in letters] == ["evaluation/manager", "evaluation/manager_reminder"]
    until = (opened + 30 * DAY).astimezone(ZoneInfo("Europe/London"))
    assert f"{until.day} {until:%B %Y}" in letters[0].text


def test_nobody_is_asked_as_their_own_manager():
    named(attended(), manager_email="AMINA@example.org")
    responses.schedule(now=NOW)
    managers = Response.objects.get(stage=Stage.MANAGER)
    responses.invite(response_id=managers.pk, now=managers.opens_at)
    assert keys() == []


def test_a_manager_whose_address_was_taken_back_is_not_asked_and_asked_again_when_it_is_given():
    booking = named(attended())
    responses.schedule(now=NOW)
    named(booking, manager_email="")
    responses.follow_bookings(now=NOW)
    assert Response.objects.get(stage=Stage.MANAGER).state == "CANCELLED"
    responses.follow_bookings(now=NOW)
    assert Response.objects.get(stage=Stage.MANAGER).state == "CANCELLED"
    named(booking)
    responses.follow_bookings(now=NOW)
    assert Response.objects.get(stage=Stage.MANAGER).state == "SCHEDULED"


# --- The trainer's own review ----------------------------------------------------------------------------


def delivered(**facts):
    """A date of Dev's that has just ended."""
    usual = {"starts_at": NOW - timedelta(hours=6), "state": "DELIVERED"}
    return make_event(trainer=cast.dev(), **usual | facts)


def test_a_trainer_is_asked_when_the_last_session_has_ended_for_five_working_days():
    event = delivered()
    responses.schedule(now=event.ends_at - timedelta(minutes=1))
    assert rows() == []
    responses.schedule(now=event.ends_at)
    responses.schedule(now=event.ends_at)
    review = Response.objects.get()
    last = working_days_after(event.ends_at.astimezone(ZoneInfo("Europe/London")).date(), 5)
    assert (review.stage, review.event, review.trainer.practitioner) == ("trainer", event, cast.dev().practitioner)
    assert (review.opens_at, review.closes_at) == (event.ends_at, end_of_day(last))
    assert review.booking is None


def test_every_trainer_of_a_date_of_two_days_is_asked_once():
    event = delivered(starts_at=NOW - 2 * DAY, days=2)
    other = Trainer.objects.create(
        practitioner=cast.make_person("Tam Trainer", cast.police()).practitioner, organisation=cast.police()
    )
    TrainerAssignment.objects.create(trainer=other, session=event.sessions.first())
    responses.schedule(now=event.ends_at)
    assert Response.objects.count() == 2
    assert Response.objects.filter(trainer=other).count() == 1


@pytest.mark.parametrize("state", ["CANCELLED", "POSTPONED"])
def test_nobody_reviews_a_date_that_did_not_take_place(state):
    event = delivered()
    other = delivered(starts_at=NOW - 3 * DAY)
    ended = {"cancelled_at": NOW, "cancelled_by": cast.wendy()} if state == "CANCELLED" else {}
    Event.objects.filter(pk=other.pk).update(state=state, **ended)
    responses.schedule(now=event.ends_at)
    assert [review.event for review in Response.objects.all()] == [event]


def test_a_trainer_gets_one_letter_and_one_reminder():
    event = delivered()
    responses.schedule(now=event.ends_at)
    review = Response.objects.get()
    assert responses.invite(response_id=review.pk, now=event.ends_at)
    assert responses.due_to_remind(now=event.ends_at + 2 * DAY) == []
    assert responses.remind(response_id=review.pk, now=event.ends_at + 3 * DAY)
    assert responses.due_to_remind(now=event.ends_at + 5 * DAY) == []
    letters = OutboundEmail.objects.order_by("pk")
    assert [(letter.to, letter.letter) for letter in letters] == [
        ("dev@example.org", "evaluation/review"),
        ("dev@example.org", "evaluation/review_reminder"),
    ]
    assert f"/trainer/reviews/{review.pk}/" in letters[0].text


def test_a_trainer_who_no_longer_holds_the_date_is_not_asked():
    event = delivered()
    kept = delivered(starts_at=NOW - 3 * DAY)
    responses.schedule(now=event.ends_at)
    TrainerAssignment.objects.filter(session__event=event).delete()
    responses.follow_bookings(now=event.ends_at)
    assert Response.objects.get(event=event).state == "CANCELLED"
    assert Response.objects.get(event=kept).state == "SCHEDULED"


def test_a_review_is_about_a_date_and_a_trainer_and_everything_else_about_a_booking():
    event = delivered()
    responses.schedule(now=event.ends_at)
    booking = attended()
    for wrong in ({"trainer": None}, {"event": None}, {"booking": booking}, {"stage": Stage.POST}):
        with pytest.raises(IntegrityError, match="a_response_is_about"), transaction.atomic():
            Response.objects.update(**wrong)
