"""Invitation: a colleague booked for somebody who has no account is asked to make one; never a password (BAR S5)."""

from datetime import timedelta
from hashlib import sha256

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

INVITATIONS_AN_HOUR = 20
INVITATION_LASTS = timedelta(hours=48)


def digest_of(token: str) -> str:
    """What is kept of a secret: enough to know it again, not enough to use it."""
    return sha256(token.encode(errors="replace")).hexdigest()


class InvitationQuerySet(models.QuerySet):
    def open(self, now):
        """Neither used, revoked nor out of date."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)

    def with_token(self, token):
        return self.filter(token_digest=digest_of(token))

    def sent_since(self, user, moment):
        """How many somebody has sent: there is a limit an hour."""
        return self.filter(invited_by=user, invited_at__gt=moment)


@pghistory.track(model_name="InvitationHistory", exclude=["token_digest"])
class Invitation(models.Model):
    """Bound to one address and one person; works once. Only a digest of its secret is kept."""

    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    token_digest = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="an_invitation_has_an_end"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="an_invitation_is_used_or_revoked",
            ),
        ]
        indexes = [models.Index(fields=["invited_by", "-invited_at"], name="invitations_sent_by")]

    def __str__(self):
        return f"invitation of {self.practitioner_id}"
