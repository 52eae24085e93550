"""Two hands at one sale: a quote, a purchase order, a way to pay, a payment, the last contact of an organisation.

Each race is shown first without the row locks and without the rules of the database, in a database of its own: there
the wrong result comes about. With both in place it never does, whoever is first.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.actions import organisations
from accounts.models import Membership, Organisation, Practitioner, User
from bookings.actions import (
    allocations,
    card_payments,
    order_payments,
    orders,
    purchase_orders,
    quote_acceptance,
    quotes,
    settlement,
)
from bookings.actions.orders import Paying
from bookings.models import Order, Package, PaymentAllocation, Refund
from bookings.models.order import OrderState, PaymentMethod
from courses.actions import enquiries, events
from courses.models import DeliveryMode, Enquiry, Event
from tests import cards, cast
from tests.load.hands import take_away
from tests.load.live import own_database
from tests.makers import NOW
from tests.money import issued, paid
from tests.quotes import asked, of_basket
from tests.sales import (
    AGREED,
    BY_INVOICE,
    SAM,
    TO_FOLLOW,
    basket,
    booking_of,
    contact_of,
    finance,
    lock,
    make_package,
    mark,
    place,
    school,
    taken,
    traded,
    what_is_wrong,
)

pytestmark = pytest.mark.soak

LATER = NOW + timedelta(days=400)


@pytest.fixture(autouse=True)
def database(django_db_setup, django_db_blocker):
    with own_database(django_db_blocker, f"selling_{os.getpid()}"):
        yield


# --- What the processes do ---------------------------------------------------------------------------------


def user(pk):
    return User.objects.get(pk=pk)


def begin_quote(enquiry_id, user_id):
    quotes.begin(enquiry_id=enquiry_id, by=user(user_id), now=NOW)
    return "begun"


def schedule(enquiry_id, user_id):
    enquiry = Enquiry.objects.get(pk=enquiry_id)
    sitting = events.Sitting(starts_at=NOW + timedelta(days=40), ends_at=NOW + timedelta(days=40, hours=3))
    enquiries.schedule(
        enquiry_id=enquiry_id,
        by=user(user_id),
        now=NOW,
        mode=DeliveryMode.AT_YOUR_SETTING,
        sessions=[sitting],
        capacity=46,
        offers=list(enquiry.course.offers.all()),
    )
    return "scheduled"


def accept(quote_id, user_id):
    quote_acceptance.accept(quote_id=quote_id, paying=BY_INVOICE, by=user(user_id), now=NOW)
    return "accepted"


def withdraw(quote_id, user_id):
    quotes.withdraw(quote_id=quote_id, reason="A date was wrong", by=user(user_id), now=NOW)
    return "withdrawn"


def decline(quote_id, user_id):
    quotes.decline(quote_id=quote_id, reason="Too dear", by=user(user_id), now=NOW)
    return "declined"


def lapse(quote_id):
    return "lapsed" if quotes.lapse(quote_id=quote_id, now=LATER) else "not lapsed"


def give_number(order_id, user_id):
    purchase_orders.give(order_id=order_id, number="PO-10472", by=user(user_id), now=NOW)
    return "given"


def release(order_id):
    return "released" if purchase_orders.release_overdue(order_id=order_id, now=LATER) else "not released"


def pay_from_package(order_id, package_id, user_id):
    by_package = Paying(method=PaymentMethod.PACKAGE, package=Package.objects.get(pk=package_id))
    order_payments.change_payment(order_id=order_id, paying=by_package, by=user(user_id), now=NOW)
    return "by package"


def settle(line_id):
    settlement.settle(line_id=line_id, now=NOW)
    return "settled"


def keep_card_page(payment_id):
    """What follows GOV.UK Pay's answer that there is a page now; the payer is sent there if it was kept."""
    kept = card_payments._keep_provider_id(payment_id, "pay-1", NOW)
    return "at the card page" if kept else "not sent"


def pay_by_invoice_instead(payment_id, order_id, user_id):
    """In another window: the payment that was not begun is given up, and the basket is ordered by invoice."""
    card_payments.give_up_unopened(payment_id=payment_id, now=NOW, is_wanted=True)
    order = orders.place(
        order_id=order_id, paying=BY_INVOICE, total_shown=None, answers=AGREED, by=user(user_id), now=NOW
    )
    return "by invoice" if order.payment_method == PaymentMethod.PURCHASE_ORDER else "by card"


def allocate(payment_id, invoice_id):
    return str(allocations.allocate(payment_id=payment_id, invoice_id=invoice_id, now=NOW, by=None))


def pay_back(payment_id, user_id):
    allocations.pay_back(payment_id=payment_id, amount=Decimal("95"), reason="Paid twice", by=user(user_id), now=NOW)
    return "owed back"


