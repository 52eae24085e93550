"""What waits for a worker, for tests."""

from contextlib import suppress

from celery import current_app


def waiting(task: str, *, queue: str = "celery") -> list[dict]:
    """The words of each call of this task that waits in the queue; the queue is empty afterwards."""
    messages = []
    with (
        current_app.connection_for_read() as broker,
        broker.SimpleQueue(queue, no_ack=True) as line,
        suppress(line.Empty),
    ):
        while True:
            messages.append(line.get(block=False))
    return [message.payload[1] for message in messages if message.headers["task"] == task]
