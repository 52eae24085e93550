"""Letters about charges: to whom, once, in words that steer nothing and tell nobody's reasons."""

from datetime import timedelta

import pytest

from accounts.models import MembershipRole, OutboundEmail
from bookings import emails
from bookings.actions import charges
from bookings.models import Booking, ChargeNotice
from bookings.models.booking import State
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db

LONG_TITLE = "Understanding and Responding to Children Who Display Harmful Sexual Behaviour: a Whole-Family Approach"


def proposed(**fields):
    """The charge for a teacher of Carol's school who was away."""
    teacher = cast.make_person("Tess Teacher", cast.make_organisation())
    event = make_event(make_course(LONG_TITLE), starts_at=NOW - timedelta(days=3))
    booking = make_booking(event, teacher, state=State.DID_NOT_ATTEND, **fields)
    charges.draft(booking=booking, kind="NON_ATTENDANCE", now=NOW)
    return ChargeNotice.objects.with_facts().get()


def one_line(text):
    return " ".join(text.split())


def contact(name, role=MembershipRole.BOOKING_CONTACT):
    user = cast.make_person(name)
    cast.join(user.practitioner, cast.make_organisation(), role)
    return user


def test_payer_is_the_contact_who_booked_then_the_longest_serving_then_the_invoice_address_then_nobody():
    notice = proposed()
    payers = []

    def now_paid_by():
        payer = emails.payer_of(ChargeNotice.objects.with_facts().get())
        payers.append(payer and payer.address)

    now_paid_by()
    notice.organisation.invoice_email = "invoices@example.org"
    notice.organisation.save()
    now_paid_by()
    contact("Lead Agency", MembershipRole.AGENCY_LEAD)
    now_paid_by()
    contact("First Contact")
    now_paid_by()
    second = contact("Second Contact")
    now_paid_by()
    Booking.objects.update(booked_by=second)
    now_paid_by()

    assert payers == [
        None, "invoices@example.org", "lead@example.org", "first@example.org", "first@example.org", "second@example.org",
    ]  # fmt: skip


def test_proposal_tells_the_facts_the_reasons_and_the_deadline_once():
    cast.carol()
    notice = proposed()

    letters = [emails.charge_proposed(notice=notice, now=NOW) for _ in range(2)]

    assert letters[0].pk == letters[1].pk
    letter = OutboundEmail.objects.get()
    text = one_line(letter.text)
    for words in (
        "Hello Carol Hughes,", "Who: Tess Teacher", f"Course: {LONG_TITLE}", "What happened: Did not attend",
        "Charge: £50, without VAT", "Booking terms: 2024-04", "The person never pays it.",
        "Until the end of Friday 27 November 2026 we wait for reasons",
        "tell us by 10am that day and confirm it in writing by the end of Friday 20 November 2026",
        f"/organisation/charges/{notice.pk}/",
    ):  # fmt: skip
        assert words in text, words
    assert max(len(line) for line in letter.text.splitlines()) <= 78
    assert "\n\n\n" not in letter.text
    assert (letter.to, letter.copy_to, letter.about) == ("carol@example.org", "", f"charge:{notice.pk}")
    assert letter.practitioner == cast.carol().practitioner
    assert "Carol Hughes" in letter.html


def test_proposal_to_an_address_without_an_account_asks_for_an_answer():
    notice = proposed()
    notice.organisation.invoice_email = "invoices@example.org"
    letter = emails.charge_proposed(notice=notice, now=NOW)
    assert (letter.to, letter.practitioner) == ("invoices@example.org", None)
    assert "answer this letter" in one_line(letter.text)
    assert "/organisation/charges/" not in letter.text


def test_nobody_to_write_to_gets_no_letter():
    notice = proposed()
    assert emails.charge_proposed(notice=notice, now=NOW) is None
    assert emails.charge_decided(notice=notice, now=NOW) is None
    assert OutboundEmail.objects.count() == 0


@pytest.mark.parametrize(
    ("state", "waived_for", "says", "subject"),
    [
        ("APPROVED", "", "approved it. Your organisation gets an invoice", "Charge of £50 approved"),
        ("WAIVED", "SICKNESS", "waived it. There is nothing to pay.", "No charge"),
        ("WAIVED", "REFILLED", "Somebody else took the place", "No charge"),
        ("WITHDRAWN", "", "The register was corrected", "No charge"),
    ],
)
def test_decision_says_what_was_decided_and_not_for_whose_sake(state, waived_for, says, subject):
    cast.carol()
    notice = proposed()
    emails.charge_proposed(notice=notice, now=NOW)
    notice.state, notice.waived_for, notice.reason_given = state, waived_for, "Broken leg"
    notice.decided_at = None if state == "WITHDRAWN" else NOW

    letters = [emails.charge_decided(notice=notice, now=NOW) for _ in range(2)]

    assert letters[0].pk == letters[1].pk
    letter = OutboundEmail.objects.get(letter="bookings/charge_decided")
    assert says in one_line(letter.text)
    assert says in one_line(letter.html)
    assert letter.subject.startswith(subject)
    assert "sick" not in letter.text.lower()
    assert "leg" not in letter.text.split()
    assert "\n\n\n" not in letter.text


def test_no_name_steers_a_letter_or_brings_an_address():
    carol = cast.carol().practitioner
    notice = proposed()
    carol.full_name, notice.organisation.name = "http://evil.example/win", "Win: www.evil.example"
    carol.save()
    notice.booking.practitioner.full_name = "Eve <b>Bold</b> evil.example"
    notice.booking.event.version.course.title = "Title\nBcc: everybody@example.org\r\n{{ secret }}"

    letter = emails.charge_proposed(notice=notice, now=NOW)

    assert "evil" not in letter.subject + letter.text + letter.html
    assert "Hello there," in letter.text
    assert "\n" not in letter.subject
    assert "<b>" not in letter.html


def test_letters_to_the_person_say_what_is_proposed_and_where_to_explain():
    notice = proposed()
    absence = emails.absence(booking=notice.booking, now=NOW)
    assert "A charge of £50 to your organisation is proposed." in one_line(absence.text)
    assert f"/my/bookings/{notice.booking.reference}/why/" in absence.text
    assert f"/my/bookings/{notice.booking.reference}/why/" in absence.html
    assert absence.about == f"booking:{notice.booking_id}"


def test_letter_to_somebody_who_was_away_for_nothing_speaks_of_no_charge():
    booking = make_booking(make_event(starts_at=NOW - timedelta(days=3)), cast.amina(), state=State.DID_NOT_ATTEND)
    absence = emails.absence(booking=booking, now=NOW)
    assert "There is nothing to pay." in one_line(absence.text)
    assert "£" not in absence.text
    assert "/why/" not in absence.text
