"""One request at a door and what came of it: the answer, its headers, and what it wrote, all taken back."""

import re
from contextlib import contextmanager
from urllib.parse import quote

from django.core.cache import cache
from django.db import connection, transaction
from django.urls import reverse

from tests.access.matrix import SHARED

# Differs from one drawing of a page to the next.
NONCES = re.compile(r'name="(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"')
WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|COPY|TRUNCATE)\b", re.IGNORECASE)
SESSIONS = re.compile(r'"(django_session|usersessions_usersession)"')
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@contextmanager
def undone():
    """Whatever is written within is taken back; gives the list of what was."""
    written = []

    def note(execute, sql, params, many, context):
        if WRITING.match(sql) and not SESSIONS.search(sql):
            written.append(sql[:200])
        return execute(sql, params, many, context)

    # A bare savepoint: within an atomic block of ours, actions that insist on being outermost would refuse.
    savepoint = transaction.savepoint()
    with connection.execute_wrapper(note):
        yield written
    transaction.savepoint_rollback(savepoint)


class Visit:
    """One request of a client that is none the wiser for it."""

    def __init__(self, client, method, path, *, name="", relation=""):
        self.method, self.path, self.name, self.relation = method, path, name, relation
        session = client.cookies.get("sessionid")
        with undone() as self.written:
            self.answer = client.generic(method, self.path, content_type="application/x-www-form-urlencoded")
        # Messages for the next page would make it differ.
        client.cookies.clear()
        if session:
            client.cookies["sessionid"] = session.value
        self.status = self.answer.status_code

    def __str__(self):
        return f"{self.method} {self.path} ({self.name}, {self.relation})"

    @property
    def leads_to_sign_in(self):
        return self.status == 302 and self.answer.url.startswith("/accounts/login/")

    @property
    def body(self):
        """What was said, without what differs by itself."""
        text = self.answer.content.decode(errors="replace")
        for path in (self.path, quote(self.path), quote(self.path, safe="")):
            text = text.replace(path, "PATH")
        return NONCES.sub("NONCE", text)


def visits(client, town, doors, methods=("GET", "POST"), relations=("A", "B", "absent")):
    """Every door, by each method, to each thing there is behind it."""
    for name, door in doors.items():
        things = {relation: town[door.of][relation] for relation in relations} if door.of else {"A": {}}
        for method in methods:
            for relation, arguments in things.items():
                cache.clear()  # how often one may look is another test's matter
                yield door, Visit(client, method, reverse(name, kwargs=arguments), name=name, relation=relation)


def lacks(visit, is_signed_in):
    """What a response lacks of the headers that each must have."""
    headers = visit.answer.headers
    policy = headers.get("Content-Security-Policy", "")
    # Behind a secret link not even our own pages learn of the address; one that is read by machines goes to nobody.
    referrers = {
        "bookings:approval_answer": "strict-origin",
        "bookings:keep_account": "strict-origin",
        "evaluation:respond_by_link": "strict-origin",
        "bookings:calendar_feed": "no-referrer",
    }
    referrer = referrers.get(visit.name, "same-origin")
    if visit.name == "bookings:calendar_feed" and visit.status != 200:
        referrer = "same-origin"
    wrong = [
        header for header, value in [*HEADERS.items(), ("Referrer-Policy", referrer)] if headers.get(header) != value
    ]
    if "default-src 'none'" not in policy or "unsafe-" in policy:
        wrong.append(f"policy {policy!r}")
    wrong += [rule for rule in ("frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'") if rule not in policy]
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        wrong.append("Permissions-Policy")
    if is_signed_in and visit.name not in SHARED and "no-store" not in headers.get("Cache-Control", ""):
        wrong.append(f"Cache-Control {headers.get('Cache-Control')!r}")
    return wrong
