"""What tests of money share: a school that buys, its basket, what becomes of its places, and whether all adds up."""

from datetime import date
from decimal import Decimal

from bookings import money_invariants
from bookings.actions import baskets, orders, packages, registers, settlement
from bookings.actions.orders import Paying
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import Booking, ChargeNotice, OrderLine, Package
from bookings.models.order import PaymentMethod
from courses.models import Event, Strand
from tests import cast
from tests.makers import NOW, make_course, make_event, make_vat_rate

ADDRESS = "Business office\nMillrace Academy\n4 Mill Lane\nAiredon\nAR3 4GH"
AGREED = Answers(has_managers_agreement=True)
BY_INVOICE = Paying(method=PaymentMethod.PURCHASE_ORDER, po_number="PO-10472")
TO_FOLLOW = Paying(method=PaymentMethod.PURCHASE_ORDER, is_po_to_follow=True)
SAM, JO, KIM = (
    Colleague(full_name=name, email=f"{name.split()[0].lower()}@school.example")
    for name in ("Sam Ellis", "Jo March", "Kim Okafor")
)


def school(name="Millrace Academy", **fields):
    """An academy: sold to, and not part of the council."""
    return cast.make_organisation(name, sector="school_academy", **{"invoice_address": ADDRESS, **fields})


def contact_of(organisation):
    """Somebody who books and pays for an organisation."""
    email = f"contact{organisation.pk}@school.example"
    return cast.make_person(f"Carol of {organisation}", organisation, membership="BOOKING_CONTACT", email=email)


def finance():
    return cast.make_person("Fin Ledger", roles=["FINANCE"])


def traded(title="Restorative practice", **fields):
    """A date whose places cost a school £95."""
    make_vat_rate()
    return make_event(make_course(title, strands=[Strand.TRADED]), **fields)


def basket(*chosen, organisation=None, now=NOW):
    """A basket of `(event, colleagues, places without a name)`."""
    organisation = organisation or school()
    contact = contact_of(organisation)
    order = baskets.basket_of(organisation=organisation, contact=contact.practitioner, by=contact, now=now)
    for event, colleagues, unnamed in chosen:
        baskets.add(
            order_id=order.pk,
            event=bookable_events().get(pk=event.pk),
            colleagues=colleagues,
            places_unnamed=unnamed,
            now=now,
        )
    return order


def place(order, paying=BY_INVOICE, *, total=None, now=NOW, **fields):
    by = contact_of(order.organisation)
    return orders.place(order_id=order.pk, paying=paying, total_shown=total, answers=AGREED, by=by, now=now, **fields)


def make_package(amount="200", unit=Package.Unit.MONEY, *, organisation=None, **fields):
    facts = {"starts_on": date(2026, 9, 1), "ends_on": date(2027, 8, 31), "price": Decimal("180"), **fields}
    buyer = organisation or school()
    return packages.grant(organisation=buyer, unit=unit, amount=Decimal(amount), by=None, now=NOW, **facts)


def mark(booking, state, *, now=NOW):
    """Let the register say so of a booking, with the charge that follows."""
    booking.refresh_from_db()
    booking.move_to(state, by=None, now=now)
    booking.save()
    registers.charges.follow(booking=booking, by=None, now=now)


def lock(event, *, now):
    """Deliver a date and lock its register."""
    Event.objects.filter(pk=event.pk).update(state=Event.State.LOCKED, register_locked_at=now)
    OrderLine.objects.filter(event=event).update(is_to_settle=True)


def settle_all(*, now):
    """What the sweep does, until nothing is left to settle."""
    for _ in range(5):
        lines = list(OrderLine.objects.to_settle().values_list("pk", flat=True))
        notices = list(ChargeNotice.objects.to_settle().values_list("pk", flat=True))
        if not lines and not notices:
            return
        for pk in lines:
            settlement.settle(line_id=pk, now=now)
        for pk in notices:
            settlement.settle_charge(notice_id=pk, now=now)
    raise AssertionError("settling goes on for ever")


def what_is_wrong(*, now):
    """The rules of money that are broken, with the rows that break them."""
    return {breach.rule.code: breach.subjects for breach in money_invariants.breaches(now=now)}


def taken(event):
    event.refresh_from_db()
    return event.places_taken


def booking_of(colleague):
    return Booking.objects.get(practitioner__full_name=colleague.full_name)
