"""A small market in which anything may happen to money, for the random lives of test_money.py.

Two contacts of an academy that has a package and may pay by card, one of a maintained school that is recharged; dates
in December, one of them narrow, and one in March, which is invoiced when it is ordered. Every deed is one that a page,
a sweep or a person does; a refusal in words is an answer like any other.
"""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from bookings.actions import (
    allocations,
    baskets,
    card_payments,
    changes,
    charges,
    credit_notes,
    group_bookings,
    invoices,
    orders,
    packages,
    places,
    purchase_orders,
    registers,
)
from bookings.actions.orders import Paying
from bookings.eligibility import bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import (
    Booking,
    ChargeNotice,
    CreditNote,
    GroupBooking,
    Invoice,
    InvoiceLine,
    Order,
    Package,
    Payment,
    Refund,
)
from bookings.models.booking import State
from bookings.models.order import PaymentMethod
from bookings.models.payment import PaymentState
from courses.models import Event, Strand
from tests import cast
from tests.life.city import PowerCut, power_cut_after
from tests.makers import NOW, make_course, make_event, make_vat_rate
from tests.sales import AGREED, contact_of, finance, make_package, school, settle_all

REFUSALS = (
    places.BookingRefused,
    places.CannotCancel,
    charges.CannotDecide,
    charges.CannotExplain,
    packages.PackageRefused,
    purchase_orders.PurchaseOrderRefused,
    invoices.InvoiceRefused,
    credit_notes.CreditRefused,
    allocations.AllocationRefused,
    card_payments.PaymentAway,
    group_bookings.GroupChanged,
    registers.RegisterClosed,
)
MARCH = datetime(2027, 3, 16, 9, 30, tzinfo=UTC)


