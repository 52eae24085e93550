"""The timetable through the two nights of the year on which British clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from celery import Celery
from celery.beat import Scheduler
from celery.schedules import crontab

from tests.queues import waiting
from workforce_portal.celery import TIMETABLE, app

BEGINS = (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2027, 3, 27, 12, tzinfo=UTC))
HOURS = 36
# Entries that are due together go out one after the other.
SLACK_SECONDS = 1
MOMENT_SECONDS = 0.01


class Diary(Scheduler):
    """Beat's own scheduler, which notes when it would send a sweep instead of sending it."""

    producer = None  # nothing goes to a broker

    def __init__(self, beat_app):
        self.sent = {}
        super().__init__(beat_app)

    def setup_schedule(self):
        self.merge_inplace(self.app.conf.beat_schedule)

    def apply_entry(self, entry, producer=None):
        self.sent.setdefault(entry.name, []).append(datetime.now(UTC))


def drive(beat_app, begins):
    """Let beat work through the hours as fast as it can: its sleep moves the clock."""
    ends = begins + timedelta(hours=HOURS)
    with time_machine.travel(begins, tick=False) as clock:
        diary = Diary(beat_app)
        while (moment := datetime.now(UTC)) < ends:
            clock.move_to(moment + timedelta(seconds=max(MOMENT_SECONDS, diary.tick())))
    return diary.sent


def longest_silence(moments, begins):
    all_moments = [begins, *moments, begins + timedelta(hours=HOURS)]
    return max(later - earlier for earlier, later in pairwise(all_moments)).total_seconds()


@pytest.mark.parametrize("begins", BEGINS, ids=["autumn", "spring"])
def test_no_sweep_falls_silent_when_the_clocks_change(begins):
    sent = drive(app, begins)
    too_long = {
        name: silence
        for name, (rhythm, _) in TIMETABLE.items()
        if (silence := longest_silence(sent[name], begins)) > rhythm + SLACK_SECONDS
    }
    assert too_long == {}


def test_a_rhythm_of_clock_times_would_fall_silent_for_an_hour():
    """The control: what the timetable avoids, seen by the same test."""
    other = Celery("other", set_as_current=False)
    other.conf.update(
        timezone=ZoneInfo("Europe/London"),
        beat_schedule={"every minute": {"task": "every minute", "schedule": crontab()}},
    )
    assert longest_silence(drive(other, BEGINS[0])["every minute"], BEGINS[0]) > 3600


def in_the_order_a_worker_takes_them(sent):
    """Send these tasks, then take them as a worker with one pair of hands does: one, and the next when it is done."""
    for queue in ("quick", "celery"):
        waiting("", queue=queue)
    for name in sent:
        app.send_task(name)
    taken = []
    with app.connection_for_read() as broker, broker.channel() as channel:
        consumer = app.amqp.TaskConsumer(channel)
        consumer.qos(prefetch_count=1)

        def take(message):
            taken.append(message.headers["task"])
            message.ack()

        consumer.on_message = take
        with consumer:
            while len(taken) < len(sent):
                broker.drain_events(timeout=10)
    return taken


def test_a_letter_never_waits_behind_a_row_of_documents(db):
    documents = ["bookings.build_documents"] * 5
    letters = ["accounts.deliver_emails"] * 3
    assert in_the_order_a_worker_takes_them([*documents, *letters]) == [*letters, *documents]
