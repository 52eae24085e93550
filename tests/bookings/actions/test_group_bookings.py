"""Group bookings: all or none, why not line by line, places without a name, and races for the last of them."""

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.models import Invitation, Membership, OutboundEmail, Practitioner
from bookings.actions import capacity, group_bookings, places, waiting_list
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import Booking, GroupBooking
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from courses.models import ApprovalMode, Course, Event, Strand
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AGREED = Answers(has_managers_agreement=True)
SAM = Colleague(full_name="Sam Ellis", email="sam.ellis@school.example")
JO = Colleague(full_name="Jo March")


def traded_event(**fields):
    return make_event(make_course("Restorative practice", strands=[Strand.TRADED]), **fields)


def book(event, *colleagues, unnamed=0, by=None, now=NOW, **fields):
    carol = by or cast.carol()
    wanted = {
        "organisation": cast.make_organisation(),
        "contact": carol.practitioner,
        "answers": AGREED,
        "price_shown": None,
        "idempotency_key": uuid.uuid4(),
        **fields,
    }
    return group_bookings.book_group(
        event=bookable_events().get(pk=event.pk),
        colleagues=colleagues,
        places_unnamed=unnamed,
        by=carol,
        now=now,
        **wanted,
    )


def name(group, colleague, *, by=None, now=NOW, key=None, answers=AGREED):
    return group_bookings.name_practitioner(
        group_id=group.pk,
        colleague=colleague,
        by=by or cast.carol(),
        now=now,
        answers=answers,
        idempotency_key=key or uuid.uuid4(),
    )


def give_back(group, count, *, now=NOW, shown=None):
    group.refresh_from_db()
    shown = group.places_unnamed if shown is None else shown
    return group_bookings.release_unnamed(
        group_id=group.pk, places_back=count, places_unnamed_shown=shown, by=cast.carol(), now=now
    )


def counts(event):
    event.refresh_from_db()
    return event.places_taken, capacity.count_places(event_id=event.pk)


def letters(kind):
    return sorted(OutboundEmail.objects.filter(letter=kind).values_list("to", flat=True))


# --- Booking ----------------------------------------------------------------------------------------------


def test_book_group_books_known_and_new_people_and_holds_places_in_one_go():
    event, tom = traded_event(), cast.make_person("Tom Whitaker", cast.make_organisation())

    group = book(event, Colleague(full_name="T Whitaker", email="TOM@example.org"), SAM, JO, unnamed=3)

    bookings = group.bookings.select_related("practitioner").order_by("practitioner__full_name")
    assert [(one.practitioner.full_name, one.state, one.source, one.price) for one in bookings] == [
        ("Jo March", State.CONFIRMED, Booking.Source.CONTACT, Decimal("95")),
        ("Sam Ellis", State.CONFIRMED, Booking.Source.CONTACT, Decimal("95")),
        ("Tom Whitaker", State.CONFIRMED, Booking.Source.CONTACT, Decimal("95")),
    ]
    assert {one.booked_by for one in bookings} == {cast.carol()}
    assert bookings[2].practitioner == tom.practitioner
    assert (group.places_booked, group.places_unnamed, group.name_by.date().isoformat()) == (6, 3, "2026-12-14")
    assert counts(event) == (6, 6)


def test_book_group_sends_course_letters_to_delegates_and_money_letters_to_the_contact():
    event = traded_event()

    book(event, SAM, JO, unnamed=1)

    # Jo has no address of her own, so hers comes to Carol, and says for whom it is.
    assert letters("bookings/confirmation") == ["carol@example.org", "sam.ellis@school.example"]
    assert "For: Jo March." in OutboundEmail.objects.get(
        letter="bookings/confirmation", to="carol@example.org"
    ).text.replace("\n", " ")
    money = OutboundEmail.objects.get(letter="bookings/group_confirmation")
    words = " ".join(money.text.split())
    assert money.to == "carol@example.org"
    assert "3 places at £95: £285" in words
    assert "- Jo March - Sam Ellis" in words
    assert "1 place has no name yet. Name who comes by 11:59pm on Monday 14 December 2026" in words


def test_book_group_makes_new_people_members_without_an_account_and_invites_those_with_an_address():
    book(traded_event(), SAM, JO)

    sam, jo = Practitioner.objects.get(full_name="Sam Ellis"), Practitioner.objects.get(full_name="Jo March")
    assert (sam.user, sam.email, sam.email_owner) == (None, "sam.ellis@school.example", "SELF")
    assert (jo.user, jo.email, jo.email_owner) == (None, "carol@example.org", "BOOKING_CONTACT")
    assert Membership.objects.live().filter(practitioner__in=[sam, jo], role="MEMBER").count() == 2
    assert [invitation.practitioner for invitation in Invitation.objects.all()] == [sam]
    assert letters("accounts/invitation") == ["sam.ellis@school.example"]


