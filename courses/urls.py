"""Addresses of the courses app, grouped by audience."""

from django.urls import path

from courses.views import public, staff

app_name = "courses"

urlpatterns = [
    # For everybody
    path("dates/<slug:reference>/calendar.ics", public.event_calendar, name="event_calendar"),
    # For the Workforce Development Team
    path("staff/courses/", staff.staff_course_list, name="staff_course_list"),
    path("staff/courses/new/", staff.course_create, name="course_create"),
    path("staff/courses/<slug:code>/", staff.course_edit, name="course_edit"),
    path("staff/courses/<slug:code>/publish/", staff.course_move, {"move": "publish"}, name="course_publish"),
    path("staff/courses/<slug:code>/pause/", staff.course_move, {"move": "pause"}, name="course_pause"),
    path("staff/courses/<slug:code>/retire/", staff.course_move, {"move": "retire"}, name="course_retire"),
    path("staff/courses/<slug:code>/dates/new/", staff.event_create, name="event_create"),
    path("staff/dates/<slug:reference>/edit/", staff.event_edit, name="event_edit"),
    path("staff/dates/<slug:reference>/publish/", staff.event_publish, name="event_publish"),
]
