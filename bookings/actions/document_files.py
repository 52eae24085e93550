"""Files of documents: hand an issued invoice or credit note to one worker, and keep what it printed."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from bookings.models import CreditNote, DocumentFile, Invoice

Document = Invoice | CreditNote


def claim_next(*, now: datetime) -> Document | None:
    """Take the document that has waited longest for its file in hand, invoices first; None when none is owed.

    What another worker is just taking is passed over, and a worker that dies leaves the claim to lapse.
    """
    for documents in (Invoice.objects, CreditNote.objects):
        with transaction.atomic():
            owed = documents.owing_their_file(now).order_by("print_attempts", "pk")
            document = owed.select_for_update(of=("self",), skip_locked=True).first()
            if document is not None:
                return _claim(document, now)
    return None


def _claim(document: Document, now: datetime) -> Document:
    rows = type(document).objects.filter(pk=document.pk)
    rows.update(print_claimed_at=now, print_attempts=F("print_attempts") + 1)
    return rows.with_facts().get()


@transaction.atomic
def keep(*, document: Document, content: bytes, now: datetime) -> bool:
    """Keep the printed file; False, and nothing kept, where another worker took over since."""
    held = type(document).objects.select_for_update(of=("self",)).without_file()
    if held.filter(pk=document.pk, print_claimed_at=document.print_claimed_at).first() is None:
        return False
    owner = {"invoice": document} if isinstance(document, Invoice) else {"credit_note": document}
    DocumentFile.objects.create(**owner, content=content, made_at=now)
    return True


def are_owed(*, now: datetime) -> bool:
    """Whether any document is issued, not printed, and in nobody's hands."""
    return any(documents.owing_their_file(now).exists() for documents in (Invoice.objects, CreditNote.objects))
