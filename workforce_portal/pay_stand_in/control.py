"""What the stand-in can be told for tests: by other addresses than the published ones, with the same key.

POST /control/switches                       {"withhold_messages": true, …}, see Switches; answers with all of them
POST /control/payments/<id>/<what becomes of it>    pay, decline, cancel, fail, expire; submit leaves it unconfirmed
POST /control/refunds/<id>/success or …/error       what becomes of a refund that waits
GET  /control/messages                       every message with its body, its signature and whether it was taken
POST /control/messages/<id>                  send it now, again or not; answers with the status that came back
POST /control/messages                       send now whatever was not taken yet; the statuses in their order
POST /control/forget                         begin anew: no payments, no switches
"""

import dataclasses
import json
import threading
from typing import TYPE_CHECKING

from accounts import clock
from workforce_portal.pay_stand_in import api
from workforce_portal.pay_stand_in.answers import Answer, in_json
from workforce_portal.pay_stand_in.ledger import (
    CANCELLED_BY_PAYER,
    CARDS,
    DECLINED,
    EXPIRED,
    PAID,
    WENT_WRONG,
    Refusal,
)

if TYPE_CHECKING:
    from workforce_portal.pay_stand_in.server import StandIn

ENDS = {
    "pay": PAID,
    "decline": DECLINED,
    "cancel": CANCELLED_BY_PAYER,
    "fail": WENT_WRONG,
    "expire": EXPIRED,
}


@dataclasses.dataclass
class Switches:
    """How the stand-in misbehaves. They concern the published addresses alone and are forgotten with the process."""

    webhook_url: str = ""  # where messages go; empty: to the portal
    withhold_messages: bool = False  # they are owed, and sent when somebody asks for it
    fail_requests: int = 0  # so many are answered with 500, and not done
    silent_requests: int = 0  # so many get no answer until the other side gives up, and are not done
    lost_answers: int = 0  # so many are done, and the connection is closed without a word
    answer_after: float = 0  # seconds
    forget_keys: bool = False  # Idempotency-Key does nothing
    refunds_pending: bool = False  # payments that succeeded cannot be refunded yet
    refunds_wait: bool = False  # refunds stay submitted

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Whether this request is one of so many."""
        with self.lock:
            left = getattr(self, name)
            setattr(self, name, max(left - 1, 0))
        return left > 0


def set_switches(stand_in: "StandIn", body: bytes) -> Answer:
    known = {name: type(value) for name, value in dataclasses.asdict(stand_in.switches).items()}
    for name, value in json.loads(body or b"{}").items():
        if name not in known:
            raise Refusal(400, "", f"There is no switch {name}. There are: {', '.join(known)}")
        setattr(stand_in.switches, name, known[name](value))
    return in_json(200, dataclasses.asdict(stand_in.switches))


def end_payment(stand_in: "StandIn", payment_id: str, what: str) -> Answer:
    """What a payer would do, or time."""
    api.payment_or_refusal(stand_in, payment_id, "P0200")
    if what == "submit":
        stand_in.ledger.move_on(payment_id, "submitted")
    elif what not in ENDS:
        raise Refusal(404, "", f"A payment can: submit, {', '.join(ENDS)}")
    elif not stand_in.ledger.finish(payment_id, ENDS[what], clock.now(), card=card_for(what)):
        raise Refusal(409, "", "The payment is over already.")
    stand_in.courier.wake()
    return api.get(stand_in, payment_id)


def card_for(what: str) -> str:
    return next((card.number for card in CARDS if card.outcome is ENDS[what]), "")


def end_refund(stand_in: "StandIn", refund_id: str, status: str) -> Answer:
    if not stand_in.ledger.settle_refund(refund_id, status, clock.now()):
        raise Refusal(409, "", "No such refund waits.")
    stand_in.courier.wake()
    return Answer(204)


def list_messages(stand_in: "StandIn") -> Answer:
    said = [
        {
            **{name: row[name] for name in ("id", "event", "payment_id", "body", "attempts")},
            "signature": stand_in.courier.signature(row["body"]),
            "delivered": bool(row["delivered"]),
        }
        for row in stand_in.ledger.messages()
    ]
    return in_json(200, said)


def send_message(stand_in: "StandIn", message_id: str) -> Answer:
    for row in stand_in.ledger.messages():
        if row["id"] == message_id:
            return in_json(200, {"status": stand_in.courier.send(row)})
    raise Refusal(404, "", "There is no such message.")


def send_messages(stand_in: "StandIn") -> Answer:
    owed = [row for row in stand_in.ledger.messages() if not row["delivered"]]
    return in_json(200, {"statuses": [stand_in.courier.send(row) for row in owed]})


def forget(stand_in: "StandIn") -> Answer:
    with stand_in.ledger.transaction() as connection:
        for table in ("messages", "links", "refunds", "payments"):
            connection.execute(f"DELETE FROM {table}")
    stand_in.switches = Switches()
    return Answer(204)
