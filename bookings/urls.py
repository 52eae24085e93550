"""Addresses of the bookings app, grouped by audience."""

from django.urls import path

app_name = "bookings"

urlpatterns: list[path] = []
