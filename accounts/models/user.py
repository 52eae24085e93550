"""User: somebody who signs in, by email address, and the duties they hold for the whole portal."""

import pghistory
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower


class Role(models.TextChoices):
    """Duties across the portal (DOMAIN 3.1). Duties within one organisation are Memberships."""

    WORKFORCE_TEAM = "WORKFORCE_TEAM", "Workforce Development Team"
    FINANCE = "FINANCE", "Finance"
    LSCP_OFFICER = "LSCP_OFFICER", "LSCP officer"
    SUBGROUP_MEMBER = "SUBGROUP_MEMBER", "Learning and development subgroup member"
    OBSERVER = "OBSERVER", "Observer"
    SYSTEM_OWNER = "SYSTEM_OWNER", "System owner"


# These see many people's records, so they need a second factor before anything else.
ROLES_NEEDING_SECOND_FACTOR = {Role.WORKFORCE_TEAM, Role.FINANCE, Role.LSCP_OFFICER, Role.SYSTEM_OWNER}
ROLES_WITH_ADMIN_SITE = {Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER}


class UserManager(BaseUserManager):
    """Makes users with a lower-case address; used by allauth and `createsuperuser`."""

    def create_user(self, email, password=None, **fields):
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_superuser=True, roles=[Role.SYSTEM_OWNER], **fields)

    def get_by_natural_key(self, email):
        return self.get(email=email.strip().lower())


@pghistory.track(model_name="UserHistory", exclude=["password", "last_login"])
class User(AbstractBaseUser, PermissionsMixin):
    """The account. The person behind it, with a name and a job, is the Practitioner."""

    email = models.EmailField("email address", max_length=254, unique=True)
    roles = ArrayField(models.CharField(max_length=20, choices=Role), default=list, blank=True)
    is_active = models.BooleanField("may sign in", default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_account_per_email_address"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=list(Role.values)), name="roles_are_known_duties"
            ),
        ]

    def __str__(self):
        return self.email

    def has_role(self, *roles: Role) -> bool:
        """Tell whether this account holds any of the roles; the system owner holds none by default."""
        return self.is_active and any(role in self.roles for role in roles)

    @property
    def role_names(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]

    @property
    def is_staff(self) -> bool:
        """May open the administration site (the name is Django's)."""
        return self.is_active and (self.is_superuser or bool(ROLES_WITH_ADMIN_SITE & set(self.roles)))

    @property
    def needs_second_factor(self) -> bool:
        return self.is_superuser or bool(ROLES_NEEDING_SECOND_FACTOR & set(self.roles))
