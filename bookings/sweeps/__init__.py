"""Sweeps of the bookings app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

from bookings.sweeps import documents, event_changes, letters, places, registers, waiting_list

__all__ = ["documents", "event_changes", "letters", "places", "registers", "waiting_list"]
