"""The forms of the portal's pages, filled in as somebody in a hurry would, and what one of them comes to."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.db import connection
from django.urls import Resolver404, resolve

COUNTERS = {
    "courses_event": ("places_taken", "people_waiting"),
    "bookings_agencyshare": ("places_taken",),
    "bookings_groupbooking": ("places_unnamed", "places_released"),
}
# Who is signed in is no effect of a form; nor is the note of who asked, which row history shares.
NO_EFFECT = {"django_session", "usersessions_usersession", "pghistory_context"}
# What is written into a field that stands empty, by its name or its kind; every other field is left empty.
WORDS = {
    "full_name": "Somebody New",
    "organisation_name": "Somebody and Sons",
    "name": "Somebody and Sons",
    "title": "A new course",
    "reason": "Because it is so",
    "summary": "What it is about",
    "audience": "Anyone",
    "email": "somebody.new@example.org",
    "phone": "07700 900123",
    "number": "2",
}


@dataclass
class Form:
    """One form of a page: where it goes, what it would send, and its buttons."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the address that it goes to; nothing where that is not ours."""
        try:
            return resolve(urlsplit(self.action).path).view_name
        except Resolver404:
            return ""

    def sends(self, button: tuple[str, str] | None, given: dict) -> dict:
        return self.values | ({button[0]: [button[1]]} if button and button[0] else {}) | given


class Forms(HTMLParser):
    """Every form of a page that is posted, with something in each field that waits for it."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address, self.forms, self.form, self.select, self.area = address, [], None, None, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            is_post = given.get("method", "").lower() == "post"
            self.form = Form(given.get("action") or self.address) if is_post else None
            if is_post:
                self.forms.append(self.form)
        if self.form is None:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(name, given)
        elif tag == "button" and given.get("type", "submit") == "submit":
            self.form.buttons.append((name, given.get("value", "")))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and given.get("value"):
            if "selected" in given or self.select not in self.form.values:
                self.form.values[self.select] = [given["value"]]
        elif tag == "textarea":
            self.area = name
            self.form.values[name] = [""]

    def handle_data(self, data):
        if self.area:
            self.form.values[self.area][0] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.area:
            self.form.values[self.area] = [self.form.values[self.area][0].strip() or "Because it is so"]
            self.area = None

    def _input(self, name, given):
        kind, value = given.get("type", "text"), given.get("value", "")
        values = self.form.values
        if kind == "checkbox":
            values.setdefault(name, []).append(value or "on")
        elif kind == "radio":
            if "checked" in given or name not in values:
                values[name] = [value]
        elif kind not in ("file", "submit", "image"):
            values.setdefault(name, []).append(
                value or ("" if kind == "hidden" else WORDS.get(name, WORDS.get(kind, "")))
            )


@cache
def tables() -> list[str]:
    return [name for name in connection.introspection.table_names() if name not in NO_EFFECT]


def figures() -> Counter:
    """How many rows each table has, and what the counters say."""
    asked = [f"SELECT '{name}', COUNT(*) FROM {name}" for name in tables()]
    asked += [f"SELECT '{table}.{one}', SUM({one}) FROM {table}" for table, ones in COUNTERS.items() for one in ones]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return Counter({name: int(count or 0) for name, count in cursor.fetchall()})


def change_since(before: Counter) -> dict[str, int]:
    now = figures()
    return {name: now[name] - before[name] for name in {*now, *before} if now[name] != before[name]}
