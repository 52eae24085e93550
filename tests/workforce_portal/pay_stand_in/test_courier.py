"""Messages: signed, sent, sent again, and given up."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bookings import govuk_pay
from tests.local_run import free_port, wait_for
from tests.pay_stand_in import stand_in_process

FACTS = {"amount": 100, "reference": "A", "description": "B", "return_url": "http://localhost/back/"}


class Receiver(ThreadingHTTPServer):
    """Where the portal would be: keeps what comes, and answers as it is told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.taken, self.status = [], 204
        self.address = f"http://127.0.0.1:{self.server_address[1]}/pay/webhook/"


class Request(BaseHTTPRequestHandler):
    def log_message(self, *args):
        """Nothing on the terminal."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((body, self.headers["Pay-Signature"], self.path))
        self.send_response(self.server.status)
        self.end_headers()


@contextmanager
def running():
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, args=[0.01], daemon=True).start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()


@pytest.fixture
def receiver():
    with running() as receiver:
        yield receiver


@pytest.fixture
def paid(pay, receiver):
    pay.switch(webhook_url=receiver.address)
    payment_id = pay.ask("POST", "/v1/payments", FACTS).json()["payment_id"]
    pay.end(payment_id)
    return payment_id


def events(receiver):
    return [govuk_pay.message_of(body).event for body, *_ in receiver.taken]


def test_messages_go_out_by_themselves(pay, paid, receiver):
    pay.switch(withhold_messages=False)
    wait_for(lambda: len(receiver.taken) == 2)
    assert events(receiver) == ["card_payment_succeeded", "card_payment_captured"]
    for body, signature, path in receiver.taken:
        assert govuk_pay.signature_is_right(body, signature)
        assert path == "/pay/webhook/"
    govuk_pay.refund(paid, amount=100, available=100)
    wait_for(lambda: len(receiver.taken) == 3)
    assert events(receiver)[2] == "card_payment_refunded"


@pytest.mark.parametrize(
    ("what", "event"),
    [
        ("decline", "card_payment_failed"),
        ("cancel", "card_payment_failed"),
        ("fail", "card_payment_failed"),
        ("expire", "card_payment_expired"),
    ],
)
def test_messages_tell_how_a_payment_ended(pay, what, event):
    payment_id = pay.ask("POST", "/v1/payments", FACTS).json()["payment_id"]
    pay.end(payment_id, what)
    assert [(one["event"], one["payment_id"]) for one in pay.messages()] == [(event, payment_id)]


def test_a_message_can_be_sent_again_and_is_the_same(pay, paid, receiver):
    first = pay.messages()[0]
    assert [pay.send_message(first["id"]) for _ in range(3)] == [204, 204, 204]
    assert len(set(receiver.taken)) == 1
    assert [one["attempts"] for one in pay.messages()] == [3, 0]


def test_a_message_that_nobody_takes_is_tried_again_later_and_given_up_at_last(pay, paid, receiver, settings):
    receiver.status = 500
    assert pay.send_messages() == [500, 500]
    receiver.status = 204
    assert [one["delivered"] for one in pay.messages()] == [False, False]
    # Withheld until a minute has passed: then both are due.
    pay.switch(withhold_messages=False)
    settings.PORTAL_CLOCK_OFFSET = "1m"
    wait_for(lambda: all(one["delivered"] for one in pay.messages()))
    assert [one["attempts"] for one in pay.messages()] == [2, 2]


def test_a_message_goes_nowhere_where_nobody_listens(pay, paid):
    pay.switch(webhook_url=f"http://127.0.0.1:{free_port()}/")
    assert pay.send_messages() == [0, 0]
    assert [(one["attempts"], one["delivered"]) for one in pay.messages()] == [(1, False), (1, False)]


def test_messages_that_were_owed_go_out_after_a_kill(settings, tmp_path, receiver):
    portal = receiver.address.removesuffix("/pay/webhook/")
    with stand_in_process(settings, tmp_path) as pay:
        pay.switch(withhold_messages=True)
        payment_id = pay.ask("POST", "/v1/payments", FACTS).json()["payment_id"]
        pay.end(payment_id)
        pay.kill()
        assert receiver.taken == []
        pay.start(SITE_URL=portal)
        wait_for(lambda: len(receiver.taken) == 2)
    assert events(receiver) == ["card_payment_succeeded", "card_payment_captured"]
