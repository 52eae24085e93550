"""GOV.UK Pay: card payments over its published web interface, version 1.

Amounts are whole pence. The interface names no currency: everything is in pounds sterling. What a payment came to is
known only by asking for it (`get_payment`); a message or a returning payer is no more than a reason to ask.
"""

import hashlib
import hmac
import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings

LOGGER = logging.getLogger(__name__)
CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
LONGEST_TEXT = 255
# Pay's firewall turns a request away that holds one of these.
REFUSED_CHARACTERS = str.maketrans({"<": "(", ">": ")", '"': "'", "\\": "/", "|": "/"})
# Answers that have nothing to do with this one payment: the key, the account, the number of requests.
FOR_US_TO_MEND = {401, 403}
ABOUT_THE_SERVICE = {*FOR_US_TO_MEND, 429}
# The payment is no longer as it was when we looked: finished, refunded meanwhile, or made with other facts.
NO_LONGER_SO = {409, 412}
NOT_CANCELLABLE = "P0501"
PART_OF_A_MESSAGE = re.compile("[!-~]{1,60}")
IN_WORDS = {
    "P0010": "The card was declined.",
    "P0020": "The payment was not finished within 90 minutes.",
    "P0030": "The payment was cancelled on the payment page.",
    "P0040": "We cancelled the payment.",
    "P0050": "Something went wrong at the bank or the payment service. No money was taken.",
    "P0101": "Something that GOV.UK Pay needs was missing.",
    "P0102": "GOV.UK Pay does not take one of the values.",
    "P0191": "This attempt to pay was already made with another amount or reference.",
    "P0501": "The payment can no longer be cancelled.",
    "P0502": "The payment can no longer be cancelled.",
    "P0603": "This payment cannot be refunded, or not as much of it.",
    "P0604": "Another refund of this payment came first.",
    "P0900": "There were too many requests at once.",
    "P0920": "GOV.UK Pay blocked the request, for a character that it does not take, for example.",
    "P0940": "The account at GOV.UK Pay is not set up completely.",
    "P0941": "GOV.UK Pay has stopped payments and refunds of this account.",
    "P0999": "GOV.UK Pay is down for the moment.",
}


class PayProblem(Exception):
    """What GOV.UK Pay answered instead of doing it: its code, and words for staff."""

    def __init__(self, words: str, code: str = "") -> None:
        super().__init__(f"{code} {words}".strip())
        self.words = words
        self.code = code


class PayAway(PayProblem):
    """Not reached, out of order, busy, or our account is not in order: the same request may succeed later.

    The request may have been carried out all the same, so ask before repeating a refund.
    """


class PayRefused(PayProblem):
    """The request is wrong as it is and stays so."""


class PayNotFound(PayProblem):
    """There is no such payment or refund in our account."""


class PayConflict(PayProblem):
    """The payment is not as we thought: look at it anew, then decide."""


class Status(StrEnum):
    """Where a payment is. The last four are the end; an answer may name others, which are not."""

    CREATED = "created"
    STARTED = "started"
    SUBMITTED = "submitted"
    CAPTURABLE = "capturable"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ERROR = "error"


class RefundStatus(StrEnum):
    """Where a refund is. An error gives the amount back to what can be refunded."""

    SUBMITTED = "submitted"
    SUCCESS = "success"
    ERROR = "error"


class Refundability(StrEnum):
    """Whether money of a payment can go back now. Live payments are pending for some time after their success."""

    PENDING = "pending"
    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    FULL = "full"


@dataclass(frozen=True)
class Payment:
    """A payment as GOV.UK Pay knows it at this moment."""

    payment_id: str
    status: str
    finished: bool
    code: str  # why it did not succeed; see IN_WORDS
    message: str
    amount: int
    total: int  # what the payer paid: the amount and any surcharge for the card
    reference: str
    next_url: str  # where the payer goes on; works once, so never keep it: ask for the payment again
    can_be_cancelled: bool
    refundability: str
    refundable: int
    refunded: int
    card_ending: str
    created_at: datetime

    @property
    def succeeded(self) -> bool:
        return self.status == Status.SUCCESS


