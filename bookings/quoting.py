"""Quoting: what a basket costs, line by line, with the reasons, the VAT and what a package covers. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Organisation, Partnership
from bookings.models import Order, OrderLine, Package
from bookings.models.order import PaymentMethod
from courses.models import Course, DiscountRule, Event, Offer, PriceBand
from courses.money import NOTHING, Amounts
from courses.pricing import (
    Discount,
    Prices,
    best_offer,
    discount_for,
    prices_in_force,
    quote,
    vat_percent,
    vat_treatment_of,
)
from courses.working_days import end_of_day, working_days_before


def line_figures(
    *,
    band: PriceBand,
    list_price: Decimal,
    on: date,
    is_recharge: bool,
    discount: Discount | None = None,
    price_reason: str = "",
    percents: dict[str, Decimal] | None = None,
) -> dict[str, Any]:
    """Return the figures that a line keeps: price, discount, VAT treatment and percentage, net, VAT and gross.

    Whoever asks for many lines gives `percents`, so that each rate of VAT is looked up once.
    """
    percents = {} if percents is None else percents
    discount = discount or Discount()
    net = list_price - discount.amount
    treatment = vat_treatment_of(band_treatment=band.vat_treatment, amount=net, is_recharge=is_recharge)
    if treatment not in percents:
        percents[treatment] = vat_percent(treatment=treatment, on=on)
    percent = percents[treatment]
    amounts = Amounts.with_vat(net=net, percent=percent)
    return {
        "list_price": list_price,
        "discount": discount.amount,
        "discount_reason": discount.reason,
        "price_reason": price_reason,
        "vat_treatment": treatment,
        "vat_percent": percent,
        "net": amounts.net,
        "vat": amounts.vat,
        "gross": amounts.gross,
    }


def package_amount(*, package: Package, course: Course, net: Decimal) -> Decimal:
    """Return what one place takes from a package: its price, or the days of its course."""
    return course.days if package.is_in_days else net


def purchase_order_due(*, starts_at: datetime, partnership: Partnership) -> datetime:
    """Return until when a purchase order may follow: the end of a day some working days before the course."""
    return end_of_day(working_days_before(timezone.localtime(starts_at).date(), partnership.po_due_days))


def is_invoiced_early(*, starts_at: datetime | None, partnership: Partnership) -> bool:
    """Tell whether a date is invoiced when it is ordered, because of the end of the year (DOMAIN 6.1)."""
    return starts_at is not None and timezone.localtime(starts_at).month == partnership.invoice_early_month


@dataclass(frozen=True, kw_only=True)
class LineQuote:
    """One line as it would be sold today."""

    line: OrderLine
    figures: dict[str, Any]
    package_amount: Decimal = NOTHING
    is_covered: bool = False
    why_not_covered: str = ""

    @property
    def amounts(self) -> Amounts:
        return Amounts(net=self.figures["net"], vat=self.figures["vat"])

    @property
    def is_changed(self) -> bool:
        """The basket was filled at another price."""
        return (self.line.net, self.line.vat) != (self.figures["net"], self.figures["vat"])


@dataclass(frozen=True, kw_only=True)
class BasketQuote:
    """The whole basket. What cannot be sold at a price at all is in `without_price`."""

    lines: list[LineQuote]
    without_price: list[OrderLine]
    package: Package | None = None

    @property
    def total(self) -> Amounts:
        return Amounts.sum(line.amounts for line in self.lines)

    @property
    def package_total(self) -> Decimal:
        return sum((line.package_amount for line in self.lines if line.is_covered), NOTHING)

    @property
    def package_left(self) -> Decimal | None:
        return None if self.package is None else self.package.balance - self.package_total

    @property
    def is_covered(self) -> bool:
        """Whether the package covers every line that costs something."""
        return self.package is not None and all(line.is_covered for line in self.lines if line.amounts.net)

    @property
    def costs_something(self) -> bool:
        return self.total.net > 0


def quote_basket(
    *,
    organisation: Organisation,
    lines: Sequence[OrderLine],
    now: datetime,
    payment_method: str = "",
    package: Package | None = None,
) -> BasketQuote:
    """Quote a basket as it would be sold now: the one function that every page, quote and order asks.

    `lines` are read `with_facts` and with their event's offers. The discount of a line depends on how many places of
    its date are in the basket.
    """
    on = timezone.localtime(now).date()
    category = organisation.charging_category
    rules = list(DiscountRule.objects.active())
    prices = prices_in_force(on=on)
    percents: dict[str, Decimal] = {}
    places: dict[int | None, int] = {}
    for line in lines:
        places[line.event_id] = places.get(line.event_id, 0) + 1
    left = package.balance if package else NOTHING
    quoted, without_price = [], []
    for line in lines:
        priced = _price_of(line.event, category, on, prices) if line.event else None
        if priced is None:
            without_price.append(line)
            continue
        offer, amount, reason = priced
        discount = discount_for(
            offer=offer, category=category, price=amount, places=places[line.event_id], on=on, rules=rules
        )
        figures = line_figures(
            band=offer.price_band,
            list_price=amount,
            on=on,
            is_recharge=payment_method == PaymentMethod.INTERNAL_RECHARGE,
            discount=discount,
            price_reason=reason,
            percents=percents,
        )
        covered = _cover(line, figures["net"], package, left)
        left -= covered.get("package_amount", NOTHING) if covered.get("is_covered") else NOTHING
        quoted.append(LineQuote(line=line, figures=figures | {"offer": offer}, **covered))
    return BasketQuote(lines=quoted, without_price=without_price, package=package)


def as_agreed(lines: Sequence[OrderLine], *, package: Package | None = None) -> BasketQuote:
    """Return the lines at the figures that they have: paid already, or promised by a quote."""
    left = package.balance if package else NOTHING
    agreed = []
    for line in lines:
        covered = _cover(line, line.net, package, left)
        left -= covered.get("package_amount", NOTHING) if covered.get("is_covered") else NOTHING
        figures = {name: getattr(line, name) for name in AGREED}
        agreed.append(LineQuote(line=line, figures=figures, **covered))
    return BasketQuote(lines=agreed, without_price=[], package=package)


AGREED = (
    *("list_price", "discount", "discount_reason", "price_reason", "vat_treatment", "vat_percent"),
    *("net", "vat", "gross", "offer"),
)


def prices_of_dates(
    *, organisation: Organisation, events: Sequence[Event], places: int, now: datetime
) -> list[tuple[Event, Decimal | None]]:
    """Return each date with what a place of so many on it costs today; None where the portal sells none.

    `events` are read with their offers; however many there are, the price list is asked once.
    """
    on, category = timezone.localtime(now).date(), organisation.charging_category
    rules, prices = list(DiscountRule.objects.active()), prices_in_force(on=on)
    found: list[tuple[Event, Decimal | None]] = []
    for event in events:
        priced = _price_of(event, category, on, prices)
        if priced is None:
            found.append((event, None))
            continue
        offer, amount, _ = priced
        discount = discount_for(offer=offer, category=category, price=amount, places=places, on=on, rules=rules)
        found.append((event, amount - discount.amount))
    return found


def _price_of(event: Event, category: str, on: date, prices: Prices) -> tuple[Offer, Decimal, str] | None:
    offer = best_offer(offers=event.offers.all(), category=category)
    if offer is None:
        return None
    price = quote(offer=offer, category=category, on=on, is_open_to_region=event.is_open_to_region, prices=prices)
    return None if price.amount is None else (offer, price.amount, price.reason)


def _cover(line: OrderLine, net: Decimal, package: Package | None, left: Decimal) -> dict[str, Any]:
    """What the package says to one line: covered by so much, or why not."""
    if package is None or not net or line.event is None:
        return {}
    amount = package_amount(package=package, course=line.event.version.course, net=net)
    starts_at = line.event.starts_at
    if starts_at is None or not package.covers(timezone.localtime(starts_at).date()):
        return {"package_amount": amount, "why_not_covered": "The date is outside the package's year."}
    if amount > left:
        return {"package_amount": amount, "why_not_covered": "Not enough is left in the package."}
    return {"package_amount": amount, "is_covered": True}


def usable_packages(*, organisation: Organisation, on: date) -> Iterable[Package]:
    """The organisation's packages that something can be drawn from on a day, the first to end first."""
    return (
        Package.objects.filter(organisation=organisation).usable_on(on).with_something_left().order_by("ends_on", "pk")
    )


def payment_methods(*, organisation: Organisation, takes_cards: bool, has_package: bool) -> list[PaymentMethod]:
    """How this organisation may pay: within the council by recharge, everybody else by invoice or card."""
    if organisation.is_recharged:
        methods = [PaymentMethod.INTERNAL_RECHARGE]
    else:
        methods = [PaymentMethod.PURCHASE_ORDER]
        if takes_cards:
            methods.append(PaymentMethod.CARD)
    return [*methods, PaymentMethod.PACKAGE] if has_package else methods


def describe(event: Event) -> str:
    """A place on a date in the words of orders and invoices: the course and its day."""
    title = event.version.course.title
    if event.starts_at is None:
        return title
    return f"{title}, {timezone.localtime(event.starts_at):%-d %B %Y}"


def lines_to_quote(order: Order) -> list[OrderLine]:
    """A basket's lines with all that a quote reads, in a handful of queries whatever their number."""
    lines = order.lines.in_basket().select_related("event__version__course", "event__venue", "offer__price_band")
    return list(lines.prefetch_related("event__offers__price_band").order_by("event__starts_at", "event_id", "pk"))
