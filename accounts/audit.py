"""Record what no row history shows: who exported, overrode, signed in or looked at a named record."""

from datetime import datetime

from accounts import clock
from accounts.logs import current_request_id
from accounts.models import AuditEntry, User


def record(*, by: User | None, verb: str, subject: str, now: datetime | None = None, **detail) -> AuditEntry:
    """Add one audit entry.

    `verb` names the deed (`report.export`), `subject` the thing (`report:12`). `detail` holds ids and
    reasons, never names or addresses.
    """
    return AuditEntry.objects.create(
        at=now or clock.now(),
        actor_id=by.pk if by else None,
        verb=verb,
        subject=subject,
        detail=detail,
        request_id=current_request_id(),
    )