@dataclass(frozen=True)
class Refund:
    """One refund of a payment."""

    refund_id: str
    amount: int
    status: str
    created_at: datetime


@dataclass(frozen=True)
class Message:
    """What GOV.UK Pay sends by itself: something happened to this payment. May come twice, late and in any order."""

    message_id: str
    event: str
    payment_id: str


def cards_are_taken() -> bool:
    """Whether this portal has an account at GOV.UK Pay."""
    return bool(settings.GOVUK_PAY_API_KEY)


# --- Payments ---------------------------------------------------------------------------------------


def create_payment(
    *,
    amount: int,
    reference: str,
    description: str,
    return_url: str,
    key: str,
    email: str = "",
    metadata: dict[str, str | int | bool] | None = None,
) -> Payment:
    """Begin a payment; the payer goes on to its `next_url` and comes back to `return_url`.

    Asked again with the same key (best a UUID that is kept with this try) and the same facts, Pay gives the same
    payment; with other facts PayConflict is raised. Live Pay is known to honour the key for recurring payments and may
    make another payment for ours. That one does no harm as long as nobody is sent to it: it ends unpaid after 90
    minutes. So keep the payment's id before sending the payer on, and send them nowhere but to what was kept.
    """
    asked: dict[str, Any] = {
        "amount": amount,
        "reference": accepted(reference),
        "description": accepted(description),
        "return_url": return_url,
    }
    if email and accepted(email) == email:
        asked["email"] = email
    if metadata:
        asked["metadata"] = metadata
    return payment_of(ask("POST", "payments", asked, {"Idempotency-Key": key}))


def get_payment(payment_id: str) -> Payment:
    """The payment as it is now. True at once, unlike lists and messages."""
    return payment_of(ask("GET", f"payments/{known(payment_id)}"))


def cancel_payment(payment_id: str) -> None:
    """End a payment that is not finished. PayConflict when it is: it may have succeeded meanwhile."""
    ask("POST", f"payments/{known(payment_id)}/cancel", {})


# --- Refunds ----------------------------------------------------------------------------------------


def refund(payment_id: str, *, amount: int, available: int) -> Refund:
    """Give money back, when exactly `available` pence can still be refunded; else PayConflict.

    That is what keeps one refund from going out twice: there is no key for refunds.
    """
    asked = {"amount": amount, "refund_amount_available": available}
    return refund_of(ask("POST", f"payments/{known(payment_id)}/refunds", asked))


def get_refund(payment_id: str, refund_id: str) -> Refund:
    """The refund as it is now. Pay asks not to be asked more often than every five minutes."""
    return refund_of(ask("GET", f"payments/{known(payment_id)}/refunds/{known(refund_id)}"))


def refunds_of(payment_id: str) -> list[Refund]:
    """Every refund of a payment, the oldest first. A new one may be missing for a moment."""
    answer = ask("GET", f"payments/{known(payment_id)}/refunds")
    try:
        return sorted(map(refund_of, answer["_embedded"]["refunds"]), key=lambda one: one.created_at)
    except (KeyError, TypeError) as error:
        raise not_understood(error) from error


# --- Messages ---------------------------------------------------------------------------------------


