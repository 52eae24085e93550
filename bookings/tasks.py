"""Tasks of the bookings app: each pays what is owed. A row that is gone or done is not an error."""

import logging
import time

from celery import shared_task

from accounts import clock
from accounts.correspondence import posted_together
from accounts.wake import wake
from bookings import invoice_pdf, pdfs, record_pdf, reports
from bookings.actions import card_payments, certificates, document_files, event_changes, training_records, waiting_list
from bookings.actions.invoices import PRINT_TASK
from bookings.models import Certificate, CreditNote, Invoice
from courses.models import Event

logger = logging.getLogger(__name__)

# So many certificates are made for one message, and no more begun after so long: what a message and a connection to
# the mail server cost is shared, and whatever else waits in the queue does not wait behind all of them.
PORTION = 40
PORTION_SECONDS = 10


@shared_task(name="bookings.build_certificates", acks_late=True, soft_time_limit=30, time_limit=60)
def build_certificates(**kwargs: object) -> None:
    """Build the promised certificates that have waited longest, one after the other, a portion of them.

    Each is claimed, printed and issued by itself, so a worker that dies leaves one claim to lapse.
    """
    certificates.worker_has_come()
    began = time.monotonic()
    with posted_together():
        for place in range(PORTION):
            if time.monotonic() - began > PORTION_SECONDS:
                break
            certificate = certificates.claim_next(now=clock.now())
            if certificate is None:
                return
            if place == 1:  # more wait than the one this worker was called for
                certificates.call_worker()
            _build(certificate)
    certificates.call_worker()


@shared_task(name="bookings.build_certificate", acks_late=True, soft_time_limit=30, time_limit=60)
def build_certificate(*, certificate_id: int, **kwargs: object) -> None:
    """Make this certificate, out of its turn: one that is tried again, or an issued one that lacks its file."""
    certificate = certificates.claim(certificate_id=certificate_id, now=clock.now())
    if certificate is not None:
        _build(certificate)


def _build(certificate: Certificate) -> None:
    """Print a claimed certificate and issue it with its letter.

    What goes wrong in the printing is logged and tried again when the claim lapses, a few times;
    then the certificate waits on the team's page for somebody to look.
    """
    try:
        content = pdfs.certificate(certificate)
    except Exception as error:
        # The words of the error may quote the person's name; its kind and place are enough to find the cause.
        logger.error("certificate %s, attempt %s: %s", certificate.pk, certificate.attempts, type(error).__name__)
        return
    certificates.issue(certificate=certificate, content=content, now=clock.now())


@shared_task(name=PRINT_TASK, acks_late=True, soft_time_limit=30, time_limit=60)
def build_documents(**kwargs: object) -> None:
    """Print issued invoices and credit notes that have waited longest, one after the other, a portion of them."""
    began = time.monotonic()
    for _ in range(PORTION):
        document = document_files.claim_next(now=clock.now())
        if document is None:
            return
        _print(document)
        if time.monotonic() - began > PORTION_SECONDS:
            break
    if document_files.are_owed(now=clock.now()):
        wake(PRINT_TASK)


def _print(document: Invoice | CreditNote) -> None:
    """Print a claimed document and keep its file; what goes wrong is logged and tried again when the claim lapses."""
    try:
        content = invoice_pdf.invoice(document) if isinstance(document, Invoice) else invoice_pdf.credit_note(document)
    except Exception as error:
        # As above: the words of the error may name somebody.
        logger.error("document %s, attempt %s: %s", document, document.print_attempts, type(error).__name__)
        return
    document_files.keep(document=document, content=content, now=clock.now())


@shared_task(name="bookings.offer_free_places_of", acks_late=True)
def offer_free_places_of(*, event_id: int, **kwargs: object) -> None:
    """Offer what is free on one event to those whose turn it is; nothing free or nobody waiting is no error."""
    now = clock.now()
    if Event.objects.owing_offers(now).filter(pk=event_id).exists():
        waiting_list.offer_free_places(event_id=event_id, now=now)


@shared_task(name="bookings.print_training_record", acks_late=True, soft_time_limit=60, time_limit=90)
def print_training_record(*, file_id: int, **kwargs: object) -> None:
    """Print one training record that somebody asked for: claim it, print it, keep it. A web page waits for it."""
    now = clock.now()
    file = training_records.claim(file_id=file_id, now=now)
    if file is None:
        return
    try:
        practitioner = file.practitioner
        record = reports.training_record(practitioner.user) if practitioner.user else []
        content = record_pdf.training_record(practitioner=practitioner, record=record, now=now)
    except Exception as error:
        # As above: the words of the error may name the person.
        logger.error("training record %s, attempt %s: %s", file_id, file.attempts, type(error).__name__)
        training_records.put_back(file=file)
        return
    training_records.keep(file=file, content=content, now=clock.now())


@shared_task(name="bookings.carry_out_change", acks_late=True)
def carry_out_change(*, change_id: int, **kwargs: object) -> None:
    """Carry one change of a date through everybody it touches, some at a time, each portion whole in itself."""
    if not event_changes.claim(change_id=change_id, now=clock.now()):
        return
    is_unfinished = True
    try:
        while is_unfinished:
            with posted_together():
                is_unfinished = event_changes.carry_out_portion(change_id=change_id, now=clock.now())
    except Exception as error:
        # As above: the words of the error may name a person.
        logger.error("change %s of a date: %s", change_id, type(error).__name__)
        event_changes.put_back(change_id=change_id, now=clock.now())


@shared_task(name="bookings.look_at_card_payment")
def look_at_card_payment(*, payment_id: int, **kwargs: object) -> None:
    """Ask about a card payment that a message was about, and do what follows."""
    try:
        card_payments.look(payment_id=payment_id, now=clock.now())
    except card_payments.PaymentAway:
        logger.info("The card service is away; payment %s is looked at by the next sweep", payment_id)
