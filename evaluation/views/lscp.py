"""Pages of the partnership's officers, its subgroup and the workforce team: ask for quality reports, read them, take them away."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import lscp_required
from accounts.models import Partnership
from courses.models import Strand
from evaluation import exports
from evaluation.actions import quality_reports
from evaluation.forms.reports import ReportForm
from evaluation.models import QualityReport
from evaluation.models.improvement import KEEPERS
from evaluation.models.quality_report import strands_open_to
from evaluation.reports.commentary import words_of
from evaluation.reports.facts import facts_of, period_of, strands_in_words, title_of

REPORTS_A_PAGE = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROGRESS = {
    QualityReport.State.PENDING: ("working", "The figures are being counted. This takes up to a minute."),
    QualityReport.State.READY: ("done", "Your report is ready."),
    QualityReport.State.FAILED: ("failed", "This report could not be made. Ask for it again, or contact the team."),
}


@lscp_required
@require_safe
def report_list(request):
    """Ask for a report, or open an earlier one."""
    return _list_page(request, _form(request))


@lscp_required
@require_POST
def report_create(request):
    """Ask for a report; it is made in the background."""
    form = _form(request, request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=422)
    period = form.chosen_period
    report = quality_reports.request_report(
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        strands=form.cleaned_data["strands"],
        filters=form.filters,
        by=request.user,
        now=clock.now(),
    )
    messages.success(request, "Your report is being made.")
    return redirect("evaluation:report_detail", report_id=report.pk)


@lscp_required
@require_safe
def report_detail(request, report_id):
    """The whole report on one page, or how far its making has come."""
    report = _report(request, report_id)
    state, message = PROGRESS[report.state]
    context = {
        "report": report,
        "title": title_of(report),
        "strands": strands_in_words(report.strands),
        "progress": {"state": state, "message": message},
        "facts": facts_of(report),
        "figures": report.figures,
        "written": words_of(report) if report.is_approved else {},
        "is_keeper": request.user.has_role(*KEEPERS),
    }
    return render(request, "evaluation/lscp/report_detail.html", context)


@lscp_required
@require_safe
def report_progress(request, report_id):
    """How far the making has come, for the page that waits."""
    report = get_object_or_404(_reports(request).without_documents(), pk=report_id)
    state, message = PROGRESS[report.state]
    url = reverse("evaluation:report_detail", args=[report.pk])
    return JsonResponse({"state": state, "message": message, "url": url, "link": "Open the report"})


@lscp_required
@require_safe
def report_csv(request, report_id, code):
    """One table as CSV."""
    report = _ready_report(request, report_id)
    table = next((table for table in report.figures["tables"] if table["code"] == code), None)
    if table is None:
        raise Http404
    return _download(request, report, exports.table_csv(table), f"{code}.csv", "text/csv; charset=utf-8")


@lscp_required
@require_safe
def report_xlsx(request, report_id):
    """All tables as one workbook."""
    report = _ready_report(request, report_id)
    cover = [("Partnership", Partnership.objects.current().name), *facts_of(report)]
    return _download(request, report, exports.workbook(cover, report.figures), "xlsx", XLSX)


@lscp_required
@require_safe
def report_pdf(request, report_id):
    """The printed report, as the worker made it."""
    report = _ready_report(request, report_id)
    return _download(request, report, bytes(report.pdf), "pdf", "application/pdf")


def _form(request, data=None):
    return ReportForm(data, strands=strands_open_to(request.user), today=timezone.localtime(clock.now()).date())


def _reports(request):
    return QualityReport.objects.visible_to(request.user)


def _report(request, report_id):
    return get_object_or_404(_with_people(_reports(request).defer("pdf")), pk=report_id)


def _ready_report(request, report_id):
    return get_object_or_404(_with_people(_reports(request).ready()), pk=report_id)


def _with_people(reports):
    return reports.select_related("requested_by__practitioner", "approved_by__practitioner")


def _list_page(request, form, status=200):
    earlier = _reports(request).without_documents().select_related("requested_by__practitioner")
    page = Paginator(earlier.order_by("-requested_at", "-pk"), REPORTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "strands": form.fields["strands"].choices,
        "strand_names": [Strand(strand).label for strand, _ in form.fields["strands"].choices],
        "page": page,
        "reports": [(report, period_of(report), strands_in_words(report.strands)) for report in page],
    }
    return render(request, "evaluation/lscp/report_list.html", context, status=status)


def _download(request, report, content, ending, content_type):
    """Answer with a file, and note who took it."""
    quality_reports.record_export(report=report, what=ending, by=request.user, now=clock.now())
    separator = "-" if ending.endswith(".csv") else "."
    name = f"quality-report-{slugify(period_of(report).name)}{separator}{ending}"
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )
