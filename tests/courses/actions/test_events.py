"""Verbs for dates: what is written, what is refused and in which words."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditEntry
from courses.actions import events
from courses.actions.events import Sitting
from courses.models import Course, DeliveryMode, Event, Strand, Trainer, TrainerAssignment
from tests import cast
from tests.makers import NOW, assign_trainer, make_booking, make_course, make_event, make_venue

pytestmark = pytest.mark.django_db

FIRST_DAY = datetime(2027, 2, 9, 9, 30, tzinfo=UTC)


def sitting(days_later=0, hours=6, **fields):
    starts_at = FIRST_DAY + timedelta(days=days_later)
    return Sitting(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), **fields)


def schedule(course=None, sessions=None, **fields):
    course = course or Course.objects.first() or make_course(code="M02")
    facts = {"mode": DeliveryMode.IN_PERSON, "venue": make_venue(), "capacity": 20, **fields}
    return events.schedule(
        version=course.versions.get(),
        offers=list(course.offers.all()),
        sessions=sessions or [sitting()],
        by=cast.wendy(),
        now=NOW,
        **facts,
    )


def trainer_of(user):
    return Trainer.objects.get(practitioner__user=user)


def test_schedule_makes_a_draft_with_its_days_and_trainers():
    dev = trainer_of(cast.dev())
    event = schedule(sessions=[sitting(trainers=[dev]), sitting(7, hours=3)])

    assert (event.reference, event.state) == ("M02-0001", Event.State.DRAFT)
    assert (event.starts_at, event.ends_at) == (FIRST_DAY, FIRST_DAY + timedelta(days=7, hours=3))
    assert list(event.sessions.order_by("position").values_list("position", flat=True)) == [1, 2]
    assignment = TrainerAssignment.objects.get()
    assert (assignment.trainer, assignment.session.position) == (dev, 1)
    assert assignment.part == TrainerAssignment.Part.LEAD
    assert AuditEntry.objects.get().verb == "event.schedule"


def test_schedule_numbers_the_dates_of_each_course():
    course = make_course(code="M02")
    other = make_course("Neglect", code="M05")
    assert [schedule(course).reference, schedule(course).reference] == ["M02-0001", "M02-0002"]
    assert schedule(other).reference == "M05-0001"
    Event.objects.filter(reference="M02-0002").update(reference="M02-12000")
    assert schedule(course).reference == "M02-12001"


@pytest.mark.parametrize(
    ("sessions", "words"),
    [
        ([sitting(hours=-1)], "Day 1 ends before it starts."),
        ([sitting(), sitting(0.1)], "Day 2 starts before day 1 has ended."),
    ],
)
def test_schedule_refuses_days_that_contradict_one_another(sessions, words):
    with pytest.raises(events.CannotSchedule, match=words):
        schedule(sessions=sessions)
    assert Event.objects.count() == 0


def test_schedule_refuses_a_trainer_who_is_elsewhere_and_writes_nothing():
    dev = cast.dev()
    schedule(sessions=[sitting(trainers=[trainer_of(dev)])])
    with pytest.raises(events.TrainerIsElsewhere) as refused:
        schedule(make_course("Neglect", code="M05"), sessions=[sitting(trainers=[trainer_of(dev)])])
    assert str(refused.value) == (
        "Dev Patel is already training “Working Together to Safeguard Children and Young People” (M02-0001) "
        "on Tuesday 9 February 2027 at 09:30. Choose somebody else or another time."
    )
    assert Event.objects.count() == 1


def test_schedule_lets_a_trainer_begin_when_the_last_session_has_ended():
    dev = trainer_of(cast.dev())
    schedule(sessions=[sitting(hours=3, trainers=[dev])])
    afternoon = Sitting(
        starts_at=FIRST_DAY + timedelta(hours=3), ends_at=FIRST_DAY + timedelta(hours=6), trainers=[dev]
    )
    schedule(sessions=[afternoon])
    assert dev.assignments.count() == 2


def test_publish_opens_a_draft_for_booking():
    event = events.publish(event=schedule(), by=cast.wendy(), now=NOW)
    assert event.state == Event.State.OPEN
    assert event.is_open_for_booking(NOW)


def test_publish_names_everything_that_is_missing():
    event = schedule(venue=None, booking_closes_at=NOW - timedelta(days=1))
    event.offers.clear()
    Course.objects.update(state=Course.State.DRAFT)
    event.refresh_from_db()
    with pytest.raises(events.CannotPublish) as refused:
        events.publish(event=Event.objects.get(), by=cast.wendy(), now=NOW)
    assert refused.value.reasons == [
        "Publish the course first.",
        "Say which strands the date is open to.",
        "Choose a venue, or one for each day.",
        "The day on which booking closes is past.",
    ]
    assert Event.objects.get().state == Event.State.DRAFT


def test_publish_refuses_a_date_in_the_past():
    with pytest.raises(events.CannotPublish, match=r"The first day is in the past\."):
        events.publish(event=schedule(), by=cast.wendy(), now=FIRST_DAY + timedelta(days=1))


def test_publish_twice_is_refused():
    event = events.publish(event=schedule(), by=cast.wendy(), now=NOW)
    with pytest.raises(events.CannotPublish, match="published before"):
        events.publish(event=event, by=cast.wendy(), now=NOW)


def test_publish_takes_a_venue_from_each_day():
    event = schedule(venue=None, sessions=[sitting(venue=make_venue()), sitting(1, venue=make_venue("Mill House"))])
    assert events.publish(event=event, by=cast.wendy(), now=NOW).state == Event.State.OPEN


def test_amend_replaces_days_and_trainers_of_an_open_date_without_bookings():
    dev, course = cast.dev(), make_course()
    event = make_event(course, days=3, trainer=dev)
    new_days = [sitting(trainers=[trainer_of(dev)]), sitting(1)]
    events.amend(
        event=event, facts={"capacity": 12}, offers=course.offers.all(), sessions=new_days, by=cast.wendy(), now=NOW
    )
    event.refresh_from_db()
    assert (event.capacity, event.starts_at, event.sessions.count()) == (12, FIRST_DAY, 2)
    assert TrainerAssignment.objects.get().during.lower == FIRST_DAY


def test_amend_refuses_to_move_a_date_that_somebody_booked():
    course = make_course()
    event = make_event(course)
    starts_at = event.starts_at
    change = {"facts": {"capacity": 12}, "offers": course.offers.all(), "sessions": [sitting()], "by": cast.wendy()}
    make_booking(event, cast.amina())
    with pytest.raises(events.DatesAreBooked):
        events.amend(event=event, now=NOW, **change)
    event.refresh_from_db()
    assert (event.capacity, event.starts_at) == (20, starts_at)


def test_amend_refuses_a_date_that_has_begun():
    course = make_course()
    event = make_event(course)
    with pytest.raises(events.DatesAreBooked):
        events.amend(
            event=event,
            facts={"capacity": 12},
            offers=course.offers.all(),
            sessions=[sitting()],
            by=cast.wendy(),
            now=event.starts_at + timedelta(hours=1),
        )


def test_amend_details_never_goes_below_the_places_taken():
    event = make_event()
    make_booking(event, cast.amina())
    make_booking(event, cast.ben())
    with pytest.raises(events.TooFewPlaces, match="2 people hold places, so there cannot be fewer than 2"):
        events.amend_details(event=event, facts={"capacity": 1}, by=cast.wendy(), now=NOW)
    amended = events.amend_details(event=event, facts={"capacity": 2, "min_numbers": 1}, by=cast.wendy(), now=NOW)
    assert (amended.capacity, amended.min_numbers, amended.is_full) == (2, 1, True)


def test_amend_details_lifts_the_limit():
    event = make_event()
    assert events.amend_details(event=event, facts={"capacity": None}, by=cast.wendy(), now=NOW).places_left is None


def test_replace_trainers_leaves_exactly_those_named():
    event = make_event()
    session = event.sessions.get()
    lena = cast.make_person("Lena Osei", cast.police())
    lena = Trainer.objects.create(practitioner=lena.practitioner, organisation=cast.police())
    assign_trainer(session, cast.dev())
    events.replace_trainers(session=session, trainers=[lena], by=cast.wendy(), now=NOW)
    assert [assignment.trainer for assignment in session.trainer_assignments.all()] == [lena]


def test_replace_trainers_refuses_a_clash_and_keeps_the_old_ones():
    dev = cast.dev()
    busy = make_event(trainer=dev)
    session = make_event(busy.course).sessions.get()
    with pytest.raises(events.TrainerIsElsewhere):
        events.replace_trainers(session=session, trainers=[trainer_of(dev)], by=cast.wendy(), now=NOW)
    assert session.trainer_assignments.count() == 0


def test_cancel_catalogue_side_says_when_by_whom_and_why():
    wendy = cast.wendy()
    event = events.cancel_catalogue_side(event=make_event(), reason="The trainer is ill.", by=wendy, now=NOW)
    assert (event.state, event.cancelled_at, event.cancelled_by) == (Event.State.CANCELLED, NOW, wendy)
    with pytest.raises(events.CannotCancel):
        events.cancel_catalogue_side(event=event, reason="Again.", by=wendy, now=NOW)


def test_schedule_opens_a_date_to_the_strands_named_alone():
    course = make_course(strands=[Strand.CORE, Strand.TRADED])
    traded = course.offers.filter(strand=Strand.TRADED)
    event = events.schedule(
        version=course.versions.get(),
        offers=list(traded),
        mode=DeliveryMode.LIVE_ONLINE,
        sessions=[sitting()],
        by=cast.wendy(),
        now=NOW,
    )
    assert list(event.offers.all()) == list(traded)
