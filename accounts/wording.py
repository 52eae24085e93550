"""What the team may change in a letter: plain words with a few placeholders, never facts, links or markup."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.links import is_address, without_links
from accounts.models import LetterWording

PLACEHOLDERS = {
    "name": "the person's name",
    "course": "the title of the course",
    "date": "the day on which it begins",
    "place": "where it takes place",
    "reference": "the reference, for the telephone",
    "organisation": "the organisation the person comes from",
    "team": "the name of your team",
}
ABOUT_A_BOOKING = tuple(PLACEHOLDERS)
PARTS = ("subject", "opening", "closing")
BRACES = re.compile(r"\{([^{}]*)\}")
MARKUP = re.compile(r"[<>]|&#?\w+;|\]\(|\*\*|^#+\s", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class LetterKind:
    """One of the portal's letters, as the team sees it in the list of all."""

    name: str
    title: str
    when: str
    to: str = "the person"
    placeholders: tuple[str, ...] = ABOUT_A_BOOKING
    # The facts of a made-up case, from which the letter is shown before anybody gets it.
    specimen: Callable[[datetime], dict] = field(default=lambda now: {}, repr=False)

    @property
    def app(self) -> str:
        return self.name.partition("/")[0]

    @property
    def short_name(self) -> str:
        return self.name.partition("/")[2]


@dataclass(frozen=True, kw_only=True)
class FixedLetter:
    """A letter whose words are the portal's alone: it holds a link that opens an account, or guards one."""

    title: str
    when: str


def refuse_what_cannot_be_filled(text: str, allowed: Iterable[str]) -> None:
    """Validate what the team types: only the letter's own placeholders, no address, no markup."""
    allowed = list(allowed)
    for name in BRACES.findall(text):
        if name not in allowed:
            raise ValidationError(
                "%(typed)s is not something this letter can fill in. Use the words of the table below.",
                params={"typed": "{" + name[:40] + "}"},
            )
    if set("{}") & set(BRACES.sub("", text)):
        raise ValidationError("A curly bracket is missing, or there is one too many. Write {course}, for example.")
    if MARKUP.search(text):
        raise ValidationError("Write plain words without signs for bold, headings or web pages, such as <b> or **.")
    if any(is_address(word) for word in text.split()) or "@" in text:
        raise ValidationError("Leave out web and email addresses: the letter brings its own links.")


def fill(words: LetterWording, context: dict) -> dict[str, str]:
    """Return the parts that the team has written, with the facts of this letter in their places."""
    values = values_in(context)
    parts = {part: getattr(words, part) for part in PARTS}
    return {part: BRACES.sub(lambda found: values.get(found[1], ""), text) for part, text in parts.items() if text}


def values_in(context: dict) -> dict[str, str]:
    """Read what the placeholders stand for from the facts that a letter is rendered with."""
    course, event = context.get("course"), context.get("event")
    booking = context.get("booking") or context.get("entry") or context.get("group")
    certificate, practitioner = context.get("certificate"), context.get("practitioner")
    bought = booking or context.get("order") or context.get("package")
    title = course.title if course else getattr(certificate, "course_title", "")
    begins = event.starts_at if event else None
    organisation = booking.organisation.name if booking else getattr(context.get("organisation"), "name", "")
    return {
        "name": (without_links(practitioner.full_name) if practitioner else "") or "there",
        "course": title,
        "date": format_date(timezone.localtime(begins), "l j F Y") if begins else "",
        "place": context.get("place") or "",
        "reference": bought.reference if bought else getattr(context.get("invoice"), "number", "") or "",
        "organisation": without_links(organisation),
        "team": context["partnership"].team_name,
    }
