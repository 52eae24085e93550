"""Forms about the council's ledger: a file that comes back, read into rows; an export; a time to reconcile."""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal

from django import forms

from accounts.spreadsheets import SpreadsheetRefused, read_spreadsheet
from accounts.spreadsheets.columns import number_of, text_of
from accounts.spreadsheets.files import MAX_FILE_BYTES
from bookings.actions.documents import financial_year
from bookings.actions.ledger_imports import PAID, RAISED, LedgerRow
from bookings.forms.money import key_field
from bookings.forms.places import STALE_PAGE
from courses.forms.fields import DayField

LEDGER_COLUMNS = ("what", "number", "ledger reference", "date", "amount")


class KeyForm(forms.Form):
    """A button that does one thing, however often it is pressed."""

    key = key_field()


class TicketForm(forms.Form):
    """Stands for what was previewed."""

    ticket = forms.CharField(widget=forms.HiddenInput, error_messages=STALE_PAGE)


class LedgerFileForm(forms.Form):
    """The ledger's file, read into rows; each row that makes no sense says why."""

    file = forms.FileField(
        label="File of the ledger",
        help_text="Excel (.xlsx) or CSV, at most 5,000 rows. Nothing is changed before you have seen what will change.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. Share its rows out over several files.")
        self.content = file.read()
        try:
            self.rows = ledger_rows(self.content)
        except SpreadsheetRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return file

    @property
    def digest(self) -> str:
        return digest_of(self.content)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ledger_rows(content: bytes) -> list[LedgerRow]:
    """Read a file into rows. Raises SpreadsheetRefused where it is none, or lacks a column; others are passed over."""
    dataset = read_spreadsheet(content)
    places = {header.casefold(): place for place, header in enumerate(dataset.headers)}
    missing = [name for name in LEDGER_COLUMNS if name not in places]
    if missing:
        raise SpreadsheetRefused(
            f"The column “{missing[0]}” is missing. The first row names the columns: {', '.join(LEDGER_COLUMNS)}."
        )
    if not len(dataset):
        raise SpreadsheetRefused("There are no rows below the names of the columns.")
    numbered = zip(dataset.file_rows, dataset, strict=True)
    return [_row(number, *(cells[places[name]] for name in LEDGER_COLUMNS)) for number, cells in numbered]


def _row(line_number: int, what: object, number: object, reference: object, day: object, amount: object) -> LedgerRow:
    facts = {
        "line_number": line_number,
        "what": text_of(what).casefold(),
        "document_number": text_of(number).upper(),
        "ledger_reference": text_of(reference),
    }
    try:
        _refuse_wrong_texts(**facts)
        if facts["what"] == RAISED:
            return LedgerRow(**facts, day=_day(day, is_needed=False))
        return LedgerRow(**facts, day=_day(day, is_needed=True), amount=_amount(amount))
    except ValueError as problem:
        kept = {name: value[:60] if isinstance(value, str) else value for name, value in facts.items()}
        return LedgerRow(**kept, problem=str(problem))


def _refuse_wrong_texts(*, line_number: int, what: str, document_number: str, ledger_reference: str) -> None:
    if any(text.startswith("=") for text in (what, document_number, ledger_reference)):
        raise ValueError("A cell holds a formula. Put its result there instead.")
    if what not in (RAISED, PAID):
        raise ValueError(f"“{what[:40]}” is neither “{RAISED}” nor “{PAID}”.")
    if not document_number and what == RAISED:
        raise ValueError("The number of our document is missing.")
    if not ledger_reference:
        raise ValueError("The ledger's reference is missing: without it a payment could count twice.")
    if max(len(document_number), len(ledger_reference)) > 60:
        raise ValueError("The number or the reference is longer than 60 characters.")


def _day(value: object, *, is_needed: bool) -> date | None:
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        text = text_of(value)
        if not text and not is_needed:
            return None
        if not text:
            raise ValueError("The date is missing.")
        value = next(filter(None, (_read(text, written) for written in ("%Y-%m-%d", "%d/%m/%Y"))), None)
        if value is None:
            raise ValueError(f"“{text[:40]}” is not a date. Write it as 2026-11-21 or 21/11/2026.")
    if not 2020 <= value.year <= 2099:
        raise ValueError(f"The year {value.year} cannot be right.")
    return value


def _read(text: str, written: str) -> date | None:
    try:
        return datetime.strptime(text, written).date()  # noqa: DTZ007 (a day has no time zone)
    except ValueError:
        return None


def _amount(value: object) -> Decimal:
    amount = number_of(value)
    if amount is None:
        raise ValueError("The amount is missing.")
    if amount <= 0:
        raise ValueError("A payment is more than nothing. One that was taken back is put right on its own page.")
    if abs(amount) > Decimal("99999999") or amount != round(amount, 2):
        raise ValueError(f"“{text_of(value)[:40]}” is not an amount in pounds and pence.")
    return round(amount, 2)


class ReconciliationForm(forms.Form):
    """From which month to which, and whose; without an answer the financial year."""

    first = DayField(label="From the month of")
    last = DayField(label="to the month of")
    organisation = forms.CharField(label="Organisation", max_length=100, required=False)

    def __init__(self, data=None, *, today: date):
        year = financial_year(today)
        given = {name: value for name, value in data.items() if value} if data else {}
        usual = {"first": f"1/4/{year}", "last": f"31/3/{year + 1}"}
        super().__init__({**usual, **given})

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not first <= last <= first + timedelta(days=3 * 366):
            self.add_error("last", "Choose a time of at most three years that ends after it begins.")
        return cleaned
