"""Packages for finance: sell one, put one right, read its statement."""

from uuid import uuid4

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.models import Organisation, Role, Sector
from accounts.pagination import LongPaginator
from bookings.actions import package_sales, packages
from bookings.forms.money import AdjustForm, GrantForm
from bookings.models import Package
from bookings.views.finance import PAGE_SIZE, may_change, may_read

# Their year begins in September.
SEPTEMBER_SECTORS = (Sector.SCHOOL_ACADEMY, Sector.SCHOOL_MAT, Sector.FE_COLLEGE, Sector.HIGHER_EDUCATION)
ORGANISATIONS_FOUND = 20


@may_read
@require_safe
def finance_package_list(request):
    """Every package, the latest year first."""
    words = request.GET.get("q", "")[:100].strip().replace("\0", "")
    visible = Package.objects.visible_to(request.user).select_related("organisation")
    if words:
        visible = visible.filter(organisation__name__icontains=words) | visible.filter(reference__iexact=words)
    page = LongPaginator(visible.order_by("-ends_on", "organisation__name", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "words": words,
        "today": timezone.localtime(clock.now()).date(),
        "may_change": request.user.has_role(Role.FINANCE),
    }
    return render(request, "bookings/finance/finance_package_list.html", context)


@may_change
def finance_package_grant(request):
    """Find the organisation, then sell it a package: its price goes on a draft invoice at once."""
    organisation = _chosen(request.GET.get("organisation", ""))
    if organisation is None:
        words = request.GET.get("q", "")[:100].strip().replace("\0", "")
        listed = Organisation.objects.listed().order_by("name")
        found = listed.filter(name__icontains=words)[:ORGANISATIONS_FOUND] if words else []
        return render(request, "bookings/finance/finance_package_find.html", {"words": words, "found": found})
    today = timezone.localtime(clock.now()).date()
    in_september = organisation.sector in SEPTEMBER_SECTORS
    form = GrantForm(request.POST or None, today=today, september=in_september, initial={"key": uuid4()})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            package = package_sales.sell(organisation=organisation, by=request.user, now=clock.now(), **form.facts)
        except packages.PackageRefused as error:
            refusal = str(error)
        else:
            messages.success(request, f"{organisation} has package {package.reference}. The contact gets a letter.")
            return redirect("bookings:finance_package", reference=package.reference)
    context = {"organisation": organisation, "form": form, "refusal": refusal}
    status = 422 if refusal or form.errors else 200
    return render(request, "bookings/finance/finance_package_grant.html", context, status=status)


def _chosen(given):
    is_number = given.isascii() and given.isdigit() and len(given) < 19
    return Organisation.objects.listed().filter(pk=int(given)).first() if is_number else None


@may_read
@require_safe
def finance_package(request, reference):
    """One package: its year, its balance, and every movement."""
    return _page(request, _package_of(request, reference))


@may_change
@require_POST
def finance_package_adjust(request, reference):
    """Put a balance right by hand."""
    package = _package_of(request, reference)
    form = AdjustForm(request.POST)
    refusal = ""
    if form.is_valid():
        try:
            packages.adjust(package_id=package.pk, by=request.user, now=clock.now(), **form.cleaned_data)
        except packages.PackageRefused as error:
            refusal = str(error)
        else:
            messages.success(request, "The balance is put right.")
            return redirect("bookings:finance_package", reference=package.reference)
    return _page(request, package, form=form, refusal=refusal)


def _package_of(request, reference):
    visible = Package.objects.visible_to(request.user).select_related("organisation", "order_line__order")
    return get_object_or_404(visible, reference=reference)


def _page(request, package, *, form=None, refusal=""):
    balance, movements = 0, []
    for entry in package.entries.select_related("order_line__order", "made_by__practitioner").order_by("pk"):
        balance += entry.amount
        movements.append((entry, balance))
    context = {
        "package": package,
        "movements": movements,
        "form": (form or AdjustForm(initial={"key": uuid4()})) if request.user.has_role(Role.FINANCE) else None,
        "refusal": refusal,
        "today": timezone.localtime(clock.now()).date(),
    }
    return render(request, "bookings/finance/finance_package.html", context, status=422 if form else 200)
