"""One thing owed at a time: deliver a letter, show that a worker is alive."""

from celery import shared_task

from accounts import clock, heartbeats, post


@shared_task(name="accounts.deliver_email")
def deliver_email(*, email_id: int, **kwargs: object) -> None:
    """Send one letter, unless it is sent already or in another worker's hands."""
    post.deliver([email_id], now=clock.now())


@shared_task(name="accounts.deliver_emails")
def deliver_emails(*, email_ids: list[int], **kwargs: object) -> None:
    """Send several letters over one connection to the mail server."""
    post.deliver(email_ids, now=clock.now())


@shared_task(name="accounts.answer_heartbeat")
def answer_heartbeat(**kwargs: object) -> None:
    """A worker took this task from the broker, so both are alive."""
    heartbeats.note("worker", clock.now())
