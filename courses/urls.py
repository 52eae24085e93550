"""Addresses of the courses app, grouped by audience."""

from django.urls import path

from courses.views import public

app_name = "courses"

urlpatterns = [
    # For everybody
    path("dates/<slug:reference>/calendar.ics", public.event_calendar, name="event_calendar"),
]
