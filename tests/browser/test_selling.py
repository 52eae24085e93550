"""Selling places from the basket to the paid invoice, in a browser without scripts; every figure agrees everywhere.

A school's contact buys eight places on two courses, three of them unnamed, gives the purchase order later, names the
three, swaps one, cancels one late, sees the charge and gives a reason; the team waives it; finance issues the invoices,
credits one line, hands them to the ledger and imports the payment.
"""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pypdf
import pytest
import time_machine

from bookings import money_invariants
from bookings.models import Booking, ChargeNotice, Invoice, Order
from bookings.models.booking import State
from courses.models import Event, Strand
from tests.access.people import person
from tests.browser.test_orders import empty_the_basket, name_somebody, put_into_basket
from tests.load.live import session_of
from tests.makers import NOW, make_course, make_event
from tests.sales import lock, mark, settle_all

# The last free day is over, and so is the day for the purchase order; then both courses are over and locked.
LATE, OVER = NOW + timedelta(days=5), NOW + timedelta(days=31)
STARTS = NOW + timedelta(days=17)


@pytest.fixture
def come(portal, somebody):
    """Somebody of the town who signs in anew, because weeks pass."""

    def come(role):
        portal.sessions[role] = session_of(person(role))
        one = somebody(role, bypass_csp=True)
        one.has_scripts = False
        return one

    return come


def words(one):
    return one.page.inner_text("main")


def buy_eight_places(contact):
    dates = [
        make_event(make_course(title, strands=[Strand.TRADED]), starts_at=STARTS + timedelta(days=more))
        for title, more in (("Restorative conversations", 0), ("Listening to children", 1))
    ]
    empty_the_basket(contact)
    put_into_basket(contact, dates[0], people="Asha Patel\nBen Stone\nCal Reid", unnamed=1)
    put_into_basket(contact, dates[1], people="Dot Hall\nEve Lund", unnamed=2)
    assert "£760.00" in words(contact)
    contact.press("Go on")
    contact.page.get_by_label("By invoice, and the purchase order number follows").check()
    contact.page.get_by_label(re.compile("manager agrees")).check()
    contact.page.get_by_label(re.compile("I accept the booking terms")).check()
    contact.press("Order for £760.00")
    contact.follow(contact.page.get_by_role("link", name="Give the number"))
    contact.page.get_by_label("Purchase order number").fill("PO-2026-118")
    contact.press("Give this number")
    return Order.objects.get(reference=contact.page.url.rstrip("/").rpartition("/")[2]), dates


def name_three_and_swap_one(contact, order_page):
    for full_name in ("Fay Moss", "Gil Dean", "Hal Wynn"):
        contact.page.goto(order_page)
        name_somebody(contact, full_name)
    contact.page.goto(order_page)
    contact.follow(contact.page.get_by_role("link", name="Somebody else comes instead of Asha Patel"))
    contact.page.get_by_label("Your colleague's full name").fill("Ida Frost")
    contact.page.get_by_label("Their work email address").fill("ida@school-a.example")
    contact.press("Give the place to them")


def cancel_late_and_explain(contact, order_page):
    contact.page.goto(order_page)
    contact.follow(contact.page.get_by_role("link", name=re.compile("Ben Stone")).last)
    assert "£95" in words(contact)
    contact.page.get_by_label("In your own words").fill("Moved to another school")
    contact.press("Give the place up")
    charge = ChargeNotice.objects.get(booking__practitioner__full_name="Ben Stone")
    contact.page.goto(f"/organisation/charges/{charge.pk}/")
    assert "A charge of £95" in words(contact)
    contact.page.get_by_label("Another reason").check()
    contact.page.get_by_label("Is there anything we should know?").fill("The head told your team in October.")
    contact.press("Send the reason")
    return charge


def waive(team, charge):
    team.page.goto(f"/staff/charges/{charge.pk}/")
    assert "The head told your team in October." in words(team)
    team.page.get_by_label("Waive it: the agency pays nothing").check()
    team.page.get_by_label("If you waive it, what for?").select_option("DECISION")
    team.page.get_by_label("What should the agency know?").fill("You told us in time.")
    team.press("Save the decision")
    assert "waived" in words(team).lower()


