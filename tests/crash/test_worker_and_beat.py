"""Workers that die in the middle of their work, and twice the machinery that is needed: everything happens once."""

import contextlib
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest

from accounts import clock
from accounts.models import OutboundEmail
from bookings.models import CertificateFile
from tests.certificates import promised
from tests.crash.crowd import make_date, make_people
from tests.local_run import WORKER, send, wait_for
from tests.makers import make_booking, make_course
from tests.sizes import size
from workforce_portal.local_servers import CHECKOUT

pytestmark = pytest.mark.soak

CERTIFICATES, KILLS = size(20, 1200), size(1, 25)
REMINDED, ROUNDS = size(20, 500), size(1, 10)
PATIENCE_SECONDS = size(120, 900)
SWEEPS_AT_ONCE = 4


def files_of(owed):
    return CertificateFile.objects.filter(certificate__in=[certificate.pk for certificate in owed]).count()


def test_certificates_survive_workers_that_are_killed(portal, post_office, figures):
    course, extras = make_course("Working Together"), post_office.extras()
    owed = [promised(person, course=course, now=clock.now()) for person in make_people("Worked", CERTIFICATES)]
    for kill in range(1, KILLS + 1):
        portal.send_task("bookings.build_owed_certificates")
        wait_for(lambda n=kill: files_of(owed) >= n * CERTIFICATES // (KILLS + 1), portal.story, PATIENCE_SECONDS)
        killed = portal.main_process(WORKER)
        portal.kill(WORKER)
        wait_for(lambda old=killed: portal.main_process(WORKER) not in (old, None), portal.story)

    wait_for(lambda: post_office.has_everything() and files_of(owed) == CERTIFICATES, portal.story, PATIENCE_SECONDS)
    assert OutboundEmail.objects.filter(letter="bookings/certificate", to__startswith="worked").count() == CERTIFICATES
    extras = post_office.extras() - extras
    assert extras <= KILLS
    figures(f"{KILLS} kills; {CERTIFICATES} certificates, each once; {extras} letters twice under one Message-ID")


@contextlib.contextmanager
def second_worker_and_beat(portal):
    """Somebody starts another pair beside the one that runs."""
    celery = [sys.executable, "-m", "celery", "--app=workforce_portal", "--quiet"]
    schedule = f"--schedule={portal.data / 'second-schedule'}"
    commands = [
        [*celery, "worker", "--concurrency=2", "--loglevel=info", "--hostname=second@%h"],
        [*celery, "beat", schedule, "--pidfile="],
    ]
    with (portal.data / "logs" / "second.log").open("ab") as log:
        pair = [
            subprocess.Popen(
                command, cwd=CHECKOUT, env=portal.environment, stdout=log, stderr=log, start_new_session=True
            )
            for command in commands
        ]
    try:
        wait_for(lambda: " ready." in (portal.data / "logs" / "second.log").read_text(errors="replace"), portal.story)
        yield
    finally:
        for process in pair:
            process.terminate()
        for process in pair:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            send(9, [process.pid])
            process.wait()


def make_reminded(kind):
    """People whose reminder falls due today, on one date."""
    event = make_date(kind, days=10)
    booked_at = clock.now() - timedelta(days=20)
    people = make_people(kind, REMINDED)
    return [make_booking(event, person, now=booked_at).pk for person in people]


def reminders_of(bookings):
    return OutboundEmail.objects.filter(letter="bookings/reminder", about__in=[f"booking:{pk}" for pk in bookings])


def sweep_at_the_same_moment(portal):
    """Let several workers look for owed reminders, and hold them all before the first writes one.

    Looking is free, writing waits for the table; so each of them has seen that nobody is reminded yet.
    """
    with portal.database("portal_owner") as holder, portal.database("postgres") as watcher, holder.transaction():
        holder.execute("LOCK TABLE accounts_outboundemail IN EXCLUSIVE MODE")
        for _ in range(SWEEPS_AT_ONCE):
            portal.send_task("bookings.queue_reminders")
        wait_for(lambda: writers_waiting(watcher) >= 2, portal.story)


def writers_waiting(watcher: psycopg.Connection) -> int:
    return watcher.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND query LIKE 'INSERT INTO \"accounts_outboundemail\"%'"
    ).fetchone()[0]


def test_two_beats_and_two_workers_remind_everybody_once(portal, post_office, figures):
    before = post_office.extras()
    with second_worker_and_beat(portal):
        for number in range(ROUNDS):
            bookings = make_reminded(f"Reminded{chr(97 + number)}")
            sweep_at_the_same_moment(portal)
            wait_for(lambda ids=bookings: reminders_of(ids).count() >= REMINDED, portal.story)
            wait_for(post_office.has_everything, portal.story)
            assert reminders_of(bookings).count() == REMINDED
    assert post_office.extras() == before
    figures(f"{ROUNDS * REMINDED} reminders by {SWEEPS_AT_ONCE} sweeps at once, 0 missing, 0 twice")


NO_RULE = """
    CREATE FUNCTION a_key_of_its_own() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.key := NEW.key || ':' || gen_random_uuid(); RETURN NEW; END $$;
    CREATE TRIGGER no_rule BEFORE INSERT ON accounts_outboundemail
    FOR EACH ROW EXECUTE FUNCTION a_key_of_its_own()
"""


def test_the_same_sweeps_remind_people_twice_without_the_rule_of_one_key(portal):
    """The control: every letter gets a key of its own, and the same storm doubles letters."""
    bookings = make_reminded("Doubled")
    with portal.database("portal_owner") as owner:
        owner.execute(NO_RULE)
        try:
            sweep_at_the_same_moment(portal)
            wait_for(lambda: reminders_of(bookings).count() > REMINDED, portal.story)
        finally:
            owner.execute("DROP FUNCTION a_key_of_its_own CASCADE")
