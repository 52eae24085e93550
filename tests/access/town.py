"""Two schools with everything twice: what belongs to A, the same belonging to B, and what nobody has."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.actions import calendar_feeds, organisations
from accounts.models import Invitation, Membership, MembershipRole, OutboundEmail, Partnership, Practitioner
from accounts.models.invitation import digest_of
from bookings import inactivity
from bookings.actions import certificates, charges, credit_notes, invoices, ledger_exports, packages, quotes
from bookings.models import (
    AgencyShare,
    Attendance,
    Booking,
    CertificateFile,
    ChargeNotice,
    DocumentFile,
    EventChange,
    GroupBooking,
    LedgerImport,
    Order,
    OrderLine,
    Package,
    Payment,
    Refund,
    TrainingRecordFile,
    WaitingListEntry,
)
from bookings.models.order import LineState, OrderState, PaymentMethod
from bookings.models.payment import PaymentState
from courses.models import Course, Event, Strand, Trainer
from evaluation.actions import agency_returns, commentary, improvements, quality_reports, questionnaires, schedules
from evaluation.answer_links import token_for
from evaluation.models import ImprovementAction, Response
from evaluation.models.questionnaire import Stage
from evaluation.reports.compiling import compile_figures
from evaluation.reports.facts import period_of
from evaluation.reports.selection import Selection
from tests import cast, money
from tests.access.people import SIGNED_IN, person, school
from tests.evaluation import observed, returned
from tests.evaluation.needs import make_need
from tests.evaluation.words import somebodys_words
from tests.makers import (
    NOW,
    make_booking,
    make_course,
    make_enquiry,
    make_enrolment,
    make_entry,
    make_event,
    make_knowledge_check,
    make_policy,
    make_self_paced_course,
)
from tests.managers import ask_for_place, explicit_event, link_to
from tests.questionnaires import make_questionnaires, make_response
from tests.sales import finance

NOBODYS_ID = 999_999
NOBODYS_NAME = "none-0000"
NOBODYS = {int: NOBODYS_ID, uuid.UUID: uuid.UUID(int=0)}
PDF = b"%PDF-1.7 of nobody in particular"


def build_town() -> dict[str, dict[str, dict]]:
    """Make the town; return, for each kind of thing, the arguments that lead to A's, B's and nobody's."""
    Partnership.objects.current()
    for role in SIGNED_IN:
        person(role)
    things = [_things_of(letter) for letter in "AB"]
    return {
        kind: {"A": things[0][kind], "B": things[1][kind], "absent": _nobodys(things[0][kind])} for kind in things[0]
    }


def _nobodys(arguments: dict) -> dict:
    return {name: NOBODYS.get(type(value), NOBODYS_NAME) for name, value in arguments.items()}


