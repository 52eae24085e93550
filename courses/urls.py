"""Addresses of the courses app, grouped by audience."""

from django.urls import path

app_name = "courses"

urlpatterns: list[path] = []
