"""Membership: a practitioner in an organisation, and what they may do there. A person may belong to several."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.organisation import CONTACT_ROLES, MembershipRole, Organisation
from accounts.models.user import Role


class MembershipQuerySet(models.QuerySet):
    def live(self):
        return self.filter(ended_on__isnull=True)

    def as_contact(self):
        return self.live().filter(role__in=CONTACT_ROLES)

    def as_lead(self):
        """Those who answer for their agency on safeguarding training, and can sign in."""
        return self.live().filter(role=MembershipRole.AGENCY_LEAD, practitioner__user__is_active=True)

    def appointed(self):
        """Those whom the team vouches for: managers, booking contacts, agency leads."""
        return self.live().exclude(role=MembershipRole.MEMBER)

    def visible_to(self, user):
        """One's own memberships, those of organisations one is a contact of, and for staff all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return self
        return self.filter(Q(practitioner__user=user) | Q(organisation__in=Organisation.objects.visible_to(user)))


@pghistory.track(model_name="MembershipHistory")
class Membership(models.Model):
    """`MEMBER` is what a person says of themselves; the other roles are appointed and verified."""

    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=15, choices=MembershipRole, default=MembershipRole.MEMBER)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "organisation", "role"],
                condition=Q(ended_on__isnull=True),
                name="one_live_membership_per_person_organisation_and_role",
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, verified_by__isnull=True)
                | Q(verified_at__isnull=False, verified_by__isnull=False),
                name="membership_verified_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(role="MEMBER") | Q(verified_at__isnull=False),
                name="an_appointed_membership_is_verified",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("started_on")),
                name="a_membership_ends_after_it_starts",
            ),
        ]

    def __str__(self):
        return f"{self.practitioner}, {self.get_role_display()}, {self.organisation}"
