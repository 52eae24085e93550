"""Session: one sitting of an event, on screen “day 1”. Its times decide the event's."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Role

# Whoever writes sessions, the event's own start and end follow in the same statement.
KEEP_EVENT_TIMES = """
    UPDATE courses_event SET
        starts_at = (SELECT MIN(starts_at) FROM courses_session WHERE event_id = courses_event.id),
        ends_at = (SELECT MAX(ends_at) FROM courses_session WHERE event_id = courses_event.id)
    WHERE id IN ({ids});
    RETURN NULL;
"""

# And the trainers' time ranges follow their session, so that the exclusion constraint sees a move.
KEEP_TRAINER_TIMES = """
    UPDATE courses_trainerassignment SET during = tstzrange(NEW.starts_at, NEW.ends_at)
    WHERE session_id = NEW.id;
    RETURN NULL;
"""


class SessionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Sessions whose register this user may open: the ones they train; the workforce team all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM):
            return self
        return self.filter(trainer_assignments__trainer__practitioner__user=user)

    def with_event_facts(self):
        return self.select_related("event__version__course", "event__venue", "venue")

    def of_running_events(self):
        """Sessions of events that take place: neither drafts nor cancelled nor postponed."""
        return self.filter(event__state__in=["OPEN", "DELIVERED", "LOCKED"])


@pghistory.track(model_name="SessionHistory")
class Session(models.Model):
    """Start and end are moments; pages show them in British time."""

    event = models.ForeignKey("courses.Event", on_delete=models.CASCADE, related_name="sessions")
    position = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    venue = models.ForeignKey("courses.Venue", on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    online_link = models.URLField(blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_session_ends_after_it_starts"),
            models.UniqueConstraint(fields=["event", "position"], name="one_session_per_event_and_position"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="sessions_by_date")]
        triggers = [
            pgtrigger.Trigger(
                name="event_times_follow_new_sessions",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=KEEP_EVENT_TIMES.format(ids="NEW.event_id"),
            ),
            pgtrigger.Trigger(
                name="event_times_follow_removed_sessions",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=KEEP_EVENT_TIMES.format(ids="OLD.event_id"),
            ),
            pgtrigger.Trigger(
                name="trainer_times_follow_sessions",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                func=KEEP_TRAINER_TIMES,
            ),
        ]

    def __str__(self):
        return f"{self.event} session {self.position}"

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600
