"""A report's tables as CSV and as one workbook: what is printed, with numbers as numbers and texts that nothing runs.

Only stored, already protected figures come here. A rate leaves with its tenth; a hidden cell leaves as its
words; where there is no figure the cell is empty.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

import xlsxwriter

from accounts.spreadsheets import neutralised

NOTHING = "-"
SHEET_NAME_LENGTH = 31
WIDTHS = {"text": 34, "count": 13, "rate": 13, "mean": 11, "change": 16}


def table_csv(table: dict[str, Any]) -> str:
    """Return one table as comma-separated text; Excel takes it for UTF-8 by the mark in front."""
    stream = io.StringIO()
    stream.write("\ufeff")
    writer = csv.writer(stream)
    writer.writerow([neutralised(header) for header, _ in headers(table)])
    noted = columns_with_notes(table)
    for row in table["rows"]:
        writer.writerow([neutralised(value) for value in values(row["cells"], noted)])
    return stream.getvalue()


def workbook(cover: list[tuple[str, str]], figures: dict[str, Any]) -> bytes:
    """Return all tables as one workbook: a cover sheet with the report's facts, then a sheet for each table."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        formats = Formats(book)
        _cover_sheet(book, formats, cover, figures)
        for table in figures["tables"]:
            _table_sheet(book, formats, table)
    return stream.getvalue()


class Formats:
    """How cells of the workbook look."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        wrapped = {"text_wrap": True, "valign": "top"}
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.header = book.add_format({"bold": True, **wrapped, "bottom": 1, "bg_color": "#e5eff0"})
        self.text = book.add_format(wrapped)
        self.bold = book.add_format({"bold": True, **wrapped})
        self.by_kind = {
            (kind, bold): book.add_format({"num_format": number, "valign": "top", "bold": bold})
            for kind, number in (
                ("count", "#,##0"),
                ("percent", "0%"),
                ("tenth", "0.0%"),
                ("mean", "#,##0.0"),
                ("money", "£#,##0.00"),
            )
            for bold in (False, True)
        }


def headers(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of columns and their kinds; counts printed beside a figure get a column of their own."""
    noted = columns_with_notes(table)
    for number, column in enumerate(table["columns"]):
        name = column["hint"] or column["label"]
        yield (f"{name} ({column['code']})" if column["code"] else name), column["kind"]
        if number in noted:
            yield f"{name}: in detail", "text"


def columns_with_notes(table: dict[str, Any]) -> set[int]:
    return {number for row in table["rows"] for number, cell in enumerate(row["cells"]) if cell["note"]}


def values(cells: list[dict[str, Any]], noted: set[int]) -> Iterator[str | int | float]:
    """Yield what each column holds in one row."""
    for number, cell in enumerate(cells):
        value = cell["value"]
        if value is None:
            yield "" if cell["text"] == NOTHING else cell["text"]
        else:
            yield value
        if number in noted:
            yield cell["note"]


def _format_of(cell: dict[str, Any]) -> str:
    """Return how a workbook shows the number of a cell."""
    value, text = cell["value"], cell["text"]
    if text.startswith("£"):
        return "money"
    if text[-1] == "%":
        return "percent" if type(value) is int else "tenth"
    return "count" if type(value) is int or "." not in text else "mean"


def _cover_sheet(book: xlsxwriter.Workbook, formats: Formats, cover: list[tuple[str, str]], figures: dict) -> None:
    sheet = book.add_worksheet("Cover")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, "Quality report", formats.title)
    row = 2
    lines = [
        *cover,
        *[("About the data", note) for note in figures["notes"]],
        *[(f"{table['code']} {table['title']}", table["sentence"]) for table in figures["tables"]],
        *[(f"{name} ({code})", words) for code, name, words in figures["definitions"]],
    ]
    for name, words in lines:
        sheet.write_string(row, 0, name, formats.bold)
        sheet.write_string(row, 1, words, formats.text)
        row += 1


def _table_sheet(book: xlsxwriter.Workbook, formats: Formats, table: dict[str, Any]) -> None:
    sheet = book.add_worksheet(f"{table['code']} {table['title']}"[:SHEET_NAME_LENGTH])
    names = list(headers(table))
    for column, (_, kind) in enumerate(names):
        sheet.set_column(column, column, WIDTHS[kind])
    sheet.freeze_panes(1, table["lead"] + 1)
    for column, (name, _) in enumerate(names):
        sheet.write_string(0, column, name, formats.header)
    noted = columns_with_notes(table)
    for number, row in enumerate(table["rows"], start=1):
        column = 0
        is_bold = row["kind"] in ("total", "group")
        for place, cell in enumerate(row["cells"]):
            _write(sheet, number, column, cell, formats, is_bold)
            column += 1
            if place in noted:
                sheet.write_string(number, column, cell["note"], formats.text)
                column += 1


def _write(sheet: Any, row: int, column: int, cell: dict[str, Any], formats: Formats, is_bold: bool) -> None:
    value, text = cell["value"], cell["text"]
    if value is None:
        sheet.write_string(row, column, "" if text == NOTHING else text, formats.bold if is_bold else formats.text)
        return
    kind = _format_of(cell)
    number = value / 100 if kind in ("percent", "tenth") else value
    sheet.write_number(row, column, number, formats.by_kind[kind, is_bold])
