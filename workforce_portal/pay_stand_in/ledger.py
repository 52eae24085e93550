"""What the stand-in remembers: payments, refunds, messages, in one SQLite file that outlives a kill -9."""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TIME_TO_PAY = timedelta(minutes=90)
# After the first attempt to send a message; then it is given up.
RETRIES = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=2),
]
SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, asked TEXT NOT NULL, key TEXT UNIQUE, created_at TEXT NOT NULL,
    status TEXT NOT NULL, code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', card TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments, amount INTEGER NOT NULL,
    created_at TEXT NOT NULL, status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS links (
    token TEXT PRIMARY KEY, visit TEXT NOT NULL UNIQUE, payment_id TEXT NOT NULL REFERENCES payments,
    used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, event TEXT NOT NULL, payment_id TEXT NOT NULL REFERENCES payments, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at TEXT, delivered INTEGER NOT NULL DEFAULT 0
);
"""


class Refusal(Exception):
    """What the interface answers instead of doing it."""

    def __init__(self, status: int, code: str, description: str, **about: str) -> None:
        super().__init__(description)
        self.status = status
        self.said = {"code": code, "description": description, **about}


@dataclass(frozen=True)
class Outcome:
    """How a payment can end, and what is sent about it."""

    status: str
    code: str
    message: str
    events: tuple[str, ...]


PAID = Outcome("success", "", "", ("card_payment_succeeded", "card_payment_captured"))
DECLINED = Outcome("failed", "P0010", "Payment method rejected", ("card_payment_failed",))
EXPIRED = Outcome("failed", "P0020", "Payment expired", ("card_payment_expired",))
CANCELLED_BY_PAYER = Outcome("failed", "P0030", "Payment was cancelled by the user", ("card_payment_failed",))
CANCELLED_BY_SERVICE = Outcome("cancelled", "P0040", "Payment was cancelled by the service", ("card_payment_failed",))
WENT_WRONG = Outcome("error", "P0050", "Payment provider returned an error", ("card_payment_failed",))
UNFINISHED = ("created", "started", "submitted")


@dataclass(frozen=True)
class Card:
    """A test card: its number, what is said about it, and how paying with it ends. Without an outcome it is not taken."""

    number: str
    brand: str
    effect: str
    outcome: Outcome | None

    @property
    def in_groups(self) -> str:
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))


CARDS = [
    Card("4444333322221111", "Visa", "pays", PAID),
    Card("4242424242424242", "Visa", "pays", PAID),
    Card("5105105105105100", "Mastercard", "pays", PAID),
    Card("371449635398431", "American Express", "pays", PAID),
    Card("4000000000000002", "Visa", "is declined", DECLINED),
    Card("4000000000000069", "Visa", "has expired, so it is declined", DECLINED),
    Card("4000000000000127", "Visa", "has a wrong security code, so it is declined", DECLINED),
    Card("4000000000000119", "Visa", "gives an error", WENT_WRONG),
    Card("6759649826438453", "Maestro", "is a kind that is not taken", None),
]


@dataclass(frozen=True)
class Stored:
    """A payment's row."""

    id: str
    asked: dict[str, Any]
    key: str | None
    created_at: str
    status: str
    code: str
    message: str
    card: str

    @property
    def finished(self) -> bool:
        return self.status not in UNFINISHED


