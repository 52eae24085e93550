"""What somebody pays for a course: the offer that serves them best, its price, discount and VAT (DOMAIN 6.2, 6.4).

Amounts are rows of the price list, never written here. `prices_in_force` reads the whole list in one
query, so that a page with many courses asks once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.models import ChargingCategory
from courses.models import DiscountRule, Offer, Price, Strand, VatRate, VatTreatment
from courses.money import NOTHING, to_the_penny

# The council's own staff take the core offer first; everybody else the strand made for several agencies.
INTERNAL_PREFERENCE = (Strand.CORE, Strand.STATUTORY, Strand.MULTI_AGENCY, Strand.TRADED)
OUTSIDE_PREFERENCE = (Strand.MULTI_AGENCY, Strand.TRADED, Strand.CORE, Strand.STATUTORY)

CATEGORIES = tuple(ChargingCategory.values)

# Bands whose places cost nobody in the city anything. On a date that is open to the whole region they
# are free to everybody (rule B5).
BANDS_FREE_IN_THE_CITY = ("P0", "L0")

# Nobody has decided yet what this organisation pays.
UNKNOWN = "UNKNOWN"


class PriceLine(NamedTuple):
    """One line of the price list, light enough to read all of them for every page."""

    band_id: int
    charging_category: str
    terms: str
    amount: Decimal | None
    band_code: str


Prices = Mapping[tuple[int, str], PriceLine]

WHY_FREE: dict[str, str] = {
    ChargingCategory.INTERNAL: "free to you as part of the council's own workforce",
    ChargingCategory.PARTNER_FREE: "free to you because your agency lends trainers",
    ChargingCategory.THIRD_SMALL: "free to you because your organisation is a charity with under £250,000 a year",
    ChargingCategory.THIRD_LARGE: "free to the city's charities",
    ChargingCategory.EDUCATION: "free to the city's schools, academies and colleges",
    ChargingCategory.PRIVATE: "free to everybody who works with the city's children",
    ChargingCategory.OTHER_LA: "free to you on this date",
}
WHY_CHARGED: dict[str, str] = {
    ChargingCategory.INTERNAL: "the price for council services",
    ChargingCategory.PARTNER_FREE: "the price for partner agencies and charities",
    ChargingCategory.THIRD_SMALL: "the price for charities",
    ChargingCategory.THIRD_LARGE: "the price for charities with £250,000 a year or more",
    ChargingCategory.EDUCATION: "the price for the city's schools, academies and colleges",
    ChargingCategory.PRIVATE: "the price for private and independent organisations",
    ChargingCategory.OTHER_LA: "the price for other councils",
}


@dataclass(frozen=True)
class Quote:
    """A price, or why there is none. `amount` is set with fixed terms alone; `amount_from` may be on quote."""

    terms: str
    amount: Decimal | None
    reason: str
    amount_from: Decimal | None = None

    @property
    def is_free(self) -> bool:
        return self.terms == Price.Terms.FIXED and self.amount == 0

    @property
    def is_offered(self) -> bool:
        return self.terms != Price.Terms.NOT_OFFERED


# A whole course has its own price, agreed by a quote; the places on it cost nothing more.
COMMISSIONED = Quote(Price.Terms.FIXED, Decimal("0.00"), "part of the course that your organisation has ordered")


def best_offer(*, offers: Iterable[Offer], category: str) -> Offer | None:
    """Return the offer under which this charging category books the course; inactive ones do not count."""
    order = INTERNAL_PREFERENCE if category == ChargingCategory.INTERNAL else OUTSIDE_PREFERENCE
    active = [offer for offer in offers if offer.is_active]
    return min(active, key=lambda offer: order.index(offer.strand), default=None)


def prices_in_force(*, on: date, offer: Offer | None = None) -> dict[tuple[int, str], PriceLine]:
    """Return the price list of a day by band and charging category, or one offer's part of it, in one query."""
    rows = Price.objects.in_force(on)
    if offer is not None:
        rows = rows.filter(band=offer.price_band_id)
    lines = map(PriceLine._make, rows.values_list("band_id", "charging_category", "terms", "amount", "band__code"))
    return {(line.band_id, line.charging_category): line for line in lines}


