"""Addresses of the bookings app, grouped by audience."""

from django.urls import path

from bookings.views import staff, trainer

app_name = "bookings"

urlpatterns = [
    # For trainers
    path("trainer/sessions/<int:session_id>/register/", trainer.register, name="register"),
    path("trainer/sessions/<int:session_id>/register/add/", trainer.walk_in_add, name="walk_in_add"),
    # For the Workforce Development Team
    path("staff/bookings/", staff.staff_booking_list, name="staff_booking_list"),
    path("staff/bookings/<str:reference>/decide/", staff.request_decide, name="request_decide"),
    path("staff/requests/", staff.staff_request_list, name="staff_request_list"),
    path("staff/dates/<str:reference>/", staff.staff_event, name="staff_event"),
]
