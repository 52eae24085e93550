"""The stand-in's HTTP server: which address does what, who may ask, and how it fails when it is told to."""

import hmac
import logging
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from workforce_portal.pay_stand_in import api, control, pages
from workforce_portal.pay_stand_in.answers import Answer, in_json
from workforce_portal.pay_stand_in.courier import Courier
from workforce_portal.pay_stand_in.ledger import Ledger, Refusal

LOGGER = logging.getLogger(__name__)
LONGEST_BODY = 100_000
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Asked:
    """What came with a request."""

    body: bytes
    key: str | None


ID = "([a-z0-9]+)"
SECRET = "([A-Za-z0-9_-]+)"
PAYMENT = f"/v1/payments/{ID}"
WAYS: list[tuple[str, str, Callable[..., Answer]]] = [
    ("POST", "/v1/payments", lambda to, asked: api.create(to, asked.body, asked.key)),
    ("GET", PAYMENT, lambda to, _, payment: api.get(to, payment)),
    ("POST", f"{PAYMENT}/cancel", lambda to, _, payment: api.cancel(to, payment)),
    ("POST", f"{PAYMENT}/refunds", lambda to, asked, payment: api.create_refund(to, payment, asked.body)),
    ("GET", f"{PAYMENT}/refunds", lambda to, _, payment: api.list_refunds(to, payment)),
    ("GET", f"{PAYMENT}/refunds/{ID}", lambda to, _, payment, refund: api.get_refund(to, payment, refund)),
    ("GET", f"/secure/{SECRET}", lambda to, _, token: pages.arrive(to, token)),
    ("GET", f"/card_details/{SECRET}", lambda to, _, visit: pages.show(to, visit)),
    ("POST", f"/card_details/{SECRET}", lambda to, asked, visit: pages.decide(to, visit, asked.body)),
    ("GET", pages.STYLE_PATH, lambda to, _: pages.style()),
    # A browser asks for it by itself where a page names none.
    ("GET", "/favicon.ico", lambda to, _: Answer(204)),
    ("POST", "/control/switches", lambda to, asked: control.set_switches(to, asked.body)),
    ("POST", f"/control/payments/{ID}/([a-z]+)", lambda to, _, payment, what: control.end_payment(to, payment, what)),
    ("POST", f"/control/refunds/{ID}/(success|error)", lambda to, _, one, status: control.end_refund(to, one, status)),
    ("GET", "/control/messages", lambda to, _: control.list_messages(to)),
    ("POST", "/control/messages", lambda to, _: control.send_messages(to)),
    ("POST", f"/control/messages/{ID}", lambda to, _, message: control.send_message(to, message)),
    ("POST", "/control/forget", lambda to, _: control.forget(to)),
]


class StandIn(ThreadingHTTPServer):
    """Everything of one stand-in. Loopback alone: what it shows is for the person at this computer."""

    daemon_threads = True

    def __init__(self, *, port: int, file: Path, key: str, secret: str, webhook_url: str) -> None:
        super().__init__(("127.0.0.1", port), Request)
        self.address = f"http://localhost:{self.server_address[1]}"
        self.key, self.secret, self.webhook_url = key, secret, webhook_url
        self.switches = control.Switches()
        self.ledger = Ledger(file, api.describe)
        self.courier = Courier(self)

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        self.courier.start()
        super().serve_forever(poll_interval)

    def server_close(self) -> None:
        super().server_close()
        if self.courier.is_alive():
            self.courier.end()
        self.ledger.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked may have gone away meanwhile; anything else is ours."""
        if not isinstance(sys.exception(), ConnectionError):
            LOGGER.exception("A request could not be answered.")

    def knows(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode(), f"Bearer {self.key}".encode())


class Request(BaseHTTPRequestHandler):
    """One request."""

    server: StandIn
    timeout = 60

    def log_message(self, template: str, *values: object) -> None:
        LOGGER.info(template, *values)

    def do_GET(self) -> None:
        self.handle_it("GET")

    def do_POST(self) -> None:
        self.handle_it("POST")

    def handle_it(self, method: str) -> None:
        path = self.path.partition("?")[0]
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.send(Answer(413))
            return
        body = self.rfile.read(int(length))
        switches = self.server.switches
        published = path.startswith("/v1/")
        if published and switches.take("silent_requests"):
            self.rfile.read(1)  # nothing comes any more: it ends when the other side does
            return
        if published:
            time.sleep(switches.answer_after)
        answer = self.answer(method, path, body)
        if not (published and switches.take("lost_answers")):
            self.send(answer)

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        asks_for_key = path.startswith(("/v1/", "/control/"))
        if asks_for_key and not self.server.knows(self.headers.get("Authorization") or ""):
            return in_json(401, {"code": 401, "message": "HTTP 401 Unauthorized"})
        if path.startswith("/v1/") and self.server.switches.take("fail_requests"):
            return in_json(500, {"code": "P0198", "description": "Downstream system error"})
        asked = Asked(body, self.headers.get("Idempotency-Key"))
        for wanted, pattern, act in WAYS:
            found = re.fullmatch(pattern, path)
            if found and wanted == method:
                return self.done(act, asked, found.groups())
        return in_json(404, {"code": 404, "message": "HTTP 404 Not Found"}) if asks_for_key else pages.nothing_here()

    def done(self, act: Callable, asked: Asked, parts: tuple[str, ...]) -> Answer:
        """A refusal is an answer too."""
        try:
            return act(self.server, asked, *parts)
        except Refusal as refusal:
            return in_json(refusal.status, refusal.said)

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {**HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
