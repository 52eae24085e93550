"""Lists of people as booking contacts have them: pasted lines, or a spreadsheet with a column of names."""

import re
from dataclasses import dataclass

import tablib
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.adapter import SHARED_NAMES
from accounts.links import refuse_links
from accounts.spreadsheets import SpreadsheetRefused, read_spreadsheet
from bookings.group_eligibility import Colleague

MOST_LINES = 200
LONGEST_LINE = 500
LONGEST_NAME, LONGEST_EMAIL = 150, 254
# What people put in front of the lines of a list.
BULLET = re.compile(r"^\s*(?:\(?\d{1,3}[.):]\s|[-–—•*·]\s)\s*")
ADDRESS = re.compile(r"[^\s,;|<>]*@[^\s,;|<>]*")
CELLS = re.compile(r"[\t,;|<>]")
QUOTES = "\"'“”‘’ \u00a0\ufeff\u200b"
NAME_COLUMNS = ("name", "full name", "fullname", "delegate", "person", "colleague")
FIRST_NAME_COLUMNS = ("first name", "forename", "firstname", "given name")
LAST_NAME_COLUMNS = ("last name", "surname", "lastname", "family name")
EMAIL_COLUMNS = ("email", "email address", "e-mail", "e-mail address", "work email", "mail")
HEADINGS = {*NAME_COLUMNS, *FIRST_NAME_COLUMNS, *LAST_NAME_COLUMNS, *EMAIL_COLUMNS}


@dataclass(frozen=True, kw_only=True)
class WrittenLine:
    """One line as it was written, and whom it names; or what is wrong with it."""

    number: int
    text: str
    colleague: Colleague | None = None
    problem: str = ""


def read_lines(text: str) -> list[WrittenLine]:
    """Read “Name, email” a line; tabs, semicolons and “Name <email>” are understood, and a name alone."""
    lines = []
    for number, written in enumerate(text.splitlines(), start=1):
        cells = _cells(written)
        if not cells or (not lines and {cell.casefold() for cell in cells} <= HEADINGS):
            continue
        lines.append(_read_line(number, written.strip(), cells))
    return lines


def _cells(line: str) -> list[str]:
    """Names and addresses of a line, in whatever way they are set apart."""
    line = BULLET.sub("", line[: LONGEST_LINE + 1])
    parts = [*CELLS.split(ADDRESS.sub(",", line)), *ADDRESS.findall(line)]
    return [cell for cell in (part.strip(QUOTES) for part in parts) if cell]


def _read_line(number: int, text: str, cells: list[str]) -> WrittenLine:
    addresses = [cell for cell in cells if "@" in cell]
    name = " ".join(" ".join(cell for cell in cells if "@" not in cell).split())
    problem = _problem_of(text, name, addresses)
    if problem:
        return WrittenLine(number=number, text=text[:LONGEST_LINE], problem=problem)
    email = addresses[0].removeprefix("mailto:").lower() if addresses else ""
    return WrittenLine(number=number, text=text, colleague=Colleague(full_name=name, email=email))


def _problem_of(text: str, name: str, addresses: list[str]) -> str:
    if len(text) > LONGEST_LINE:
        return "This line is too long for one person. Write one person a line."
    if len(addresses) > 1:
        return "There are two addresses in this line. Write one person a line."
    return problem_of_name(name) or (problem_of_email(addresses[0].removeprefix("mailto:")) if addresses else "")


def problem_of_name(name: str) -> str:
    """What is wrong with a name, in words; empty where nothing is."""
    if not any(letter.isalpha() for letter in name):
        return "Write the person's name in front of the address."
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} letters."
    if not name.isprintable():
        return "The name holds signs that cannot be printed. Type it again."
    try:
        refuse_links(name)
    except ValidationError as refusal:
        return refusal.messages[0]
    return ""


def problem_of_email(email: str) -> str:
    """What is wrong with an address of a person's own, in words; empty where nothing is."""
    try:
        validate_email(email)
    except ValidationError:
        return "Write the address in full, like name@example.org, or leave it out."
    if len(email) > LONGEST_EMAIL:
        return "The address is too long. Write it again, or leave it out."
    if email.partition("@")[0].lower() in SHARED_NAMES:
        return "Several people seem to read this address. Give one of the person's own, or leave it out."
    return ""


def lines_of_file(content: bytes) -> str:
    """Return the people of an uploaded spreadsheet as lines to read. Raises SpreadsheetRefused."""
    dataset = read_spreadsheet(content)
    headers = [header.casefold() for header in dataset.headers]
    names = [headers.index(column) for column in NAME_COLUMNS if column in headers][:1]
    if not names:
        firsts = [headers.index(column) for column in FIRST_NAME_COLUMNS if column in headers][:1]
        names = [*firsts, *[headers.index(column) for column in LAST_NAME_COLUMNS if column in headers][:1]]
    if not names:
        raise SpreadsheetRefused("The first row must name the columns. Call the one with the names “Name”.")
    emails = [headers.index(column) for column in EMAIL_COLUMNS if column in headers][:1]
    return "\n".join(filter(None, (_line_of_row(row, names, emails) for row in dataset)))


def _line_of_row(row: tablib.Dataset, names: list[int], emails: list[int]) -> str:
    name = " ".join(filter(None, (_text(row[column]) for column in names)))
    email = next((_text(row[column]) for column in emails), "")
    return ", ".join(filter(None, [name, email]))


def _text(cell: object) -> str:
    return " ".join(str(cell).replace("\0", " ").split()) if cell is not None else ""