def text_of_pdf(one, address):
    answer = one.page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(answer.body())).pages)


def issue(finance, draft):
    finance.page.goto(f"/finance/invoices/{draft.pk}/")
    finance.press("Issue this invoice of £665.00")
    return Invoice.objects.get(pk=draft.pk)


def credit_one_line(finance, invoice):
    finance.page.goto(f"/finance/invoices/{invoice.pk}/")
    finance.open_all_details()
    finance.page.locator("input[name^='credit-line_']").first.fill("95")
    finance.page.get_by_label("Why is it credited?").fill("The trainer left early")
    finance.page.get_by_label("Nothing more is wanted for them").check()
    finance.press("Issue the credit note")
    return invoice.credit_notes.get()


def import_the_payment(finance, invoice, tmp_path):
    finance.page.goto("/finance/exports/")
    finance.press("Make the next export")
    file = tmp_path / "ledger.csv"
    rows = [
        ["what", "number", "ledger reference", "date", "amount"],
        ["raised", invoice.number, "9001", "22/12/2026", ""],
        ["paid", invoice.number, "R-77", "22/12/2026", "£570.00"],
    ]
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows(rows)
    finance.page.goto("/finance/imports/")
    finance.page.get_by_label("File of the ledger").set_input_files(file)
    finance.press("Show what would change")
    finance.press("Import it")


def test_eight_places_from_the_basket_to_the_paid_invoice(portal, come, tmp_path):
    contact = come("contact of school A")
    order, dates = buy_eight_places(contact)
    order_page = contact.page.url
    school = order.organisation
    type(school).objects.filter(pk=school.pk).update(invoice_address="School Lane\nAiredon", is_recharged=False)
    name_three_and_swap_one(contact, order_page)

    with time_machine.travel(LATE, tick=True):
        charge = cancel_late_and_explain(come("contact of school A"), order_page)
        waive(come("workforce team"), charge)

    for booking in Booking.objects.filter(order_line__order=order, state=State.CONFIRMED):
        mark(booking, State.ATTENDED, now=STARTS)
    for date in dates:
        lock(Event.objects.get(pk=date.pk), now=OVER)
    settle_all(now=OVER)

    with time_machine.travel(OVER, tick=True):
        finance, contact = come("finance"), come("contact of school A")
        invoice = issue(finance, order.invoices.get())
        note = credit_one_line(finance, invoice)
        import_the_payment(finance, invoice, tmp_path)
        settle_all(now=OVER)

        printed = text_of_pdf(contact, f"/organisation/invoices/{invoice.number}/invoice.pdf")
        credited = text_of_pdf(contact, f"/organisation/credit-notes/{note.number}/credit-note.pdf")
        finance.page.goto(f"/finance/invoices/{invoice.pk}/")
        contact.page.goto(f"/organisation/invoices/{invoice.number}/")
        pages = [words(finance), words(contact)]
        contact.page.goto(order_page)
        pages.append(words(contact))
        broken = {subject for breach in money_invariants.breaches(now=OVER) for subject in breach.subjects}

    assert "£665.00" in printed
    assert "PO-2026-118" in printed
    assert invoice.number in credited
    assert "£95.00" in credited
    for page in pages[:2]:
        assert all(figure in page for figure in ("£665.00", "£95.00", "£570.00", "£0.00"))
    assert "Waived" in pages[2]
    invoice.refresh_from_db()
    order.refresh_from_db()
    assert (invoice.gross, invoice.amount_credited, invoice.amount_paid, invoice.outstanding) == (
        Decimal("665"),
        Decimal("95"),
        Decimal("570"),
        Decimal("0"),
    )
    assert (invoice.state, invoice.external_ref, order.state) == ("PAID", "9001", "CLOSED")
    ours = {f"order:{order.pk}", f"invoice:{invoice.pk}", *(f"line:{line.pk}" for line in order.lines.all())}
    assert not broken & ours
