"""What DOMAIN 13 asks to be planted is there, for demonstrations and for other tests to rely on."""

from datetime import timedelta

import pytest
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import AuditEntry, Organisation, OutboundEmail, Practitioner, User
from bookings.eligibility import Outcome, bookable_events, decide
from bookings.models import Booking, Certificate, WaitingListEntry
from courses.models import Course, DeliveryMode, Event, Trainer, TrainerAssignment
from evaluation.models import Answer, Response

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(small_city):
    return small_city


@pytest.fixture
def now(small_city):
    return small_city


def coming(now):
    return Event.objects.upcoming(now).filter(state="OPEN")


def test_places_run_out_in_three_ways(now):
    events = coming(now).annotate(left=F("capacity") - F("places_taken"))
    assert events.filter(left=1).exists()
    assert events.filter(left=0).exists()
    assert events.filter(places_taken__lt=F("min_numbers"), starts_at__lt=now + timedelta(days=15)).exists()


def test_one_date_is_postponed_and_one_a_draft(now):
    assert Event.objects.filter(state="POSTPONED", starts_at__gt=now).count() == 1
    assert Event.objects.filter(state="DRAFT", starts_at__gt=now).exists()


def test_three_people_came_without_booking(now):
    walk_ins = Count("bookings", Q(bookings__source="WALK_IN", bookings__state="ATTENDED"))
    recent = Event.objects.filter(starts_at__gt=now - timedelta(days=12), starts_at__lt=now).annotate(n=walk_ins)
    assert recent.filter(n=3).count() == 1


def test_one_date_was_overbooked_on_the_record():
    event = Event.objects.get(overbooked_by__gt=0)
    came = event.bookings.took_part().count()
    assert round(100 * came / event.capacity) == 103
    assert AuditEntry.objects.get(verb="event.overbook").subject == f"event:{event.pk}"


def test_there_is_a_learner_with_two_agencies():
    people = Practitioner.objects.annotate(n=Count("memberships__organisation", distinct=True)).filter(n=2)
    assert [person.full_name for person in people] == ["Farah Siddiqui"]


def test_an_agency_of_three_has_learned_something():
    assert Booking.objects.took_part().filter(organisation__code="A40").values("practitioner").distinct().count() == 3


def test_a_name_needs_all_of_unicode():
    certificates = Certificate.objects.filter(practitioner_name="Łukasz 🌱 Wiśniewski")
    assert {each.booking.practitioner.email for each in certificates} == {"lukasz@example.org"}


def test_a_child_is_named_and_waits_for_the_moderator():
    texts = Answer.objects.filter(moderation="TO_REVIEW", question__code="IM4").values_list("texts", flat=True)
    assert [text for row in texts for text in row if "Kayleigh-Mae" in text] != []


def test_a_course_was_reviewed_before_the_newest_guidance(now):
    stale = Course.objects.filter(content_reviewed_on__lt=now.date() - timedelta(days=730))
    assert [course.code for course in stale] == ["M14"]


def test_the_longest_title_has_coming_dates(now):
    longest = max(Course.objects.filter(versions__events__in=coming(now)), key=lambda course: len(course.title))
    assert len(longest.title) > 55


def test_requests_wait_for_the_team(now):
    waiting = Booking.objects.requested().filter(event__starts_at__gt=now)
    of_amina = waiting.filter(practitioner__email="amina@example.org").order_by("pk")[0]
    assert list(Booking.objects.waiting_for_a_manager()) == [of_amina]
    letter = OutboundEmail.objects.get(letter="bookings/approval_request")
    assert (letter.to, letter.is_secret) == (of_amina.approval.approver_email, True)
    assert waiting.filter(organisation__state="PROPOSED", price=None).count() == 3
    assert Organisation.objects.waiting_for_a_decision().count() == 3
    assert waiting.requests_past_their_hold(now).count() == 0


def test_the_trainer_has_a_register_today_and_an_overdue_one(now):
    dev = Trainer.objects.get(practitioner__email="dev@example.org")
    mine = TrainerAssignment.objects.filter(trainer=dev)
    today = mine.get(session__starts_at__date=timezone.localdate(now))
    assert today.session.event.state == "OPEN"
    assert today.session.event.bookings.confirmed().count() == 14
    overdue = Event.objects.filter(
        state="DELIVERED", bookings__state="CONFIRMED", sessions__trainer_assignments__in=mine
    )
    assert overdue.distinct().count() == 1


def test_some_registers_are_locked_and_some_are_not():
    assert Event.objects.filter(state="LOCKED", register_locked_at__isnull=False).count() > 10
    assert Event.objects.filter(state="DELIVERED", register_locked_at__isnull=True).count() > 2


def test_feedback_is_due(now):
    due = Response.objects.open(now).filter(booking__practitioner__email="amina@example.org")
    assert set(due.values_list("stage", flat=True)) >= {"post", "follow_up"}


def test_sample_people_have_something_to_look_at(now):
    states = dict(Booking.objects.values_list("practitioner__email").annotate(n=Count("state", distinct=True)))
    assert states["amina@example.org"] >= 5
    for email in ("tom@example.org", "grace@example.org"):
        assert Certificate.objects.filter(booking__practitioner__email=email).exists()
        assert Booking.objects.confirmed().upcoming(now).filter(practitioner__email=email).exists()
    colleagues = Booking.objects.filter(organisation__code="A19", source="CONTACT", event__starts_at__gt=now)
    assert {booking.booked_by.email for booking in colleagues} == {"carol@example.org"}


def test_trainers_come_from_agencies_that_lend_them():
    assert Trainer.objects.active().count() >= 15
    assert Trainer.objects.exclude(organisation__gives_trainers=True).count() == 0


def test_a_newcomer_books_working_together_at_once(now):
    """Somebody new, from any partner agency: in person within three weeks, and online."""
    person = Practitioner.objects.create(full_name="New Comer", email="new@example.org")
    events = bookable_events().filter(version__course__code="M02").upcoming(now).order_by("starts_at")
    partners = Organisation.objects.listed().filter(is_partner=True)
    soon = [event for event in events if event.places_left >= 5 and event.starts_at < now + timedelta(days=28)]
    assert soon[0].starts_at < now + timedelta(days=21)
    assert {event.mode for event in soon} == {DeliveryMode.IN_PERSON, DeliveryMode.LIVE_ONLINE}
    assert soon[0].offers.get(strand="multi_agency").approval_mode == "attest"
    for code in ("A10", "A12", "A15", "A19", "A26", "A35"):
        decision = decide(practitioner=person, organisation=partners.get(code=code), event=soon[0], now=now)
        assert (decision.outcome, decision.price) == (Outcome.BOOK, 0)
    assert User.objects.filter(email="new@example.org").count() == 0


def test_the_team_sees_a_letter_that_was_given_up_and_one_that_came_back(now):
    assert OutboundEmail.objects.given_up().count() == 1
    assert OutboundEmail.objects.to_settle().count() == 1


def test_people_joined_the_waiting_lists_while_the_office_was_open():
    joined = [timezone.localtime(moment) for moment in WaitingListEntry.objects.values_list("joined_at", flat=True)]
    assert joined
    assert [moment for moment in joined if not (9 <= moment.hour < 17 and moment.weekday() < 5)] == []
