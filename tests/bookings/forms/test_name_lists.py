"""Lists as people paste them: who is meant, and what is wrong with a line."""

import pytest
import tablib

from accounts.spreadsheets import PortalCSV, PortalXLSX, SpreadsheetRefused
from bookings.forms.name_lists import lines_of_file, read_lines
from bookings.group_eligibility import Colleague

SAM = Colleague(full_name="Sam Ellis", email="sam.ellis@school.example")


@pytest.mark.parametrize(
    "line",
    [
        "Sam Ellis, sam.ellis@school.example",
        "Sam Ellis\tsam.ellis@school.example",
        "Sam Ellis; sam.ellis@school.example",
        "Sam Ellis <sam.ellis@school.example>",
        '"Sam Ellis" <SAM.ELLIS@school.example>;',
        "Sam Ellis sam.ellis@school.example",
        "sam.ellis@school.example Sam Ellis",
        "1. Sam  Ellis,mailto:sam.ellis@school.example",
        "• Sam,Ellis,sam.ellis@school.example",
    ],
)
def test_read_lines_understands_the_ways_people_write(line):
    (read,) = read_lines(line)

    assert (read.colleague, read.problem) == (SAM, "")


def test_read_lines_leaves_out_headings_and_empty_lines_and_keeps_the_numbers():
    lines = read_lines("Name, Email\n\nSam Ellis, sam.ellis@school.example\n  \nD’Arcy O’Neill\n")

    assert [(line.number, line.colleague) for line in lines] == [(3, SAM), (5, Colleague(full_name="D’Arcy O’Neill"))]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sam.ellis@school.example", "Write the person's name"),
        ("123 <sam.ellis@school.example>", "Write the person's name"),
        ("Sam Ellis, sam.ellis@", "Write the address in full"),
        ("Sam Ellis, office@school.example", "Several people seem to read this address"),
        ("Sam Ellis, sam@school.example, tom@school.example", "There are two addresses"),
        ("Visit www.evil.example", "A name cannot hold a web or email address"),
        ("S" * 151, "A name has at most 150 letters"),
        ("S" * 501, "This line is too long"),
        ("Sam\u202eEllis", "signs that cannot be printed"),
    ],
)
def test_read_lines_says_what_is_wrong_with_a_line(line, words):
    (read,) = read_lines(line)

    assert read.colleague is None
    assert words in read.problem


@pytest.mark.parametrize("kind", [PortalCSV, PortalXLSX])
@pytest.mark.parametrize("headers", [["Email", "Name"], ["E-mail", "Forename", "Surname"]])
def test_lines_of_file_finds_the_columns_by_their_names(kind, headers):
    cells = ["sam.ellis@school.example", *(["Sam Ellis"] if len(headers) == 2 else ["Sam", "Ellis"])]
    content = kind().export_data(tablib.Dataset(cells, [None] * len(headers), headers=headers))
    content = content.encode() if isinstance(content, str) else content

    assert [line.colleague for line in read_lines(lines_of_file(content))] == [SAM]


@pytest.mark.parametrize(
    "content", [b"Telephone\n0113\n", b"\xd0\xcf\x11\xe0old", b"PK\x03\x04broken", b"\xff\xfe\x00"]
)
def test_lines_of_file_refuses_what_has_no_names(content):
    with pytest.raises(SpreadsheetRefused):
        lines_of_file(content)
