"""Spreadsheets in and out, hardened: what every app's `resources.py` and `admin.py` build on."""

from accounts.spreadsheets.columns import (
    ChoiceColumn,
    DateColumn,
    DecimalColumn,
    ListColumn,
    LookUpColumn,
    TextColumn,
    WholeNumberColumn,
    YesNoColumn,
)
from accounts.spreadsheets.doors import PortalExportAdmin, PortalImportExportAdmin
from accounts.spreadsheets.files import PortalCSV, PortalXLSX, SpreadsheetRefused, neutralised, read_spreadsheet
from accounts.spreadsheets.resource import PortalResource

__all__ = [
    "ChoiceColumn",
    "DateColumn",
    "DecimalColumn",
    "ListColumn",
    "LookUpColumn",
    "PortalCSV",
    "PortalExportAdmin",
    "PortalImportExportAdmin",
    "PortalResource",
    "PortalXLSX",
    "SpreadsheetRefused",
    "TextColumn",
    "WholeNumberColumn",
    "YesNoColumn",
    "neutralised",
    "read_spreadsheet",
]
