"""Practitioner: the person who works or volunteers with children; DOMAIN.md's Learner."""

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper

from accounts.models.user import Role

# What stands in the place of a name that is no longer kept (rule B27).
FORMER_MEMBER = "Former member"
# And of whatever else somebody typed: that there were words is kept, what they were is not.
REMOVED = "Removed"
REMOVED_ADDRESS = "removed@anonymised.invalid"


class PractitionerQuerySet(models.QuerySet):
    def with_account(self):
        return self.filter(user__isnull=False)

    def with_email(self, email: str):
        return self.filter(email__iexact=email.strip())

    def waiting_for_their_account(self, email: str):
        """People without an account whose own address this is."""
        return self.with_email(email).filter(
            user__isnull=True, anonymised_at__isnull=True, email_owner=Practitioner.EmailOwner.SELF
        )

    def visible_to(self, user):
        """The people whose profile this user may open: themselves, and for staff everybody."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return self
        return self.filter(user=user)


@pghistory.track(model_name="PractitionerHistory")
class Practitioner(models.Model):
    """Has a name and a job. May have no account: a walk-in, or a colleague somebody else booked for."""

    class EmailOwner(models.TextChoices):
        SELF = "SELF", "my own address"
        MANAGER = "MANAGER", "my manager's address"
        BOOKING_CONTACT = "BOOKING_CONTACT", "our booking contact's address"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="practitioner"
    )
    full_name = models.CharField("full name", max_length=150, help_text="As it should appear on certificates.")
    email = models.EmailField(max_length=254, blank=True)
    email_owner = models.CharField(max_length=15, choices=EmailOwner, default=EmailOwner.SELF)
    phone = models.CharField("phone number", max_length=30, blank=True)
    job_role = models.CharField("job title", max_length=120, blank=True)
    registration_number = models.CharField("professional registration number", max_length=30, blank=True)
    manager_name = models.CharField(max_length=150, blank=True)
    manager_email = models.EmailField(max_length=254, blank=True)
    manager_deputy_email = models.EmailField(
        "address of the manager's deputy", max_length=254, blank=True, default="", db_default=""
    )
    sms_agreed_at = models.DateTimeField(
        null=True, blank=True, help_text="When they agreed to text messages to their mobile telephone."
    )
    inactive_asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were asked whether they still need their account (rule B27)."
    )
    kept_at = models.DateTimeField(
        null=True, blank=True, help_text="When they, or the team, last said that the account is still needed."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    anonymised_at = models.DateTimeField(null=True, blank=True)

    objects = PractitionerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(full_name=""), name="a_practitioner_has_a_name"),
        ]
        indexes = [
            models.Index(Lower("email"), name="practitioner_by_email"),
            models.Index(fields=["full_name"], name="practitioner_by_name"),
            # For searching by any part of a name.
            GinIndex(OpClass(Upper("full_name"), name="gin_trgm_ops"), name="practitioner_name_trigrams"),
        ]

    def __str__(self):
        return self.full_name

    def owns_address(self, email: str) -> bool:
        """Whether letters to this address reach the person themselves: somebody without one may share their manager's."""
        own = {
            self.email if self.email_owner == Practitioner.EmailOwner.SELF else "",
            self.user.email if self.user else "",
        }
        return email.strip().lower() in {address.lower() for address in own if address}

    @property
    def initials(self) -> str:
        """First letters of the names: all that a certificate's check page shows of the person."""
        return " ".join(f"{part[0].upper()}." for part in self.full_name.split() if part)
