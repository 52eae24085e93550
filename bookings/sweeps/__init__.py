"""Sweeps of the bookings app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

from bookings.sweeps import charges, documents, letters, places, registers

__all__ = ["charges", "documents", "letters", "places", "registers"]
