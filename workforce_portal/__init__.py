"""The site: settings, URLs, the timetable of background work, and the pages that belong to no single app."""

from workforce_portal.celery import app as celery_app

__all__ = ["celery_app"]
