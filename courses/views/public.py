"""What anybody may take away: a date for their own calendar."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Partnership
from courses.calendars import PUBLISH, calendar_text
from courses.models import Event, Session


@require_safe
def event_calendar(request, reference):
    """One date as a calendar file. It names nobody, and no link: those go to people with a place."""
    event = Event.objects.published().public().with_catalogue_facts().filter(reference=reference).first()
    if event is None or event.starts_at is None or event.state == Event.State.CANCELLED:
        raise Http404
    course, partnership = event.course, Partnership.objects.current()
    page = settings.SITE_URL + reverse("course_detail", args=[course.slug])
    text = calendar_text(
        uid=f"{event.reference}@{urlsplit(settings.SITE_URL).hostname}",
        sequence=event.history.count(),
        method=PUBLISH,
        summary=course.title,
        description=f"{course.summary}\n\nThis is not a booking. Book a place at {page}",
        location=_place(event),
        url=page,
        sessions=Session.objects.filter(event=event).select_related("venue").order_by("position"),
        organiser_email=partnership.contact_email,
        organiser_name=partnership.name,
    )
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{event.reference}.ics"'
    return response


def _place(event: Event) -> str:
    if event.venue is None or event.is_online:
        return event.get_mode_display()
    return ", ".join([event.venue.name, *event.venue.address.splitlines(), event.venue.postcode]).strip(", ")