def _things_of(letter: str) -> dict[str, dict]:
    learner = person(f"practitioner {letter}")
    trainer = cast.dev() if letter == "A" else _other_trainer()
    course = make_course(f"Course {letter}")
    coming = make_event(course, trainer=trainer)
    past = make_event(course, trainer=trainer, starts_at=NOW - timedelta(days=2), state=Event.State.DELIVERED)
    draft_course = make_course(f"Draft course {letter}", state=Course.State.DRAFT)
    draft_date = make_event(draft_course, state=Event.State.DRAFT)
    booking = make_booking(coming, learner)
    attended = make_booking(past, learner, state=Booking.State.ATTENDED)
    _mark(attended, trainer)
    certificate = _certificate(attended)
    waiting = make_entry(make_event(course), learner)
    charge = _charge(
        make_event(course, starts_at=NOW - timedelta(days=9), state=Event.State.DELIVERED), learner, letter
    )
    request = make_booking(make_event(course), learner, state=Booking.State.REQUESTED)
    asked = ask_for_place(
        learner,
        explicit_event(starts_at=NOW + timedelta(days=60)),
        manager_email=f"manager.{letter.lower()}@example.org",
    )
    draft = _draft(Stage.FOLLOW_UP if letter == "A" else Stage.MANAGER)
    proposed = organisations.propose(
        practitioner=learner.practitioner, name=f"Heron House {letter}", by=learner, now=NOW
    )
    employer = Membership.objects.get(practitioner=learner.practitioner, organisation=school(letter))
    speaker = person(f"contact of school {letter}").practitioner
    contact = Membership.objects.get(practitioner=speaker)
    # In this town whoever books for a school also answers for its training.
    cast.join(speaker, school(letter), MembershipRole.AGENCY_LEAD)
    sent_back = _question(letter)
    report = _report(letter)
    group = _group(letter, make_event(course))
    enrolled = make_enrolment(make_self_paced_course(f"In progress {letter}"), learner, state="IN_PROGRESS")
    with_questions = make_self_paced_course(f"With questions {letter}")
    make_knowledge_check(with_questions)
    tested = make_enrolment(with_questions, learner, state="IN_PROGRESS")
    lapsed = make_enrolment(make_self_paced_course(f"Lapsed {letter}"), learner, state="LAPSED")
    charges.draft_for_enrolment(enrolment=lapsed, now=NOW)
    books = _books(letter)
    named = make_booking(group.event, _without_account(letter), group_booking=group)
    enquiry = make_enquiry(organisation=school(letter), by=person(f"contact of school {letter}"), course=course)
    draft_quote, sent_quote = (_quote(letter, course, is_sent=is_sent) for is_sent in (False, True))
    observer = cast.olive() if letter == "A" else cast.lou()
    seen = observed.done(observed.planned(past, trainer=trainer, observer=observer))
    read = observed.shared(observed.planned(trainer=trainer, observer=observer, days_ago=4))
    books |= _lines(report)
    return books | {
        "action": {"action_id": _action(letter, learner).pk},
        "need": {"need_id": make_need(f"Hear the child, {letter}").pk},
        "schedule": {"schedule_id": _schedule(letter).pk},
        "observation": {"observation_id": seen.pk},
        "shared observation": {"observation_id": read.pk},
        "training return": {"return_id": sent_back.agency_return_id},
        "question of a return": {"question_id": sent_back.pk},
        "trainer to observe": {"trainer_id": seen.trainer_id},
        "enquiry": {"reference": enquiry.reference},
        "quote": {"reference": sent_quote.reference},
        "draft quote": {"reference": draft_quote.reference},
        "step of a quote": {"reference": draft_quote.reference, "step": "send"},
        "step of an enquiry": {"reference": enquiry.reference, "step": "take"},
        "group": {"reference": group.reference},
        "order": {"reference": _order(letter, group).reference},
        "basket place": {"line_id": _basket_place(letter, coming).pk},
        "package": {"reference": _package(letter).reference},
        "card order": {"reference": _card_payment(letter).order.reference},
        "alarmed payment": {"payment_id": _alarmed_payment(letter).pk},
        "card payment": {"key": Payment.objects.get(reference=f"M-CARD{letter}").idempotency_key},
        "named place": {"reference": group.reference, "booking_reference": named.reference},
        "waiting group": {"reference": _waiting_group(letter, make_event(course)).reference},
        "invitation": {"token": _invitation(letter, named.practitioner)},
        "keep link": {"token": _keep_link(learner.practitioner)},
        "account's person": {"practitioner_id": learner.practitioner.pk},
        "self-paced course": {"slug": make_self_paced_course(f"Self-paced {letter}").slug},
        "enrolment": {"reference": enrolled.reference},
        "enrolment with questions": {"reference": tested.reference},
        "lapsed enrolment": {"reference": lapsed.reference},
        "course": {"slug": course.slug},
        "record file": {"file_id": _record_file(learner).pk},
        "draft course": {"slug": draft_course.slug},
        "date": {"reference": coming.reference},
        "draft date": {"reference": draft_date.reference},
        "booking": {"reference": booking.reference},
        "charge": {"charge_id": charge.pk},
        "charged booking": {"reference": charge.booking.reference},
        "certificate": {"number": certificate.number},
        "code": {"code": certificate.code},
        "questionnaire": {"response_id": make_response(attended).pk},
        "stage": {"stage": Stage.PRE if letter == "A" else Stage.POST},
        "draft questionnaire": {"questionnaire_id": draft.pk},
        "item": {"question_id": draft.questions.order_by("position")[1].pk},
        "review": {"response_id": _review(past, trainer).pk},
        "answer link": {"token": token_for(response=make_response(attended, Stage.MANAGER), until=None)},
        "session": {"session_id": coming.sessions.get().pk},
        "waiting": {"reference": waiting.reference},
        "date and person": {"reference": coming.reference, "practitioner_id": learner.practitioner.pk},
        "request": {"reference": request.reference},
        "request to a manager": {"reference": asked.reference},
        "manager's link": {"token": link_to(asked.manager_email)},
        "employer": {"membership_id": employer.pk},
        "appointment": {"membership_id": contact.pk},
        "organisation": {"organisation_id": school(letter).pk},
        "proposed organisation": {"organisation_id": proposed.pk},
        "letter": {"letter_id": _letter(learner).pk},
        "letters' booking": {"kind": "booking", "number": booking.pk},
        "kind of letter": {"app": "bookings", "name": "confirmation" if letter == "A" else "reminder"},
        "calendar feed": {"token": calendar_feeds.renew(practitioner=learner.practitioner, by=learner, now=NOW)},
        "account": {"user_id": learner.pk},
        "planned course": {"code": course.code},
        "report": {"report_id": report.pk},
        "words": {"answer_id": _words(letter).pk},
        "change": {"change_id": _change(course).pk},
        "table": {"report_id": report.pk, "code": "R1"},
        "mail": {"name": f"{1 if letter == 'A' else 2:020d}-abcdef"},
    }


