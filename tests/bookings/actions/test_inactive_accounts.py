"""Accounts that nobody uses: asked once, kept by a word, and made anonymous everywhere, history and all."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, ProgrammingError, connection, transaction

from accounts.actions import calendar_feeds, letters, people
from accounts.models import AuditEntry, Invitation, OutboundEmail, Partnership, Practitioner, User
from accounts.models.invitation import digest_of
from accounts.post import deliver
from bookings import emails, inactivity
from bookings.actions import documents, inactive_accounts
from bookings.models import (
    Approval,
    Attendance,
    Booking,
    BookingNeeds,
    Certificate,
    CertificateFile,
    ChargeNotice,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Quote,
    SelfPacedEnrolment,
    TrainingRecordFile,
)
from bookings.models.invoice import PRINTED
from tests import cast, sales
from tests.bookings.test_inactivity import LONG_AGO, unseen
from tests.makers import NOW, make_booking, make_enquiry, make_enrolment, make_entry, make_event, make_self_paced_course

pytestmark = pytest.mark.django_db

CANARY = "Zebedee"
AFTER = NOW + timedelta(days=31)


def ask(user, now=NOW):
    return inactive_accounts.ask(practitioner_id=user.practitioner.pk, now=now, send_at=now)


def anonymise(user, now=AFTER):
    return inactive_accounts.anonymise(practitioner_id=user.practitioner.pk, now=now)


def letter_is_sent():
    OutboundEmail.objects.update(sent_at=NOW)


def person():
    """Somebody whose name and words stand wherever a person's can stand."""
    user = unseen(cast.make_person(f"{CANARY} Quill", cast.make_organisation(), email=f"{CANARY.lower()}@example.org"))
    wendy, practitioner = cast.wendy(), user.practitioner
    words = {name: f"{CANARY} {name}"[:30] for name in ("phone", "job_role", "registration_number", "manager_name")}
    addresses = {name: f"{CANARY}.{name}@example.org" for name in ("manager_email", "manager_deputy_email")}
    people.amend_profile(practitioner=practitioner, values={**words, **addresses}, by=user, now=LONG_AGO)
    calendar_feeds.renew(practitioner=practitioner, by=user, now=LONG_AGO)
    Invitation.objects.create(
        practitioner=practitioner, email=user.email, token_digest=digest_of("x"), organisation=cast.make_organisation(),
        invited_at=LONG_AGO, invited_by=wendy, expires_at=LONG_AGO + timedelta(days=2), accepted_at=LONG_AGO,
    )  # fmt: skip
    _absence(user, wendy)
    _attendance(user, wendy)
    entry = make_entry(make_event(), user, now=LONG_AGO)
    entry.state, entry.closed_at, entry.state_reason = "WITHDRAWN", LONG_AGO, f"{CANARY} is ill"
    entry.urgent_at, entry.urgent_by, entry.urgent_reason = LONG_AGO, wendy, f"{CANARY} is in court"
    entry.save()
    make_enrolment(
        make_self_paced_course(), user, state="LAPSED", now=LONG_AGO, manager_email=f"{CANARY}.boss@example.org",
        prerequisite_declared=f"{CANARY}, May", extended_at=LONG_AGO, extended_by=wendy, extended_reason=f"{CANARY} asked",
    )  # fmt: skip
    make_enquiry(
        organisation=cast.make_organisation(), by=user, now=LONG_AGO, state="LOST", phone=f"{CANARY} 1",
        travel=f"Ask {CANARY}", budget_holder=CANARY, note=f"{CANARY} called", question=f"{CANARY}, when?",
        asked_at=LONG_AGO, lost_reason=f"{CANARY} has left",
    )  # fmt: skip
    Quote.objects.create(
        reference="Q-LONGAGO", organisation=cast.make_organisation(), contact=practitioner, state="WITHDRAWN", net=1,
        gross=1, created_at=LONG_AGO, sent_at=LONG_AGO, valid_until=LONG_AGO.date(), closed_at=LONG_AGO,
        closed_reason=f"{CANARY} has left", accepted_note=f"{CANARY}, on the telephone",
    )  # fmt: skip
    make_enquiry(organisation=cast.make_organisation(), email=user.email.upper(), contact_name=CANARY, state="LOST")
    _purchases(user)
    return user


