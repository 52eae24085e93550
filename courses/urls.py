"""Addresses of the courses app, grouped by audience."""

from django.urls import path

from courses.views import enquiries, public, staff, staff_enquiries

app_name = "courses"

urlpatterns = [
    # For everybody
    path("dates/<slug:reference>/calendar.ics", public.event_calendar, name="event_calendar"),
    path("ask-for-a-course/", enquiries.enquiry_create, name="enquiry_create"),
    path("ask-for-a-course/<slug:reference>/", enquiries.enquiry_sent, name="enquiry_sent"),
    # For booking contacts
    path("organisation/enquiries/", enquiries.enquiry_list, name="enquiry_list"),
    path("organisation/enquiries/<slug:reference>/", enquiries.enquiry_detail, name="enquiry_detail"),
    # For the Workforce Development Team
    path("staff/courses/", staff.staff_course_list, name="staff_course_list"),
    path("staff/courses/new/", staff.course_create, name="course_create"),
    path("staff/courses/<slug:code>/", staff.course_edit, name="course_edit"),
    path("staff/courses/<slug:code>/publish/", staff.course_move, {"move": "publish"}, name="course_publish"),
    path("staff/courses/<slug:code>/pause/", staff.course_move, {"move": "pause"}, name="course_pause"),
    path("staff/courses/<slug:code>/retire/", staff.course_move, {"move": "retire"}, name="course_retire"),
    path("staff/courses/<slug:code>/dates/new/", staff.event_create, name="event_create"),
    path("staff/enquiries/", staff_enquiries.staff_enquiry_list, name="staff_enquiry_list"),
    path("staff/enquiries/new/", staff_enquiries.staff_enquiry_create, name="staff_enquiry_create"),
    path("staff/enquiries/<slug:reference>/", staff_enquiries.staff_enquiry, name="staff_enquiry"),
    path("staff/enquiries/<slug:reference>/schedule/", staff.enquiry_schedule, name="enquiry_schedule"),
    path(
        "staff/enquiries/<slug:reference>/<slug:step>/", staff_enquiries.staff_enquiry_step, name="staff_enquiry_step"
    ),
    path("staff/dates/<slug:reference>/edit/", staff.event_edit, name="event_edit"),
    path("staff/dates/<slug:reference>/publish/", staff.event_publish, name="event_publish"),
]
