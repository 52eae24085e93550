"""LetterWording: what staff changed in the words of a letter; an empty part keeps the portal's own."""

import pghistory
from django.conf import settings
from django.db import models


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

    def __str__(self):
        return self.letter