def test_book_group_takes_no_notice_of_who_is_known_elsewhere():
    stranger = cast.make_person("Secret Samuel", cast.police(), email="sam.ellis@school.example")
    event = traded_event()
    make_booking(event, stranger)

    group = book(event, SAM)

    booked = group.bookings.get().practitioner
    assert (booked.full_name, booked.user, booked == stranger.practitioner) == ("Sam Ellis", None, False)
    assert letters("accounts/invitation") == ["sam.ellis@school.example"]


def test_book_group_of_five_into_four_places_books_nobody_and_says_four_are_left():
    event = traded_event(capacity=4)
    people = [Colleague(full_name=f"Person {letter}") for letter in "ABCDE"]

    with pytest.raises(group_bookings.GroupRefused) as refusal:
        book(event, *people)

    assert str(refusal.value) == "4 places are left on this date."
    assert (Booking.objects.count(), Practitioner.objects.filter(user__isnull=True).count()) == (0, 0)
    assert OutboundEmail.objects.count() == 0
    assert counts(event) == (0, 0)
    book(event, *people[:4])
    assert counts(event) == (4, 4)


def test_book_group_names_everybody_who_cannot_come_and_says_why():
    event, school = traded_event(), cast.make_organisation()
    booked, busy = cast.make_person("Bea Booked", school), cast.make_person("Bo Busy", school)
    make_booking(event, booked)
    make_booking(make_event(make_course("Secret elsewhere")), busy, organisation=cast.police())
    people = [Colleague(full_name="Bea Booked"), Colleague(full_name="Bo Busy"), SAM, SAM]

    with pytest.raises(group_bookings.GroupRefused) as refusal:
        book(event, *people)

    said = [[reason.words for reason in line.reasons] for line in refusal.value.group.lines]
    assert said == [
        ["Bea Booked has a place on this date already, or has asked for one."],
        ["Bo Busy has another course at the same time."],
        [],
        ["Sam Ellis is on the list twice."],
    ]
    assert "Secret elsewhere" not in str(refusal.value)
    assert GroupBooking.objects.count() == 0
    assert counts(event) == (1, 1)


def test_book_group_asks_for_an_address_where_two_people_have_the_name():
    event, school = traded_event(), cast.make_organisation()
    for number in (1, 2):
        cast.make_person("Jo March", school, email=f"jo{number}@example.org")

    with pytest.raises(group_bookings.GroupRefused, match="Several of your people are called Jo March"):
        book(event, JO)

    assert book(event, Colleague(full_name="Jo March", email="jo2@example.org")).bookings.count() == 1


def test_book_group_needs_what_the_offer_asks_for_all_of_them():
    course = make_course("Checks", prerequisite_mode=Course.PrerequisiteMode.DECLARED, strands=[Strand.TRADED])
    event = make_event(course)

    with pytest.raises(group_bookings.GroupRefused) as refusal:
        book(event, SAM, answers=Answers())

    assert {reason.code for reason in refusal.value.reasons} == {"prerequisite", "no_agreement"}
    group = book(event, SAM, answers=Answers(has_managers_agreement=True, prerequisite_declared="March 2025"))
    assert group.bookings.get().prerequisite_declared == "March 2025"


def test_book_group_asks_for_places_where_somebody_decides_first():
    course = make_course("Core", strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT)
    event = make_event(course)

    group = book(event, SAM, answers=Answers(has_managers_agreement=True, manager_email="head@school.example"))

    booking = group.bookings.get()
    assert (booking.state, booking.hold_ends_at is not None, booking.manager_email) == (
        State.REQUESTED,
        True,
        "head@school.example",
    )
    assert counts(event) == (1, 1)


def test_book_group_keeps_to_the_agencys_share_and_says_how_many_it_may_have():
    event = make_event(capacity=20)
    book(event, SAM, JO)
    three = [Colleague(full_name=f"Person {letter}") for letter in "ABC"]

    with pytest.raises(group_bookings.GroupRefused, match=r"One agency may have 4 places .* may have 2 more"):
        book(event, *three)

    book(event, *three[:2])
    assert event.agency_shares.get().places_taken == 4


