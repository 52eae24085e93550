"""Letters that are queued together are sent together, over one connection to the mail server."""

from datetime import timedelta

import pytest

from accounts.correspondence import posted_together, queue_email
from tests.makers import NOW
from tests.queues import waiting

pytestmark = pytest.mark.django_db


def queue(number, **when):
    return queue_email(
        key=f"letter:{number}",
        to="amina@example.org",
        letter="accounts/organisation_settled",
        context={},
        now=NOW,
        **when,
    ).pk


def sendings():
    return waiting("accounts.deliver_emails", queue="quick")


def test_posted_together_asks_for_one_sending(django_capture_on_commit_callbacks):
    sendings()
    with django_capture_on_commit_callbacks(execute=True) as callbacks, posted_together():
        first, second = queue(1), queue(2)
        queue(3, send_at=NOW + timedelta(days=1))
    assert len(callbacks) == 1
    assert sendings() == [{"email_ids": [first, second]}]


def test_posted_together_sends_what_was_queued_before_a_fault(django_capture_on_commit_callbacks):
    sendings()

    def queue_and_fail():
        with posted_together():
            queued.append(queue(1))
            raise ValueError("a fault")

    queued = []
    with pytest.raises(ValueError, match="a fault"), django_capture_on_commit_callbacks(execute=True):
        queue_and_fail()
    assert sendings() == [{"email_ids": queued}]
