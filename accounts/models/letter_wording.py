"""LetterWording: what staff changed in the words of a letter; an empty part keeps the portal's own."""

import time

import pghistory
from django.conf import settings
from django.db import models

# Every letter asks for its wording; a changed one reaches each process within these seconds.
_kept: dict = {"rows": {}, "until": 0.0}


class LetterWordingQuerySet(models.QuerySet):
    def current(self, letter: str):
        """What the team wrote for this letter, as it was some seconds ago at most; None for the portal's own words."""
        if time.monotonic() >= _kept["until"]:
            rows = {row.letter: row for row in self.all() if row.changes_anything}
            _kept.update(rows=rows, until=time.monotonic() + settings.PARTNERSHIP_KEPT_SECONDS)
        return _kept["rows"].get(letter)


@pghistory.track(model_name="LetterWordingHistory")
class LetterWording(models.Model):
    """Plain text for a letter's subject and its opening and closing paragraphs; facts and links stay the portal's."""

    letter = models.CharField(
        max_length=60, unique=True, help_text="Which letter, for example `bookings/confirmation`."
    )
    subject = models.CharField(max_length=150, blank=True)
    opening = models.TextField(blank=True)
    closing = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = LetterWordingQuerySet.as_manager()

    def __str__(self):
        return self.letter

    @property
    def changes_anything(self) -> bool:
        return bool(self.subject or self.opening or self.closing)
