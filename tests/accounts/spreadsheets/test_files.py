"""Files in: hostile ones refused with a sentence. Files out: nothing that a spreadsheet program would run."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
import tablib
from openpyxl import Workbook, load_workbook

from accounts.spreadsheets import PortalCSV, PortalXLSX, SpreadsheetRefused, neutralised, read_spreadsheet

DANGEROUS = [
    *("=1+1", "==1+1", "+44 113 496 0000", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|calc", "%0A", "  =1+1"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\u00a0=1+1", "\ufeff=1+1", "\u200b=1+1"),
    *('=HYPERLINK("http://x")', "=cmd|' /C calc'!A0"),
]
HARMLESS = ["Beckside", "a=b", "'tis", "5 - 3", "", "Ẹniọlá Łukasik", "O'Neill", "1+1"]


def workbook(*rows, **sheets) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def package(**parts) -> bytes:
    """A zip that calls itself a workbook."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", **parts}.items():
            made.writestr(name, content)
    return stream.getvalue()


def with_sheet(xml: str) -> bytes:
    """A true workbook whose first sheet is replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["code"]))) as source, zipfile.ZipFile(stream, "w") as made:
        for part in source.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            made.writestr(part.filename, xml if is_sheet else source.read(part))
    return stream.getvalue()


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
CELL = '<row r="{row}"><c r="{at}" t="inlineStr"><is><t>x</t></is></c></row>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("text", DANGEROUS)
def test_write_csv_defuses_formulas_and_reads_them_back(text):
    written = PortalCSV().export_data(tablib.Dataset(["P01", text], headers=["code", "name"]))
    assert neutralised(text) == f"'{text}"
    assert written.startswith(("code,name\r\nP01,'", "code,name\r\nP01,\"'"))
    assert PortalCSV().create_dataset(written)["name"] == [f"'{text}"]


@pytest.mark.parametrize("text", HARMLESS)
def test_write_csv_leaves_plain_text_alone(text):
    assert neutralised(text) == text


def test_write_csv_keeps_numbers_and_dates():
    row = [-5, Decimal("-2.50"), date(2026, 12, 8), datetime(2026, 12, 8, 9, 30), None]  # noqa: DTZ001
    written = PortalCSV().export_data(tablib.Dataset(row, headers=["a", "b", "c", "d", "e"]))
    assert written.splitlines()[1] == "-5,-2.50,2026-12-08,2026-12-08 09:30:00,"


def test_write_csv_piece_by_piece():
    rows = [[number, "=1+1", "Beckside"] for number in range(10_000)]
    pieces = list(PortalCSV().pieces(["number", "text", "name"], iter(rows)))
    assert len(pieces) > 3
    assert "".join(pieces) == PortalCSV().export_data(tablib.Dataset(*rows, headers=["number", "text", "name"]))


def test_write_workbook_with_columns_as_wide_as_their_words():
    dataset = tablib.Dataset(["P01", "x" * 40, "y" * 400, None], headers=["code", "name", "story", "at"])
    sheet = load_workbook(io.BytesIO(PortalXLSX().export_data(dataset))).active
    assert [round(sheet.column_dimensions[letter].width) for letter in "ABCD"] == [7, 43, 63, 5]


def test_write_workbook_keeps_types_and_makes_every_text_a_text():
    row = [*DANGEROUS, -5, Decimal("2.5"), date(2026, 12, 8)]
    dataset = tablib.Dataset(row, headers=[str(number) for number in range(len(row))])
    sheet = load_workbook(io.BytesIO(PortalXLSX().export_data(dataset))).active
    cells = sheet[2]
    assert {cell.data_type for cell in cells[: len(DANGEROUS)]} == {"s"}
    assert [cell.data_type for cell in cells[len(DANGEROUS) :]] == ["n", "n", "d"]


@pytest.mark.parametrize("kind", [PortalCSV, PortalXLSX])
def test_read_what_was_written(kind):
    dataset = tablib.Dataset(["P01", "Beckside"], headers=["code", "name"])
    written = kind().export_data(dataset)
    data = written.encode() if isinstance(written, str) else written
    assert read_spreadsheet(data).dict == [{"code": "P01", "name": "Beckside"}]


def test_read_leaves_out_empty_rows_and_remembers_where_rows_stood():
    dataset = read_spreadsheet(workbook(["code", "name", None], [None, None, None], ["P01", "Beckside", None]))
    assert (dataset.headers, dataset.file_rows) == (["code", "name"], [3])


def test_read_shows_a_formula_as_its_text():
    assert read_spreadsheet(workbook(["code"], ["=1+1"]))["code"] == ["=1+1"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0 an old file", "password"),
        (b"name\n\xff\xfe", "UTF-8"),
        (b"name\n\0", "not a spreadsheet"),
        (b'name\n"left open', "quotation mark"),
        (b"name,name\na,b", "Two columns are named"),
        (b"name,,code\na,b,c", "Column 2 has no name"),
        (b"name\na,b", "more cells than the first row"),
        (("n\n" + "a\n" * 5001).encode(), "more than 5,000 rows"),
        ((",".join(f"c{n}" for n in range(61)) + "\n").encode(), "more than 60 columns"),
        (b"PK\x03\x04 cut short", "damaged"),
        (workbook(["code"])[:900], "damaged"),
        (package(**{"word/document.xml": "<x/>"}), "cannot be read"),
        (package(**{"xl/vbaProject.bin": "x"}), "macros"),
        (package(**{f"xl/worksheets/sheet{n}.xml": "<x/>" for n in range(300)}), "too many sheets"),
        (package(**{"xl/sharedStrings.xml": "a" * 21_000_000}), "too large"),
        (package(**{"xl/worksheets/sheet1.xml": "<c/>" * 1_500_001}), "too many cells"),
        (with_sheet(SHEET.format(CELL.format(row=1048576, at="XFD1048576"))), "more than 5,000 rows"),
        (with_sheet(SHEET.format(CELL.format(row=1, at="XFD1"))), "more than 60 columns"),
        (with_sheet(LAUGHS + SHEET.format("&b;")), "cannot be read"),
        (with_sheet('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + SHEET.format("&f;")), "cannot be read"),
    ],
)
def test_refuse_hostile_or_broken_file_with_a_sentence(data, words):
    with pytest.raises(SpreadsheetRefused, match=words):
        read_spreadsheet(data)
