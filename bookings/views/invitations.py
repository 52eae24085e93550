"""The page behind an invitation: make an account, or add the places to the account one has."""

from allauth.account.internal import flows
from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import clock
from accounts.actions import invitations
from accounts.forms import InvitedSignupForm
from accounts.models import User
from bookings.actions import colleagues


@never_cache
@sensitive_post_parameters("password1", "password2")
def invitation(request, token):
    """Only who has the letter comes here. An invitation that does not work looks the same whatever the reason."""
    found = invitations.find_open(token=token, now=clock.now())
    if found is None:
        return _not_indexed(render(request, "bookings/public/invitation_gone.html", status=404))
    if request.user.is_authenticated:
        return _not_indexed(_add_to_account(request, found))
    if User.objects.filter(email__iexact=found.email).exists():
        context = {"invitation": found, "sign_in_url": _sign_in_url(request)}
        return _not_indexed(render(request, "bookings/public/invitation_sign_in.html", context))
    return _not_indexed(_sign_up(request, found))


def _sign_up(request, found):
    if request.method == "POST" and (too_often := consume_or_429(request, action="signup")):
        return too_often
    form = InvitedSignupForm(request.POST if request.method == "POST" else None, invitation=found)
    if request.method == "POST" and form.is_valid():
        try:
            user = form.save(request)
        except (invitations.CannotInvite, IntegrityError, ValueError):
            # The same form sent twice at once: the other one has made the account.
            return redirect("account_login")
        messages.success(request, "Your account is made. Your places are here.")
        return flows.signup.complete_signup(request, user=user, redirect_url=reverse("my_learning"))
    context = {"invitation": found, "form": form}
    return render(request, "bookings/public/invitation.html", context, status=422 if form.errors else 200)


def _add_to_account(request, found):
    is_theirs = colleagues.is_addressee(invitation=found, user=request.user)
    if request.method == "POST" and is_theirs:
        try:
            joined = colleagues.join_to_account(invitation_id=found.pk, user=request.user, now=clock.now())
        except invitations.CannotInvite as refusal:
            messages.error(request, str(refusal))
            return redirect("my_learning")
        if joined.bookings or not joined.left:
            messages.success(request, "The places are on your account now.")
        for booking in joined.left:
            title = booking.event.version.course.title
            messages.info(
                request, f"You have a place on “{title}” already. Tell {found.organisation} to name somebody else."
            )
        return redirect("my_learning")
    return render(
        request,
        "bookings/public/invitation_add.html",
        {"invitation": found, "is_theirs": is_theirs},
        status=409 if request.method == "POST" else 200,
    )


def _sign_in_url(request):
    return f"{reverse('account_login')}?next={request.path}"


def _not_indexed(response):
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
