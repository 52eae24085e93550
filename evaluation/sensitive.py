"""Words that could tell who a child or a colleague is: a help for whoever moderates free text. A person decides.

It would rather point at too much than at too little, and finds nothing that only people understand ("the twins").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTH = f"(?:{'|'.join(f'{month}|{month[:3]}' for month in MONTHS)})"
STREET = "street|road|lane|avenue|drive|close|crescent|terrace|grove|court|place|way|walk|gardens|mount|view|row"
# Capital letters inside a sentence that name nobody.
NO_NAMES = {
    *MONTHS,
    *DAYS,
    *("i", "i'm", "i've", "i'd", "i'll", "mr", "mrs", "ms", "dr", "ok", "english", "british"),
    *(
        "nhs",
        "lscp",
        "ascp",
        "dsl",
        "mash",
        "camhs",
        "early",
        "help",
        "signs",
        "safety",
        "working",
        "together",
        "section",
    ),
    *("teams", "zoom", "council", "partnership", "police", "health", "school", "children", "child's"),
}


class Kind(StrEnum):
    """What something looks like, in the words the moderator reads."""

    DATE = "a date"
    AGE = "an age"
    ADDRESS = "an address"
    CONTACT = "a phone number, email or web address"
    NUMBER = "a long number"
    NAME = "a name"


PATTERNS = [
    (Kind.CONTACT, re.compile(r"\S+@\S+\.\w+|https?://\S+|www\.\S+|(?<!\d)(?:\+44\s?|0)\d(?:[\s-]?\d){8,9}(?!\d)")),
    (
        Kind.DATE,
        re.compile(
            rf"\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}\b(?:\s+\d{{4}})?"
            rf"|\bd\.?o\.?b\b\.?|\bborn\s+(?:on|in)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.AGE,
        re.compile(
            r"\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
            r"|sixteen|seventeen)[\s-]*(?:years?|yrs?|months?|weeks?)[\s-]*old\b|\baged?\s+\d{1,2}\b|\byear\s+\d{1,2}\b",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.ADDRESS,
        re.compile(
            rf"\b\d{{1,4}}[a-z]?,?\s+(?:[A-Z][\w']+\s+){{1,3}}(?i:{STREET})\b|\b(?:[A-Z][\w']+\s+){{1,2}}(?:{STREET.title()})\b"
            r"|\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b"
        ),
    ),
    (Kind.NUMBER, re.compile(r"\b\d{6,}\b")),
    (Kind.NAME, re.compile(r"\b(?:called|named|name is|name was)\s+\w+", re.IGNORECASE)),
    (Kind.NAME, re.compile(r"\b[A-Z][a-zà-žÀ-Ž'’-]+(?:\s+[A-Z][a-zà-žÀ-Ž'’-]+)*")),
]
BEGINS_A_SENTENCE = re.compile(r"(?:^|[.!?:\n]\s*|[“\"(]\s*)$")


@dataclass(frozen=True)
class Part:
    """A piece of a text; `kind` says what it looks like, or is empty."""

    text: str
    kind: str = ""


def parts(text: str) -> list[Part]:
    """Cut a text into pieces, those that need a look with what they look like."""
    pieces, end = [], 0
    # Of two at one place the longer, and then the surer, comes first.
    order = {kind: number for number, kind in enumerate(Kind)}
    for start, stop, kind in sorted(_found(text), key=lambda found: (found[0], -found[1], order[found[2]])):
        if start < end:
            continue
        if start > end:
            pieces.append(Part(text[end:start]))
        pieces.append(Part(text[start:stop], kind))
        end = stop
    if end < len(text):
        pieces.append(Part(text[end:]))
    return pieces


def kinds(text: str) -> list[str]:
    """What needs a look, each kind once, in the order of `Kind`."""
    there = {part.kind for part in parts(text)}
    return [kind.value for kind in Kind if kind in there]


def _found(text: str) -> Iterator[tuple[int, int, Kind]]:
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            if kind == Kind.NAME and match[0][:1].isupper() and not _may_be_a_name(text, match):
                continue
            yield match.start(), match.end(), kind


def _may_be_a_name(text: str, match: re.Match) -> bool:
    """A single capital word at the beginning of a sentence is one only by chance."""
    words = match[0].replace("’", "'").split()
    if all(word.lower().removesuffix("'s") in NO_NAMES for word in words):
        return False
    return len(words) > 1 or not BEGINS_A_SENTENCE.search(text[: match.start()])