def _purchases(user):
    """An order and a disputed invoice of theirs, a place that was waived, and their name in somebody else's basket."""
    order = Order.objects.create(
        reference="O-LONGAGO", organisation=cast.make_organisation(), contact=user.practitioner, state="CLOSED",
        payment_method="PURCHASE_ORDER", created_at=LONG_AGO, placed_at=LONG_AGO, notes=f"{CANARY} pays",
        answers={"manager_email": f"{CANARY}.boss@example.org"},
    )  # fmt: skip
    figures = {"vat_treatment": "EXEMPT", "net": 95, "vat": 0, "gross": 95}
    line = OrderLine.objects.create(
        order=order, kind="OTHER", state="WAIVED", description="A place", list_price=95, sold_at=LONG_AGO,
        settled_at=LONG_AGO, waived_reason=f"{CANARY} was in hospital", settled_reason=f"{CANARY} was in hospital",
        **figures,
    )  # fmt: skip
    Booking.objects.filter(practitioner=user.practitioner, state=Booking.State.ATTENDED).update(order_line=line)
    invoice = Invoice.objects.create(
        organisation=order.organisation, order=order, net=95, gross=95, drafted_at=LONG_AGO, customer_name="A school"
    )
    InvoiceLine.objects.create(invoice=invoice, position=1, order_line=line, description="A place", **figures)
    series, number, printed = documents.take_number(prefix="WD", day=LONG_AGO.date())
    Invoice.objects.filter(pk=invoice.pk).update(
        state="APPROVED", number=printed, number_in_series=number, series=series, issued_on=LONG_AGO.date(),
        due_on=LONG_AGO.date(), approved_at=LONG_AGO, disputed_by=user, disputed_at=LONG_AGO,
        dispute_reason=f"{CANARY} was ill", customer_email=user.email,
    )  # fmt: skip
    others = sales.contact_of(cast.make_organisation()).practitioner
    basket = Order.objects.create(
        reference="O-BASKET", organisation=order.organisation, contact=others, created_at=LONG_AGO
    )
    free = {"kind": "OTHER", "description": "A place", "list_price": 0, "net": 0, "vat": 0, "gross": 0}
    for name, email in ((f"{CANARY} Quill", ""), ("Z. Q.", user.email.upper()), ("Ben Clarke", "ben@example.org")):
        OrderLine.objects.create(order=basket, full_name=name, email=email, vat_treatment="OUTSIDE_SCOPE", **free)


def _absence(user, wendy):
    """A request that a manager let pass, a place that was not used, and what was said about it."""
    event = make_event(starts_at=LONG_AGO + timedelta(days=9), state="LOCKED", register_locked_at=LONG_AGO)
    said = {
        "prerequisite_declared": CANARY,
        "state_reason": CANARY,
        "decided_reason": CANARY,
        "override_reason": CANARY,
    }
    booking = make_booking(
        event, user, state=Booking.State.DID_NOT_ATTEND, now=LONG_AGO, manager_email=f"{CANARY}@example.org", **said
    )
    Approval.objects.create(
        booking=booking, approver_email=f"{CANARY}.boss@example.org", token_digest="a", asked_at=LONG_AGO,
        deputy_email=f"{CANARY}.deputy@example.org", deputy_token_digest="b", deputy_asked_at=LONG_AGO,
        decision="DECLINED", decided_at=LONG_AGO, decided_by_email=f"{CANARY}.boss@example.org", reason=CANARY,
    )  # fmt: skip
    BookingNeeds.objects.create(booking=booking, access=f"{CANARY} needs a ramp", erase_on=NOW.date())
    notice = ChargeNotice.objects.create(
        booking=booking, kind="NON_ATTENDANCE", organisation=booking.organisation, policy=booking.policy,
        amount=Decimal("50"), drafted_at=LONG_AGO, review_from=LONG_AGO, state="WAIVED", waived_for="SICKNESS",
        reason_given_for="SICKNESS", reason_given=f"{CANARY} had flu", reason_given_at=LONG_AGO, reason_given_by=user,
        decided_reason=f"Of course, {CANARY}", decided_at=LONG_AGO, decided_by=wendy,
    )  # fmt: skip
    # A letter to somebody else, which names the person.
    emails.charge_proposed(notice=ChargeNotice.objects.with_facts().get(pk=notice.pk), now=LONG_AGO)
    emails.confirmation(booking=Booking.objects.with_event_facts().get(pk=booking.pk), now=LONG_AGO)
    OutboundEmail.objects.update(sent_at=LONG_AGO, bounce_reason=f"{CANARY.lower()}@example.org is unknown")


