"""The published interface, as far as a service that takes single card payments needs it."""

import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any

from accounts import clock
from workforce_portal.pay_stand_in.answers import Answer, in_json
from workforce_portal.pay_stand_in.ledger import (
    CANCELLED_BY_SERVICE,
    CARDS,
    Ledger,
    Refusal,
    Stored,
    as_published,
    not_refundable,
)

if TYPE_CHECKING:
    from workforce_portal.pay_stand_in.server import StandIn

LARGEST_AMOUNT = 10_000_000
LONGEST = {"reference": 255, "description": 255, "return_url": 2_000, "email": 254}
REQUIRED = ("amount", "reference", "description", "return_url")
BLOCKED = re.compile(r'[<>"\\|]')
WITH_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)


# --- What is asked ----------------------------------------------------------------------------------


def create(stand_in: "StandIn", body: bytes, key: str | None) -> Answer:
    """The same key and the same facts give the same payment; the same key and others are refused."""
    asked = parsed(body, "P0197")
    check_payment(asked)
    check_key(key)
    if stand_in.switches.forget_keys:
        key = None
    with stand_in.ledger.transaction():
        known = stand_in.ledger.find_by_key(key) if key else None
        if known and known.asked != asked:
            raise Refusal(409, "P0191", "The Idempotency-Key was used before, for another payment.")
        payment = known or stand_in.ledger.create(asked, key, clock.now())
    return in_json(200 if known else 201, with_links(stand_in, payment))


def get(stand_in: "StandIn", payment_id: str) -> Answer:
    return in_json(200, with_links(stand_in, payment_or_refusal(stand_in, payment_id, "P0200")))


def cancel(stand_in: "StandIn", payment_id: str) -> Answer:
    payment_or_refusal(stand_in, payment_id, "P0500")
    if not stand_in.ledger.finish(payment_id, CANCELLED_BY_SERVICE, clock.now()):
        raise Refusal(409, "P0502", "Cancellation of payment failed")
    stand_in.courier.wake()
    return Answer(204)


def create_refund(stand_in: "StandIn", payment_id: str, body: bytes) -> Answer:
    payment = payment_or_refusal(stand_in, payment_id, "P0600")
    asked = parsed(body, "P0697")
    for name in ("amount", "refund_amount_available"):
        if name not in asked:
            raise Refusal(400, "P0601", f"Missing mandatory attribute: {name}", field=name)
        check_number(asked, name, "P0602")
    status = refund_status(stand_in.ledger, payment, stand_in.switches.refunds_pending)
    if status != "available":
        raise not_refundable(status)
    ends_as = "submitted" if stand_in.switches.refunds_wait else "success"
    made = stand_in.ledger.refund(payment, asked["amount"], asked["refund_amount_available"], ends_as, clock.now())
    stand_in.courier.wake()
    return in_json(202, refund_as_published(stand_in, made))


def get_refund(stand_in: "StandIn", payment_id: str, refund_id: str) -> Answer:
    for made in stand_in.ledger.refunds(payment_id):
        if made["id"] == refund_id:
            return in_json(200, refund_as_published(stand_in, made))
    raise Refusal(404, "P0700", "Not found")


def list_refunds(stand_in: "StandIn", payment_id: str) -> Answer:
    payment_or_refusal(stand_in, payment_id, "P0800")
    made = [refund_as_published(stand_in, row) for row in stand_in.ledger.refunds(payment_id)]
    address = f"{stand_in.address}/v1/payments/{payment_id}"
    links = {"self": link(f"{address}/refunds"), "payment": link(address)}
    return in_json(200, {"payment_id": payment_id, "_links": links, "_embedded": {"refunds": made}})


# --- What may be asked ------------------------------------------------------------------------------


def parsed(body: bytes, code: str) -> dict:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Refusal(400, code, "Unable to parse JSON")
    if any(BLOCKED.search(text) for text in texts_in(asked)):
        raise Refusal(400, "P0920", "Request blocked by security rules.")
    return asked


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts_in(part)]
    return [value] if isinstance(value, str) else []


def check_payment(asked: dict) -> None:
    for name in REQUIRED:
        if asked.get(name) in (None, ""):
            raise Refusal(400, "P0101", f"Missing mandatory attribute: {name}", field=name)
    check_number(asked, "amount", "P0102")
    for name, longest in LONGEST.items():
        if name in asked and not isinstance(asked[name], str):
            raise invalid(name, "Must be a valid string format")
        if len(asked.get(name, "")) > longest:
            raise invalid(name, f"Must be less than or equal to {longest} characters length")
    if WITH_ADDRESS.search(asked["reference"]):
        raise invalid("reference", "Must not contain URLs")
    if not re.match(r"https?://[^/\s]", asked["return_url"]):
        raise invalid("return_url", "Must be a valid URL format")
    if "metadata" in asked:
        check_metadata(asked["metadata"])


