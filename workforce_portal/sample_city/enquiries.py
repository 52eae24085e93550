"""What organisations of the city have asked the team to run for them: one is new, one to be given a date, one lost.

For the new one a quote is being written; the one that is to be given a date has its accepted quote and its order.
"""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.db.models import F

from accounts.models import Membership, OutboundEmail, User
from bookings import emails as booking_emails
from bookings.actions import quote_acceptance, quotes
from bookings.models import Order, Quote
from bookings.models.order import LineState, OrderState, PaymentMethod, PurchaseOrderStatus
from bookings.models.quote import QuoteState
from courses import emails
from courses.models import Course, Enquiry
from workforce_portal.sample_city.accounts import TEAM
from workforce_portal.sample_city.people import Person

AT_TEN = timedelta(hours=10)
CONTACT = "carol@example.org"
IN_IT = "With everything that people take home. Travel within the city is in it."
AS_USUAL = {
    "audience": "All staff, office and kitchen too",
    "headcount": 46,
    "outcomes": "Notice when a child is not all right, say so, and know whom to tell.",
    "dates_wanted": "A training day in January, or a Wednesday after 3:30pm",
    "place": "Our hall",
    "travel": "Ten minutes from the bus station. There is a car park.",
    "budget_holder": "The business manager",
}


def write_enquiries(known: dict[str, Person], *, as_of: datetime) -> None:
    """Two of the printed contact's school, and one of somebody without an account."""
    membership = Membership.objects.as_contact().filter(practitioner=known[CONTACT].id)
    school = membership.select_related("organisation", "practitioner__user").get()
    team = User.objects.get(email=TEAM)
    of_the_school = {
        "organisation": school.organisation,
        "contact_name": school.practitioner.full_name,
        "email": school.practitioner.email,
        "made_by": school.practitioner.user,
    }
    new = _write(
        "NEWASKED", as_of - timedelta(days=1) + AT_TEN, course=Course.objects.get(code="TR03"), **of_the_school
    )
    _begin_quote(new, "Q-NEWASKED", team, as_of - timedelta(hours=9))
    agreed = _write(
        "AGREED22",
        as_of - timedelta(days=12) + AT_TEN,
        course=Course.objects.get(code="TR11"),
        headcount=30,
        owner=team,
        **of_the_school,
    )
    _accept_quote(
        agreed,
        "AGREED22",
        team,
        sent_at=as_of - timedelta(days=10) + AT_TEN,
        accepted_at=as_of - timedelta(days=3) + AT_TEN,
    )
    _write(
        "THECAMPS",
        as_of - timedelta(days=30) + AT_TEN,
        organisation_name="Fellside Summer Camps",
        contact_name="Marta Lindqvist",
        email="marta.lindqvist@example.org",
        subject="Restorative practice for the volunteers of our summer camp",
        headcount=9,
        owner=team,
        lost_for=Enquiry.LostFor.PRICE,
        lost_reason="For nine people it is too much. They book single places instead.",
        **_now(Enquiry.State.LOST, team, as_of - timedelta(days=16) + AT_TEN),
    )


def _now(state: str, team: User, since: datetime) -> dict:
    return {"state": state, "state_since": since, "state_set_by": team}


def _begin_quote(enquiry: Enquiry, reference: str, team: User, now: datetime) -> Quote:
    """The team's draft, at the price of the list."""
    draft = quotes.begin(enquiry_id=enquiry.pk, by=team, now=now)
    Quote.objects.filter(pk=draft.pk).update(reference=reference, notes=IN_IT)
    return draft


def _accept_quote(enquiry: Enquiry, name: str, team: User, *, sent_at: datetime, accepted_at: datetime) -> None:
    """What the contact accepted a week later, with the number of a purchase order or a cost centre."""
    draft = _begin_quote(enquiry, f"Q-{name}", team, sent_at)
    quote = quotes.send(quote_id=draft.pk, by=team, now=sent_at)
    school, contact = quote.organisation, quote.contact
    is_recharge = school.is_recharged
    order = Order.objects.create(
        reference=f"O-{name}",
        organisation=school,
        contact=contact,
        source=Order.Source.QUOTE,
        state=OrderState.CONFIRMED,
        charging_category=school.charging_category,
        payment_method=PaymentMethod.INTERNAL_RECHARGE if is_recharge else PaymentMethod.PURCHASE_ORDER,
        po_number="" if is_recharge else "PO-20871",
        cost_centre=school.cost_centre if is_recharge else "",
        po_status=PurchaseOrderStatus.GIVEN,
        idempotency_key=uuid5(NAMESPACE_URL, f"order of {name}"),
        created_at=sent_at,
        created_by=team,
        placed_at=accepted_at,
        placed_by=contact.user if contact else None,
    )
    for quoted in quote.lines.order_by("position"):
        for line in quote_acceptance.lines_of(order=order, quoted=quoted):
            line.state, line.sold_at = LineState.SOLD, accepted_at
            line.save()
    quote.order, quote.state = order, QuoteState.ACCEPTED
    quote.accepted_at, quote.accepted_by = accepted_at, contact.user if contact else None
    quote.save(update_fields=["order", "state", "accepted_at", "accepted_by"])
    Enquiry.objects.filter(pk=enquiry.pk).update(**_now(Enquiry.State.ACCEPTED, team, accepted_at))
    booking_emails.quote_accepted(quote=quote, now=accepted_at)
    booking_emails.quote_accepted_team(quote=quote, now=accepted_at)
    letters = OutboundEmail.objects.about(f"quote:{quote.pk}")
    letters.update(sent_at=F("send_at"), attempts=1)


def _write(name: str, made_at: datetime, **facts) -> Enquiry:
    enquiry = Enquiry.objects.create(
        reference=f"N-{name}",
        made_at=made_at,
        idempotency_key=uuid5(NAMESPACE_URL, name),
        **{**AS_USUAL, "state_since": made_at, **facts},
    )
    letter = emails.enquiry_received(enquiry=enquiry, now=made_at)
    OutboundEmail.objects.filter(pk=letter.pk).update(sent_at=F("send_at"), attempts=1)
    return enquiry