def _attendance(user, wendy):
    event = make_event(starts_at=LONG_AGO + timedelta(days=19), state="LOCKED", register_locked_at=LONG_AGO)
    booking = make_booking(event, user, state=Booking.State.ATTENDED, now=LONG_AGO)
    Attendance.objects.create(
        booking=booking, session=event.sessions.get(), mark="PRESENT", marked_at=LONG_AGO, marked_by=wendy
    )
    certificate = Certificate.objects.create(
        booking=booking, number="AIR-2023-9", code="B" * 20, practitioner_name=f"{CANARY} Quill", issuer="Us",
        course_title="Course", dates="Then", hours=6, strand="core", earned_on=LONG_AGO.date(), requested_at=LONG_AGO,
        state="ISSUED", issued_at=LONG_AGO,
    )  # fmt: skip
    CertificateFile.objects.create(certificate=certificate, content=CANARY.encode(), sha256="0" * 64)
    TrainingRecordFile.objects.create(
        practitioner=user.practitioner, requested_at=LONG_AGO, made_at=LONG_AGO, content=CANARY.encode()
    )


def tables_with(word):
    """Every table of the database in whose rows the word stands, in whatever case, files included."""
    in_bytes = word.encode().hex()
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = []
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE %s OR t::text LIKE %s',
                           [f"%{word}%", f"%{in_bytes}%"])  # fmt: skip
            if cursor.fetchone()[0]:
                found.append(table)
        return found


def facts():
    """What is counted, and must be counted as before."""
    return {
        "bookings": list(
            Booking.objects.order_by("pk").values_list("state", "organisation", "sector", "price", "event", "booked_at")
        ),
        "marks": list(Attendance.objects.order_by("pk").values_list("booking", "mark", "marked_at")),
        "charges": list(ChargeNotice.objects.order_by("pk").values_list("state", "amount", "waived_for", "kind")),
        "certificates": list(Certificate.objects.order_by("pk").values_list("number", "state", "course_title")),
        "courses": list(SelfPacedEnrolment.objects.order_by("pk").values_list("state", "organisation", "due_at")),
        "letters": OutboundEmail.objects.filter(sent_at__isnull=False).count(),
        "orders": list(Order.objects.order_by("pk").values_list("reference", "state", "contact", "placed_at")),
        "lines": list(OrderLine.objects.order_by("pk").values_list("state", "net", "description", "is_to_settle")),
        "invoices": list(Invoice.objects.order_by("pk").values_list(*PRINTED, "state", "disputed_at")),
        "invoiced": list(InvoiceLine.objects.order_by("pk").values_list("description", "gross", "order_line")),
        "quotes": list(Quote.objects.order_by("pk").values_list("reference", "state", "gross", "sent_at")),
    }


def test_ask_writes_once_with_a_link_that_keeps_the_account():
    user = unseen()
    assert ask(user)
    assert not ask(user)
    letter = OutboundEmail.objects.get()
    practitioner = Practitioner.objects.get(user=user)
    assert (letter.letter, letter.to, practitioner.inactive_asked_at) == (
        "bookings/inactive_account", "carol@example.org", NOW,
    )  # fmt: skip
    assert inactivity.token_for(practitioner, NOW) in letter.text
    assert "Monday 21 December 2026" in letter.text


def test_ask_leaves_alone_whoever_is_needed():
    user = unseen()
    make_entry(make_event(), user, now=LONG_AGO)
    assert not ask(user)
    assert (OutboundEmail.objects.count(), Practitioner.objects.get(user=user).inactive_asked_at) == (0, None)


def test_keep_ends_the_question_and_is_harmless_twice():
    user = unseen()
    ask(user)
    letter_is_sent()
    for _ in range(2):
        assert inactive_accounts.keep(practitioner_id=user.practitioner.pk, by=None, now=NOW + timedelta(days=3))
    assert not anonymise(user)
    assert Practitioner.objects.get(user=user).full_name == "Carol Hughes"


def test_signing_in_ends_the_question():
    user = unseen()
    ask(user)
    letter_is_sent()
    User.objects.filter(pk=user.pk).update(last_login=NOW + timedelta(days=3))
    assert not anonymise(user)


def test_the_question_must_have_left_before_silence_is_an_answer():
    user = unseen()
    ask(user)
    assert not anonymise(user)
    letter_is_sent()
    assert anonymise(user)