def _question(letter):
    """What the partnership asks about the return of school A or B, which may be changed."""
    back = returned.sent(returned.opened(person(f"contact of school {letter}")))
    return agency_returns.ask(
        return_id=back.pk, question="And nights?", by=cast.lou(), now=NOW, back_by=date(2027, 1, 31)
    )


def _draft(stage):
    """The next version of a stage, not published."""
    make_questionnaires()
    return questionnaires.begin_next_version(stage=stage)


def _review(event, trainer):
    """What the trainer is asked of a date of theirs."""
    return Response.objects.create(
        event=event,
        trainer=trainer.practitioner.trainer,
        questionnaire=make_questionnaires()[Stage.TRAINER],
        stage=Stage.TRAINER,
        state=Response.State.OPEN,
        opens_at=event.ends_at,
        closes_at=NOW + timedelta(days=5),
    )


def _quote(letter, course, *, is_sent):
    """A quote for a whole course of school A or B, being written or sent."""
    enquiry = make_enquiry(organisation=school(letter), by=person(f"contact of school {letter}"), course=course)
    draft = quotes.begin(enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW)
    talk = quotes.Item(description="A talk", quantity=2, unit_price=Decimal(95), is_course=True)
    quotes.write(quote_id=draft.pk, items=[talk], notes="For all staff.", by=cast.wendy(), now=NOW)
    return quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW) if is_sent else draft


def _other_trainer():
    user = cast.make_person("Tam Trainer", cast.police())
    Trainer.objects.get_or_create(practitioner=user.practitioner, defaults={"organisation": cast.police()})
    return user


def _mark(booking, trainer):
    for session in booking.event.sessions.all():
        Attendance.objects.create(
            booking=booking, session=session, mark=Attendance.Mark.PRESENT, marked_at=NOW, marked_by=trainer
        )


def _certificate(booking):
    certificate = certificates.release(booking_id=booking.pk, now=NOW)
    certificate.state, certificate.issued_at = "ISSUED", NOW
    certificate.save(update_fields=["state", "issued_at"])
    CertificateFile.objects.create(certificate=certificate, content=PDF, sha256="0" * 64)
    return certificate


def _charge(event, learner, letter):
    """Both were away; A's charge is still to be decided, B's is approved."""
    booking = make_booking(event, learner, state=Booking.State.DID_NOT_ATTEND)
    notice = charges.draft(booking=booking, kind=ChargeNotice.Kind.NON_ATTENDANCE, now=event.ends_at)
    charges.put_up_for_review(now=NOW)
    if letter == "B":
        charges.approve(notice_id=notice.pk, by=cast.wendy(), now=NOW)
    return notice


def _books(letter):
    """An invoice that was exported, credited in part and paid too much; a draft; a package; a refund that failed."""
    owner = school(letter)
    owner.invoice_address = "4 Mill Lane\nAiredon"
    owner.save(update_fields=["invoice_address"])
    invoice = money.issued(("Restorative practice", "95"), ("Neglect", "50"), organisation=owner)
    note = money.credited(invoice, "10")
    for owned in ({"invoice": invoice}, {"credit_note": note}):
        DocumentFile.objects.create(**owned, content=PDF, made_at=NOW)
    with transaction.atomic():
        draft = credit_notes.propose(invoice_line=invoice.lines.last(), reason="Given up in time", now=NOW)
    invoices.dispute(invoice_id=invoice.pk, by=person(f"contact of school {letter}"), now=NOW, reason="Sam was ill.")
    export = ledger_exports.export(by=finance(), now=NOW, key=uuid.uuid4())
    payment = money.paid("20", invoice, ledger_reference=f"TOWN-{letter}")
    left = money.paid("300", organisation=owner)
    refund = Refund.objects.create(
        payment=left, amount=10, reason="Paid twice", state="FAILED", owed_at=NOW, failure="The card has run out."
    )
    package = packages.grant(
        organisation=owner, unit="MONEY", amount=Decimal(500), price=Decimal(450), starts_on=date(2026, 9, 1),
        ends_on=date(2027, 8, 31), by=finance(), now=NOW,
    )  # fmt: skip
    came_back = LedgerImport.objects.create(file_name="ledger.csv", digest=letter * 64, made_at=NOW, made_by=finance())
    came_back.rows.create(line_number=2, ledger_reference=f"TOWN-{letter}", outcome="KNOWN", payment=payment)
    return {
        "invoice": {"number": invoice.number},
        "any invoice": {"invoice_id": invoice.pk},
        "drafted invoice": {"invoice_id": money.drafted(organisation=owner).pk},
        "credit note": {"number": note.number},
        "drafted credit note": {"note_id": draft.pk},
        "payment": {"payment_id": left.pk},
        "what a payment pays": {"payment_id": payment.pk, "invoice_id": invoice.pk},
        "refund": {"refund_id": refund.pk},
        "package": {"reference": package.reference},
        "export": {"reference": export.reference, "ending": "csv"},
        "import": {"import_id": came_back.pk},
    }


