"""What tests of quotes share: a school that asks for a course of its own, the team's quote, and a quote of a basket."""

from decimal import Decimal
from uuid import uuid4

from bookings.actions import quotes
from bookings.actions.quotes import Item
from courses.models import Enquiry, Strand
from courses.models.course import LearningFormat
from tests import cast, sales
from tests.makers import NOW, make_course, make_enquiry, make_vat_rate

TRAVEL = Item(description="Travel", quantity=37, unit_price=Decimal("0.45"), vat_treatment="STANDARD")


def whole_course(title="Whole-school session", **fields):
    """A course that is sold whole: £395 to a school."""
    return make_course(title, strands=[Strand.TRADED], learning_format=LearningFormat.COMMISSIONED, **fields)


def asked(*, organisation=None, course=None, state=Enquiry.State.NEW, **fields):
    """The school's contact asks for a course of its own."""
    make_vat_rate()
    organisation = organisation or sales.school()
    return make_enquiry(
        organisation=organisation,
        by=sales.contact_of(organisation),
        course=course or whole_course(),
        state=state,
        **fields,
    )


def drafted(enquiry=None, *items, now=NOW):
    enquiry = enquiry or asked()
    draft = quotes.begin(enquiry_id=enquiry.pk, by=cast.wendy(), now=now)
    course = Item(description="Whole-school session", quantity=1, unit_price=Decimal(395), is_course=True)
    return quotes.write(
        quote_id=draft.pk, items=[course, *items], notes="For up to 100 people.", by=cast.wendy(), now=now
    )


def sent(enquiry=None, *items, now=NOW):
    draft = drafted(enquiry, *items, now=now)
    return quotes.send(quote_id=draft.pk, by=cast.wendy(), now=now)


def of_basket(*chosen, organisation=None, now=NOW):
    """A quote of `(event, colleagues, places without a name)`."""
    order = sales.basket(*chosen, organisation=organisation, now=now)
    by = sales.contact_of(order.organisation)
    return quotes.of_basket(order_id=order.pk, key=uuid4(), by=by, now=now)
