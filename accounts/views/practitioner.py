"""Pages of a person about themselves: the profile, and the organisations they belong to."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import clock
from accounts.actions import organisations, people
from accounts.forms import NOT_LISTED, OrganisationFields, ProfileForm
from accounts.models import Membership, Practitioner, Role


@login_required
def profile(request):
    """Name, job, manager and employers. An account made on the command line has no person behind it."""
    practitioner = Practitioner.objects.filter(user=request.user).first()
    if practitioner is None:
        return render(request, "accounts/practitioner/profile_missing.html")
    form = ProfileForm(request.POST or None, instance=Practitioner.objects.get(pk=practitioner.pk))
    if request.method == "POST" and form.is_valid():
        people.amend_profile(
            practitioner=practitioner,
            values=form.profile(),
            agrees_to_texts=form.cleaned_data.get("agrees_to_texts"),
            by=request.user,
            now=clock.now(),
        )
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    memberships = practitioner.memberships.live().select_related("organisation").order_by("organisation__name", "role")
    context = {
        "form": form,
        "practitioner": practitioner,
        "memberships": memberships,
        "is_system_owner": request.user.has_role(Role.SYSTEM_OWNER),
    }
    return render(request, "accounts/practitioner/profile.html", context)


@login_required
def membership_add(request):
    """Another employer, or the first: one of the list, or the name of one that is not listed."""
    return add_organisation(request, OrganisationFields(request.POST or None))


@login_required
def organisation_propose(request):
    """The same, for somebody who comes here because theirs is not listed."""
    return add_organisation(request, OrganisationFields(request.POST or None, initial={"organisation": NOT_LISTED}))


def add_organisation(request, form):
    practitioner = own_record(request.user)
    if request.method == "POST" and form.is_valid():
        organisation, now = form.chosen_organisation(), clock.now()
        if organisation:
            organisations.join(practitioner=practitioner, organisation=organisation, by=request.user, now=now)
            messages.success(request, f"{organisation} is on your profile.")
        else:
            name = form.proposed_name()
            organisations.propose(practitioner=practitioner, name=name, by=request.user, now=now)
            messages.success(request, f"We will look at {name} and tell you when it is listed.")
        return redirect(next_page(request))
    context = {"form": form, "next": request.GET.get("next", "")}
    return render(request, "accounts/practitioner/membership_add.html", context)


@login_required
def membership_leave(request, membership_id):
    """Take an organisation off one's profile."""
    own = Membership.objects.visible_to(request.user).live().filter(practitioner__user=request.user)
    membership = get_object_or_404(own.select_related("organisation"), pk=membership_id)
    if request.method == "POST":
        organisations.leave(membership=membership, by=request.user, now=clock.now())
        messages.success(request, f"{membership.organisation} is no longer on your profile.")
        return redirect("accounts:profile")
    return render(request, "accounts/practitioner/membership_leave.html", {"membership": membership})


def own_record(user) -> Practitioner:
    practitioner = Practitioner.objects.filter(user=user).first()
    if practitioner is None:
        raise Http404
    return practitioner


def next_page(request) -> str:
    """Back to the booking that asked for an organisation, never off the portal."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted.startswith("/") and is_ours else reverse("accounts:profile")
