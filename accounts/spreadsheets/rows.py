"""Rows of an export, one at a time: straight from the database where every column is one of its own, else from instances."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Model, QuerySet, TextField
from django.db.models import Field as ModelField
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import Widget

from accounts.spreadsheets.columns import (
    ChoiceColumn,
    DateColumn,
    DateTimeColumn,
    DecimalColumn,
    TextColumn,
    WholeNumberColumn,
)

# So many rows are fetched at once: enough to hide the way to the database, too few to weigh anything.
ROWS_A_FETCH = 1_000
# Columns whose cells are what the database gives; for the second kind, where that is text.
AS_THEY_ARE = (WholeNumberColumn, DecimalColumn, DateColumn)
TEXTS_AS_THEY_ARE = (Widget, TextColumn, ChoiceColumn)
Cell = Any


def rows_of(resource: ModelResource, fields: list[Field], queryset: QuerySet) -> Iterator[list[Cell]]:
    """Yield the cells of each row, typed. At no time are there more rows in memory than one fetch brings."""
    columns = [own_column(resource, field) for field in fields]
    # Rows that are the same in the exported columns are still different rows.
    if None in columns or queryset.query.distinct:
        return from_instances(resource, fields, queryset)
    paths = [field.attribute for field in fields]
    changes = [change_of(field.widget, column) for field, column in zip(fields, columns, strict=True)]
    return from_columns(queryset, paths, [(place, change) for place, change in enumerate(changes) if change])


def from_columns(
    queryset: QuerySet, paths: list[str], changes: list[tuple[int, Callable[[Any], Cell]]]
) -> Iterator[list[Cell]]:
    """`changes` are the places of columns that are not exported as they are stored, and what becomes of their cells."""
    for row in queryset.values_list(*paths).iterator(chunk_size=ROWS_A_FETCH):
        cells = list(row)
        for place, change in changes:
            cells[place] = change(cells[place])
        yield cells


def from_instances(resource: ModelResource, fields: list[Field], queryset: QuerySet) -> Iterator[list[Cell]]:
    for instance in queryset.iterator(chunk_size=ROWS_A_FETCH):
        yield [resource.export_field(field, instance, force_native_type=True) for field in fields]


def own_column(resource: ModelResource, field: Field) -> ModelField | None:
    """Return the database's own column behind one of the export; None where Python has a say in it."""
    method = field.get_dehydrate_method(resource.get_field_name(field))
    if not field.attribute or callable(method) or hasattr(resource, method):
        return None
    *steps, last = field.attribute.split("__")
    model: type[Model] = resource._meta.model
    try:
        for step in steps:
            relation = model._meta.get_field(step)
            if not (relation.concrete and (relation.many_to_one or relation.one_to_one)):
                return None
            model = relation.related_model
        column = model._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    return column if column.concrete and not column.is_relation else None


def change_of(widget: Widget, column: ModelField) -> Callable[[Any], Cell] | None:
    """Return what makes a cell of a stored value; None where nothing is to be done, which is most often."""
    if type(widget) in AS_THEY_ARE:
        return None
    if type(widget) in TEXTS_AS_THEY_ARE and isinstance(column, CharField | TextField):
        return None
    if isinstance(widget, DateTimeColumn):
        return widget.to_wall_clock()
    return partial(widget.render, force_native_type=True)