class Ledger:
    """One connection for all threads, one at a time. What a transaction has written is on the disk when it ends."""

    def __init__(self, path: Path, describe: Callable[["Ledger", Stored], dict]) -> None:
        self.describe = describe
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {SCHEMA}")

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. One within another is a part of it."""
        with self.lock:
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self.lock:
            return self.connection.execute(query, values).fetchall()

    # --- Payments -----------------------------------------------------------------------------------

    def find(self, payment_id: str) -> Stored | None:
        return next(map(stored, self.rows("SELECT * FROM payments WHERE id = ?", payment_id)), None)

    def payment(self, payment_id: str) -> Stored:
        """One that is known to be there."""
        return next(map(stored, self.rows("SELECT * FROM payments WHERE id = ?", payment_id)))

    def find_by_key(self, key: str) -> Stored | None:
        return next(map(stored, self.rows("SELECT * FROM payments WHERE key = ?", key)), None)

    def create(self, asked: dict, key: str | None, now: datetime) -> Stored:
        with self.transaction() as connection:
            payment_id = new_id()
            connection.execute(
                "INSERT INTO payments (id, asked, key, created_at, status) VALUES (?, ?, ?, ?, 'created')",
                [payment_id, json.dumps(asked), key, now.isoformat()],
            )
        return self.payment(payment_id)

    def move_on(self, payment_id: str, status: str) -> None:
        """The payer has come, or has given a card and not confirmed."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE payments SET status = ? WHERE id = ? AND status IN ('created', 'started')", [status, payment_id]
            )

    def finish(self, payment_id: str, outcome: Outcome, now: datetime, card: str = "") -> bool:
        """End an unfinished payment, and owe the messages about it. False if it was over already."""
        with self.transaction() as connection:
            changed = connection.execute(
                "UPDATE payments SET status = ?, code = ?, message = ?, card = ?"
                " WHERE id = ? AND status IN ('created', 'started', 'submitted')",
                [outcome.status, outcome.code, outcome.message, card, payment_id],
            ).rowcount
            for event in outcome.events if changed else ():
                self.owe_message(event, "payment", payment_id, payment_id, now)
        return bool(changed)

    def expire(self, now: datetime) -> None:
        """End what was not paid in time."""
        too_old = (now - TIME_TO_PAY).isoformat()
        for row in self.rows(
            "SELECT id FROM payments WHERE created_at <= ? AND status IN ('created', 'started', 'submitted')", too_old
        ):
            self.finish(row["id"], EXPIRED, now)

    # --- Refunds ------------------------------------------------------------------------------------

    def refunds(self, payment_id: str) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM refunds WHERE payment_id = ? ORDER BY rowid", payment_id)

    def refunded(self, payment_id: str) -> int:
        return sum(row["amount"] for row in self.refunds(payment_id) if row["status"] != "error")

    def refund(self, payment: Stored, amount: int, available: int, status: str, now: datetime) -> sqlite3.Row:
        """Refund, if that much is available, and exactly as much as was thought."""
        with self.transaction() as connection:
            rest = payment.asked["amount"] - self.refunded(payment.id)
            if not rest:
                raise not_refundable("full")
            if available != rest:
                raise Refusal(412, "P0604", "Refund amount available mismatch.")
            if amount > rest:
                raise not_refundable("amount_not_available")
            refund_id = new_id()
            connection.execute(
                "INSERT INTO refunds VALUES (?, ?, ?, ?, 'submitted')",
                [refund_id, payment.id, amount, now.isoformat()],
            )
            if status != "submitted":
                self.settle_refund(refund_id, status, now)
        return next(row for row in self.refunds(payment.id) if row["id"] == refund_id)

    def settle_refund(self, refund_id: str, status: str, now: datetime) -> bool:
        """The bank has paid it back, or could not. False if that was known."""
        with self.transaction() as connection:
            changed = connection.execute(
                "UPDATE refunds SET status = ? WHERE id = ? AND status = 'submitted'", [status, refund_id]
            ).rowcount
            if changed and status == "success":
                payment_id = self.rows("SELECT payment_id FROM refunds WHERE id = ?", refund_id)[0]["payment_id"]
                self.owe_message("card_payment_refunded", "refund", refund_id, payment_id, now)
        return bool(changed)

    # --- The payer's links --------------------------------------------------------------------------

    def new_link(self, payment_id: str) -> str:
        token = secrets.token_urlsafe(24)
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO links (token, visit, payment_id) VALUES (?, ?, ?)",
                [token, secrets.token_urlsafe(24), payment_id],
            )
        return token

    def use_link(self, token: str) -> str | None:
        """The visit that this link opens; it opens once."""
        with self.transaction() as connection:
            found = connection.execute("SELECT visit, payment_id FROM links WHERE token = ? AND NOT used", [token])
            row = found.fetchone()
            connection.execute("UPDATE links SET used = 1 WHERE token = ?", [token])
        if row is None:
            return None
        self.move_on(row["payment_id"], "started")
        return row["visit"]

    def payment_of_visit(self, visit: str) -> Stored | None:
        found = self.rows("SELECT payment_id FROM links WHERE visit = ? AND used", visit)
        return self.payment(found[0]["payment_id"]) if found else None

    # --- Messages -----------------------------------------------------------------------------------

    def owe_message(self, event: str, kind: str, resource_id: str, payment_id: str, now: datetime) -> None:
        message_id = new_id()
        body = {
            "id": message_id,
            "api_version": 1,
            "created_date": as_published(now.isoformat()),
            "resource_id": resource_id,
            "resource_type": kind,
            "event_type": event,
            "resource": self.describe(self, self.payment(payment_id)),
        }
        self.connection.execute(
            "INSERT INTO messages (id, event, payment_id, body, due_at) VALUES (?, ?, ?, ?, ?)",
            [message_id, event, payment_id, json.dumps(body), now.isoformat()],
        )

    def messages(self) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM messages ORDER BY rowid")

    def due_messages(self, now: datetime) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM messages WHERE due_at <= ? ORDER BY rowid", now.isoformat())

    def note_attempt(self, message: sqlite3.Row, taken: bool, now: datetime) -> None:
        """Done when it was taken; else the next attempt, as long as there is one."""
        with self.transaction() as connection:
            row = connection.execute(
                "SELECT attempts, delivered FROM messages WHERE id = ?", [message["id"]]
            ).fetchone()
            again = None
            if not (taken or row["delivered"]) and row["attempts"] < len(RETRIES):
                again = (now + RETRIES[row["attempts"]]).isoformat()
            connection.execute(
                "UPDATE messages SET attempts = attempts + 1, due_at = ?, delivered = delivered OR ? WHERE id = ?",
                [again, taken, message["id"]],
            )


def stored(row: sqlite3.Row) -> Stored:
    return Stored(**{**dict(row), "asked": json.loads(row["asked"])})


def not_refundable(status: str) -> Refusal:
    return Refusal(400, "P0603", f"The payment is not available for refund. Payment refund status: {status}")


def new_id() -> str:
    return secrets.token_hex(13)


def as_published(moment: str) -> str:
    """ISO 8601 in UTC with milliseconds and a Z."""
    return datetime.fromisoformat(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
