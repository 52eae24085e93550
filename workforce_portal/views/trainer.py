"""My training days: the trainer's home."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render

from accounts import clock
from bookings.actions import registers
from bookings.models import Booking
from courses.models import Session, Trainer
from evaluation.models import Response


@login_required
def trainer_home(request):
    """My training days: what comes, and which registers and reviews are not finished."""
    if not Trainer.objects.of(request.user).exists():
        raise Http404
    now = clock.now()
    mine = (
        Session.objects.filter(trainer_assignments__trainer__practitioner__user=request.user)
        .of_running_events()
        .with_event_facts()
    )
    return render(
        request,
        "workforce_portal/trainer/trainer_home.html",
        {
            "now": now,
            "to_mark": mine.filter(starts_at__lte=now + registers.MARKING_OPENS_BEFORE)
            .filter(event__bookings__in=Booking.objects.confirmed())
            .distinct()
            .order_by("starts_at"),
            "to_review": Response.objects.reviews_of(request.user)
            .open(now)
            .select_related("event__version__course")
            .order_by("closes_at", "pk"),
            "coming": mine.filter(starts_at__gt=now).order_by("starts_at")[:20],
            "done": mine.filter(ends_at__lte=now).order_by("-starts_at")[:5],
        },
    )
