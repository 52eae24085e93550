"""What all our resources are: nothing is written when any row fails, and every error names row and column."""

from collections.abc import Iterator
from functools import partial

import tablib
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils.html import format_html
from import_export.resources import Diff, ModelResource
from import_export.results import Error, Result

from accounts.spreadsheets.columns import (
    ChoiceColumn,
    DateColumn,
    DateTimeColumn,
    DecimalColumn,
    ListColumn,
    TextColumn,
    WholeNumberColumn,
    YesNoColumn,
    text_of,
)
from accounts.spreadsheets.files import SpreadsheetRefused
from accounts.spreadsheets.rows import rows_of


class FileError(Error):
    """What is wrong with the file as a whole, without the trace that the import page would print."""

    traceback = ""


class FileResult(Result):
    """Counts rows as the spreadsheet program does: the first row holds the names of the columns."""

    def __init__(self, file_rows):
        super().__init__()
        self.file_rows = file_rows

    def append_invalid_row(self, number, row, validation_error):
        super().append_invalid_row(self.file_rows[number - 1], row, validation_error)


class PlainDiff(Diff):
    """Shows what changes without the style attributes that our content policy forbids."""

    def as_html(self):
        left = [""] * len(self.right) if self.new else self.left
        return [was_and_becomes(text(was), text(becomes)) for was, becomes in zip(left, self.right, strict=True)]


def text(value) -> str:
    return "" if value is None else str(value)


def was_and_becomes(left: str, right: str):
    if left == right:
        return format_html("{}", right)
    if not left:
        return format_html("<ins>{}</ins>", right)
    return format_html("<del>{}</del> <ins>{}</ins>", left, right)


class PortalResource(ModelResource):
    """Subclasses name `model`, `fields` and `import_id_fields` in Meta: the columns by which a row is found again."""

    WIDGETS_MAP = {
        **ModelResource.WIDGETS_MAP,
        "CharField": TextColumn,
        "TextField": TextColumn,
        "EmailField": TextColumn,
        "SlugField": TextColumn,
        "DecimalField": DecimalColumn,
        "DateTimeField": DateTimeColumn,
        "DateField": DateColumn,
        "IntegerField": WholeNumberColumn,
        "PositiveIntegerField": WholeNumberColumn,
        "PositiveSmallIntegerField": WholeNumberColumn,
        "SmallIntegerField": WholeNumberColumn,
        "BigIntegerField": WholeNumberColumn,
        "BooleanField": YesNoColumn,
    }

    class Meta:
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_result_class(self):
        return partial(FileResult, self.file_rows)

    @classmethod
    def widget_from_django_field(cls, field, default=TextColumn):
        if getattr(field, "choices", None):
            return partial(ChoiceColumn, field.flatchoices)
        if isinstance(field, ArrayField):
            return partial(ListColumn, field.base_field.flatchoices)
        return super().widget_from_django_field(field, default)

    @classmethod
    def get_error_result_class(cls):
        return FileError

    @classmethod
    def get_diff_class(cls):
        return PlainDiff

    def rows(self, queryset: QuerySet, export_fields: list[str] | None = None) -> tuple[list[str], Iterator[list]]:
        """Return the headers and, one at a time, the rows of an export: however many there are, few are in memory."""
        self.before_export(queryset)
        fields = self.get_export_fields(export_fields)
        return [field.column_name for field in fields], rows_of(self, fields, self.filter_export(queryset))

    def export(self, queryset=None, export_fields=None, **kwargs):
        """As the library's, all rows at once."""
        headers, rows = self.rows(self.get_queryset() if queryset is None else queryset, export_fields)
        return tablib.Dataset(*rows, headers=headers)

    def import_data(self, dataset, dry_run=False, raise_errors=False, **kwargs):
        """As the library's, but one bad row keeps all rows out."""
        kwargs["rollback_on_validation_errors"] = True
        return super().import_data(dataset, dry_run=dry_run, raise_errors=raise_errors, **kwargs)

    def import_data_inner(self, dataset, *args, **kwargs):
        self.first_rows = {}
        self.file_rows = getattr(dataset, "file_rows", None) or range(2, len(dataset) + 2)
        return super().import_data_inner(dataset, *args, **kwargs)

    def before_import(self, dataset, **kwargs):
        known = [field.column_name for field in self.get_import_fields()]
        for header in dataset.headers or []:
            if header not in known:
                raise SpreadsheetRefused(
                    f"The column “{header}” is not known here. The columns are: {', '.join(known)}."
                )
        for name in self.get_import_id_fields():
            column = self.fields[name].column_name
            if column not in (dataset.headers or []):
                raise SpreadsheetRefused(f"The column “{column}” is missing. It tells which row is which.")

    def before_import_row(self, row, row_number, **kwargs):
        formulas = {column: cell for column, cell in row.items() if isinstance(cell, str) and cell.startswith("=")}
        if formulas:
            words = "“{}” is a formula. Put its result in the cell instead (in Excel: copy, then paste as values)."
            raise ValidationError({column: words.format(cell[:60]) for column, cell in formulas.items()})
        self.refuse_repeated_row(row, row_number)

    def refuse_repeated_row(self, row, row_number) -> None:
        columns = [self.fields[name].column_name for name in self.get_import_id_fields()]
        key = tuple(text_of(row.get(column)).casefold() for column in columns)
        if not any(key):
            raise ValidationError({columns[0]: "This cell is empty. It tells which row is which."})
        first = self.first_rows.setdefault(key, self.file_rows[row_number - 1])
        if first != self.file_rows[row_number - 1]:
            raise ValidationError({columns[0]: f"The same {' and '.join(columns)} already stands in row {first}."})

    def import_row(self, row, instance_loader, **kwargs):
        """Every failure becomes an error of its row; keys of errors become the names of columns."""
        result = super().import_row(row, instance_loader, **kwargs)
        if result.errors:
            problem = result.errors[0].error
            words = "The database refuses this row." if isinstance(problem, DatabaseError) else str(problem)
            result.validation_error = ValidationError(words)
            result.import_type = result.IMPORT_TYPE_INVALID
            result.errors = []
        elif result.validation_error is not None:
            result.validation_error = self.by_column(result.validation_error)
        return result

    def by_column(self, error: ValidationError) -> ValidationError:
        if not hasattr(error, "error_dict"):
            return error
        columns = {field.attribute: field.column_name for field in self.fields.values()}
        return ValidationError({columns.get(key, key): problems for key, problems in error.error_dict.items()})

    def after_import(self, dataset, result, **kwargs):
        """The library would reset the table's numbering, which our working role may not and need not."""
