"""Sweeps for certificates, training records, invoices and credit notes whose file is owed."""

from celery import shared_task

from accounts import clock
from bookings.actions import certificates, document_files, training_records
from bookings.tasks import build_certificates, build_documents, print_training_record

# What is owed is found again in the minute's next sweep; hints older than that are dropped.
HINT_SECONDS = 55


@shared_task(name="bookings.build_owed_certificates")
def build_owed_certificates(**kwargs: object) -> None:
    """Call a worker while certificates are promised and not built, whatever became of the first call."""
    if certificates.are_owed(now=clock.now()):
        build_certificates.apply_async(expires=HINT_SECONDS)


@shared_task(name="bookings.build_owed_documents")
def build_owed_documents(**kwargs: object) -> None:
    """Call a worker while issued invoices and credit notes have no file, whatever became of the first call."""
    if document_files.are_owed(now=clock.now()):
        build_documents.apply_async(expires=HINT_SECONDS)


@shared_task(name="bookings.print_owed_training_records")
def print_owed_training_records(**kwargs: object) -> None:
    """Hand on the training records that were asked for and not printed."""
    for file_id in training_records.owed_ids(now=clock.now()):
        print_training_record.apply_async(kwargs={"file_id": file_id}, expires=HINT_SECONDS)


@shared_task(name="bookings.erase_training_record_files")
def erase_training_record_files(**kwargs: object) -> None:
    """Erase printed training records after a day: whoever wanted one has it, and it can be made again."""
    training_records.erase_expired(now=clock.now())
