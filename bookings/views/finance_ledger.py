"""The council's ledger: files that go to it, files that come back, and how everything adds up."""

from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.audit import record
from accounts.models import Role
from accounts.pagination import LongPaginator
from accounts.spreadsheets import PortalCSV, PortalXLSX, previews
from bookings import debts, ledger_files, reconciliation
from bookings.actions import ledger_exports, ledger_imports
from bookings.forms.ledger import KeyForm, LedgerFileForm, ReconciliationForm, TicketForm, digest_of, ledger_rows
from bookings.models import LedgerExport, LedgerImport
from bookings.views.finance import PAGE_SIZE, may_change, may_read

KIND = "ledger"
ROWS_SHOWN = 500


@may_read
@require_safe
def finance_export_list(request):
    """Every export, each to be downloaded again, and the button for the next."""
    exports = LedgerExport.objects.select_related("made_by__practitioner").order_by("-made_at", "-pk")
    context = {
        "page": LongPaginator(exports, PAGE_SIZE).get_page(request.GET.get("page")),
        "waiting": debts.to_export(),
        "form": KeyForm(initial={"key": uuid4()}),
        "may_change": request.user.has_role(Role.FINANCE),
    }
    return render(request, "bookings/finance/finance_export_list.html", context)


@may_change
@require_POST
def finance_export(request):
    """Gather everything issued and not yet handed over into one export."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "This page was out of date. Press the button again.")
        return redirect("bookings:finance_export_list")
    try:
        made = ledger_exports.export(by=request.user, now=clock.now(), key=form.cleaned_data["key"])
    except ledger_exports.NothingToExport as nothing:
        messages.warning(request, str(nothing))
    else:
        messages.success(request, f"Export {made.reference} is ready. Download it and hand it to the ledger.")
    return redirect("bookings:finance_export_list")


@may_read
@require_safe
def finance_export_file(request, reference, ending):
    """One export as a file, the same whenever it is downloaded; who took it is on record."""
    made = get_object_or_404(LedgerExport, reference=reference)
    if ending not in ("csv", "xlsx"):
        raise Http404
    record(by=request.user, verb="ledger.download", subject=f"export:{made.pk}", now=clock.now(), format=ending)
    rows = ledger_files.rows_of(made)
    if ending == "csv":
        response = PortalCSV().response(ledger_files.COLUMNS, rows)
    else:
        made_at = timezone.localtime(made.made_at).replace(tzinfo=None)
        response = PortalXLSX().response(ledger_files.COLUMNS, rows, made_at=made_at)
    response["Content-Disposition"] = f'attachment; filename="ledger-{made.reference}.{ending}"'
    return response


# --- Back from the ledger -------------------------------------------------------------------------------------


@may_change
def finance_import(request):
    """Read the ledger's file and show what would become of each row, without keeping anything."""
    form = LedgerFileForm(request.POST or None, request.FILES or None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        planned = ledger_imports.plan(rows=form.rows)
        context |= {
            "planned": sorted(planned, key=lambda each: not each.problem)[:ROWS_SHOWN],
            "hidden_count": max(len(planned) - ROWS_SHOWN, 0),
            "problem_count": sum(bool(each.problem) for each in planned),
            "known_file": ledger_imports.digest_known(digest=form.digest),
        }
        if not context["problem_count"] and not context["known_file"]:
            shown = ledger_imports.fingerprint(planned=planned)
            name = form.cleaned_data["file"].name
            ticket = previews.keep(content=form.content, kind=KIND, by=request.user, shown=shown, name=name)
            context["ticket"] = TicketForm(initial={"ticket": ticket})
    imports = LedgerImport.objects.select_related("made_by__practitioner").annotate(row_count=Count("rows"))
    context["page"] = LongPaginator(imports.order_by("-made_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    status = 422 if form.errors or context.get("problem_count") else 200
    return render(request, "bookings/finance/finance_import.html", context, status=status)


@may_change
@require_POST
def finance_import_confirm(request):
    """Bring in what was previewed, all of it or, if something changed in between, nothing."""
    try:
        ticket, content = previews.fetch(signed=request.POST.get("ticket", ""), kind=KIND, by=request.user)
        made = ledger_imports.bring_in(
            rows=ledger_rows(content),
            shown=ticket["shown"],
            file_name=ticket["name"],
            digest=digest_of(content),
            by=request.user,
            now=clock.now(),
        )
    except (previews.PreviewLapsed, ledger_imports.ImportRefused) as refusal:
        messages.error(request, str(refusal))
        return redirect("bookings:finance_import")
    previews.forget(ticket)
    messages.success(request, "The file is imported. This is what became of each row.")
    return redirect("bookings:finance_import_detail", import_id=made.pk)


@may_read
@require_safe
def finance_import_detail(request, import_id):
    """One file of the ledger and what became of its rows."""
    made = get_object_or_404(LedgerImport.objects.select_related("made_by__practitioner"), pk=import_id)
    rows = made.rows.select_related("payment").order_by("line_number")
    outcomes = dict(made.rows.values_list("outcome").annotate(count=Count("pk")).order_by("outcome"))
    labels = dict(ledger_imports.Outcome.choices)
    context = {
        "made": made,
        "page": LongPaginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "counts": [(labels[outcome], count) for outcome, count in outcomes.items()],
    }
    return render(request, "bookings/finance/finance_import_detail.html", context)


# --- Reconciliation -------------------------------------------------------------------------------------------


@may_read
@require_safe
def finance_reconciliation(request):
    """How everything that costs something ended, by month and organisation, and whether the books agree."""
    form, ended = _endings(request)
    totals = {}
    for one in ended:
        places, net = totals.get(one.ending, (0, 0))
        totals[one.ending] = (places + one.places, net + one.net)
    context = {
        "form": form,
        "page": Paginator(ended, PAGE_SIZE).get_page(request.GET.get("page")),
        "totals": [(ending, *totals[ending]) for ending in reconciliation.COLUMNS if ending in totals],
        "places": sum(one.places for one in ended),
        "net": sum(one.net for one in ended),
        "checks": reconciliation.checks(),
    }
    return render(request, "bookings/finance/finance_reconciliation.html", context)


@may_read
@require_safe
def finance_reconciliation_csv(request):
    """The same as a spreadsheet; who took it is on record."""
    _, ended = _endings(request)
    record(by=request.user, verb="ledger.reconciliation", subject="reconciliation", now=clock.now(), rows=len(ended))
    rows = ([one.month, one.organisation, one.ending, one.places, one.net] for one in ended)
    response = PortalCSV().response(["month", "organisation", "how it ended", "places", "pounds without VAT"], rows)
    response["Content-Disposition"] = 'attachment; filename="reconciliation.csv"'
    return response


def _endings(request):
    form = ReconciliationForm(request.GET, today=timezone.localtime(clock.now()).date())
    ended = reconciliation.endings(now=clock.now(), **form.cleaned_data) if form.is_valid() else []
    return form, ended
