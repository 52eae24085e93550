"""Letters about quotes: sent, accepted, about to end, withdrawn. To the contact whose name is on it, and to the team."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.correspondence import queue_email
from accounts.models import Organisation, OutboundEmail, Partnership, Practitioner
from bookings.emails.charges import Payer
from bookings.emails.money import payer_of
from bookings.models import Order, Quote, QuoteLine
from courses.models import Course, Enquiry


def quote_sent(*, quote: Quote, now: datetime) -> OutboundEmail | None:
    """At once: what it comes to, until when it stands, and where it is read and accepted."""
    return _queue("quote_sent", quote, now=now)


def quote_accepted(*, quote: Quote, now: datetime) -> OutboundEmail | None:
    """At once, for a course of one's own: it is an order now, and what happens next. An order of places has its own."""
    return _queue("quote_accepted", quote, now=now)


def quote_ending(*, quote: Quote, now: datetime) -> OutboundEmail | None:
    """Some days before its last: nobody has answered it yet."""
    return _queue("quote_ending", quote, now=now)


def quote_withdrawn(*, quote: Quote, now: datetime) -> OutboundEmail | None:
    """At once: it no longer stands, and why; an order that had come of it has ended with it."""
    return _queue("quote_withdrawn", quote, now=now)


def quote_accepted_team(*, quote: Quote, now: datetime) -> OutboundEmail | None:
    """At once, to the team's own address: a contact has accepted, and what is to be done next."""
    return _queue(
        "quote_accepted_team", quote, now=now, payer=Payer(address=Partnership.objects.current().contact_email)
    )


def _queue(letter: str, quote: Quote, *, now: datetime, payer: Payer | None = None) -> OutboundEmail | None:
    payer = payer or payer_of(quote.organisation, quote.contact)
    if payer is None:
        return None
    return queue_email(
        key=f"bookings.{letter}:{quote.pk}",
        to=payer.address,
        letter=f"bookings/{letter}",
        context={
            "quote": quote,
            "lines": list(quote.lines.order_by("position")),
            "order": quote.order,
            "organisation": quote.organisation,
            "payer": payer.practitioner,
            "partnership": Partnership.objects.current(),
            "now": now,
        },
        now=now,
        about=f"quote:{quote.pk}",
        practitioner=payer.practitioner,
    )


def of_a_quote(now: datetime) -> dict:
    """A quote for a whole school, from which the team reads the letters. Nothing here is ever saved."""
    organisation = Organisation(pk=0, name="Beckside Primary School")
    course = Course(pk=0, code="TR03", slug="whole-school", title="Whole-School Safeguarding Session")
    quote = Quote(
        pk=0, reference="Q-7K2M4QXY", organisation=organisation, valid_until=(now + timedelta(days=30)).date(),
        net=Decimal(395), vat=Decimal(0), gross=Decimal(395), sent_at=now, accepted_at=now,
        enquiry=Enquiry(pk=0, reference="N-7K2M4QXY", organisation=organisation, course=course),
        contact=Practitioner(pk=0, full_name="Carol Hughes"), closed_at=now, closed_reason="You asked for another date.",
    )  # fmt: skip
    line = QuoteLine(
        kind="COURSE", description=course.title, quantity=1, unit_price=Decimal(395), net=Decimal(395),
        vat=Decimal(0), gross=Decimal(395), vat_treatment="EXEMPT",
    )  # fmt: skip
    order = Order(
        pk=0, reference="O-7K2M4QXY", organisation=organisation, payment_method="PURCHASE_ORDER", po_status="TO_FOLLOW"
    )
    return {
        "quote": quote,
        "lines": [line],
        "order": order,
        "organisation": organisation,
        "payer": Practitioner(pk=0, full_name="Carol Hughes"),
        "now": now,
    }
