"""The sweeps hand on what is owed, by task name, through the real broker."""

from contextlib import suppress

import pytest
from celery import current_app

from accounts import clock, sweeps, tasks
from accounts.models import Heartbeat, OutboundEmail
from tests.accounts.smtp_sink import smtp_sink
from tests.accounts.test_post import make_letter
from tests.makers import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker():
    """Read what was asked of the worker, and leave nothing behind."""
    with current_app.connection_for_read() as connection:

        def asked():
            found = []
            for queue in current_app.amqp.queues.values():
                with connection.SimpleQueue(queue.name) as simple, suppress(simple.Empty):
                    while message := simple.get(block=False):
                        message.ack()
                        found.append((message.headers["task"], message.payload[1]))
            return found

        asked()
        yield asked
        asked()


def test_deliver_owed_emails_hands_on_the_most_urgent_first(broker, django_capture_on_commit_callbacks):
    usual, urgent, sent = make_letter(1), make_letter(2, urgency=0), make_letter(3, sent_at=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        sweeps.deliver_owed_emails()
    assert broker() == [("accounts.deliver_emails", {"email_ids": [urgent.pk, usual.pk]})]
    assert sent.pk


def test_deliver_email_takes_its_row(settings):
    with smtp_sink(settings) as sink:
        letter = make_letter(send_at=clock.now())
        tasks.deliver_email(email_id=letter.pk)
        tasks.deliver_emails(email_ids=[letter.pk])
        tasks.deliver_email(email_id=0, asked_by="a newer caller")
        assert len(sink.letters) == 1
    assert OutboundEmail.objects.get().sent_at


def test_record_heartbeat_notes_beat_and_asks_a_worker(broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sweeps.record_heartbeat()
        sweeps.record_heartbeat()
    assert list(Heartbeat.objects.values_list("part", flat=True)) == ["beat"]
    assert ("accounts.answer_heartbeat", {}) in broker()
    tasks.answer_heartbeat()
    assert set(Heartbeat.objects.values_list("part", flat=True)) == {"beat", "worker"}
