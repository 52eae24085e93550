"""Terms: on which offer, at which price and with how much notice an organisation books. Reads only (rules B7, B23)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import Organisation, Partnership
from courses.models import ChargingPolicy, DiscountRule, Event, Offer, Strand
from courses.pricing import COMMISSIONED, Discount, Quote, best_offer, discount_for, quote
from courses.working_days import end_of_day, working_days_before


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an organisation books a date on, on a given day (rule B23)."""

    offer: Offer | None
    quote: Quote | None
    policy: ChargingPolicy | None
    discount: Discount | None = None
    free_cancel_until: datetime | None = None

    @property
    def price(self) -> Decimal | None:
        """Pounds for one place, the discount taken off; None while nobody has decided what the organisation pays."""
        amount = self.quote.amount if self.quote else None
        return amount - self.discount.amount if amount is not None and self.discount else amount


def terms_for(
    *, organisation: Organisation | None, event: Event, now: datetime, partnership: Partnership, places: int = 1
) -> Terms:
    """Find the offer that serves this organisation best, its price for so many places, the policy and the free days."""
    terms = terms_of_offers(
        organisation=organisation,
        offers=event.offers.all(),
        now=now,
        is_open_to_region=event.is_open_to_region,
        places=places,
    )
    if terms.offer is None or event.starts_at is None:
        return terms
    deadline = free_cancel_until(offer=terms.offer, event=event, partnership=partnership)
    if event.commissioned_by_id:
        terms = replace(terms, quote=COMMISSIONED, discount=None)
    return replace(terms, free_cancel_until=deadline)


def terms_of_offers(
    *,
    organisation: Organisation | None,
    offers: Iterable[Offer],
    now: datetime,
    is_open_to_region: bool = False,
    places: int = 1,
) -> Terms:
    """The same of offers alone, without a date and so without a last free day."""
    today = timezone.localtime(now).date()
    category = organisation.charging_category if organisation else ""
    offer = best_offer(offers=offers, category=category)
    price = quote(offer=offer, category=category, on=today, is_open_to_region=is_open_to_region) if offer else None
    discount = None
    if offer and price and price.amount:
        rules = DiscountRule.objects.active()
        discount = discount_for(
            offer=offer, category=category, price=price.amount, places=places, on=today, rules=rules
        )
    return Terms(
        offer=offer,
        quote=price,
        discount=discount,
        policy=ChargingPolicy.objects.in_force(today).first(),
    )


def free_cancel_until(*, offer: Offer, event: Event, partnership: Partnership) -> datetime:
    """Return the last moment to cancel without a charge (rule B7); a whole course that was ordered is paid for anyway."""
    if event.commissioned_by_id and event.starts_at:
        return event.starts_at
    days = notice_days(offer, partnership)
    return end_of_day(working_days_before(timezone.localtime(event.starts_at).date(), days))


def notice_days(offer: Offer, partnership: Partnership) -> int:
    """Working days before the first session: the offer's own, else the strand's."""
    if offer.free_cancel_working_days is not None:
        return offer.free_cancel_working_days
    is_traded = offer.strand == Strand.TRADED
    return partnership.free_cancel_days_traded if is_traded else partnership.free_cancel_days_free_places
