"""Files of a report: texts that nothing runs, numbers that are numbers."""

import csv
import io

import openpyxl
import pytest

from evaluation import exports
from evaluation.reports import cells
from evaluation.reports.cells import Column, Table

PAYLOADS = [
    "=1+1", "==1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", " =1+1", "=HYPERLINK(\"http://x\",\"y\")",
    "＝1+1", "|calc", "%0A=1+1", "\u200b=1+1", "+44 1632 960100",
]  # fmt: skip


def table_with(name):
    table = Table(
        "R2",
        "Delivery by course",
        "",
        [Column("Course", "text"), Column("Places", code="CAP"), Column("Occupancy", "rate")],
    )
    table.add("row", cells.text(name), cells.count(1200), cells.rate(cells.figures.rate(33, 32), counts=True))
    table.add("total", cells.text("All"), cells.concealed(cells.Hidden.SMALL, 5), cells.nothing())
    return table.stored()


def figures_of(*tables):
    return {"tables": list(tables), "notes": ["=1+1"], "definitions": [("E", "Dates", "=dates")]}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_csv_runs_nothing(payload):
    rows = list(csv.reader(io.StringIO(exports.table_csv(table_with(payload)).removeprefix("\ufeff"), newline="")))
    assert rows[1] == [f"'{payload}", "1200", "103.1", "33 of 32"]
    assert rows[2] == ["All", "fewer than 5", "", ""]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_workbook_runs_nothing(payload):
    content = exports.workbook([("Partnership", payload)], figures_of(table_with(payload)))
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s", "n"}
    row = list(book["R2 Delivery by course"].iter_rows())[1]
    assert [cell.value for cell in row][1:] == [1200, 1.031, "33 of 32"]
    assert row[0].value.replace("_x000D_", "\r").lstrip() == payload.lstrip()
    assert row[2].number_format == "0.0%"


def test_headers_carry_the_codes():
    assert [name for name, _ in exports.headers(table_with("Neglect"))] == [
        "Course", "Places (CAP)", "Occupancy", "Occupancy: in detail",
    ]  # fmt: skip