def remove(practitioner_id, organisation_id, user_id):
    organisations.remove_colleague(
        practitioner=Practitioner.objects.get(pk=practitioner_id),
        organisation=Organisation.objects.get(pk=organisation_id),
        by=user(user_id),
        now=NOW,
    )
    return "removed"


def order_places(order_id, user_id):
    orders.place(order_id=order_id, paying=BY_INVOICE, total_shown=None, answers=AGREED, by=user(user_id), now=NOW)
    return "ordered"


# --- The races -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Race:
    """Two deeds at one gate; what must not come of them, and how each may end where it does not."""

    works: list[tuple]
    gate: list[str]
    is_harmed: Callable[[], bool]
    may_end: list[tuple[str, str]]
    rules: tuple[str, ...] = ()


def two_of_the_team_begin_a_quote():
    enquiry = asked()
    return Race(
        works=[(begin_quote, enquiry.pk, by.pk) for by in (cast.wendy(), finance())],
        gate=["bookings_quote"],
        rules=("one_open_quote_of_each_state",),
        is_harmed=lambda: enquiry.quotes.count() != 1,
        may_end=[("begun", "begun")],
    )


def two_of_the_team_give_an_enquiry_its_date():
    enquiry = asked(state=Enquiry.State.ACCEPTED)
    return Race(
        works=[(schedule, enquiry.pk, by.pk) for by in (cast.wendy(), finance())],
        gate=["courses_event"],
        rules=("courses_event_enquiry_id_key", "courses_event_reference_key"),
        is_harmed=lambda: Event.objects.filter(enquiry=enquiry).count() != 1,
        may_end=[("EnquiryHasMovedOn", "scheduled")],
    )


def a_quote_of_places():
    quote = of_basket((traded(capacity=9), [], 2))
    return quote, quote.contact.user


def one_quote_is_accepted_twice():
    quote, contact = a_quote_of_places()
    return Race(
        works=[(accept, quote.pk, contact.pk)] * 2,
        gate=["bookings_order"],
        is_harmed=lambda: Order.objects.filter(source="QUOTE").count() != 1,
        may_end=[("accepted", "accepted")],
    )


def a_quote_is_accepted_while_we_withdraw_it():
    quote, contact = a_quote_of_places()
    return _accepted_against(quote, contact, (withdraw, quote.pk, cast.wendy().pk), "withdrawn")


def a_quote_is_accepted_while_a_colleague_declines_it():
    quote, contact = a_quote_of_places()
    return _accepted_against(quote, contact, (decline, quote.pk, contact.pk), "declined")


def a_quote_is_accepted_as_it_lapses():
    quote, contact = a_quote_of_places()
    race = _accepted_against(quote, contact, (lapse, quote.pk), "lapsed")
    return Race(**{**vars(race), "may_end": [("accepted", "not lapsed"), ("QuoteRefused", "lapsed")]})


def _accepted_against(quote, contact, other, ends_as):
    def is_ended_and_ordered():
        quote.refresh_from_db()
        ordered = Order.objects.filter(source="QUOTE", organisation=quote.organisation).exists()
        return ordered != (quote.state == "ACCEPTED" and quote.closed_at is None)

    return Race(
        works=[(accept, quote.pk, contact.pk), other],
        gate=["bookings_quote"],
        rules=("quotes_move_by_the_rules",),
        is_harmed=is_ended_and_ordered,
        may_end=[("QuoteRefused", ends_as), ("QuoteRefused", "accepted")],
    )


def a_purchase_order_comes_as_its_places_go_back():
    order = place(basket((traded(), [SAM], 1)), TO_FOLLOW)
    Order.objects.filter(pk=order.pk).update(po_due_at=NOW)

    def is_given_and_released():
        order.refresh_from_db()
        live = order.lines.filter(bookings__state="CONFIRMED").exists()
        return (order.state == OrderState.CANCELLED) == live or (order.po_number != "") != live

    return Race(
        works=[(give_number, order.pk, contact_of(school()).pk), (release, order.pk)],
        gate=["bookings_order"],
        is_harmed=is_given_and_released,
        may_end=[("given", "not released"), ("PurchaseOrderRefused", "released")],
    )


def an_order_changes_to_a_package_as_it_is_invoiced():
    package, event = make_package("500"), traded()
    order = place(basket((event, [SAM], 0)))
    mark(booking_of(SAM), "ATTENDED")
    lock(event, now=NOW)

    def is_in_both():
        order.refresh_from_db()
        package.refresh_from_db()
        return order.invoices.exists() == (order.payment_method == PaymentMethod.PACKAGE)

    return Race(
        works=[(pay_from_package, order.pk, package.pk, contact_of(school()).pk), (settle, order.lines.get().pk)],
        gate=["bookings_orderline"],
        is_harmed=is_in_both,
        may_end=[("OrderRefused", "settled"), ("by package", "settled")],
    )


