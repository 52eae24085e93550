"""Quotes: written and sent by the team for an enquiry, or made of a basket; declined, withdrawn, ended.

Locks: the quote first, then its order, its enquiry last, before any date. What is accepted is in
`bookings.actions.quote_acceptance`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.audit import record
from accounts.locking import locked
from accounts.models import Organisation, Partnership, Practitioner, User
from bookings import emails
from bookings.actions import documents, lines, sales
from bookings.models import OrderLine, Quote, QuoteLine
from bookings.models.order import LineState, OrderState, PaymentMethod
from bookings.models.quote import QuoteState
from bookings.quoting import LineQuote, describe, lines_to_quote, quote_basket
from courses.actions import enquiries
from courses.models import Enquiry, Price, VatTreatment
from courses.models.course import LearningFormat
from courses.models.enquiry import UNDECIDED_ENQUIRY_STATES, EnquiryState
from courses.money import NOTHING, Amounts
from courses.pricing import best_offer, quote, vat_percent, vat_treatment_of
from courses.references import new_reference

# Formats whose price is for the whole course; any other price is for each person.
SOLD_WHOLE = (LearningFormat.COMMISSIONED, LearningFormat.SERVICE)
# How the team may say that VAT treats a line; what is free or recharged follows by itself.
CHOSEN = (VatTreatment.EXEMPT, VatTreatment.STANDARD)
GONE = "The enquiry is not going ahead."


class QuoteRefused(Exception):
    """This cannot be done with the quote as it stands; the words say why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line as the team writes it: how VAT treats it unless it is free or recharged."""

    description: str
    quantity: int
    unit_price: Decimal
    vat_treatment: str = VatTreatment.EXEMPT
    is_course: bool = False


# --- Written by the team ------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, enquiry_id: int, by: User, now: datetime) -> Quote:
    """Return the draft for an enquiry, made when it is first needed: as the last quote was, or from the price list.

    Raises QuoteRefused where it is too late for a quote, or nobody knows yet for which organisation.
    """
    enquiry = locked(Enquiry.objects.select_related("organisation", "course").filter(pk=enquiry_id)).get()
    found = Quote.objects.drafts().filter(enquiry=enquiry).first()
    if found:
        return found
    if enquiry.state not in UNDECIDED_ENQUIRY_STATES:
        raise QuoteRefused(f"This enquiry is {enquiry.get_state_display()}, so it needs no quote now.")
    if enquiry.organisation is None:
        raise QuoteRefused("Say first which organisation of the list it is: a quote goes to its booking contact.")
    earlier = Quote.objects.filter(enquiry=enquiry).order_by("-version").first()
    draft = Quote.objects.create(
        reference=new_reference("Q"),
        organisation=enquiry.organisation,
        contact=_contact(enquiry),
        enquiry=enquiry,
        version=earlier.version + 1 if earlier else 1,
        replaces=earlier,
        notes=earlier.notes if earlier else "",
        created_at=now,
        created_by=by,
    )
    _write_lines(draft, items_of(written=earlier) if earlier else usual_items(enquiry=enquiry, now=now), now)
    record(by=by, verb="quote.begin", subject=f"quote:{draft.pk}", now=now)
    return draft


def usual_items(*, enquiry: Enquiry, now: datetime) -> list[Item]:
    """What the price list says of the course that is meant: whole, or for each person. A price of nothing is left open."""
    course = enquiry.course
    if course is None or enquiry.organisation is None:
        return [Item(description=enquiry.about[:200], quantity=1, unit_price=NOTHING, is_course=True)]
    category = enquiry.organisation.charging_category
    offer = best_offer(offers=course.offers.select_related("price_band"), category=category)
    price = quote(offer=offer, category=category, on=timezone.localtime(now).date()) if offer else None
    amount = (price.amount if price.terms == Price.Terms.FIXED else price.amount_from) if price else None
    is_whole = course.learning_format in SOLD_WHOLE
    return [
        Item(
            description=course.title[:200],
            quantity=1 if is_whole or not amount else enquiry.headcount,
            unit_price=amount or NOTHING,
            vat_treatment=_chosen(offer.price_band.vat_treatment if offer else ""),
            is_course=True,
        )
    ]


@transaction.atomic
def write(*, quote_id: int, items: Sequence[Item], notes: str, by: User, now: datetime) -> Quote:
    """Keep what a draft says. Raises QuoteRefused once it was sent, and NoVatRate where there is VAT and no rate."""
    draft = lock_quote(quote_id=quote_id)
    if not draft.is_draft:
        raise QuoteRefused("This quote was sent a moment ago. Write a new version instead.")
    enquiry = draft.enquiry
    if enquiry and enquiry.organisation:
        # The team may have found out since who asks.
        draft.organisation, draft.contact = enquiry.organisation, _contact(enquiry)
    draft.notes = notes.strip()
    draft.save(update_fields=["organisation", "contact", "notes"])
    _write_lines(draft, items, now)
    record(by=by, verb="quote.write", subject=f"quote:{draft.pk}", now=now)
    return draft


def _write_lines(draft: Quote, items: Iterable[Item], now: datetime) -> None:
    draft.lines.all().delete()
    course = draft.enquiry.course if draft.enquiry else None
    QuoteLine.objects.bulk_create(
        QuoteLine(
            quote=draft,
            position=position,
            kind=OrderLine.Kind.COURSE if item.is_course else OrderLine.Kind.OTHER,
            course=course if item.is_course else None,
            description=item.description,
            quantity=item.quantity,
            unit_price=item.unit_price,
            **_figures(item, draft.organisation, now),
        )
        for position, item in enumerate(items, start=1)
    )
    _add_up(draft)


def _figures(item: Item, organisation: Organisation, now: datetime) -> dict[str, Any]:
    net = item.quantity * item.unit_price
    treatment = vat_treatment_of(band_treatment=item.vat_treatment, amount=net, is_recharge=organisation.is_recharged)
    percent = vat_percent(treatment=treatment, on=timezone.localtime(now).date())
    amounts = Amounts.with_vat(net=net, percent=percent)
    figures = {"net": amounts.net, "vat": amounts.vat, "gross": amounts.gross}
    return {"vat_treatment": treatment, "vat_percent": percent, **figures}


def items_of(*, written: Quote) -> list[Item]:
    """The lines of a quote as the team wrote them, to be written anew."""
    return [
        Item(
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            vat_treatment=_chosen(line.vat_treatment),
            is_course=line.kind == OrderLine.Kind.COURSE,
        )
        for line in written.lines.order_by("position")
    ]


def _chosen(treatment: str) -> str:
    """What is free or recharged keeps no choice of its own, so it begins anew with the usual one."""
    return treatment if treatment in CHOSEN else VatTreatment.EXEMPT


def _add_up(draft: Quote) -> None:
    sums = draft.lines.aggregate(net=Sum("net", default=0), vat=Sum("vat", default=0))
    draft.net, draft.vat = sums["net"], sums["vat"]
    draft.gross = draft.net + draft.vat
    draft.save(update_fields=["net", "vat", "gross"])


@transaction.atomic
def discard(*, quote_id: int, by: User, now: datetime) -> bool:
    """Throw a draft away; tell whether there was one."""
    draft = Quote.objects.drafts().select_for_update(of=("self",)).filter(pk=quote_id).first()
    if draft is None:
        return False
    record(by=by, verb="quote.discard", subject=f"quote:{draft.pk}", now=now)
    draft.delete()
    return True


@transaction.atomic
def send(*, quote_id: int, by: User, now: datetime, gross_shown: Decimal | None = None) -> Quote:
    """Send a draft to the organisation's contact; what it replaces is withdrawn. Sent twice is once.

    Raises QuoteRefused, or what the enquiry refuses.
    """
    draft = lock_quote(quote_id=quote_id)
    if not draft.is_draft:
        return draft
    if gross_shown is not None and gross_shown != draft.gross:
        raise QuoteRefused("This quote was changed since you opened it. Look at it and send it then.")
    obstacle = why_not_send(draft=draft, now=now)
    if obstacle:
        raise QuoteRefused(obstacle)
    for before in Quote.objects.sent().filter(enquiry=draft.enquiry).select_for_update(of=("self",)):
        _close(before, QuoteState.WITHDRAWN, f"Version {draft.version} has replaced it.", by, now)
    _send(draft, by, now)
    if draft.enquiry_id:
        enquiries.follow(enquiry_id=draft.enquiry_id, state=EnquiryState.QUOTED, by=by, now=now)
    return draft


def why_not_send(*, draft: Quote, now: datetime) -> str:
    """Say what a draft lacks to be sent; nothing when it may be."""
    if not draft.net:
        return "A quote needs at least one line with a price."
    if draft.enquiry and draft.enquiry.organisation_id != draft.organisation_id:
        return "The enquiry is somebody else's by now. Save this quote once more, then send it."
    if draft.contact is None:
        return f"Nobody speaks for {draft.organisation.name} yet. Make somebody its booking contact first."
    day = timezone.localtime(now).date()
    recharges = draft.organisation.is_recharged
    for line in draft.lines.filter(net__gt=0):
        is_recharge = line.vat_treatment == VatTreatment.NO_SUPPLY
        if line.vat_percent != vat_percent(treatment=line.vat_treatment, on=day) or is_recharge != recharges:
            return "The VAT on it has changed since it was written. Save it once more, then send it."
    return ""


def _send(draft: Quote, by: User, now: datetime) -> None:
    """Copy what is printed, and tell the contact."""
    partnership = Partnership.objects.current()
    copied = documents.sellers_details(partnership) | documents.buyers_details(
        organisation=draft.organisation, order=None
    )
    for name, value in copied.items():
        if name in COPIED:
            setattr(draft, name, value)
    draft.valid_until = timezone.localtime(now).date() + timedelta(days=partnership.quote_valid_days)
    draft.state, draft.sent_at, draft.sent_by = QuoteState.SENT, now, by
    draft.save(update_fields=[*COPIED, "valid_until", "state", "sent_at", "sent_by"])
    record(by=by, verb="quote.send", subject=f"quote:{draft.pk}", now=now)
    emails.quote_sent(quote=draft, now=now)


COPIED = (
    *("customer_name", "customer_address", "customer_vat_number"),
    *("seller_name", "seller_address", "seller_vat_number"),
)


# --- Made of a basket ------------------------------------------------------------------------------------------


def of_basket(*, order_id: int, key: UUID, by: User, now: datetime) -> Quote:
    """Make a quote of what is in a basket, at today's prices, and send it to the contact; places are not held.

    The basket stays as it is. The same form sent twice makes one quote. Raises QuoteRefused.
    """
    earlier = Quote.objects.filter(idempotency_key=key).first()
    if earlier:
        return earlier
    try:
        with transaction.atomic():
            return _of_basket(order_id, key, by, now)
    except IntegrityError:
        # The same form sent twice at once.
        return Quote.objects.get(idempotency_key=key)


def _of_basket(order_id: int, key: UUID, by: User, now: datetime) -> Quote:
    basket = lines.lock_order(order_id=order_id)
    organisation = basket.organisation
    quoted = quote_basket(
        organisation=organisation,
        lines=lines_to_quote(basket) if basket.is_basket else [],
        now=now,
        payment_method=PaymentMethod.INTERNAL_RECHARGE if organisation.is_recharged else "",
    )
    if quoted.without_price:
        raise QuoteRefused(f"{quoted.without_price[0].description} has no price for you now. Take it out, or ask us.")
    if not quoted.costs_something:
        raise QuoteRefused("There is nothing to pay for what is in the basket, so it needs no quote.")
    draft = Quote.objects.create(
        reference=new_reference("Q"),
        organisation=organisation,
        contact=basket.contact,
        idempotency_key=key,
        created_at=now,
        created_by=by,
    )
    alike = groupby(quoted.lines, key=_what_places_share)
    QuoteLine.objects.bulk_create(
        _places(draft, position, list(places)) for position, (_, places) in enumerate(alike, start=1)
    )
    _add_up(draft)
    _send(draft, by, now)
    return draft


def _what_places_share(each: LineQuote) -> tuple[object, ...]:
    return each.line.event_id, each.figures["offer"].pk, each.amounts


def _places(draft: Quote, position: int, places: list[LineQuote]) -> QuoteLine:
    """Places of one date at one price; VAT is rounded for each, as their invoice will."""
    first, quantity = places[0], len(places)
    figures = first.figures
    total = Amounts.sum(each.amounts for each in places)
    event = first.line.event
    return QuoteLine(
        quote=draft,
        position=position,
        kind=OrderLine.Kind.PLACE,
        event=event,
        offer=figures["offer"],
        course=event.version.course if event else None,
        description=describe(event)[:200] if event else first.line.description[:200],
        quantity=quantity,
        unit_price=figures["list_price"],
        net=total.net,
        vat=total.vat,
        gross=total.gross,
        **{name: figures[name] for name in ("discount", "discount_reason", "price_reason")},
        **{name: figures[name] for name in ("vat_treatment", "vat_percent")},
    )


# --- Answered, taken back, ended ----------------------------------------------------------------------------------


@transaction.atomic
def decline(*, quote_id: int, reason: str, by: User, now: datetime) -> Quote:
    """Say no to a quote, and why; its enquiry is not going ahead. Declined twice is once. Raises QuoteRefused."""
    found = lock_quote(quote_id=quote_id)
    if found.state == QuoteState.DECLINED:
        return found
    refuse_unless_open(found=found, now=now)
    _close(found, QuoteState.DECLINED, reason, by, now)
    if found.enquiry_id:
        enquiries.lose(
            enquiry_id=found.enquiry_id, lost_for=Enquiry.LostFor.PRICE, reason=found.closed_reason, by=by, now=now
        )
    return found


@transaction.atomic
def withdraw(*, quote_id: int, reason: str, by: User, now: datetime) -> Quote:
    """Take back a quote that is not accepted, and tell the contact why; the enquiry is ours to answer again.

    Withdrawn twice is once. Raises QuoteRefused.
    """
    found = lock_quote(quote_id=quote_id)
    if found.state == QuoteState.WITHDRAWN:
        return found
    if found.state != QuoteState.SENT:
        raise QuoteRefused(f"This quote is {found.get_state_display()}, so it cannot be withdrawn.")
    _close(found, QuoteState.WITHDRAWN, reason, by, now)
    emails.quote_withdrawn(quote=found, now=now)
    _give_enquiry_back(found, by, now)
    return found


@transaction.atomic
def lapse(*, quote_id: int, now: datetime) -> bool:
    """End a quote whose last day has passed; tell whether it did. Harmless twice."""
    found = lock_quote(quote_id=quote_id)
    if not Quote.objects.over(timezone.localtime(now).date()).filter(pk=quote_id).exists():
        return False
    _close(found, QuoteState.LAPSED, "Nobody answered it in time.", None, now)
    _give_enquiry_back(found, None, now)
    return True


@transaction.atomic
def close_out_of_step(*, quote_id: int, now: datetime) -> bool:
    """Close a quote whose enquiry has gone another way, its order with it; tell whether there was something to close."""
    found = lock_quote(quote_id=quote_id)
    if not Quote.objects.out_of_step().filter(pk=quote_id).exists():
        return False
    if found.is_draft:
        found.delete()
        return True
    _close(found, QuoteState.WITHDRAWN, GONE, None, now)
    if found.order_id:
        _cancel_order(found.order_id, now)
    emails.quote_withdrawn(quote=found, now=now)
    return True


def _cancel_order(order_id: int, now: datetime) -> None:
    order = lines.lock_order(order_id=order_id)
    for line in order.lines.open().select_for_update(of=("self",), no_key=True).order_by("pk"):
        lines.move_line(line=line, state=LineState.RELEASED, reason=GONE, now=now)
    if order.state in (OrderState.AWAITING_PO, OrderState.CONFIRMED):
        order.state, order.cancelled_at, order.cancelled_reason = OrderState.CANCELLED, now, GONE
        order.save(update_fields=["state", "cancelled_at", "cancelled_reason"])


def _give_enquiry_back(found: Quote, by: User | None, now: datetime) -> None:
    if found.enquiry and found.enquiry.state == EnquiryState.QUOTED:
        enquiries.follow(enquiry_id=found.enquiry.pk, state=EnquiryState.NEW, by=by, now=now)


def refuse_unless_open(*, found: Quote, now: datetime) -> None:
    """Raise QuoteRefused unless the quote can be accepted or declined now; the words say where it is instead."""
    if found.may_be_answered(timezone.localtime(now).date()):
        return
    raise QuoteRefused(WHERE.get(found.state, ENDED))


ENDED = "This quote has ended. Ask us for a new one: a price may have changed since."
WHERE: dict[str, str] = {
    QuoteState.DRAFT: "This quote has not been sent yet.",
    QuoteState.ACCEPTED: "This quote is accepted: it is an order now.",
    QuoteState.DECLINED: "This quote was declined. Ask us for a new one.",
    QuoteState.WITHDRAWN: "We have withdrawn this quote. Look for a newer one, or ask us.",
}


def _close(found: Quote, state: QuoteState, reason: str, by: User | None, now: datetime) -> None:
    found.state, found.closed_at, found.closed_by = state, now, by
    found.closed_reason = reason.strip()[:300]
    found.save(update_fields=["state", "closed_at", "closed_by", "closed_reason"])
    record(by=by, verb=f"quote.{state.lower()}", subject=f"quote:{found.pk}", now=now)


def lock_quote(*, quote_id: int) -> Quote:
    """Fetch a quote for oneself alone until the transaction ends."""
    rows = Quote.objects.select_related(
        "organisation", "contact", "enquiry__organisation", "enquiry__course", "enquiry__made_by"
    )
    return locked(rows.filter(pk=quote_id)).get()


def _contact(enquiry: Enquiry) -> Practitioner | None:
    """Whoever made the enquiry, if they speak for the organisation; else somebody who does."""
    asker = getattr(enquiry.made_by, "practitioner", None)
    organisation = enquiry.organisation
    if organisation is None:
        return None
    if asker and organisation.memberships.as_contact().filter(practitioner=asker).exists():
        return asker
    return sales.contact_of(organisation=organisation)
