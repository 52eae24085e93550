"""Files of documents: each printed once, by one worker, tried again a few times, and never changed."""

from datetime import timedelta

import pytest
from django.db import transaction

from bookings import invoice_pdf
from bookings.actions import document_files
from bookings.models import CreditNote, DocumentFile, Invoice
from bookings.models.certificate import CLAIM_LEASE, MAX_ATTEMPTS
from bookings.sweeps.documents import build_owed_documents
from bookings.tasks import build_documents
from tests.makers import NOW
from tests.money import credited, drafted, issued
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("at_now")
def test_task_prints_what_is_issued_and_leaves_drafts():
    invoice = issued()
    note = credited(invoice, "10")
    drafted()

    build_documents()
    build_documents()

    files = DocumentFile.objects.order_by("pk")
    assert [(file.invoice, file.credit_note) for file in files] == [(invoice, None), (None, note)]
    fresh = Invoice.objects.with_facts().get(pk=invoice.pk)
    assert bytes(files[0].content) == invoice_pdf.invoice(fresh)
    assert not document_files.are_owed(now=NOW)


def test_claim_lapses_with_its_worker_and_is_given_up_after_some_tries():
    issued()

    first = document_files.claim_next(now=NOW)
    assert document_files.claim_next(now=NOW) is None
    later = NOW + CLAIM_LEASE + timedelta(seconds=1)
    second = document_files.claim_next(now=later)

    assert not document_files.keep(document=first, content=b"%PDF of a worker that was too late", now=later)
    assert document_files.keep(document=second, content=b"%PDF", now=later)
    assert not document_files.keep(document=second, content=b"%PDF", now=later)
    assert bytes(DocumentFile.objects.get().content) == b"%PDF"


@pytest.mark.usefixtures("at_now")
def test_what_cannot_be_printed_waits_on_the_desk(caplog):
    invoice = issued(("Course, 8 December 2026, Sam Ellis", "95"))
    Invoice.objects.filter(pk=invoice.pk).update(print_attempts=MAX_ATTEMPTS)

    build_documents()

    assert not DocumentFile.objects.exists()
    assert Invoice.objects.unprintable().get() == invoice


@pytest.mark.usefixtures("at_now")
def test_sweep_calls_a_worker_only_while_something_is_owed(monkeypatch):
    called = []
    monkeypatch.setattr(build_documents, "apply_async", lambda **kwargs: called.append(kwargs))

    build_owed_documents()
    assert called == []
    issued()
    build_owed_documents()
    assert len(called) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_different_documents():
    issued(("A", "10"))
    issued(("B", "10"))

    taken = at_once(*[lambda: document_files.claim_next(now=NOW)] * 4)

    assert sorted(each.pk for each in taken if each) == sorted(Invoice.objects.values_list("pk", flat=True))


def test_database_keeps_issued_documents_as_they_are():
    invoice = issued()
    note = credited(invoice, "10")
    file = DocumentFile.objects.create(invoice=invoice, content=b"%PDF", made_at=NOW)
    forbidden = [
        lambda: Invoice.objects.filter(pk=invoice.pk).update(gross=1, net=1),
        lambda: Invoice.objects.filter(pk=invoice.pk).update(customer_name="Somebody else"),
        lambda: Invoice.objects.filter(pk=invoice.pk).update(number="WD26-77777"),
        lambda: Invoice.objects.filter(pk=invoice.pk).delete(),
        lambda: invoice.lines.update(description="Something else"),
        lambda: invoice.lines.all().delete(),
        lambda: CreditNote.objects.filter(pk=note.pk).update(reason="No reason"),
        lambda: CreditNote.objects.filter(pk=note.pk).delete(),
        lambda: note.lines.update(gross=1, net=1),
        lambda: DocumentFile.objects.filter(pk=file.pk).update(content=b"other"),
        lambda: DocumentFile.objects.filter(pk=file.pk).delete(),
    ]
    for change in forbidden:
        with pytest.raises(Exception, match=r"Cannot|stay as they are|protected"), transaction.atomic():
            change()
    draft = drafted()
    draft.lines.all().delete()
    draft.delete()
