"""What the printed booking contact has bought lately, with the portal's own actions: a package, two orders, a basket.

And two invoices of others that finance put right.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from accounts.models import Organisation, User
from bookings.actions import baskets, credit_notes, orders, package_sales
from bookings.actions.orders import Paying
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import Invoice, Order, Package
from bookings.models.order import PaymentMethod
from courses.models import Event, VatTreatment
from workforce_portal.sample_city.accounts import FINANCE, TEAM

COURSES = ("TR04", "TR05", "TR10")
SCHOOL, CONTACT = "A19", "carol@example.org"
PACKAGE_POUNDS, PACKAGE_PRICE, PACKAGE_NUMBER = Decimal(1200), Decimal(1050), "PO-20780"
# Far enough ahead that a purchase order may still follow.
FAR_AHEAD = timedelta(days=35)
AGREED = Answers(has_managers_agreement=True)
# Why finance credited a line, and whether it is invoiced again.
CORRECTIONS = (
    ("The place was given up in time; the letter came to us and was not passed on.", False),
    ("It went to the wrong department. A new invoice follows.", True),
)
NEWCOMER = Colleague(full_name="Imran Sheikh", email="imran.sheikh@beckside.example.org")


def buy(*, now: datetime) -> None:
    """Sell the school its package, place one order on a purchase order to follow and one from the package."""
    school, carol = Organisation.objects.get(code=SCHOOL), User.objects.get(email=CONTACT)
    package = sell_package(school, now=now)
    chosen = dates_to_buy(now=now)
    if len(chosen) < 3:
        return
    to_follow = Paying(method=PaymentMethod.PURCHASE_ORDER, is_po_to_follow=True)
    order(school, carol, chosen[0], [], 2, paying=to_follow, now=now)
    order(school, carol, chosen[1], [], 1, paying=Paying(method=PaymentMethod.PACKAGE, package=package), now=now)
    fill(school, carol, chosen[2], [NEWCOMER], 1, now=now)


def sell_package(school: Organisation, *, now: datetime) -> Package:
    """A package for a year that began some weeks ago."""
    starts_on = (timezone.localtime(now).date() - timedelta(days=45)).replace(day=1)
    return package_sales.sell(
        organisation=school,
        unit=Package.Unit.MONEY,
        amount=PACKAGE_POUNDS,
        price=PACKAGE_PRICE,
        treatment=VatTreatment.EXEMPT,
        po_number=PACKAGE_NUMBER,
        key=uuid4(),
        starts_on=starts_on,
        ends_on=starts_on.replace(year=starts_on.year + 1) - timedelta(days=1),
        by=User.objects.get(email=TEAM),
        now=now,
        note="The school's training of the year",
    )


def dates_to_buy(*, now: datetime) -> list[Event]:
    """A date of each of three courses that cost a school something: those planted for it."""
    open_now = bookable_events().open_for_booking(now)
    far = open_now.coming(now + FAR_AHEAD).with_places_left().filter(places_taken__lt=10)
    far = far.order_by("starts_at", "pk")
    found = [far.filter(version__course__code=code).first() for code in COURSES]
    return [event for event in found if event]


def fill(
    school: Organisation, carol: User, event: Event, people: list[Colleague], unnamed: int, *, now: datetime
) -> Order:
    basket = baskets.basket_of(organisation=school, contact=carol.practitioner, by=carol, now=now)
    event = bookable_events().get(pk=event.pk)
    baskets.add(order_id=basket.pk, event=event, colleagues=people, places_unnamed=unnamed, now=now)
    return basket


def order(
    school: Organisation,
    carol: User,
    event: Event,
    people: list[Colleague],
    unnamed: int,
    *,
    paying: Paying,
    now: datetime,
) -> Order:
    basket = fill(school, carol, event, people, unnamed, now=now)
    return orders.place(order_id=basket.pk, paying=paying, total_shown=None, answers=AGREED, by=carol, now=now)


def put_right(*, now: datetime) -> None:
    """Finance credits a line of each of two invoices that wait for their payment."""
    by = User.objects.get(email=FINANCE)
    waiting = Invoice.objects.due().filter(amount_paid=0, order__isnull=False, lines__order_line__kind="PLACE")
    others = waiting.exclude(organisation__code=SCHOOL).exclude(state="DISPUTED").distinct().order_by("pk")
    for invoice, (reason, is_invoiced_again) in zip(others[: len(CORRECTIONS)], CORRECTIONS, strict=False):
        line = invoice.lines.order_by("position")[0]
        credit_notes.write(
            invoice_id=invoice.pk,
            amounts={line.pk: line.gross},
            reason=reason,
            by=by,
            now=now,
            key=uuid4(),
            is_invoiced_again=is_invoiced_again,
        )
