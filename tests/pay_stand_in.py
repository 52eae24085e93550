"""The stand-in for GOV.UK Pay in tests: within the test's own process, or as a process of its own that can be killed.

`pay` in tests/conftest.py gives a test the first kind, with the portal's settings pointing at it. It sends no message
by itself: `send_messages()` posts what is owed to `webhook_url`, and `messages()` shows it with its signature.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from urllib.parse import urljoin

import requests
from csp.constants import SELF
from django.conf import settings as portal_settings

from tests.local_run import free_port, wait_for
from workforce_portal.local_servers import CHECKOUT
from workforce_portal.pay_stand_in.server import StandIn

KEY, SECRET = "api_test_key-for-tests", "a secret for tests"
PAYS, DECLINES, FAILS = "4242 4242 4242 4242", "4000000000000002", "4000000000000119"


class PayStandIn:
    """A running stand-in, told over HTTP what to do."""

    def __init__(self, address, key=KEY):
        self.address, self.key = address, key

    def ask(self, method, path, said=None, *, key=None):
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return requests.request(method, f"{self.address}{path}", json=said, headers=headers, timeout=30)

    def tell(self, path, said=None):
        answer = self.ask("POST", f"/control/{path}", said)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def switch(self, **switches):
        """See workforce_portal/pay_stand_in/control.py for what there is."""
        return self.tell("switches", switches)

    def end(self, payment_id, what="pay"):
        """Pay, decline, cancel, fail, expire or submit, with no browser."""
        return self.tell(f"payments/{payment_id}/{what}")

    def end_refund(self, refund_id, status="success"):
        self.tell(f"refunds/{refund_id}/{status}")

    def messages(self):
        """Each with id, event, payment_id, body, signature, attempts, delivered; the oldest first."""
        return self.ask("GET", "/control/messages").json()

    def send_messages(self):
        """Post what was not taken yet; the statuses that came back, 0 where nobody answered."""
        return self.tell("messages")["statuses"]

    def send_message(self, message_id):
        return self.tell(f"messages/{message_id}")["status"]

    def fill_in(self, next_url, do="pay", card=PAYS):
        """What a payer does in a browser, without one. Leads back to the portal, or shows the page again."""
        opened = requests.get(next_url, timeout=30, allow_redirects=False)
        if opened.status_code != requests.codes.see_other:
            return opened
        page = urljoin(next_url, opened.headers["Location"])
        return requests.post(page, {"do": do, "card": card}, timeout=30, allow_redirects=False)


def point_at(settings, address):
    """Let the portal take cards there."""
    settings.GOVUK_PAY_URL, settings.GOVUK_PAY_API_KEY, settings.GOVUK_PAY_WEBHOOK_SECRET = address, KEY, SECRET
    directives = portal_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**directives, "form-action": [SELF, address]}}


@contextmanager
def stand_in(settings, folder, webhook_url=""):
    """One in this process, whose clock it shares."""
    server = StandIn(port=0, file=folder / "payments.sqlite3", key=KEY, secret=SECRET, webhook_url=webhook_url)
    server.switches.withhold_messages = True
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    point_at(settings, server.address)
    try:
        yield PayStandIn(server.address)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class StandInProcess(PayStandIn):
    """One in a process of its own, which keeps its file and its port from one start to the next."""

    def __init__(self, folder):
        self.file, self.log, self.port = folder / "payments.sqlite3", folder / "log", free_port()
        self.process = None
        super().__init__(f"http://localhost:{self.port}")

    def start(self, **environment):
        ours = {
            "GOVUK_PAY_URL": self.address,
            "GOVUK_PAY_API_KEY": KEY,
            "GOVUK_PAY_WEBHOOK_SECRET": SECRET,
            "PAY_STAND_IN_FILE": str(self.file),
        }
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workforce_portal.pay_stand_in"],
                cwd=CHECKOUT,
                env=os.environ | ours | environment,
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self.answers() or self.process.poll() is not None, self.log.read_text)
        assert self.process.poll() is None, self.log.read_text()

    def answers(self):
        with suppress(requests.RequestException):
            return requests.get(f"{self.address}/style.css", timeout=30).ok
        return False

    def kill(self):
        """As with kill -9: nothing is tidied up."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@contextmanager
def stand_in_process(settings, folder):
    running = StandInProcess(folder)
    point_at(settings, running.address)
    try:
        running.start()
        yield running
    finally:
        running.kill()