def signature_is_right(body: bytes, signature: str) -> bool:
    """Whether the message, as its bytes came, was signed with our secret: lower-case hexadecimal, nothing else."""
    secret = settings.GOVUK_PAY_WEBHOOK_SECRET
    if not secret:
        return False
    expected = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def message_of(body: bytes) -> Message | None:
    """A message whose signature is right, or None for one that is about nothing we know.

    Of a refund, `resource_id` names the refund; the resource is the payment in either case.
    """
    try:
        said = json.loads(body)
        parts = (str(said["id"]), str(said["event_type"]).lower(), str(said["resource"]["payment_id"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(PART_OF_A_MESSAGE.fullmatch(part) for part in parts):
        return None
    return Message(*parts)


# --- How it is asked --------------------------------------------------------------------------------


def ask(method: str, path: str, asked: dict | None = None, headers: dict[str, str] | None = None) -> dict:
    """Send one request, and turn every way to fail into one of four."""
    try:
        answer = requests.request(
            method,
            f"{settings.GOVUK_PAY_URL}/v1/{path}",
            json=asked,
            headers={"Accept": "application/json", **(headers or {})},
            auth=with_our_key,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
    except requests.RequestException as error:
        LOGGER.warning("GOV.UK Pay was not reached: %s", type(error).__name__)
        raise PayAway(f"GOV.UK Pay was not reached ({type(error).__name__}).") from error
    if answer.status_code == requests.codes.no_content:
        return {}
    said = content_of(answer)
    if answer.status_code < 300:
        return said
    code, description = (str(said.get(name) or "") for name in ("code", "description"))
    problem = problem_of(answer.status_code, code if code.startswith("P") else "", description)
    if isinstance(problem, PayAway):
        level = logging.ERROR if answer.status_code in FOR_US_TO_MEND else logging.WARNING
        LOGGER.log(level, "GOV.UK Pay answered %s %s", answer.status_code, problem.code or "without a code")
    raise problem


def with_our_key(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """As a function: a header alone would give way to a password that the computer keeps for the host."""
    request.headers["Authorization"] = f"Bearer {settings.GOVUK_PAY_API_KEY}"
    return request


def content_of(answer: requests.Response) -> dict:
    """What was said, as far as it can be read; a proxy on the way answers in its own manner."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if isinstance(said, dict):
        return said
    if answer.ok:
        raise PayAway("GOV.UK Pay answered with something else than what it publishes.")
    return {}


def problem_of(status: int, code: str, description: str) -> PayProblem:
    words = " ".join(filter(None, [IN_WORDS.get(code, ""), description or f"It answered {status}."]))
    if status in ABOUT_THE_SERVICE or not 400 <= status < 500:
        return PayAway(words, code)
    if status == requests.codes.not_found:
        return PayNotFound(words, code)
    if status in NO_LONGER_SO or code == NOT_CANCELLABLE:
        return PayConflict(words, code)
    return PayRefused(words, code)


def not_understood(error: Exception) -> PayAway:
    return PayAway(f"GOV.UK Pay answered with something else than what it publishes ({type(error).__name__}).")


def known(provider_id: str) -> str:
    """An id as a part of an address. Without one the address would mean the list of everything."""
    if not provider_id:
        raise PayNotFound("Nothing is known there without a number.")
    return quote(provider_id, safe="")


def accepted(text: str) -> str:
    """The text without what Pay refuses, and no longer than it takes."""
    return text.translate(REFUSED_CHARACTERS)[:LONGEST_TEXT]


# --- What it answers --------------------------------------------------------------------------------


def payment_of(said: dict) -> Payment:
    try:
        state, refunds, links = said["state"], said["refund_summary"], said["_links"]
        refundability = str(refunds["status"])
        can_be_refunded = refundability == Refundability.AVAILABLE
        return Payment(
            payment_id=str(said["payment_id"]),
            status=str(state["status"]),
            finished=bool(state["finished"]),
            code=str(state.get("code") or ""),
            message=str(state.get("message") or ""),
            amount=int(said["amount"]),
            total=int(said.get("total_amount") or said["amount"]),
            reference=str(said["reference"]),
            next_url=str((links.get("next_url") or {}).get("href") or ""),
            can_be_cancelled=bool(links.get("cancel")),
            refundability=refundability,
            refundable=int(refunds["amount_available"]) if can_be_refunded else 0,
            refunded=int(refunds["amount_submitted"]),
            card_ending=str((said.get("card_details") or {}).get("last_digits_card_number") or ""),
            created_at=datetime.fromisoformat(said["created_date"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise not_understood(error) from error


def refund_of(said: dict) -> Refund:
    try:
        return Refund(
            refund_id=str(said["refund_id"]),
            amount=int(said["amount"]),
            status=str(said["status"]),
            created_at=datetime.fromisoformat(said["created_date"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise not_understood(error) from error
