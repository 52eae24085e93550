"""The two kinds of file: CSV and XLSX. Reading refuses what could hurt us, writing defuses what could hurt the reader.

A spreadsheet program runs a text that begins like a formula. So in CSV such a text gets an apostrophe in
front, which reading takes away again; in XLSX it is written as text, which nothing runs. Numbers and
dates stay numbers and dates in both.
"""

import csv
import io
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

import tablib
import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from import_export.formats.base_formats import CSV, XLSX

MAX_FILE_BYTES = 5_000_000
MAX_UNPACKED_BYTES = 20_000_000
MAX_PARTS = 200
MAX_TAGS = 1_500_000  # 5,000 rows of 60 columns have 1.2 million
MAX_ROWS = 5_000
MAX_COLUMNS = 60
# What goes out: pieces of so many characters; a workbook's columns as wide as its first rows need.
PIECE = 64_000
ROWS_MEASURED = 200
WIDEST = 60
FORMULA_STARTS = tuple("=+-@\t\r\n|%＝＋－＠")
INVISIBLE = "\ufeff\u200b\u2060"

ZIP_MAGIC, OLE_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class SpreadsheetRefused(ValueError):
    """The file as a whole cannot be taken; the words say why and what to do."""


def looks_like_formula(text: str) -> bool:
    if text[:1].isalnum():
        return False  # nearly every text, told at once: exports ask this of every cell
    return text.startswith(FORMULA_STARTS) or text.lstrip().lstrip(INVISIBLE).startswith(FORMULA_STARTS)


def neutralised(value):
    """The value as it may stand in a CSV file: texts that a spreadsheet would run get an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and looks_like_formula(value) else value


def restored(text: str) -> str:
    """Undo `neutralised`, so that a file we wrote reads back as it was."""
    return text[1:] if text.startswith("'") and looks_like_formula(text[1:]) else text


def read_spreadsheet(data: bytes) -> tablib.Dataset:
    """Read an uploaded file of either kind, told apart by its content and not by its name."""
    return format_of(data).create_dataset(data)


def format_of(data: bytes) -> "PortalCSV | PortalXLSX":
    if data.startswith(OLE_MAGIC):
        raise SpreadsheetRefused(
            "This file has a password or is an old .xls file. Save it without a password as .xlsx or CSV."
        )
    return PortalXLSX() if data.startswith(ZIP_MAGIC) else PortalCSV(encoding="utf-8-sig")


def refuse_if_too_long(row_count: int) -> None:
    if row_count > MAX_ROWS + 1:
        raise SpreadsheetRefused(
            f"The file has more than {MAX_ROWS:,} rows, counting empty rows that were once used. "
            "Delete what is not needed, or share the rows out over several files."
        )


def refuse_if_too_wide(row: list) -> None:
    if len(row) > MAX_COLUMNS and any(cell not in (None, "") for cell in row[MAX_COLUMNS:]):
        raise SpreadsheetRefused(f"The file has more than {MAX_COLUMNS} columns. Delete those that are not needed.")


def dataset_of(rows: Iterable[list]) -> tablib.Dataset:
    """The first row names the columns; rows with nothing in them are left out."""
    kept = []
    for number, row in enumerate(rows, start=1):
        refuse_if_too_long(number)
        refuse_if_too_wide(row)
        kept.append(row[:MAX_COLUMNS])
    if not kept:
        raise SpreadsheetRefused("The file is empty. Its first row must name the columns.")
    headers = ["" if cell is None else str(cell).strip() for cell in kept[0]]
    while headers and not headers[-1]:
        headers.pop()
    check_headers(headers)
    dataset = tablib.Dataset(headers=headers)
    dataset.file_rows = []
    width = len(headers)
    for number, row in enumerate(kept[1:], start=2):
        if all(cell in (None, "") for cell in row):
            continue
        if any(cell not in (None, "") for cell in row[width:]):
            raise SpreadsheetRefused(f"Row {number} has more cells than the first row has column names.")
        dataset.append([*row[:width], *[None] * (width - len(row))])
        dataset.file_rows.append(number)
    return dataset


def check_headers(headers: list[str]) -> None:
    if not headers:
        raise SpreadsheetRefused("The first row is empty. It must name the columns.")
    if "" in headers:
        raise SpreadsheetRefused(f"Column {headers.index('') + 1} has no name in the first row. Name it or delete it.")
    for header in headers:
        if headers.count(header) > 1:
            raise SpreadsheetRefused(f"Two columns are named “{header}”. Delete or rename one of them.")


class PortalCSV(CSV):
    """Comma-separated text in UTF-8, as Excel's “CSV UTF-8” writes it."""

    MOST_ROWS = sys.maxsize

    def get_title(self):
        return "CSV"

    def create_dataset(self, in_stream, **kwargs):
        text = self.decoded(in_stream) if isinstance(in_stream, bytes) else in_stream
        if "\0" in text:
            raise SpreadsheetRefused("This is not a spreadsheet. Save it as .xlsx or as “CSV UTF-8” and try again.")
        try:
            return dataset_of(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            raise SpreadsheetRefused(
                "The file cannot be read as CSV: somewhere a quotation mark is left open, or a cell is far too long."
            ) from None

    def decoded(self, data: bytes) -> str:
        try:
            return data.decode(self.encoding or "utf-8-sig")
        except UnicodeDecodeError:
            raise SpreadsheetRefused(
                "The file is not in UTF-8, so names with accents would be spoilt. "
                "In Excel, save it as “CSV UTF-8” or as a workbook (.xlsx)."
            ) from None

    def export_data(self, dataset, **kwargs):
        return "".join(self.pieces(dataset.headers, dataset))

    def response(self, headers: Iterable[str], rows: Iterable[Iterable]) -> StreamingHttpResponse:
        pieces = self.pieces(headers, rows)
        first = next(pieces)  # what is wrong with the question to the database shows before the answer begins
        # Excel takes a file without this mark for its own old encoding, and spoils the accents.
        return StreamingHttpResponse(chain(["\ufeff", first], pieces), content_type=self.get_content_type())

    def pieces(self, headers: Iterable[str], rows: Iterable[Iterable]) -> Iterator[str]:
        """Yield the file piece by piece, so that it may be on its way while its end is still in the database."""
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerow([neutralised(header) for header in headers])
        for row in rows:
            writer.writerow([neutralised(cell) if isinstance(cell, str) else cell for cell in row])
            if stream.tell() > PIECE:
                yield stream.getvalue()
                stream.seek(0)
                stream.truncate()
        yield stream.getvalue()


class PortalXLSX(XLSX):
    """An Excel workbook; its first sheet is read."""

    MOST_ROWS = 1_048_575  # and the names of the columns

    def get_title(self):
        return "Excel workbook (.xlsx)"

    def create_dataset(self, in_stream, **kwargs):
        check_package(in_stream)
        try:
            return dataset_of(rows_of_first_sheet(in_stream))
        except SpreadsheetRefused:
            raise
        except Exception:
            # A hostile or broken file can fail in every way that XML, zip and openpyxl know.
            raise SpreadsheetRefused(
                "The workbook cannot be read. Open it in Excel, save it again as .xlsx and try once more."
            ) from None

    def export_data(self, dataset, **kwargs):
        stream = io.BytesIO()
        self.write(stream, dataset.headers, dataset, title=dataset.title)
        return stream.getvalue()

    def response(
        self, headers: Iterable[str], rows: Iterable[Iterable], made_at: datetime | None = None
    ) -> FileResponse:
        """A workbook is a zip, whose beginning is known at its end: it is made on disk and goes when it is sent."""
        with ExitStack() as unless_sent:
            file = unless_sent.enter_context(tempfile.TemporaryFile())
            self.write(file, headers, rows, made_at=made_at)
            file.seek(0)
            unless_sent.pop_all()  # from here on the response closes it
        return FileResponse(file, content_type=self.get_content_type())

    def write(
        self,
        file,
        headers: Iterable[str],
        rows: Iterable[Iterable],
        title: str | None = None,
        made_at: datetime | None = None,
    ) -> None:
        """Write row by row: however long the list, one row at a time is in memory.

        The same rows give the same bytes where `made_at` is given; otherwise the file says when it was written.
        """
        with xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}) as workbook:
            if made_at:
                workbook.set_properties({"created": made_at})
            sheet = workbook.add_worksheet((title or "Export")[:31])
            sheet.freeze_panes(1, 0)
            bold = workbook.add_format({"bold": True})
            times = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
            widths = []
            for column, header in enumerate(headers):
                sheet.write_string(0, column, str(header), bold)
                widths.append(len(str(header)))
            for number, cells in enumerate(rows, start=1):
                for column, cell in enumerate(cells):
                    write_cell(sheet, number, column, cell, times)
                if number <= ROWS_MEASURED:
                    widths = [max(width, width_of(cell)) for width, cell in zip(widths, cells, strict=True)]
            for column, width in enumerate(widths):
                sheet.set_column(column, column, min(width, WIDEST) + 2)


