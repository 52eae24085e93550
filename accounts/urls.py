"""Addresses of the accounts app, grouped by audience."""

from django.urls import path

app_name = "accounts"

urlpatterns: list[path] = []
