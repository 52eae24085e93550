"""The register on paper: everybody with a box for each session, and what people need on a page of its own."""

import io
from datetime import timedelta

import pikepdf
import pypdf
import pytest

from bookings import register_pdf
from bookings.models import Booking, BookingNeeds
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


def printed(event):
    bookings = event.bookings.on_the_register().select_related("practitioner", "organisation", "needs")
    return register_pdf.sheet(event=event, bookings=list(bookings.order_by("practitioner__full_name")), now=NOW)


def pages_of(content):
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_sheet_has_names_agencies_and_every_session():
    event = make_event(make_course("Neglect"), days=2)
    make_booking(event, cast.amina())
    make_booking(event, cast.make_person("Ifẹ́olúwa Łukaszewska", cast.police()))
    gone = make_booking(event, cast.ben(), state=Booking.State.CANCELLED, cancelled_at=NOW)

    sheet, trainers = pages_of(printed(event))

    for words in ("Register: Neglect", "Amina Yusuf", "Łukaszewska", "Northern Ridings Police", "Day 1", "Day 2"):
        assert words in sheet
    assert gone.practitioner.full_name not in sheet
    assert "Nobody has told us of a need." in trainers


def test_needs_stand_on_the_trainers_page_alone():
    event = make_event()
    booking = make_booking(event, cast.amina())
    BookingNeeds.objects.create(booking=booking, access="Sits near the front", diet="Halal", erase_on=NOW.date())

    *sheets, trainers = pages_of(printed(event))

    assert all("Sits near" not in sheet and "Halal" not in sheet for sheet in sheets)
    for words in ("For the trainer only", "Amina Yusuf", "Sits near the front", "Halal"):
        assert words in trainers


def test_long_course_goes_on_on_further_sheets_whose_head_repeats():
    event = make_event(days=6, capacity=40, starts_at=NOW + timedelta(days=3))
    for number in range(30):
        make_booking(event, cast.make_person(f"Person{number} Booked", cast.social_work()))

    pages = pages_of(printed(event))

    signed = [page for page in pages if "trainer only" not in page]
    assert [("Day 1" in page, "Day 5" in page) for page in signed].count((False, True)) > 1
    assert all("Name Agency" in page for page in signed)
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


def test_sheet_for_nobody_has_lines_for_those_who_come_all_the_same():
    sheet, _ = pages_of(printed(make_event()))
    assert "Nobody is booked." in sheet
    assert "empty lines are for people who came without a booking" in sheet


def test_sheet_is_tagged_and_lies_on_its_side_but_for_the_trainers_page():
    event = make_event()
    make_booking(event, cast.amina())
    with pikepdf.open(io.BytesIO(printed(event))) as pdf:
        sides = [tuple(round(float(side)) for side in page.mediabox) for page in pdf.pages]
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang) == "en-GB"
    assert sides == [(0, 0, 842, 595), (0, 0, 595, 842)]


def test_names_cannot_steer_the_page():
    event = make_event()
    make_booking(event, cast.make_person("Eve <img src=http://evil.example/x>", cast.police(), email="eve@example.org"))
    sheet, _ = pages_of(printed(event))
    assert "<img src=http://evil.example/x>" in sheet
