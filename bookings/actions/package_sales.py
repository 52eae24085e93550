"""Packages that are sold: one line of an order, invoiced when it is bought, and the package that comes of it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Organisation, User
from bookings.actions import packages, sales, settlement
from bookings.actions.packages import PackageRefused
from bookings.actions.purchase_orders import PurchaseOrderRefused, refuse_wrong_number
from bookings.models import Order, OrderLine, Package
from bookings.models.order import LineState, OrderState, PaymentMethod, PurchaseOrderStatus
from courses.money import Amounts
from courses.pricing import NoVatRate, vat_percent, vat_treatment_of
from courses.references import new_reference


def sell(
    *,
    organisation: Organisation,
    unit: str,
    amount: Decimal,
    price: Decimal,
    starts_on: date,
    ends_on: date,
    treatment: str,
    by: User,
    now: datetime,
    key: UUID,
    po_number: str = "",
    note: str = "",
) -> Package:
    """Grant a package and put its price on a draft invoice. One that costs nothing is only granted.

    The same form sent twice, also at the same moment, sells one. Raises PackageRefused.
    """
    try:
        with transaction.atomic():
            sold = Order.objects.filter(idempotency_key=key).first()
            if sold:
                return Package.objects.get(order_line__order=sold)
            line = None
            if price:
                order = _order(organisation, po_number, by, now, key)
                line = _line(order, price, treatment, starts_on, ends_on, now)
            package = packages.grant(
                organisation=organisation,
                unit=unit,
                amount=amount,
                price=price,
                starts_on=starts_on,
                ends_on=ends_on,
                by=by,
                now=now,
                order_line=line,
                note=note,
                key=key,
            )
            if line:
                settlement.settle(line_id=line.pk, now=now)
            return package
    except IntegrityError:
        return Package.objects.get(entries__form_key=key)


def _order(organisation: Organisation, po_number: str, by: User, now: datetime, key: UUID) -> Order:
    is_recharge = organisation.is_recharged
    if po_number and not is_recharge:
        try:
            refuse_wrong_number(po_number)
        except PurchaseOrderRefused as error:
            raise PackageRefused(str(error)) from error
    elif organisation.is_purchase_order_required and not is_recharge:
        raise PackageRefused(f"{organisation} needs a purchase order on its invoices. Write its number.")
    return Order.objects.create(
        reference=new_reference("O"),
        organisation=organisation,
        contact=sales.contact_of(organisation=organisation),
        source=Order.Source.STAFF,
        state=OrderState.CONFIRMED,
        charging_category=organisation.charging_category,
        payment_method=PaymentMethod.INTERNAL_RECHARGE if is_recharge else PaymentMethod.PURCHASE_ORDER,
        po_number="" if is_recharge else po_number,
        po_status=PurchaseOrderStatus.GIVEN if po_number and not is_recharge else PurchaseOrderStatus.NOT_NEEDED,
        cost_centre=organisation.cost_centre if is_recharge else "",
        idempotency_key=key,
        created_at=now,
        created_by=by,
        placed_at=now,
        placed_by=by,
    )


def _line(order: Order, price: Decimal, treatment: str, starts_on: date, ends_on: date, now: datetime) -> OrderLine:
    treated = vat_treatment_of(band_treatment=treatment, amount=price, is_recharge=order.is_recharge)
    try:
        percent = vat_percent(treatment=treated, on=timezone.localtime(now).date())
    except NoVatRate as error:
        raise PackageRefused(str(error)) from error
    amounts = Amounts.with_vat(net=price, percent=percent)
    return OrderLine.objects.create(
        order=order,
        kind=OrderLine.Kind.PACKAGE,
        state=LineState.SOLD,
        description=f"Training package, {starts_on:%-d %B %Y} to {ends_on:%-d %B %Y}",
        list_price=amounts.net,
        vat_treatment=treated,
        vat_percent=percent,
        net=amounts.net,
        vat=amounts.vat,
        gross=amounts.gross,
        sold_at=now,
    )
