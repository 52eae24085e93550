"""Pages of a package that an organisation has bought: what is left, what is kept and used, the statement."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import clock
from bookings import package_statements
from bookings.models import Package


@login_required
@require_safe
def package_detail(request, reference):
    """What is in a package, and every movement with the balance after it."""
    package = _package(request.user, reference)
    return render(
        request,
        "bookings/organisation/package_detail.html",
        {
            "package": package,
            "organisation": package.organisation,
            "figures": package_statements.figures_of(package),
            "rows": package_statements.rows_of(package),
            "now": clock.now(),
        },
    )


@login_required
@require_safe
def package_csv(request, reference):
    """The statement as a file."""
    package = _package(request.user, reference)
    response = HttpResponse(package_statements.package_csv(package), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="package-{package.reference}.csv"'
    return response


def _package(user, reference):
    return get_object_or_404(Package.objects.for_contact(user).select_related("organisation"), reference=reference)
