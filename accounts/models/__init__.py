"""People, organisations and roles; the audit and the outbox of letters."""

from accounts.models.audit import AuditEntry
from accounts.models.calendar_feed import CalendarFeed
from accounts.models.email import OutboundEmail
from accounts.models.heartbeat import Heartbeat
from accounts.models.invitation import Invitation
from accounts.models.letter_wording import LetterWording
from accounts.models.membership import Membership
from accounts.models.organisation import (
    ChargingCategory,
    Cluster,
    MembershipRole,
    Organisation,
    ReportingGroup,
    Sector,
    SpokenForQuerySet,
)
from accounts.models.partnership import Partnership
from accounts.models.practitioner import Practitioner
from accounts.models.user import Role, User

__all__ = [
    "AuditEntry",
    "CalendarFeed",
    "ChargingCategory",
    "Cluster",
    "Heartbeat",
    "Invitation",
    "LetterWording",
    "Membership",
    "MembershipRole",
    "Organisation",
    "OutboundEmail",
    "Partnership",
    "Practitioner",
    "ReportingGroup",
    "Role",
    "Sector",
    "SpokenForQuerySet",
    "User",
]