def test_book_group_refuses_a_price_that_has_changed_and_an_unknown_one():
    event = traded_event()
    with pytest.raises(places.PriceChanged):
        book(event, SAM, price_shown=Decimal("90"))

    undecided = cast.make_organisation("New School", charging_category="")
    with pytest.raises(group_bookings.GroupRefused, match="What New School pays is not decided yet"):
        book(event, SAM, organisation=undecided)

    assert book(event, SAM, price_shown=Decimal("95")).price == Decimal("95")


def test_book_group_sent_twice_gives_the_first_group():
    event, key = traded_event(), uuid.uuid4()

    first, second = book(event, SAM, unnamed=2, idempotency_key=key), book(event, SAM, unnamed=2, idempotency_key=key)

    assert first.pk == second.pk
    assert (GroupBooking.objects.count(), Booking.objects.count(), counts(event)) == (1, 1, (3, 3))


def test_book_group_holds_no_places_without_a_name_when_names_were_due():
    event = traded_event(starts_at=NOW + timedelta(days=4))

    with pytest.raises(group_bookings.GroupRefused, match="Names for this date were due by"):
        book(event, SAM, unnamed=1)

    assert book(event, SAM).places_unnamed == 0


def test_book_group_takes_its_people_off_the_waiting_list():
    event, school = traded_event(capacity=1), cast.make_organisation()
    tom = cast.make_person("Tom Whitaker", school)
    make_booking(event, cast.amina())
    entry = waiting_list.join(
        event=bookable_events().get(pk=event.pk), practitioner=tom.practitioner, organisation=school, by=tom, now=NOW
    )
    Event.objects.filter(pk=event.pk).update(capacity=5)

    book(event, Colleague(full_name="Tom Whitaker"))

    entry.refresh_from_db()
    event.refresh_from_db()
    assert (entry.state, event.people_waiting) == (WaitingState.WITHDRAWN, 0)


def test_book_group_writes_to_twenty_new_people_an_hour_and_no_more():
    event = traded_event(capacity=None)
    crowd = [Colleague(full_name=f"Person {number}", email=f"p{number}@school.example") for number in range(21)]

    with pytest.raises(group_bookings.GroupRefused, match="At most 20 people who are new to us"):
        book(event, *crowd)
    book(event, *crowd[:20])
    with pytest.raises(group_bookings.GroupRefused, match="At most 20 people who are new to us"):
        book(event, crowd[20])

    assert book(event, crowd[20], now=NOW + timedelta(minutes=61)).places_booked == 1
    assert book(event, Colleague(full_name="Person without address")).places_booked == 1


# --- Naming, and giving back ------------------------------------------------------------------------------


def test_name_practitioner_turns_a_held_place_into_a_booking_and_the_count_stays():
    event = traded_event(capacity=3)
    group = book(event, unnamed=3)

    booking = name(group, SAM)

    group.refresh_from_db()
    assert (booking.state, booking.price, booking.free_cancel_until) == (
        State.CONFIRMED,
        Decimal("95"),
        group.free_cancel_until,
    )
    assert (group.places_unnamed, counts(event)) == (2, (3, 3))
    assert letters("bookings/confirmation") == ["sam.ellis@school.example"]


def test_name_practitioner_keeps_the_price_of_the_day_the_group_was_booked():
    event = traded_event()
    group = book(event, unnamed=1)
    group.organisation.charging_category = "internal"
    group.organisation.save(update_fields=["charging_category"])

    assert name(group, SAM).price == Decimal("95")


def test_name_practitioner_sent_twice_names_once():
    group, key = book(traded_event(), unnamed=2), uuid.uuid4()

    first, second = name(group, SAM, key=key), name(group, SAM, key=key)

    group.refresh_from_db()
    assert (first.pk, group.places_unnamed) == (second.pk, 1)


def test_name_practitioner_refuses_whoever_cannot_come_and_places_that_are_gone():
    event, school = traded_event(), cast.make_organisation()
    busy = cast.make_person("Bo Busy", school)
    make_booking(make_event(make_course("Elsewhere")), busy, organisation=school)
    group = book(event, unnamed=1)

    with pytest.raises(places.BookingRefused, match="Bo Busy has another course"):
        name(group, Colleague(full_name="Bo Busy"))
    with pytest.raises(places.BookingRefused, match="manager"):
        name(group, SAM, answers=Answers())
    with pytest.raises(group_bookings.NothingToName, match="time to name people for these places is over"):
        name(group, SAM, now=group.name_by)
    name(group, SAM)
    with pytest.raises(group_bookings.NothingToName, match="Every place of this booking has a name"):
        name(group, JO)

    assert counts(event) == (1, 1)


