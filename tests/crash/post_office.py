"""A mail server of the tests that outlives every part of the portal, and can itself be away for a while."""

import re
import threading
from collections import Counter

from accounts.models import OutboundEmail
from tests.accounts.smtp_sink import Sink
from tests.crash.crowd import let_leases_lapse

MESSAGE_ID = re.compile(rb"^Message-ID: *(?:\r\n )?(\S+)", re.IGNORECASE | re.MULTILINE)


class PostOffice:
    """Where the portal's letters arrive."""

    def __init__(self):
        self.taken = []
        self.sink = None
        self.port = 0
        self.open()

    @property
    def address(self):
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.port),
        }

    def open(self):
        self.sink = Sink(self.port)
        self.sink.raw = self.taken
        self.port = self.sink.server_address[1]
        threading.Thread(target=self.sink.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.sink.may_go_on.set()
        self.sink.may_greet.set()
        self.sink.shutdown()
        self.sink.server_close()

    def received(self):
        """How often each letter arrived, by its Message-ID."""
        return Counter(MESSAGE_ID.search(raw)[1].decode() for raw in list(self.taken))

    def extras(self):
        """Letters that arrived again, always under the Message-ID of the first."""
        received = self.received()
        return received.total() - len(received)

    def has_everything(self):
        """No letter is owed, and what was sent is here; asked again and again while the test waits for it."""
        let_leases_lapse()
        return not OutboundEmail.objects.unsent().exists() and self.missing() == set()

    def missing(self):
        """Letters of the outbox that should have come and never did."""
        meant = OutboundEmail.objects.filter(withheld_at__isnull=True)
        return set(meant.values_list("message_id", flat=True)) - set(self.received())

    def invented(self):
        """Letters that came and are not in the outbox."""
        return set(self.received()) - set(OutboundEmail.objects.values_list("message_id", flat=True))