def quote(
    *, offer: Offer, category: str, on: date, is_open_to_region: bool = False, prices: Prices | None = None
) -> Quote:
    """Return what a category pays under an offer on a day. Give `prices` where several are asked for."""
    if category not in CATEGORIES:
        return Quote(UNKNOWN, None, "the price depends on your organisation, which our team has not placed yet")
    prices = prices_in_force(on=on, offer=offer) if prices is None else prices
    price = prices.get((offer.price_band_id, category))
    if price is None:
        return Quote(Price.Terms.ON_QUOTE, None, "no price has been set for your organisation yet: ask our team")
    if is_open_to_region and price.band_code in BANDS_FREE_IN_THE_CITY:
        return Quote(Price.Terms.FIXED, Decimal("0.00"), "free because this date is open to the whole region")
    return _quote_from(price)


@dataclass(frozen=True)
class Discount:
    """What one rule takes off each place, or nothing. The reason is in the words of the order and the invoice."""

    amount: Decimal = NOTHING
    rule: DiscountRule | None = None
    reason: str = ""


def discount_for(
    *, offer: Offer, category: str, price: Decimal, places: int, on: date, rules: Iterable[DiscountRule]
) -> Discount:
    """Return the best single rule for the buyer of so many places of one date. No price falls below nothing."""
    found = [
        Discount(_off(price, rule), rule, str(rule))
        for rule in rules
        if rule.is_for(band_id=offer.price_band_id, strand=offer.strand, category=category, places=places, on=on)
    ]
    best = max(found, key=lambda discount: discount.amount, default=Discount())
    return best if best.amount else Discount()


def _off(price: Decimal, rule: DiscountRule) -> Decimal:
    off = rule.amount if rule.percent is None else price * rule.percent / 100
    return to_the_penny(min(price, off or NOTHING))


def vat_treatment_of(*, band_treatment: str, amount: Decimal, is_recharge: bool) -> VatTreatment:
    """Return how VAT treats one line (DOMAIN 6.4), for the line to keep.

    What is free is no business; what moves within the council is no supply; all else is as the band says. The
    recharge is how the order is paid, never what the customer is: a maintained school that pays an invoice is sold to.
    """
    if not amount:
        return VatTreatment.OUTSIDE_SCOPE
    return VatTreatment.NO_SUPPLY if is_recharge else VatTreatment(band_treatment)


class NoVatRate(Exception):
    """There is VAT to charge and no rate for the day; the words are for the administrator."""


def vat_percent(*, treatment: str, on: date) -> Decimal:
    """Return the percentage that a line with this treatment bears on a day: nothing but at the standard rate."""
    if treatment != VatTreatment.STANDARD:
        return NOTHING
    rate = VatRate.objects.in_force(on).first()
    if rate is None:
        raise NoVatRate("There is no rate of VAT for this day. Add one under Reference data, VAT rates.")
    return rate.percent


@dataclass(frozen=True)
class Span:
    """The prices of a course over everybody but the council's own staff, for people we do not know yet."""

    lowest: Decimal | None
    highest: Decimal | None
    is_on_quote: bool
    is_free_to_council: bool


def span(*, offers: Iterable[Offer], on: date, prices: Prices, is_open_to_region: bool = False) -> Span:
    """Return from what to what a course costs, each category under its own best offer."""
    offers = list(offers)
    quotes = {}
    for category in CATEGORIES:
        offer = best_offer(offers=offers, category=category)
        if offer:
            quotes[category] = quote(
                offer=offer, category=category, on=on, is_open_to_region=is_open_to_region, prices=prices
            )
    council = quotes.pop(ChargingCategory.INTERNAL, None)
    amounts = [each.amount for each in quotes.values() if each.amount is not None]
    return Span(
        lowest=min(amounts, default=None),
        highest=max(amounts, default=None),
        is_on_quote=any(each.terms == Price.Terms.ON_QUOTE for each in quotes.values()),
        is_free_to_council=council is not None and council.is_free,
    )


def _quote_from(price: PriceLine) -> Quote:
    if price.terms == Price.Terms.NOT_OFFERED:
        return Quote(price.terms, None, "for the council, its partners, schools and charities only")
    if price.terms == Price.Terms.ON_QUOTE:
        return Quote(price.terms, None, "we agree the price with you before you book", amount_from=price.amount)
    reasons = WHY_CHARGED if price.amount else WHY_FREE
    return Quote(price.terms, price.amount, reasons[price.charging_category])
