"""Read one returned message from standard input and mark the letter that came back. For a mail server's pipe."""

import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from accounts import bounces, clock

READ_AT_MOST = 20 * 1024 * 1024
# What a mail server understands as “keep it and try again later” (sysexits.h).
TRY_AGAIN = 75


class Command(BaseCommand):
    help = "Reads a delivery status notification (RFC 3464) from standard input and marks the letter that came back."

    def handle(self, *args, **options):
        """Anything that is not about a letter of ours is taken and forgotten: the pipe must never fill the queue."""
        returned = bounces.read_notification(sys.stdin.buffer.read(READ_AT_MOST))
        if returned is None:
            self.stdout.write("No letter of ours came back with this message.")
            return
        try:
            noted = bounces.mark(returned, now=clock.now())
        except DatabaseError:
            sys.exit(TRY_AGAIN)
        self.stdout.write("Marked as returned." if noted else "Known already, or not one of our letters.")