def check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or not 1 <= len(metadata) <= 10:
        raise invalid("metadata", "Must be an object of 1 to 10 keys")
    for name, value in metadata.items():
        if not 1 <= len(name) <= 30:
            raise invalid("metadata", "Keys must be between 1 and 30 characters long")
        if not isinstance(value, str | int | float | bool) or len(str(value)) > 100:
            raise invalid("metadata", "Values must be no greater than 100 characters long")


def check_number(asked: dict, name: str, code: str) -> None:
    """A whole number of pence. True and False would count as numbers in Python."""
    value = asked[name]
    if type(value) is not int or not 1 <= value <= LARGEST_AMOUNT:
        raise invalid(name, f"Must be a whole number from 1 to {LARGEST_AMOUNT}", code)


def check_key(key: str | None) -> None:
    if key is not None and not re.fullmatch(r"[A-Za-z0-9-]{1,255}", key):
        words = "Header [Idempotency-Key] can only contain 1 to 255 alphanumeric characters and hyphens"
        raise Refusal(422, "P0102", words, header="Idempotency-Key")


def invalid(name: str, words: str, code: str = "P0102") -> Refusal:
    return Refusal(422, code, f"Invalid attribute value: {name}. {words}", field=name)


def payment_or_refusal(stand_in: "StandIn", payment_id: str, code: str) -> Stored:
    stand_in.ledger.expire(clock.now())
    payment = stand_in.ledger.find(payment_id)
    if payment is None:
        raise Refusal(404, code, "Not found")
    return payment


# --- What is answered -------------------------------------------------------------------------------


def describe(ledger: Ledger, payment: Stored, *, refunds_pending: bool = False) -> dict:
    """A payment as it is published, in answers and in messages."""
    asked, refunded = payment.asked, ledger.refunded(payment.id)
    status = refund_status(ledger, payment, refunds_pending)
    said: dict[str, Any] = {
        **{name: asked[name] for name in (*REQUIRED, "email", "metadata") if name in asked},
        "payment_id": payment.id,
        "payment_provider": "sandbox",
        "created_date": as_published(payment.created_at),
        "language": "en",
        "delayed_capture": False,
        "moto": False,
        "state": {"status": payment.status, "finished": payment.finished},
        "refund_summary": {
            "status": status,
            "amount_available": 0 if status == "unavailable" else asked["amount"] - refunded,
            "amount_submitted": refunded,
        },
        "settlement_summary": {},
    }
    if payment.code:
        said["state"] |= {"code": payment.code, "message": payment.message}
    for card in CARDS:
        if card.number == payment.card:
            numbers = {"first_digits_card_number": card.number[:6], "last_digits_card_number": card.number[-4:]}
            said["card_details"] = {"card_brand": card.brand, "card_type": None, **numbers}
    return said


def refund_status(ledger: Ledger, payment: Stored, pending: bool) -> str:
    if not payment.finished:
        return "pending"
    if payment.status != "success":
        return "unavailable"
    if ledger.refunded(payment.id) == payment.asked["amount"]:
        return "full"
    return "pending" if pending else "available"


def with_links(stand_in: "StandIn", payment: Stored) -> dict:
    """The payer's address is a new one each time, and opens once."""
    address = f"{stand_in.address}/v1/payments/{payment.id}"
    said = describe(stand_in.ledger, payment, refunds_pending=stand_in.switches.refunds_pending)
    said["_links"] = {"self": link(address), "refunds": link(f"{address}/refunds"), "next_url": None, "cancel": None}
    if not payment.finished:
        token = stand_in.ledger.new_link(payment.id)
        said["_links"] |= {
            "next_url": link(f"{stand_in.address}/secure/{token}"),
            "cancel": link(f"{address}/cancel", "POST"),
        }
    return said


def refund_as_published(stand_in: "StandIn", made: sqlite3.Row) -> dict:
    address = f"{stand_in.address}/v1/payments/{made['payment_id']}"
    return {
        "refund_id": made["id"],
        "amount": made["amount"],
        "status": made["status"],
        "created_date": as_published(made["created_at"]),
        "settlement_summary": {},
        "_links": {"self": link(f"{address}/refunds/{made['id']}"), "payment": link(address)},
    }


def link(href: str, method: str = "GET") -> dict:
    return {"href": href, "method": method}
