"""A made-up order and package, from which the team reads the letters about them. Nothing here is ever saved."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Organisation, Practitioner
from bookings.emails.specimens import specimen_booking
from bookings.models import Order, OrderLine, Package, Payment
from bookings.models.order import OrderState, PaymentMethod, PurchaseOrderStatus
from bookings.quoting import describe
from courses.working_days import end_of_day

PRICE = Decimal(95)


def of_an_order(now: datetime) -> dict:
    """Two places of a school, whose purchase order is to follow."""
    booking, _ = specimen_booking(now)
    school, carol = booking.organisation, Practitioner(pk=0, full_name="Carol Hughes")
    order = Order(
        pk=0, reference="O-7K2M4QXY", organisation=school, contact=carol, state=OrderState.AWAITING_PO,
        payment_method=PaymentMethod.PURCHASE_ORDER, po_status=PurchaseOrderStatus.TO_FOLLOW,
        po_due_at=end_of_day((now + timedelta(days=14)).date()), placed_at=now, created_at=now,
    )  # fmt: skip
    line = OrderLine(order=order, event=booking.event, description=describe(booking.event), net=PRICE, gross=PRICE)
    return {
        "order": order,
        "organisation": school,
        "payer": carol,
        "lines": [line, line],
        "totals": {"net": 2 * PRICE, "vat": Decimal(0), "gross": 2 * PRICE},
        "bookings": [booking],
        "payment": Payment(pk=0, reference="M-7K2M4QXY", order=order, amount=2 * PRICE),
        "reason": "This date is full.",
        "now": now,
    }


def of_a_package(now: datetime) -> dict:
    """A package in pounds with most of it left."""
    today = timezone.localtime(now).date()
    package = Package(
        pk=0, reference="P-7K2M4QXY", organisation=Organisation(pk=0, name="Beckside Primary School"),
        unit=Package.Unit.MONEY, starts_on=today - timedelta(days=305), ends_on=today + timedelta(days=60),
        price=Decimal(1050), balance=Decimal(870),
    )  # fmt: skip
    carol = Practitioner(pk=0, full_name="Carol Hughes")
    return {"package": package, "organisation": package.organisation, "payer": carol, "now": now}
