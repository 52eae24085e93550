"""The page on which a person makes, renews or switches off the private address of their calendar."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import clock
from accounts.actions import calendar_feeds
from accounts.views.practitioner import own_record


@login_required
def calendar_feed_settings(request):
    """What the address is for and whether there is one; the address itself once, in the answer that makes it."""
    practitioner, address = own_record(request.user), ""
    if request.method == "POST" and "off" in request.POST:
        calendar_feeds.switch_off(practitioner=practitioner, by=request.user, now=clock.now())
        messages.success(request, "The address is switched off. Your calendar program gets nothing more from it.")
        return redirect("accounts:calendar_feed_settings")
    if request.method == "POST":
        token = calendar_feeds.renew(practitioner=practitioner, by=request.user, now=clock.now())
        address = settings.SITE_URL + reverse("bookings:calendar_feed", args=[token])
    feed = practitioner.calendar_feeds.filter(revoked_at__isnull=True).first()
    return render(request, "accounts/practitioner/calendar_feed_settings.html", {"feed": feed, "address": address})