def test_a_question_that_was_answered_is_held_back():
    user = unseen()
    ask(user)
    inactive_accounts.keep(practitioner_id=user.practitioner.pk, by=cast.wendy(), now=NOW + timedelta(hours=1))
    assert deliver([OutboundEmail.objects.get().pk], now=NOW + timedelta(hours=2)) == 0
    assert OutboundEmail.objects.get().withheld_reason == "The account is in use again."


def test_anonymise_leaves_no_name_in_any_table_and_every_figure_as_it_was():
    user = person()
    ask(user)
    letter_is_sent()
    before, word = facts(), CANARY.lower()
    assert len(tables_with(CANARY)) > 15

    assert anonymise(user)
    assert not anonymise(user)

    assert tables_with(CANARY) == []
    assert facts() == before
    assert sorted(OrderLine.objects.filter(order__reference="O-BASKET").values_list("full_name", "email")) == [
        ("", ""), ("", ""), ("Ben Clarke", "ben@example.org"),
    ]  # fmt: skip
    practitioner = Practitioner.objects.get(pk=user.practitioner.pk)
    assert (practitioner.full_name, practitioner.email, practitioner.anonymised_at) == ("Former member", "", AFTER)
    assert practitioner.memberships.live().count() == 0
    account = User.objects.get(pk=user.pk)
    assert (account.is_active, account.has_usable_password(), word in account.email) == (False, False, False)
    assert EmailAddress.objects.filter(user=user).count() == 0
    assert AuditEntry.objects.filter(verb="person.anonymise").count() == 1


def test_anonymise_works_with_the_rights_that_the_portal_has():
    user = person()
    ask(user)
    letter_is_sent()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Practitioner.pgh_event_model.objects.update(full_name="Somebody else")

    assert anonymise(user)

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert tables_with(CANARY) == []


def test_history_stays_closed_to_everything_else():
    user = person()
    with pytest.raises(DatabaseError, match="is not anonymous"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT bookings_forget_history(%s)", [user.practitioner.pk])
    ask(user)
    letter_is_sent()
    anonymise(user)
    with pytest.raises(DatabaseError, match="Cannot update or delete rows"), transaction.atomic():
        Practitioner.pgh_event_model.objects.update(full_name="Somebody else")


def test_anonymise_takes_nothing_from_anybody_else():
    amina = make_booking(
        make_event(), cast.amina(), manager_email="boss@example.org", prerequisite_declared="May", state_reason="Asked"
    )
    ben = cast.ben().practitioner
    rows = [json.dumps(list(model.objects.filter(pk=pk).values()), default=str) for model, pk in
            ((Booking, amina.pk), (Practitioner, ben.pk))]  # fmt: skip
    user = person()
    ask(user)
    letter_is_sent()

    anonymise(user)

    assert rows == [json.dumps(list(model.objects.filter(pk=pk).values()), default=str) for model, pk in
                    ((Booking, amina.pk), (Practitioner, ben.pk))]  # fmt: skip
    assert Practitioner.pgh_event_model.objects.filter(full_name="Ben Clarke").exists()


def test_a_letter_without_words_is_never_sent_again_and_nobody_is_written_to():
    user = person()
    ask(user)
    letter_is_sent()
    first, second = OutboundEmail.objects.filter(practitioner=user.practitioner).order_by("pk")[:2]
    OutboundEmail.objects.filter(pk=first.pk).update(bounced_at=NOW)
    OutboundEmail.objects.filter(pk=second.pk).update(sent_at=None, given_up_at=NOW)

    anonymise(user)

    assert (OutboundEmail.objects.came_back().count(), OutboundEmail.objects.given_up().count()) == (0, 0)
    first.refresh_from_db()
    with pytest.raises(letters.CannotSendAgain):
        letters.send_again(email=first, by=cast.wendy(), now=AFTER)
    booking = Booking.objects.filter(practitioner=user.practitioner).with_event_facts()[0]
    assert emails.reminder(booking=booking, now=AFTER) is None


def test_the_partnership_says_how_long(settings):
    user = unseen()
    Partnership.objects.current()
    Partnership.objects.update(inactive_months=48, inactive_answer_days=5)
    assert not ask(user)
    Partnership.objects.update(inactive_months=24)
    assert ask(user)
    letter_is_sent()
    assert not anonymise(user, now=NOW + timedelta(days=5))
    assert anonymise(user, now=NOW + timedelta(days=6))