def test_name_practitioner_refuses_a_date_that_is_off():
    event = traded_event()
    group = book(event, unnamed=1)
    Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())

    with pytest.raises(places.BookingRefused, match="This date has been cancelled"):
        name(group, SAM)

    group.refresh_from_db()
    assert (group.places_unnamed, Booking.objects.count()) == (1, 0)


def test_another_contact_of_the_organisation_manages_the_same_group_and_nobody_else_sees_it():
    group = book(traded_event(), unnamed=2)
    dee = cast.make_person("Dee Deputy", cast.make_organisation(), membership="BOOKING_CONTACT")
    other = cast.make_person("Otto Other", cast.police(), membership="BOOKING_CONTACT")

    name(group, SAM, by=dee)

    assert [GroupBooking.objects.visible_to(user).count() for user in (cast.carol(), dee, other, cast.amina())] == [
        1,
        1,
        0,
        0,
    ]


def test_letters_about_a_group_go_to_whoever_speaks_for_the_organisation_now():
    group = book(traded_event(), unnamed=2)
    cast.make_person("Dee Deputy", cast.make_organisation(), membership="BOOKING_CONTACT")
    Membership.objects.filter(practitioner=cast.carol().practitioner).update(ended_on=NOW.date())

    give_back(group, 1)

    assert letters("bookings/group_released") == ["dee@example.org"]


def test_release_unnamed_gives_places_back_free_of_charge_to_those_who_wait():
    event, school = traded_event(capacity=3), cast.make_organisation("Other School")
    group = book(event, unnamed=3)
    waiting = cast.make_person("Wim Waits", school)
    waiting_list.join(
        event=bookable_events().get(pk=event.pk), practitioner=waiting.practitioner, organisation=school, by=waiting,
        now=NOW,
    )  # fmt: skip

    give_back(group, 2)
    offered = waiting_list.offer_free_places(event_id=event.pk, now=NOW)

    group.refresh_from_db()
    assert (group.places_unnamed, group.places_released, offered, counts(event)) == (1, 2, 1, (2, 2))
    assert "Nothing is charged" in OutboundEmail.objects.get(letter="bookings/group_released").text


def test_release_unnamed_sent_twice_gives_back_once():
    group = book(traded_event(), unnamed=3)

    give_back(group, 1, shown=3)
    with pytest.raises(group_bookings.GroupChanged, match="2 places are without a name now"):
        give_back(group, 1, shown=3)
    with pytest.raises(group_bookings.GroupChanged):
        give_back(group, 3, shown=2)

    group.refresh_from_db()
    assert (group.places_unnamed, group.places_released, counts(group.event)) == (2, 1, (2, 2))


def test_release_overdue_gives_back_what_nobody_named_in_time_and_keeps_who_was():
    group = book(traded_event(), SAM, unnamed=2)

    assert group_bookings.release_overdue(group_id=group.pk, now=group.name_by - timedelta(minutes=1)) is None
    group_bookings.release_overdue(group_id=group.pk, now=group.name_by)
    again = group_bookings.release_overdue(group_id=group.pk, now=group.name_by)

    group.refresh_from_db()
    assert (again, group.places_unnamed, group.places_released, counts(group.event)) == (None, 0, 2, (1, 1))
    assert "had no name by" in OutboundEmail.objects.get(letter="bookings/group_released").text


# --- At the same moment -----------------------------------------------------------------------------------


def without_check(table, constraint):
    """Take a rule of the database away for the rest of the test; the fixture below puts it back."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


@pytest.fixture
def no_counting_checks():
    """The database's own rules about counts, gone for one test."""
    rules = {
        "bookings_groupbooking": ("named_and_unnamed_places_are_those_booked", "bookings_groupbooking_places_unnamed_check"),
        "courses_event": ("places_taken_within_capacity",),
        "bookings_booking": ("a_place_that_costs_something_is_sold",),
    }  # fmt: skip
    kept = []
    with connection.cursor() as cursor:
        for table, names in rules.items():
            for rule in names:
                cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [rule])
                kept.append((table, rule, cursor.fetchone()[0]))
                without_check(table, rule)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bookings_booking")
        cursor.execute("ALTER TABLE bookings_orderline DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM bookings_orderline")
        cursor.execute("ALTER TABLE bookings_orderline ENABLE TRIGGER USER")
        cursor.execute("DELETE FROM bookings_groupbooking")
        cursor.execute("UPDATE courses_event SET places_taken = 0")
        for table, rule, words in kept:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {rule} {words}")


def two_name_the_last(group):
    carol, dee = cast.carol(), cast.make_person("Dee Deputy", cast.make_organisation(), membership="BOOKING_CONTACT")
    return at_once(lambda: name(group, SAM, by=carol), lambda: name(group, JO, by=dee))


