"""Addresses of the evaluation app, grouped by audience."""

from django.urls import path

app_name = "evaluation"

urlpatterns: list[path] = []