def width_of(cell) -> int:
    """Return how many characters a cell shows at most; a moment shows no seconds."""
    if isinstance(cell, datetime):
        return len("08/12/2026 09:30")
    return 0 if cell is None else len(str(cell))


def write_cell(sheet, row: int, column: int, cell, times) -> None:
    """Texts as texts whatever they begin with; numbers and dates as what they are."""
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, cell)
    elif cell is None:
        return
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, (int, float, Decimal)):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, times)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell)
    else:
        sheet.write_string(row, column, str(cell))


def check_package(data: bytes) -> None:
    """Look into the zip's own list before anything is unpacked: a small file can hold an enormous one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            names = [part.filename for part in parts]
            if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
                raise SpreadsheetRefused("This is not an Excel workbook. Save it as .xlsx and try again.")
            if any(name.endswith("vbaProject.bin") for name in names):
                raise SpreadsheetRefused("This workbook holds macros. Save it as .xlsx, which has none, and try again.")
            if len(parts) > MAX_PARTS:
                raise SpreadsheetRefused("This workbook has too many sheets. Keep the one to import.")
            if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise SpreadsheetRefused("This workbook is too large. Keep the one sheet to import, without pictures.")
            if sum(package.read(part).count(b"<") for part in parts if part.filename.endswith(".xml")) > MAX_TAGS:
                raise SpreadsheetRefused("This workbook has too many cells. Delete what is not needed.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise SpreadsheetRefused("The workbook is damaged or has a password. Save it again as .xlsx.") from None


def rows_of_first_sheet(data: bytes) -> Iterator[list]:
    """Values as typed; a formula as its text, so that the row which holds it can be named and refused."""
    from openpyxl import load_workbook  # half a second at every start, for a few imports a year

    workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    sheet = workbook.worksheets[0]
    sheet.reset_dimensions()  # the file's own word on its size is not to be trusted
    for row in sheet.iter_rows(values_only=True):
        yield [text_of_formula(cell) for cell in row]


def text_of_formula(cell):
    """openpyxl gives an array formula as an object."""
    return cell if cell is None or isinstance(cell, (str, int, float, date)) else f"={getattr(cell, 'text', '') or '?'}"
