"""Odd input for every address of the portal, reproducible from its seed: what people paste, and what attackers try."""

import json
from html.parser import HTMLParser
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

NUMBERS = ["0", "-1", "9223372036854775808", "1e400", "NaN", "-0", "٣", "1.5", "0x10", "00000000000000000001", "1_000"]
TIMES = ["0001-01-01", "9999-12-31", "31/02/2027", "2027-02-31", "0000", "24:61", "2026-10-25T01:30", "today"]
WORDS = [
    "", " ", "\t\r\n", "\x00", "a\x00b", "\ud800", "\ufeff", "\u202eDerahs", "👩🏽‍🏫🧑‍🤝‍🧑", "Łukasik ẹniọlá", "שָׁלוֹם عليكم", "e\u0301" * 50,
    "'; DROP TABLE accounts_user; --", "<script>alert(1)</script>", "{{ settings.SECRET_KEY }}", "%s%n%00", "../../etc/passwd",
    "=HYPERLINK(\"http://example.org\")", "true", "null", "[]", "{}", "None", "on", "undefined", "\\", "\"", "\ufffd\uffff",
    "http://[::1", "//example.org/", "javascript:alert(1)", "a@b", "x" * 300 + "@example.org", "00000000-0000-4000-8000-000000000000",
]  # fmt: skip
LONG = "Ж" * 500_000  # a million bytes
# Names that views read though no form of theirs shows them.
QUESTIONS = [
    *(
        "q",
        "page",
        "from",
        "to",
        "date",
        "day",
        "month",
        "year",
        "state",
        "strand",
        "audience",
        "mode",
        "sort",
        "o",
        "e",
    ),
    *(
        "organisation",
        "next",
        "cluster",
        "price",
        "term",
        "p",
        "all",
        "format",
        "show",
        "_popup",
        "_to_field",
        "id__in",
    ),
    *("app_label", "model_name", "field_name", "_changelist_filters", "id__exact", "event", "places", "code", "stage"),
]
WRONG_KINDS = [
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
]
METHODS = ["put", "patch", "delete", "head", "options", "trace"]
PLACEHOLDERS = ("zzz0", "424242", "00000000-0000-4000-8000-000000000000")


class Fields(HTMLParser):
    """The names that a page's forms would send, each with the values it offers."""

    def __init__(self, page):
        super().__init__()
        self.offers, self.files, self.select = {}, set(), None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        name = given.get("name")
        if tag == "option" and self.select:
            self.offers[self.select].append(given.get("value") or "")
        if name and tag in ("input", "textarea", "select", "button"):
            self.offers.setdefault(name, []).append(given.get("value") or "")
            self.select = name if tag == "select" else None
            if given.get("type") == "file":
                self.files.add(name)


def every_pattern(patterns=None, namespace=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from every_pattern(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}{pattern.name}", list(pattern.pattern.regex.groupindex)


def path_with(name, values):
    """The address with these values put in, whatever its converters would say to them."""
    for placeholder in PLACEHOLDERS:
        marks = dict.fromkeys(values, placeholder)
        try:
            path = reverse(name, kwargs=marks)
        except NoReverseMatch:
            continue
        for value in values.values():
            path = path.replace(placeholder, quote(str(value).encode("utf-8", "surrogatepass"), safe=""), 1)
        return path
    return None


class Oddities:
    """Draws one odd thing after the other from a seeded source of chance."""

    def __init__(self, chance):
        self.chance = chance

    def value(self):
        if self.chance.random() < 0.005:
            return LONG
        return self.chance.choice(self.chance.choice([NUMBERS, TIMES, WORDS]))

    def path(self, name, parameters, real):
        """Mostly of something that is there, so that the view goes on to look at the rest."""
        values = {
            key: self.chance.choice(real.get(key, ["1"])) if self.chance.random() < 0.85 else self.value()
            for key in parameters
        }
        return path_with(
            name,
            {key: value for key, value in values.items() if value is not LONG}
            | {key: "long" for key, value in values.items() if value is LONG},
        )

    def query(self, names):
        pairs = [(self.chance.choice(names), self.value()) for _ in range(self.chance.choice([0, 0, 1, 2, 5]))]
        return "&".join(f"{quote(name)}={self.escaped(value[:5000])}" for name, value in pairs)

    def escaped(self, value):
        """As bytes that are not always UTF-8."""
        return quote(value.encode("utf-8", "surrogatepass")) + self.chance.choice(["", "", "", "%ff", "%ED%A0%80", "%"])

    def answers(self, fields):
        """What the form would send, with some of it odd, missing, doubled or too much."""
        answers = {}
        for name, offers in fields.offers.items():
            fate = self.chance.random()
            if name in fields.files:
                answers[name] = self.file()
            elif fate < 0.45:
                answers[name] = self.chance.choice(offers)
            elif fate < 0.85:
                answers[name] = self.value()
            elif fate < 0.92:
                answers[name] = [self.value(), self.chance.choice(offers), self.value()]
        answers |= {self.chance.choice(QUESTIONS): self.value() for _ in range(self.chance.choice([0, 0, 0, 1, 3]))}
        if self.chance.random() < 0.01:
            answers |= {f"field{number}": "x" for number in range(self.chance.choice([1_001, 2_001]))}
        return {name: printable(value) for name, value in answers.items()}

    def file(self):
        name = self.chance.choice(["list.csv", "list.xlsx", "../list.csv", "\u202exslx.exe", "x" * 300])
        content = self.chance.choice(
            [b"", b"\x00" * 100, b"code,title\n\xff\xfe,1\n", b"PK\x03\x04 not a workbook", b"=1+1,\n" * 50]
        )
        return SimpleUploadedFile(name, content)

    def wrong_body(self):
        return self.chance.choice(WRONG_KINDS), self.chance.choice(
            [
                b"",
                b"\x00",
                b"{",
                json.dumps({"reason": 1}).encode(),
                b"--x\r\nContent-Disposition: form-data\r\n\r\n",
                b"a=%ZZ&" * 50,
            ]
        )


def printable(value):
    """The test client writes UTF-8, which has no lone surrogates; a browser sends the replacement character."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return [printable(one) for one in value] if isinstance(value, list) else value
