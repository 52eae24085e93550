"""Import and export on the administration site: preview first, then exactly what was previewed, by the same person."""

import hashlib

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST
from import_export.admin import ExportMixin, ImportMixin
from import_export.resources import modelresource_factory
from import_export.results import RowResult

from accounts import audit, clock
from accounts.admin_site import PortalModelAdmin
from accounts.spreadsheets import previews
from accounts.spreadsheets.files import MAX_FILE_BYTES, PortalCSV, PortalXLSX, SpreadsheetRefused, read_spreadsheet
from accounts.spreadsheets.previews import PreviewLapsed
from accounts.spreadsheets.resource import PortalResource

ROWS_SHOWN = 500
PREVIEW_WORDS = {
    RowResult.IMPORT_TYPE_NEW: "New",
    RowResult.IMPORT_TYPE_UPDATE: "Changed",
    RowResult.IMPORT_TYPE_SKIP: "Stays as it is",
}


class SpreadsheetForm(forms.Form):
    """One file; its kind is told by its content."""

    import_file = forms.FileField(
        label="Spreadsheet",
        help_text="An Excel workbook (.xlsx) or CSV in UTF-8, at most 5 MB and 5,000 rows. "
        "The first row names the columns. Nothing is changed before you have seen what will change.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )

    def clean_import_file(self):
        file = self.cleaned_data["import_file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. Share its rows out over several files.")
        self.content = file.read()
        try:
            self.dataset = read_spreadsheet(self.content)
        except SpreadsheetRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        if not len(self.dataset):
            raise forms.ValidationError("There are no rows below the names of the columns.")
        return file


class TicketForm(forms.Form):
    """Stands for what was previewed; signed, so that it can be neither changed nor used by another."""

    ticket = forms.CharField(widget=forms.HiddenInput)


class AuditedExport(ExportMixin):
    """Export in our two formats, typed, streamed, and on the record."""

    export_formats = (PortalCSV, PortalXLSX)

    def export_action(self, request):
        """An address that narrows the list by something it does not have leads to the export of all of it."""
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:
            messages.warning(request, "The list cannot be narrowed in that way. This exports all of it.")
            return redirect(request.path)

    def get_resource_classes(self, request):
        return self.resource_classes or [modelresource_factory(self.model, PortalResource)]

    def _do_file_export(self, file_format, request, queryset, export_form=None):
        """Send the rows as they come from the database: the library would hold all of them, several times over."""
        resource = self.choose_export_resource_class(export_form, request)()
        headers, rows = resource.rows(queryset, self.get_export_resource_fields_from_form(export_form))
        count = queryset.count()
        if count > file_format.MOST_ROWS:
            raise ValueError(f"A workbook cannot hold {count:,} rows. Export them as CSV.")
        detail = {"rows": count, "format": file_format.get_extension(), "columns": headers}
        audit.record(by=request.user, verb="spreadsheet.export", subject=self.opts.label_lower, **detail)
        response = file_format.response(headers, rows)
        name = self.get_export_filename(request, queryset, file_format)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class PortalExportAdmin(AuditedExport, PortalModelAdmin):
    """For rows that have a life cycle: to be looked at and exported, never changed here."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class PortalImportExportAdmin(AuditedExport, ImportMixin, PortalModelAdmin):
    """For reference data. Set `resource_classes` to one PortalResource."""

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    import_formats = (PortalCSV, PortalXLSX)

    def import_action(self, request):
        """Read the file, try it without keeping anything, and show what it would change or what is wrong with it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = SpreadsheetForm(request.POST or None, request.FILES or None)
        context = {"form": form}
        if form.is_valid():
            result = self.run(form.dataset, request, dry_run=True)
            context["problems"] = problems_of(result)
            if not context["problems"]:
                ticket = previews.keep(
                    content=form.content, kind=self.opts.label_lower, by=request.user, fingerprint=fingerprint(result)
                )
                context |= {"confirm_form": TicketForm(initial={"ticket": ticket}), **preview_of(result, form.dataset)}
        return self.answer(request, context)

    def process_import(self, request):
        """Import what was previewed, all of it or, if the data changed in between, nothing."""
        return require_POST(self.confirmed)(request)

    def confirmed(self, request):
        if not self.has_import_permission(request):
            raise PermissionDenied
        try:
            result = self.import_previewed(request.POST.get("ticket", ""), request)
        except PreviewLapsed as lapse:
            messages.error(request, str(lapse))
            return redirect(self.address("import"))
        self.generate_log_entries(result, request)
        self.add_success_message(result, request)
        return redirect(self.address("changelist"))

    @transaction.atomic
    def import_previewed(self, signed: str, request):
        ticket, content = previews.fetch(signed=signed, kind=self.opts.label_lower, by=request.user)
        result = self.run(read_spreadsheet(content), request, dry_run=False)
        if problems_of(result) or fingerprint(result) != ticket["fingerprint"]:
            raise PreviewLapsed(
                "Nothing was imported: the data changed since you saw the preview. Upload the file again to see how."
            )
        previews.forget(ticket)
        detail = {kind: number for kind, number in result.totals.items() if number}
        audit.record(by=request.user, verb="spreadsheet.import", subject=self.opts.label_lower, **detail)
        return result

    def run(self, dataset, request, *, dry_run):
        resource = self.get_import_resource_classes(request)[0]()
        return resource.import_data(
            dataset, dry_run=dry_run, user=request.user, now=clock.now(), retain_instance_in_row_result=True
        )

    def answer(self, request, context):
        resource = self.get_import_resource_classes(request)[0]()
        context |= {
            **self.admin_site.each_context(request),
            "title": f"Import {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "media": self.media,
            "columns": [field.column_name for field in resource.get_import_fields()],
            "confirm_url": self.address("process_import"),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, [self.import_template_name], context)

    def address(self, name: str) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}")


def problems_of(result) -> list[str]:
    """Every reason not to import, in sentences; those about a cell begin with its row and column."""
    return [str(error.error) for error in result.base_errors] + [
        f"Row {row.number}, {column}: {sentence}" if column != NON_FIELD_ERRORS else f"Row {row.number}: {sentence}"
        for row in result.invalid_rows
        for column, sentences in row.error_dict.items()
        for sentence in sentences
    ]


def preview_of(result, dataset) -> dict:
    """The columns that the file has, row by row; what stays as it is comes last."""
    shown = [index for index, header in enumerate(result.diff_headers) if header in dataset.headers]
    rows = [
        {"number": number, "words": PREVIEW_WORDS[row.import_type], "cells": [row.diff[index] for index in shown]}
        for number, row in zip(dataset.file_rows, result.rows, strict=True)
    ]
    rows.sort(key=lambda row: row["words"] == PREVIEW_WORDS[RowResult.IMPORT_TYPE_SKIP])
    counts = [(result.totals[kind], words) for kind, words in PREVIEW_WORDS.items()]
    return {
        "preview": rows[:ROWS_SHOWN],
        "hidden_count": max(len(rows) - ROWS_SHOWN, 0),
        "preview_headers": [result.diff_headers[index] for index in shown],
        "totals": ", ".join(f"{count} {words.lower()}" for count, words in counts if count),
    }


def fingerprint(result) -> str:
    """What the preview showed. An import that would do anything else is not the one that was confirmed."""
    shown = [(row.import_type, [str(cell) for cell in row.diff or []]) for row in result.rows]
    return hashlib.sha256(repr(shown).encode()).hexdigest()
