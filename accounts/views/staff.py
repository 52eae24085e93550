"""Pages of the Workforce Development Team and of system owners about organisations and duties."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import role_required, staff_required
from accounts.actions import organisations, people
from accounts.forms import AppointmentForm, RolesForm
from accounts.models import Membership, Organisation, Role, User

owner_required = role_required(Role.SYSTEM_OWNER)
SHOWN = 25


@staff_required
def organisation_decisions(request):
    """Employers that people typed in, the oldest first, each with a link to where it is decided."""
    waiting = (
        Organisation.objects.waiting_for_a_decision()
        .annotate(people=Count("memberships", filter=Q(memberships__ended_on__isnull=True), distinct=True))
        .order_by("pk")
    )
    words = search_words(request)
    listed = Organisation.objects.listed().filter(name__icontains=words).order_by("name")[:SHOWN] if words else []
    context = {"page": page_of(request, waiting), "words": words, "listed": listed}
    return render(request, "accounts/staff/organisation_decisions.html", context)


@staff_required
def organisation_contacts(request, organisation_id):
    """Who may book for an organisation, agree as its manager, or see its attendance; appoint somebody, or end it."""
    listed = Organisation.objects.visible_to(request.user).listed()
    organisation = get_object_or_404(listed, pk=organisation_id)
    form = AppointmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        organisations.appoint(
            practitioner=form.practitioner,
            organisation=organisation,
            role=form.cleaned_data["role"],
            by=request.user,
            now=clock.now(),
        )
        messages.success(request, f"{form.practitioner} is appointed.")
        return redirect("accounts:organisation_contacts", organisation.pk)
    contacts = organisation.memberships.appointed().select_related("practitioner", "verified_by__practitioner")
    context = {"organisation": organisation, "contacts": contacts.order_by("role", "pk"), "form": form}
    return render(request, "accounts/staff/organisation_contacts.html", context)


@staff_required
@require_POST
def appointment_end(request, membership_id):
    appointed = Membership.objects.visible_to(request.user).appointed()
    membership = get_object_or_404(appointed.select_related("practitioner"), pk=membership_id)
    organisations.leave(membership=membership, by=request.user, now=clock.now())
    messages.success(request, f"The appointment of {membership.practitioner} has ended.")
    return redirect("accounts:organisation_contacts", membership.organisation_id)


@owner_required
def role_list(request):
    """Who holds which duty for the whole portal; find somebody to give one to."""
    words = search_words(request)
    wanted = Q(email__icontains=words) | Q(practitioner__full_name__icontains=words) if words else ~Q(roles=[])
    users = User.objects.select_related("practitioner").filter(wanted).order_by("email")
    return render(request, "accounts/staff/role_list.html", {"page": page_of(request, users), "words": words})


@owner_required
@reauthentication_required
def role_edit(request, user_id):
    """Change somebody's duties, after showing once more that it is you."""
    user = get_object_or_404(User.objects.select_related("practitioner"), pk=user_id)
    form = RolesForm(request.POST or None, initial={"roles": user.roles})
    if request.method == "POST" and form.is_valid():
        try:
            people.grant_roles(user=user, by=request.user, now=clock.now(), **form.cleaned_data)
        except people.CannotGrantRoles as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The duties of {user} are saved.")
            return redirect("accounts:role_list")
    return render(request, "accounts/staff/role_edit.html", {"form": form, "account": user})


def search_words(request) -> str:
    """What was typed into the search box. The database takes no null characters."""
    return request.GET.get("q", "").replace("\0", "").strip()[:100]


def page_of(request, rows):
    return Paginator(rows, SHOWN).get_page(request.GET.get("page"))
