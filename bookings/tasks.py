"""Tasks of the bookings app: each does one owed thing for one row. A row that is gone or done is not an error."""

import logging

from celery import shared_task

from accounts import clock
from bookings import pdfs
from bookings.actions import certificates

logger = logging.getLogger(__name__)


@shared_task(name="bookings.build_certificate", acks_late=True, soft_time_limit=30, time_limit=60)
def build_certificate(*, certificate_id: int, **kwargs: object) -> None:
    """Make one promised certificate: claim it, print it, issue it with its letter.

    What goes wrong in the printing is logged and tried again when the claim lapses, a few times;
    then the certificate waits on the team's page for somebody to look.
    """
    certificate = certificates.claim(certificate_id=certificate_id, now=clock.now())
    if certificate is None:
        return
    try:
        content = pdfs.certificate(certificate)
    except Exception as error:
        # The words of the error may quote the person's name; its kind and place are enough to find the cause.
        logger.error("certificate %s, attempt %s: %s", certificate_id, certificate.attempts, type(error).__name__)
        return
    certificates.issue(certificate=certificate, content=content, now=clock.now())