class Market:
    """What there is to buy, who buys, and everything that may be done about it."""

    def __init__(self, pay) -> None:
        make_vat_rate()
        self.pay, self.now = pay, NOW
        maintained = cast.make_organisation(is_recharged=True, cost_centre="CC-100", invoice_address="Beck Lane")
        academy = school()
        self.academy = academy
        deputy = cast.make_person("Deputy Head", academy, membership="BOOKING_CONTACT", email="deputy@school.example")
        self.contacts = [contact_of(academy), deputy, contact_of(maintained)]
        self.finance = finance()
        make_package("300")
        make_package("2", unit=Package.Unit.DAYS)
        paid = make_course("Paid", strands=[Strand.TRADED])
        self.dates = [
            make_event(paid, starts_at=NOW + timedelta(days=25), capacity=4).pk,
            make_event(paid, starts_at=NOW + timedelta(days=40), capacity=12).pk,
            make_event(make_course("Free", strands=[Strand.MULTI_AGENCY]), starts_at=NOW + timedelta(days=33)).pk,
            make_event(make_course("Other", strands=[Strand.TRADED]), starts_at=MARCH, capacity=10).pk,
        ]

    def do(self, deed, *, cut_after=None) -> str:
        """Do it; return how it ended: done, nothing to do, refused in words, or cut off."""
        try:
            with power_cut_after(cut_after):
                return "idle" if deed() is False else "done"
        except REFUSALS:
            return "refused"
        except PowerCut:
            transaction.set_rollback(False)
            return "cut off"

    def settle(self) -> None:
        """What the sweeps bring about in the end."""
        settle_all(now=self.now)

    # --- What there is -------------------------------------------------------------------------------------

    def one(self, rows, number):
        """One of these rows, or None where there is none."""
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        return rows.model._base_manager.get(pk=ids[number % len(ids)]) if ids else None

    def contact(self, number):
        return self.contacts[number % len(self.contacts)]

    def organisation(self, contact):
        return contact.practitioner.memberships.select_related("organisation").get().organisation

    def event(self, number):
        return bookable_events().get(pk=self.dates[number % len(self.dates)])

    def basket(self, number):
        contact = self.contact(number)
        return baskets.basket_of(
            organisation=self.organisation(contact), contact=contact.practitioner, by=contact, now=self.now
        )

    def filled(self, a, b):
        """The basket of a contact, with somebody in it."""
        order = self.basket(a)
        if not order.lines.in_basket().exists():
            somebody = [Colleague(full_name=f"Person {chr(65 + a % 20)}")]
            baskets.add(order_id=order.pk, event=self.event(b), colleagues=somebody, places_unnamed=a % 2, now=self.now)
        return order

    # --- What contacts do ------------------------------------------------------------------------------------

    def add(self, a, b):
        people = [Colleague(full_name=f"Person {chr(65 + (a + each) % 20)}") for each in range(b % 3)]
        baskets.add(
            order_id=self.basket(a).pk, event=self.event(b), colleagues=people, places_unnamed=a % 3, now=self.now
        )

    def take_out(self, a, b):
        order = self.basket(a)
        line = self.one(order.lines.in_basket(), b)
        return bool(line) and baskets.take_out(order_id=order.pk, line_ids=[line.pk], now=self.now)

    def hold(self, a, b):
        baskets.hold(order_id=self.basket(a).pk, now=self.now)

    def place(self, a, b):
        order = self.filled(a, b)
        orders.place(
            order_id=order.pk,
            paying=self.paying(order, b),
            total_shown=None,
            answers=AGREED,
            by=self.contact(a),
            now=self.now,
            takes_cards=True,
        )

    def paying(self, order, number) -> Paying:
        package = self.one(Package.objects.filter(organisation=order.organisation), number)
        if order.organisation_id != self.academy.pk:
            return Paying(method=PaymentMethod.INTERNAL_RECHARGE)
        ways = [
            Paying(method=PaymentMethod.PURCHASE_ORDER, po_number="PO-1"),
            Paying(method=PaymentMethod.PURCHASE_ORDER, is_po_to_follow=True),
            Paying(method=PaymentMethod.PACKAGE, package=package),
            Paying(method=PaymentMethod.CARD),
        ]
        return ways[number % len(ways)]

    def give_purchase_order(self, a, b):
        order = self.one(Order.objects.awaiting_purchase_order(), a)
        return bool(order) and purchase_orders.give(order_id=order.pk, number=f"PO-{b}7", by=self.finance, now=self.now)

    def name(self, a, b):
        group = self.one(GroupBooking.objects.with_unnamed_places(), a)
        if group is None:
            return False
        return group_bookings.name_practitioner(
            group_id=group.pk,
            colleague=Colleague(full_name=f"Person {chr(65 + b % 20)}"),
            by=group.contact.user,
            now=self.now,
            answers=AGREED,
            idempotency_key=uuid.uuid4(),
        )

    def give_unnamed_back(self, a, b):
        group = self.one(GroupBooking.objects.with_unnamed_places(), a)
        return bool(group) and group_bookings.release_unnamed(
            group_id=group.pk,
            places_back=1,
            places_unnamed_shown=group.places_unnamed,
            by=group.contact.user,
            now=self.now,
        )

    def cancel(self, a, b):
        booking = self.one(Booking.objects.filter(state__in=[State.CONFIRMED, State.REQUESTED]), a)
        return bool(booking) and places.cancel(booking_id=booking.pk, by=None, now=self.now, reason="Cannot come")

    def substitute(self, a, b):
        booking = self.one(Booking.objects.confirmed(), a)
        if booking is None:
            return False
        person = cast.make_person(
            f"Colleague{b % 9} Comes", booking.organisation, email=f"colleague{a % 50}.{b % 9}@x.example"
        )
        return changes.substitute(booking_id=booking.pk, practitioner=person.practitioner, by=None, now=self.now)

    def transfer(self, a, b):
        booking = self.one(Booking.objects.confirmed(), a)
        return bool(booking) and changes.transfer(
            booking_id=booking.pk, event=self.event(b), by=None, now=self.now, reason="Another day"
        )

    # --- What cards do ---------------------------------------------------------------------------------------

    def order_by_card(self, a, b):
        """Somebody of the academy orders what is in the basket, or one place, and pays it by card."""
        order = self.filled(a % 2, b)
        card = Paying(method=PaymentMethod.CARD)
        orders.place(
            order_id=order.pk,
            paying=card,
            total_shown=None,
            answers=AGREED,
            by=self.contact(a % 2),
            now=self.now,
            takes_cards=True,
        )

    def go_to_card_page(self, a, b):
        payment = self.one(Payment.objects.unfinished(), a)
        if payment is None:
            return False
        return card_payments.open_page(payment_id=payment.pk, return_url="https://portal.example/back", now=self.now)

    def end_at_card_page(self, a, b):
        payment = self.one(Payment.objects.filter(state=PaymentState.PENDING), a)
        if payment is None:
            return False
        end = ["pay", "pay", "decline", "cancel", "expire"][b % 5]
        answer = self.pay.ask("POST", f"/control/payments/{payment.provider_id}/{end}")
        return answer.ok

    def look_at_payment(self, a, b):
        payment = self.one(Payment.objects.by_card(), a)
        return bool(payment) and card_payments.look(payment_id=payment.pk, now=self.now)

    def send_refund(self, a, b):
        refund = self.one(Refund.objects.unfinished(), a)
        return bool(refund) and card_payments.send_refund(refund_id=refund.pk, now=self.now)

    # --- What happens to dates -------------------------------------------------------------------------------

    def mark(self, a, b):
        """A register says what became of one place, or corrects it, also after it was locked."""
        marked = [State.CONFIRMED, State.ATTENDED, State.PART_ATTENDED, State.DID_NOT_ATTEND, State.TURNED_AWAY]
        begun = Booking.objects.filter(state__in=marked, event__starts_at__lte=self.now)
        booking = self.one(begun.exclude(event__state=Event.State.CANCELLED), a)
        state = marked[1 + b % 4]
        if booking is None or booking.state == state:
            return False
        with transaction.atomic():
            booking = Booking.objects.select_for_update(of=("self",)).get(pk=booking.pk)
            booking.move_to(state, by=None, now=self.now)
            booking.save()
            charges.follow(booking=booking, by=None, now=self.now)

    def lock(self, a, b):
        event = Event.objects.get(pk=self.dates[a % len(self.dates)])
        if event.ends_at > self.now:
            return False
        Event.objects.filter(pk=event.pk, state=Event.State.OPEN).update(state=Event.State.DELIVERED)
        event.refresh_from_db()
        return registers.lock(event=event, now=self.now)

    # --- What finance and the team do ----------------------------------------------------------------------------

    def approve_charge(self, a, b):
        notice = self.one(ChargeNotice.objects.open(), a)
        return bool(notice) and charges.approve(notice_id=notice.pk, by=self.finance, now=self.now)

    def waive_charge(self, a, b):
        notice = self.one(ChargeNotice.objects.open(), a)
        return bool(notice) and charges.waive(
            notice_id=notice.pk, by=self.finance, now=self.now, waived_for="DECISION", reason="Kindness"
        )

    def reopen_charge(self, a, b):
        notice = self.one(ChargeNotice.objects.decided(), a)
        return bool(notice) and charges.reopen(
            notice_id=notice.pk, by=self.finance, now=self.now, reason="Looked at again"
        )

    def issue(self, a, b):
        draft = self.one(Invoice.objects.drafts(), a)
        return bool(draft) and invoices.approve(invoice_id=draft.pk, by=self.finance, now=self.now)

    def credit(self, a, b):
        line = self.one(InvoiceLine.objects.filter(invoice__number__isnull=False, is_live=True), a)
        if line is None:
            return False
        left = line.gross - line.amount_credited
        part = [left, left, (left / 3).quantize(Decimal("0.01"))][b % 3]
        return credit_notes.write(
            invoice_id=line.invoice_id,
            amounts={line.pk: part},
            reason="Put right",
            by=self.finance,
            now=self.now,
            key=uuid.uuid4(),
            is_invoiced_again=bool(b % 2),
        )

    def approve_credit(self, a, b):
        note = self.one(CreditNote.objects.drafts(), a)
        return bool(note) and credit_notes.approve(note_id=note.pk, by=self.finance, now=self.now)

    def receive(self, a, b):
        """The ledger tells of a payment: whole, in part, or more than is owed."""
        invoice = self.one(Invoice.objects.due(), a)
        if invoice is None:
            return False
        amount = [invoice.outstanding, Decimal("20"), invoice.outstanding + 5][b % 3]
        with transaction.atomic():
            payment = Payment.objects.create(
                reference=f"M-{uuid.uuid4().hex[:8]}",
                kind=Payment.Kind.TRANSFER,
                state=PaymentState.SUCCEEDED,
                organisation=invoice.organisation,
                amount=amount,
                created_at=self.now,
            )
            allocations.allocate(payment_id=payment.pk, invoice_id=invoice.pk, now=self.now, by=None)

    def allocate(self, a, b):
        payment = self.one(Payment.objects.with_money_left(), a)
        invoice = self.one(Invoice.objects.due(), b)
        if payment is None or invoice is None:
            return False
        return allocations.allocate(payment_id=payment.pk, invoice_id=invoice.pk, now=self.now, by=self.finance)

    def dispute(self, a, b):
        invoice = self.one(Invoice.objects.due(), a)
        return bool(invoice) and invoices.dispute(
            invoice_id=invoice.pk, by=self.contacts[0], now=self.now, reason=f"Not right, {b}"
        )

    def answer_dispute(self, a, b):
        invoice = self.one(Invoice.objects.filter(state="DISPUTED"), a)
        return bool(invoice) and invoices.settle_dispute(
            invoice_id=invoice.pk, by=self.finance, now=self.now, answer="It is right"
        )

    def write_off(self, a, b):
        invoice = self.one(Invoice.objects.due(), a) if b % 4 == 0 else None
        return bool(invoice) and invoices.write_off(
            invoice_id=invoice.pk, by=self.finance, now=self.now, reason="Closed down"
        )

    def adjust_package(self, a, b):
        package = self.one(Package.objects.all(), a)
        amount = Decimal([30, -30, 1, -1][b % 4])
        return packages.adjust(
            package_id=package.pk, amount=amount, reason="Put right", by=self.finance, now=self.now, key=uuid.uuid4()
        )

    # --- What time does ----------------------------------------------------------------------------------------------

    def sweep(self, a, b):
        """Everything that the timetable does about money and places, as time stands still."""
        for payment in Payment.objects.unfinished().filter(order__in=Order.objects.past_their_hold(self.now)):
            card_payments.stop(payment_id=payment.pk, now=self.now)
        for order in Order.objects.past_their_hold(self.now):
            card_payments.let_places_go(order_id=order.pk, now=self.now)
            baskets.let_go(order_id=order.pk, now=self.now)
        for order in Order.objects.past_their_purchase_order(self.now):
            purchase_orders.release_overdue(order_id=order.pk, now=self.now)
        for group in GroupBooking.objects.past_their_day(self.now):
            group_bookings.release_overdue(group_id=group.pk, now=self.now)
        for payment in Payment.objects.unhandled():
            card_payments.look(payment_id=payment.pk, now=self.now)
        charges.put_up_for_review(now=self.now)
        for package in Package.objects.over(self.now.date()):
            packages.expire(package_id=package.pk, now=self.now)
        self.settle()

    def time_passes(self, a, b):
        self.now += [timedelta(minutes=40), timedelta(hours=2), timedelta(days=3), timedelta(days=11)][b % 4]
        self.sweep(a, b)


DEEDS = [
    *("add", "add", "add", "take_out", "hold", "place", "place", "give_purchase_order", "name", "give_unnamed_back"),
    *("cancel", "substitute", "transfer"),
    *("order_by_card", "order_by_card", "go_to_card_page", "go_to_card_page", "go_to_card_page", "end_at_card_page"),
    *("end_at_card_page", "end_at_card_page", "look_at_payment", "look_at_payment", "send_refund", "send_refund"),
    *("mark", "mark", "lock", "approve_charge", "waive_charge", "reopen_charge", "issue", "credit", "approve_credit"),
    *("receive", "allocate", "dispute", "answer_dispute", "write_off", "adjust_package", "time_passes", "time_passes"),
]
