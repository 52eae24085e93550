"""My learning: what comes next, what is to do, what is done, and one's certificates."""

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.shortcuts import render

from accounts import clock
from bookings.models import Booking, Certificate, SelfPacedEnrolment, WaitingListEntry
from bookings.models.booking import ATTENDANCE_OUTCOMES, State
from evaluation.models import ImprovementAction, Response

DONE_SHOWN = 10
ENDED_SHOWN = 5


@login_required
def my_learning(request):
    """The signed-in person's home: a timeline, and the one thing to do next."""
    now = clock.now()
    own = Booking.objects.of(request.user).with_event_facts()
    to_answer = list(
        Response.objects.visible_to(request.user)
        .open(now)
        .select_related("booking__event__version__course")
        .order_by("closes_at", "pk")
    )
    coming = list(
        own.with_approval()
        .filter(state__in=[State.REQUESTED, State.CONFIRMED])
        .upcoming(now)
        .order_by("event__starts_at", "pk")
    )
    waiting = list(
        WaitingListEntry.objects.of(request.user)
        .live()
        .filter(practitioner__isnull=False)
        .with_event_facts()
        .order_by("offer_ends_at", "event__starts_at", "pk")
    )
    self_paced = SelfPacedEnrolment.objects.of(request.user).with_facts()
    under_way = list(self_paced.live().order_by("due_at", "pk"))
    certificates = Certificate.objects.filter(state__in=[Certificate.State.PENDING, Certificate.State.ISSUED])
    done = list(
        own.filter(state__in=ATTENDANCE_OUTCOMES)
        .prefetch_related(Prefetch("certificates", certificates, to_attr="valid_certificates"))
        .order_by("-event__starts_at", "-pk")[: DONE_SHOWN + 1]
    )
    return render(
        request,
        "workforce_portal/practitioner/my_learning.html",
        {
            "now": now,
            "to_answer": to_answer,
            "coming": coming,
            "offered": [entry for entry in waiting if entry.state == WaitingListEntry.State.OFFERED],
            "waiting": [entry for entry in waiting if entry.state == WaitingListEntry.State.WAITING],
            "under_way": under_way,
            "ended": list(self_paced.ended().order_by("-state_since", "-pk")[:ENDED_SHOWN]),
            "done": done[:DONE_SHOWN],
            "has_more": len(done) > DONE_SHOWN,
            "actions_to_do": ImprovementAction.objects.owned_by(request.user).outstanding().count(),
        },
    )
