"""Sends the messages that are owed, signed as published, and ends payments whose time is over."""

import hashlib
import hmac
import sqlite3
import threading
from typing import TYPE_CHECKING

import requests

from accounts import clock

if TYPE_CHECKING:
    from workforce_portal.pay_stand_in.server import StandIn

PATIENCE_SECONDS = 15
LOOK_EVERY_SECONDS = 1


class Courier(threading.Thread):
    """Looks again and again what is due. Every message goes out at least once, perhaps twice, in no promised order."""

    def __init__(self, stand_in: "StandIn") -> None:
        super().__init__(daemon=True)
        self.stand_in = stand_in
        self.woken = threading.Event()
        self.ended = False
        self.session = requests.Session()
        self.session.trust_env = False  # the portal is on this computer, whatever proxy leads elsewhere

    def run(self) -> None:
        while not self.ended:
            self.stand_in.ledger.expire(clock.now())
            if not self.stand_in.switches.withhold_messages:
                for message in self.stand_in.ledger.due_messages(clock.now()):
                    self.send(message)
            self.woken.wait(LOOK_EVERY_SECONDS)
            self.woken.clear()

    def wake(self) -> None:
        self.woken.set()

    def end(self) -> None:
        self.ended = True
        self.wake()
        self.join()
        self.session.close()

    def signature(self, body: str) -> str:
        return hmac.digest(self.stand_in.secret.encode(), body.encode(), hashlib.sha256).hex()

    def send(self, message: sqlite3.Row) -> int:
        """Send it once; the status that came back, 0 for none."""
        headers = {"Content-Type": "application/json", "Pay-Signature": self.signature(message["body"])}
        address = self.stand_in.switches.webhook_url or self.stand_in.webhook_url
        try:
            answer = self.session.post(
                address, message["body"].encode(), headers=headers, timeout=PATIENCE_SECONDS, allow_redirects=False
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        self.stand_in.ledger.note_attempt(message, 200 <= status < 300, clock.now())
        return status
