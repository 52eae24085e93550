"""Notes of when each part of the background machinery was last alive."""

from datetime import datetime

from accounts.models import Heartbeat


def note(part: str, now: datetime) -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(part=part, beat_at=now)],
        update_conflicts=True,
        unique_fields=["part"],
        update_fields=["beat_at"],
    )