def _record_file(learner):
    return TrainingRecordFile.objects.create(
        practitioner=learner.practitioner, requested_at=NOW, made_at=NOW, content=PDF
    )


def _group(letter, event):
    """Places that school A or B holds without a name."""
    contact = person(f"contact of school {letter}")
    event.places_taken += 2
    event.save(update_fields=["places_taken"])
    AgencyShare.objects.create(event=event, organisation=school(letter), places_taken=2)
    return GroupBooking.objects.create(
        reference=f"G-TOWN{letter}",
        event=event,
        organisation=school(letter),
        offer=event.offers.get(),
        policy=make_policy(),
        price=50,
        terms_accepted_at=NOW,
        free_cancel_until=NOW + timedelta(days=20),
        places_booked=3,
        places_unnamed=2,
        name_by=NOW + timedelta(days=20),
        contact=contact.practitioner,
        booked_at=NOW,
        booked_by=contact,
    )


def _without_account(letter):
    """Somebody of school A or B whom its contact named, and who has made no account."""
    named = Practitioner.objects.create(full_name=f"Noor Named {letter}", email=f"noor.{letter.lower()}@example.org")
    cast.join(named, school(letter))
    return named


def _waiting_group(letter, event):
    Event.objects.filter(pk=event.pk).update(people_waiting=2)
    return WaitingListEntry.objects.create(
        reference=f"W-TOWN{letter}",
        event=event,
        organisation=school(letter),
        offer=event.offers.get(),
        places_wanted=2,
        joined_at=NOW,
        queued_at=NOW,
        joined_by=person(f"contact of school {letter}"),
        idempotency_key=uuid.uuid4(),
    )


def _order(letter, group):
    """The places of a group, ordered with a purchase order to follow."""
    order = Order.objects.create(
        reference=f"O-TOWN{letter}",
        organisation=school(letter),
        contact=group.contact,
        state=OrderState.AWAITING_PO,
        payment_method=PaymentMethod.PURCHASE_ORDER,
        po_status="TO_FOLLOW",
        po_due_at=NOW + timedelta(days=9),
        created_at=NOW,
        placed_at=NOW,
    )
    facts = {"state": LineState.SOLD, "group_booking": group, "sold_at": NOW}
    for _ in range(group.places_booked):
        _line(order, group.event, **facts)
    return order


def _line(order, event, **fields):
    return OrderLine.objects.create(
        order=order,
        event=event,
        offer=event.offers.get(),
        description=event.version.course.title,
        list_price=50,
        net=50,
        vat=0,
        gross=50,
        vat_treatment="EXEMPT",
        **fields,
    )


def _basket_place(letter, event):
    """A place that school A or B has chosen and not ordered."""
    contact = person(f"contact of school {letter}")
    basket = Order.objects.create(
        reference=f"O-BASK{letter}",
        organisation=school(letter),
        contact=contact.practitioner,
        created_at=NOW,
        held_until=NOW + timedelta(days=1),
    )
    return _line(basket, event, full_name="Noor Wanted", email="noor.wanted@example.org")


def _package(letter):
    return packages.grant(
        organisation=school(letter),
        unit=Package.Unit.MONEY,
        amount=Decimal(500),
        price=Decimal(450),
        starts_on=NOW.date() - timedelta(days=60),
        ends_on=NOW.date() + timedelta(days=300),
        by=None,
        now=NOW,
    )