def test_two_contacts_name_the_last_place_at_once_and_both_have_it_without_the_lock(no_counting_checks, monkeypatch):
    group = book(traded_event(), unnamed=1)
    meeting, real = threading.Barrier(2), group_bookings.decide_for_held_place

    def unlocked(*, group_id):
        return GroupBooking.objects.with_event_facts().select_related("policy").get(pk=group_id)

    def meet_first(**facts):
        meeting.wait()
        return real(**facts)

    monkeypatch.setattr(group_bookings, "lock_group", unlocked)
    monkeypatch.setattr(group_bookings, "decide_for_held_place", meet_first)

    results = two_name_the_last(group)

    assert [type(result) for result in results] == [Booking, Booking]
    taken, counted = counts(group.event)
    assert (taken, counted) != (1, 1)


def test_two_contacts_name_the_last_place_at_once_and_one_has_it():
    for number in range(3):
        group = book(make_event(make_course(f"Round {number}", strands=[Strand.TRADED])), unnamed=1)

        results = two_name_the_last(group)

        assert {type(result) for result in results} == {Booking, group_bookings.NothingToName}
        group.refresh_from_db()
        assert (group.places_unnamed, counts(group.event)) == (0, (1, 1))
        Booking.objects.all().delete()


def group_of_five_beside_single_ones(event):
    people = [Colleague(full_name=f"Person {letter}") for letter in "ABCDE"]
    singles = [cast.make_person(f"Single{number} One", cast.social_work()) for number in range(3)]

    def book_one(user):
        return places.book(
            event=bookable_events().get(pk=event.pk),
            practitioner=user.practitioner,
            organisation=cast.social_work(),
            by=user,
            now=NOW,
            answers=AGREED,
        )

    cast.carol(), cast.social_work(), cast.make_organisation()
    works = [lambda: book(event, *people), *[lambda user=user: book_one(user) for user in singles]]
    return at_once(*works)


def test_a_group_and_single_bookings_oversell_without_the_lock_and_the_constraint(no_counting_checks, monkeypatch):
    event = traded_event(capacity=5)
    meeting, real = threading.Barrier(4), capacity.lock_event

    def unlocked(event_id):
        found = Event.objects.select_related("version__course").get(pk=event_id)
        meeting.wait()
        return found

    monkeypatch.setattr(capacity, "lock_event", unlocked)
    group_of_five_beside_single_ones(event)
    monkeypatch.setattr(capacity, "lock_event", real)

    assert capacity.count_places(event_id=event.pk) > 5


def test_a_group_and_single_bookings_at_once_fill_no_more_than_there_are():
    for number in range(3):
        event = make_event(make_course(f"Round {number}", strands=[Strand.TRADED]), capacity=5)

        results = group_of_five_beside_single_ones(event)

        group, singles = results[0], results[1:]
        booked = sum(isinstance(result, Booking) for result in singles)
        if isinstance(group, GroupBooking):
            assert (group.bookings.count(), booked) == (5, 0)
        else:
            assert (type(group), booked, event.group_bookings.count()) == (group_bookings.GroupRefused, 3, 0) or (
                isinstance(group, places.EventFull) and booked == 3
            )
        taken, counted = counts(event)
        assert taken == counted <= 5
        Booking.objects.all().delete()


def test_one_form_sent_many_times_at_once_makes_one_group_and_one_letter():
    event, key, carol = traded_event(), uuid.uuid4(), cast.carol()
    cast.make_organisation()

    results = at_once(*[lambda: book(event, SAM, JO, unnamed=2, by=carol, idempotency_key=key)] * 6)

    assert {result.pk for result in results} == {GroupBooking.objects.get().pk}
    assert (Booking.objects.count(), Practitioner.objects.filter(user__isnull=True).count()) == (2, 2)
    assert letters("bookings/group_confirmation") == ["carol@example.org"]
    assert counts(event) == (4, 4)


def test_two_contacts_enter_the_same_new_colleague_at_once_and_there_is_one_record():
    one, other = traded_event(), traded_event(starts_at=NOW + timedelta(days=50))
    carol, dee = cast.carol(), cast.make_person("Dee Deputy", cast.make_organisation(), membership="BOOKING_CONTACT")

    results = at_once(lambda: book(one, SAM, by=carol), lambda: book(other, SAM, by=dee))

    assert [type(result) for result in results] == [GroupBooking, GroupBooking]
    assert Practitioner.objects.filter(full_name="Sam Ellis").count() == 1
    assert transaction.get_autocommit()
