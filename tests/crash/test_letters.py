"""Workers that are killed at each step of sending, with Redis emptied in between: every letter arrives."""

import pytest

from accounts import clock
from accounts.correspondence import new_message_id
from accounts.models import OutboundEmail
from tests.local_run import WORKER, wait_for
from tests.sizes import size

pytestmark = pytest.mark.soak

LETTERS, ROUNDS = size(30, 500), size(1, 8)
PATIENCE_SECONDS = size(120, 900)
MARKING = """query LIKE 'UPDATE "accounts_outboundemail" SET%"sent_at" = %' AND wait_event_type = 'Lock'"""


def put_into_the_outbox(kind):
    now = clock.now()
    letters = [
        OutboundEmail(
            key=f"{kind}:{number}",
            letter="tests/plain",
            message_id=new_message_id(),
            to=f"{kind}{number}@example.org",
            subject=f"{kind} {number}",
            text="One of many.\n",
            created_at=now,
            send_at=now,
        )
        for number in range(LETTERS)
    ]
    OutboundEmail.objects.bulk_create(letters)
    return OutboundEmail.objects.filter(key__startswith=f"{kind}:")


class Killer:
    """Kills the worker with all its processes, empties Redis, and counts who had a letter in hand."""

    def __init__(self, portal, office, letters):
        self.portal, self.office, self.letters = portal, office, letters
        self.began_at = clock.now()
        self.had_a_letter = 0
        self.kills = 0

    def ask(self):
        self.began_at = clock.now()
        self.portal.send_task("accounts.deliver_owed_emails")

    def in_hand(self):
        """Letters that live processes have taken; older claims are those of the dead."""
        return self.letters.filter(claimed_at__gte=self.began_at, sent_at__isnull=True).count()

    def kill(self):
        killed = self.portal.main_process(WORKER)
        self.had_a_letter += self.in_hand()
        self.portal.kill(WORKER)
        self.kills += 1
        self.portal.broker().flushall()
        return killed

    def wait_for_another(self, killed):
        wait_for(lambda: self.portal.main_process(WORKER) not in (killed, None), self.portal.story)

    # --- The steps ----------------------------------------------------------------------------------

    def when_claimed(self):
        """The letter is taken from the outbox, and the mail server has not said a word yet."""
        self.office.sink.may_greet.clear()
        self.ask()
        wait_for(self.in_hand, self.portal.story)
        killed = self.kill()
        self.office.sink.may_greet.set()
        self.wait_for_another(killed)

    def when_accepted(self):
        """The mail server has said yes, and nothing in the database knows of it."""
        self.office.sink.may_go_on.clear()
        self.ask()
        wait_for(lambda: self.office.sink.reading > 0, self.portal.story)
        with (
            self.portal.database("portal_owner") as holder,
            self.portal.database("postgres") as watcher,
            holder.transaction(),
        ):
            holder.execute("LOCK TABLE accounts_outboundemail IN EXCLUSIVE MODE")
            self.office.sink.may_go_on.set()
            marking = f"FROM pg_stat_activity WHERE {MARKING}"
            wait_for(lambda: watcher.execute(f"SELECT count(*) {marking}").fetchone()[0], self.portal.story)
            killed = self.kill()
            # Postgres would finish what a dead client asked for; a power cut would not.
            watcher.execute(f"SELECT pg_terminate_backend(pid) {marking}")
        self.wait_for_another(killed)

    def when_marked(self):
        """One letter is done, and the next not begun."""
        done = self.letters.filter(sent_at__isnull=False)
        before = done.count()
        self.ask()
        wait_for(lambda: done.count() > before or not self.letters.unsent().exists(), self.portal.story)
        self.wait_for_another(self.kill())


def test_letters_survive_workers_that_are_killed_at_each_step(portal, post_office, figures):
    before, lost_by_the_control = post_office.extras(), post_office.invented()
    letters = put_into_the_outbox("stepwise")
    killer = Killer(portal, post_office, letters)
    for _ in range(ROUNDS):
        killer.when_claimed()
        killer.when_accepted()
        killer.when_marked()

    wait_for(post_office.has_everything, portal.story, PATIENCE_SECONDS)
    doubled = post_office.extras() - before
    assert letters.filter(sent_at__isnull=False).count() == LETTERS
    assert (post_office.missing(), post_office.invented()) == (set(), lost_by_the_control)
    assert ROUNDS <= doubled <= killer.had_a_letter
    figures(
        f"{killer.kills} kills of workers, {killer.had_a_letter} of their processes with a letter in hand; "
        f"{LETTERS} letters, none missing, {doubled} twice, each under its first Message-ID"
    )