def _card_payment(letter):
    """The order of school A or B waits for its card payment, whose page nobody has opened."""
    contact = person(f"contact of school {letter}")
    order = Order.objects.create(
        reference=f"O-CARD{letter}",
        organisation=school(letter),
        contact=contact.practitioner,
        state=OrderState.AWAITING_PAYMENT,
        payment_method=PaymentMethod.CARD,
        held_until=NOW + timedelta(minutes=105),
        created_at=NOW,
        placed_at=NOW,
    )
    return Payment.objects.create(
        reference=f"M-CARD{letter}",
        kind=Payment.Kind.CARD,
        state=PaymentState.CREATED,
        organisation=order.organisation,
        order=order,
        amount=Decimal("95"),
        created_at=NOW,
        created_by=contact,
    )


def _alarmed_payment(letter):
    """A card payment of an order, of which the card service spoke with another amount."""
    return Payment.objects.create(
        reference=f"M-ALARM{letter}",
        kind=Payment.Kind.CARD,
        state=PaymentState.FAILED,
        organisation=school(letter),
        order=Order.objects.get(reference=f"O-TOWN{letter}"),
        amount=Decimal("95"),
        alarm="The card service says 9000 pence for M-OTHER.",
        created_at=NOW,
        finished_at=NOW,
    )


def _invitation(letter, named):
    token = f"invitation-{letter}"
    Invitation.objects.create(
        practitioner=named,
        email=named.email,
        token_digest=digest_of(token),
        organisation=school(letter),
        invited_at=NOW,
        invited_by=person(f"contact of school {letter}"),
        expires_at=NOW + timedelta(days=3650),
    )
    return token


def _keep_link(practitioner):
    Practitioner.objects.filter(pk=practitioner.pk).update(inactive_asked_at=NOW)
    return inactivity.token_for(practitioner, NOW)


def _change(course):
    """A date that was put off, and everybody has been told."""
    date = make_event(course, state=Event.State.POSTPONED)
    return EventChange.objects.create(
        kind=EventChange.Kind.POSTPONE,
        event=date,
        reason="WEATHER",
        asked_at=NOW,
        asked_by=cast.wendy(),
        finished_at=NOW,
    )


def _letter(learner):
    return OutboundEmail.objects.create(
        key=f"town:{learner.pk}",
        letter="bookings/confirmation",
        message_id=f"<{learner.pk}@portal.example.org>",
        practitioner=learner.practitioner,
        to=learner.email,
        subject="Your place",
        text="You have a place.\n",
        created_at=NOW,
        send_at=NOW,
        given_up_at=NOW,
    )


def _words(letter):
    """A's are about a course of the partnership, B's about one of the council's own."""
    strand = Strand.MULTI_AGENCY if letter == "A" else Strand.STATUTORY
    return somebodys_words(f"Ask the child, {letter}", strand=strand, name=f"Wordy {letter}")


def _action(letter, owner):
    """Of a meeting, and in the learner's own hands."""
    return improvements.agree(
        what=f"Ask every school, {letter}",
        source=ImprovementAction.Source.MEETING,
        owner=owner,
        due_on=(NOW + timedelta(days=30)).date(),
        by=cast.lou(),
        now=NOW,
    )


def _report(letter):
    """A's is the partnership's, of multi-agency learning; B's is the council's own."""
    by, strand = (cast.lou(), Strand.MULTI_AGENCY) if letter == "A" else (cast.wendy(), Strand.CORE)
    asked = quality_reports.request_report(
        starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30), strands=[strand], filters={}, by=by, now=NOW
    )
    report = quality_reports.claim(report_id=asked.pk, now=NOW)
    figures = compile_figures(Selection(period_of(report), (strand,)), threshold=5, now=NOW)
    quality_reports.publish(report=report, figures=figures, pdf=PDF, snapshot_at=NOW)
    return report


def _schedule(letter):
    """A's is the partnership's, B's the team's."""
    by, strand = (cast.lou(), Strand.MULTI_AGENCY) if letter == "A" else (cast.wendy(), Strand.CORE)
    return schedules.set_up(every="QUARTER", strands=[strand], recipients=[by], by=by, now=NOW)


def _lines(report):
    """What is written beside the figures of a report."""
    who = {"report_id": report.pk, "by": cast.lou(), "now": NOW}
    commentary.write(commentary="Fewer came.", **who)
    line = commentary.answer(said="More practice", did="Half a day was added.", **who)
    recommendation = commentary.recommend(what="Two more dates", **who)
    return {
        "recommendation": {"recommendation_id": recommendation.pk},
        "line of a report": {"line_id": line.pk},
    }
