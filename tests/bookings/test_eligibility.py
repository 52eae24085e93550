"""eligibility: who may have a place on which terms, and every reason why not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import ChargingCategory, Organisation, Partnership, Sector
from bookings.actions import charges
from bookings.eligibility import Outcome, bookable_events, decide, decide_for_group
from bookings.models import Booking
from bookings.models.booking import State
from courses.models import ApprovalMode, ChargingPolicy, Course, Event, Offer, Price, Strand
from courses.working_days import end_of_day
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


def decide_for(user, event, *, organisation=None, now=NOW):
    membership = user.practitioner.memberships.select_related("organisation").first()
    return decide(
        practitioner=user.practitioner,
        organisation=organisation or (membership and membership.organisation),
        event=bookable_events().get(pk=event.pk),
        now=now,
    )


def words(decision):
    return [reason.words for reason in decision.reasons]


def change(event, **values):
    Event.objects.filter(pk=event.pk).update(**values)


def test_decide_books_at_the_price_of_the_category_under_the_policy_in_force():
    decision = decide_for(cast.carol(), make_event())

    assert (decision.outcome, decision.price, decision.reasons) == (Outcome.BOOK, Decimal("50"), [])
    assert decision.terms.policy.version == "2024-04"
    assert decision.needs_agreement
    assert decision.hold_ends_at is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "CANCELLED", "cancelled_at": NOW}, "This date has been cancelled."),
        ({"state": "DRAFT"}, "This date is not open for booking yet."),
        ({"state": "POSTPONED"}, "This date has been postponed, and the new one is not set yet."),
        ({"booking_opens_at": NOW + timedelta(days=3)}, "Booking for this date opens on Tuesday 24 November 2026."),
        ({"booking_closes_at": NOW}, "Booking for this date closed on Saturday 21 November 2026."),
    ],
)
def test_decide_says_why_nobody_can_book_a_date(values, expected):
    event = make_event()
    before = decide_for(cast.amina(), event)
    change(event, **values | ({"cancelled_by": cast.wendy()} if "cancelled_at" in values else {}))

    after = decide_for(cast.amina(), event)

    assert (before.outcome, after.outcome) == (Outcome.BOOK, Outcome.REFUSE)
    assert words(after) == [expected]


@pytest.mark.parametrize("values", [{"places_taken": 1}, {"offers_owed_since": NOW}])
def test_decide_queues_people_where_nothing_is_free_or_what_is_free_is_owed_to_others(values):
    event = make_event(capacity=1)
    before = decide_for(cast.amina(), event)
    change(event, **values)

    after = decide_for(cast.amina(), event)

    assert (before.outcome, after.outcome) == (Outcome.BOOK, Outcome.WAIT)
    assert words(after) == ["This date is full."]


def test_decide_refuses_a_date_that_has_begun():
    event = make_event()

    assert words(decide_for(cast.amina(), event, now=event.starts_at)) == [
        "This date began on Monday 21 December 2026."
    ]


def test_decide_refuses_dates_of_a_paused_course():
    event = make_event()
    Course.objects.update(state=Course.State.PAUSED)

    assert words(decide_for(cast.amina(), event)) == ["This course is not taking new bookings at present."]


def test_decide_collects_every_reason_at_once():
    amina, event, other = cast.amina(), make_event(capacity=1), make_event(make_course("Neglect"))
    make_booking(event, cast.ben())
    make_booking(other, amina)

    assert words(decide_for(amina, event)) == [
        "This date is full.",
        "You have a place on “Neglect” at the same time, on Monday 21 December 2026.",
    ]


def test_decide_refuses_a_second_place_and_names_the_first():
    amina, event = cast.amina(), make_event()
    booking = make_booking(event, amina)

    decision = decide_for(amina, event)

    assert (decision.codes, decision.booked) == ({"already_booked"}, booking)


def test_decide_compares_sittings_and_not_spans():
    """Two courses of several days may interleave; here the second day of one falls between the days of the other."""
    amina = cast.amina()
    two_days = make_event(make_course("Two days"), days=2)
    between = make_event(make_course("Evening"), starts_at=two_days.starts_at + timedelta(hours=8), hours=2)
    overlapping = make_event(make_course("Afternoon"), starts_at=two_days.starts_at + timedelta(hours=25), hours=2)
    make_booking(two_days, amina)

    assert decide_for(amina, between).outcome == Outcome.BOOK
    assert decide_for(amina, overlapping).codes == {"overlap"}


def test_decide_forgets_places_that_were_given_up():
    amina, event = cast.amina(), make_event()
    make_booking(event, amina, state=Booking.State.CANCELLED, cancelled_at=NOW)

    assert decide_for(amina, event).outcome == Outcome.BOOK


def test_decide_warns_of_a_second_date_of_the_same_course():
    amina, event = cast.amina(), make_event()
    later = make_event(event.course, starts_at=event.starts_at + timedelta(days=20))
    make_booking(later, amina)

    decision = decide_for(amina, event)

    assert decision.outcome == Outcome.BOOK
    assert [warning.words for warning in decision.warnings] == [
        "You already have a place on this course on Sunday 10 January 2027."
    ]


def test_decide_asks_where_somebody_works():
    event = make_event()

    assert decide_for(cast.zed(), event).codes == {"no_organisation"}
    assert decide_for(cast.amina(), event).codes == set()


def test_decide_refuses_who_the_offer_is_not_for():
    event = make_event(make_course(strands=[Strand.CORE]))
    Price.objects.filter(charging_category=ChargingCategory.EDUCATION).update(
        terms=Price.Terms.NOT_OFFERED, amount=None
    )

    assert decide_for(cast.carol(), event).codes == {"not_offered"}
    assert decide_for(cast.amina(), event).codes == set()


def test_decide_refuses_what_is_agreed_by_quote():
    event = make_event()
    Price.objects.filter(charging_category=ChargingCategory.EDUCATION).update(terms=Price.Terms.ON_QUOTE, amount=None)

    assert decide_for(cast.carol(), event).codes == {"on_quote"}


def test_decide_refuses_everybody_while_there_are_no_terms_or_no_offers():
    event = make_event()
    Offer.objects.update(is_active=False)
    without_offer = decide_for(cast.amina(), event)
    Offer.objects.update(is_active=True)
    ChargingPolicy.objects.update(effective_from=NOW + timedelta(days=1))

    assert without_offer.codes == decide_for(cast.amina(), event).codes == {"not_offered"}


def outside(**fields):
    return cast.make_organisation(
        "Far Away Council",
        sector=Sector.OTHER_LA,
        charging_category=ChargingCategory.OTHER_LA,
        is_in_area=False,
        **fields,
    )


def test_decide_keeps_free_places_for_people_of_the_area_unless_the_date_is_open_to_the_region():
    event, amina = make_event(make_course(strands=[Strand.CORE])), cast.amina()
    Offer.objects.update(is_area_only=True)

    refused = decide_for(amina, event, organisation=outside())
    change(event, is_open_to_region=True)
    welcome = decide_for(amina, event, organisation=outside())

    assert words(refused) == ["Free places on this date are for people who work with children in Airedon."]
    assert welcome.outcome == Outcome.BOOK


def test_decide_lets_people_from_outside_pay():
    event, amina = make_event(), cast.amina()
    Offer.objects.update(is_area_only=True)

    assert decide_for(amina, event, organisation=outside()).price == Decimal("50")


def test_decide_waits_for_the_team_and_says_why():
    event = make_event(make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT))
    new = Organisation.objects.create(name="Bright Sparks Club", state=Organisation.State.PROPOSED)

    decision = decide_for(cast.amina(), event, organisation=new)

    assert (decision.outcome, decision.price) == (Outcome.REQUEST, None)
    assert [reason.code for reason in decision.waits_for] == ["organisation_undecided", "approval"]
    assert decision.hold_ends_at == end_of_day(NOW.replace(day=27).date())


def test_decide_waits_while_the_team_checks_a_prerequisite():
    event = make_event(make_course(prerequisite_mode=Course.PrerequisiteMode.CHECKED))

    decision = decide_for(cast.amina(), event)

    assert (decision.outcome, decision.needs_declaration) == (Outcome.REQUEST, True)


def unused(user, *, days_ago, state=State.DID_NOT_ATTEND):
    return make_booking(make_event(starts_at=NOW - timedelta(days=days_ago)), user, state=state)


@pytest.mark.parametrize(
    ("days_ago", "is_asked"),
    [((30,), False), ((30, 340), True), ((30, 380), False)],
    ids=["once", "twice within a year", "the other one longer ago"],
)
def test_decide_has_the_team_look_at_who_was_away_twice_within_a_year(days_ago, is_asked):
    """Rule B18. Coming does not count, nor does another strand ask."""
    amina, event = cast.amina(), make_event()
    for days in days_ago:
        unused(amina, days_ago=days)
    unused(amina, days_ago=50, state=State.ATTENDED)

    decision = decide_for(amina, event)
    core = decide_for(amina, make_event(make_course("Core only", strands=[Strand.CORE])))

    assert decision.outcome == (Outcome.REQUEST if is_asked else Outcome.BOOK)
    assert ({reason.code for reason in decision.waits_for} == {"repeat_absence"}) == is_asked
    assert core.outcome == Outcome.BOOK


def test_decide_counts_no_absence_whose_charge_was_waived_and_as_many_as_the_setting_says():
    amina, event = cast.amina(), make_event()
    waived = unused(amina, days_ago=20)
    unused(amina, days_ago=30)
    notice = charges.draft(booking=waived, kind="NON_ATTENDANCE", now=NOW - timedelta(days=20))
    charges.put_up_for_review(now=NOW)

    assert decide_for(amina, event).outcome == Outcome.REQUEST

    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=NOW, waived_for="SICKNESS")
    assert decide_for(amina, event).outcome == Outcome.BOOK

    Partnership.objects.update(repeat_absence_count=1)
    assert decide_for(amina, event).outcome == Outcome.REQUEST


def test_decide_refuses_requests_that_could_not_be_decided_in_time():
    course = make_course(strands=[Strand.CORE], approval_mode=ApprovalMode.EXPLICIT)
    near = make_event(course, starts_at=NOW + timedelta(days=4))  # Wednesday: three working days before is Friday
    far = make_event(course, starts_at=NOW + timedelta(days=6))

    assert decide_for(cast.amina(), near).codes == {"too_late_to_ask"}
    assert decide_for(cast.amina(), far).outcome == Outcome.REQUEST


@pytest.mark.parametrize(
    ("strand", "own_days", "last_free_day"),
    [(Strand.MULTI_AGENCY, None, 14), (Strand.TRADED, None, 7), (Strand.TRADED, 2, 17)],
)
def test_decide_counts_the_free_days_of_the_strand_unless_the_offer_has_its_own(strand, own_days, last_free_day):
    event = make_event(make_course(strands=[strand]))  # Monday 21 December
    Offer.objects.update(free_cancel_working_days=own_days)

    assert decide_for(cast.amina(), event).terms.free_cancel_until == end_of_day(
        NOW.replace(month=12, day=last_free_day).date()
    )


def test_decide_reads_the_settings_of_the_partnership():
    event = make_event()
    Partnership.objects.current()
    Partnership.objects.update(free_cancel_days_free_places=1)

    assert decide_for(cast.amina(), event).terms.free_cancel_until == end_of_day(NOW.replace(month=12, day=18).date())


def test_decide_asks_the_database_as_often_for_one_booking_as_for_three(django_assert_num_queries):
    amina, event = cast.amina(), make_event()
    Partnership.objects.current()
    for number in range(3):
        make_booking(make_event(make_course(f"Other {number}"), starts_at=NOW + timedelta(days=50 + number)), amina)
        loaded = bookable_events().get(pk=event.pk)
        organisation = cast.social_work()
        # Partnership, price, policy, own bookings and their sittings, own waiting, the agency's share.
        with django_assert_num_queries(7):
            decide(practitioner=amina.practitioner, organisation=organisation, event=loaded, now=NOW)


# --- Dates that an organisation has ordered for its own people ---------------------------------------


def commissioned(organisation):
    return make_event(make_course("Whole-School Safeguarding", strands=[Strand.TRADED]), commissioned_by=organisation)


def test_ordered_date_is_for_the_people_of_its_organisation_alone():
    event = commissioned(cast.make_organisation())
    assert decide_for(cast.carol(), event).outcome == Outcome.BOOK
    refused = decide_for(cast.amina(), event)
    assert (refused.outcome, refused.codes) == (Outcome.REFUSE, {"commissioned"})
    together = decide_for_group(organisation=cast.police(), event=bookable_events().get(pk=event.pk), places=3, now=NOW)
    assert together.codes == {"commissioned"}
    nobodys = decide(
        practitioner=cast.zed().practitioner, organisation=None, event=bookable_events().get(pk=event.pk), now=NOW
    )
    assert "commissioned" in nobodys.codes


def test_places_on_an_ordered_date_cost_nothing_more_and_are_free_to_give_up_until_it_begins():
    school, event = cast.make_organisation(), commissioned(cast.make_organisation())
    ordered = decide_for(cast.carol(), event)
    assert (ordered.price, ordered.terms.free_cancel_until) == (Decimal(0), event.starts_at)
    # The same course on a public date has its price; what has none but by quote is ordered too.
    assert decide_for(cast.carol(), make_event(event.course)).price == Decimal(95)
    Price.objects.update(terms=Price.Terms.ON_QUOTE, amount=None)
    assert decide_for(cast.carol(), event).outcome == Outcome.BOOK
    Organisation.objects.filter(pk=school.pk).update(is_in_area=False)
    Offer.objects.update(is_area_only=True)
    assert decide_for(cast.carol(), event).outcome == Outcome.BOOK


def test_ordered_date_shares_no_places_out_between_agencies():
    school = cast.make_organisation()
    course = make_course(strands=[Strand.MULTI_AGENCY])
    cap = {"capacity": 20, "agency_cap": 1}
    look = {"organisation": school, "places": 10, "now": NOW}
    public = make_event(course, **cap)
    ordered = make_event(course, commissioned_by=school, **cap)
    assert "agency_full" in decide_for_group(event=bookable_events().get(pk=public.pk), **look).codes
    assert decide_for_group(event=bookable_events().get(pk=ordered.pk), **look).outcome == Outcome.BOOK


def test_ordered_date_of_a_resting_course_can_be_booked_and_a_public_one_cannot():
    event = commissioned(cast.make_organisation())
    Course.objects.update(state=Course.State.PAUSED)
    assert decide_for(cast.carol(), event).outcome == Outcome.BOOK
    assert decide_for(cast.carol(), make_event(event.course)).codes == {"course_paused"}
