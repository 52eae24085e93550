"""Addresses of the evaluation app, grouped by audience."""

from django.urls import path

from evaluation.views import practitioner

app_name = "evaluation"

urlpatterns = [
    # For whoever took part
    path("my/feedback/<int:response_id>/", practitioner.respond, name="respond"),
    path("my/bookings/<slug:reference>/feedback/", practitioner.booking_feedback, name="booking_feedback"),
]