def a_payer_goes_to_the_card_page_as_the_order_is_paid_by_invoice():
    order = cards.place(cards.basket(traded()))
    payment = cards.payment_of(order)
    by = order.contact.user

    def may_be_paid_twice():
        order.refresh_from_db()
        payment.refresh_from_db()
        return bool(payment.provider_id) == (order.payment_method == PaymentMethod.PURCHASE_ORDER)

    return Race(
        works=[(keep_card_page, payment.pk), (pay_by_invoice_instead, payment.pk, order.pk, by.pk)],
        gate=["bookings_payment"],
        rules=("payments_move_by_the_rules",),
        is_harmed=may_be_paid_twice,
        may_end=[("at the card page", "by card"), ("not sent", "by invoice")],
    )


def one_payment_pays_two_invoices():
    one, other = issued(("A", "95")), issued(("B", "95"))
    payment = paid("95", organisation=one.organisation)
    return Race(
        works=[(allocate, payment.pk, each.pk) for each in (one, other)],
        gate=["bookings_paymentallocation"],
        is_harmed=lambda: PaymentAllocation.objects.filter(payment=payment).count() != 1,
        may_end=[("95.00", "0.00")],
    )


def one_payment_goes_back_twice():
    payment = paid("95", organisation=school())
    return Race(
        works=[(pay_back, payment.pk, by.pk) for by in (finance(), cast.wendy())],
        gate=["bookings_refund"],
        is_harmed=lambda: Refund.objects.filter(payment=payment).count() != 1,
        may_end=[("AllocationRefused", "owed back")],
    )


def one_payment_pays_an_invoice_and_goes_back():
    invoice = issued()
    payment = paid("95", organisation=invoice.organisation)

    def is_used_twice():
        return payment.allocations.exists() == payment.refunds.exists()

    return Race(
        works=[(allocate, payment.pk, invoice.pk), (pay_back, payment.pk, finance().pk)],
        gate=["bookings_payment"],
        rules=("no_more_is_used_than_was_paid",),
        is_harmed=is_used_twice,
        may_end=[("95.00", "AllocationRefused"), ("0.00", "owed back")],
    )


def two_contacts_take_each_other_out():
    organisation = school("School of two")
    both = [
        cast.make_person(f"{name} Head", organisation, membership="BOOKING_CONTACT", email=f"{name}@two.example")
        for name in ("First", "Second")
    ]
    one, other = both
    return Race(
        works=[
            (remove, one.practitioner.pk, organisation.pk, other.pk),
            (remove, other.practitioner.pk, organisation.pk, one.pk),
        ],
        gate=["accounts_membership"],
        is_harmed=lambda: (
            not Membership.objects.live().filter(organisation=organisation, role="BOOKING_CONTACT").exists()
        ),
        may_end=[("CannotRemove", "removed")],
    )


RACES = [
    two_of_the_team_begin_a_quote, two_of_the_team_give_an_enquiry_its_date, one_quote_is_accepted_twice,
    a_quote_is_accepted_while_we_withdraw_it, a_quote_is_accepted_while_a_colleague_declines_it,
    a_quote_is_accepted_as_it_lapses, a_purchase_order_comes_as_its_places_go_back,
    an_order_changes_to_a_package_as_it_is_invoiced, a_payer_goes_to_the_card_page_as_the_order_is_paid_by_invoice,
    one_payment_pays_two_invoices, one_payment_goes_back_twice, one_payment_pays_an_invoice_and_goes_back,
    two_contacts_take_each_other_out,
]  # fmt: skip


@pytest.mark.parametrize("begun", RACES)
def test_without_the_locks_and_the_rules_both_have_their_way(hands, begun):
    race = begun()
    take_away(*race.rules)

    said = hands.race(*race.works, gate=race.gate, is_guarded=False)

    assert race.is_harmed(), said


@pytest.mark.parametrize("begun", RACES)
def test_one_of_the_two_is_first_and_the_other_is_told(hands, begun):
    race = begun()

    said = hands.race(*race.works, gate=race.gate)

    assert not race.is_harmed(), said
    assert sorted(said) in [sorted(each) for each in race.may_end]
    assert what_is_wrong(now=NOW) == {}


def test_whoever_leaves_while_they_are_booked_for_keeps_the_place_and_the_order_stands(hands):
    """Nothing is lost whoever is first, with guards or without: so there is no control."""
    event = traded()
    sam = cast.make_person("Sam Ellis", school(), email=SAM.email)
    order = basket((event, [SAM], 0))
    contact = contact_of(school())

    said = hands.race(
        (order_places, order.pk, contact.pk),
        (remove, sam.practitioner.pk, school().pk, contact.pk),
        gate=["bookings_booking", "accounts_membership"],
    )

    assert said == ["ordered", "removed"]
    order.refresh_from_db()
    assert order.is_sold
    assert booking_of(SAM).is_live
    assert taken(event) == 1
    assert what_is_wrong(now=NOW) == {}
