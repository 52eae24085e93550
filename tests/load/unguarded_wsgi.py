"""The portal with its lock taken away: the control that shows the race which the lock is there for.

This is the one place where a test replaces code of ours. The product has no switch for it.
"""

import time

from tests.load.wsgi import application

__all__ = ["application"]

# A moment between looking and counting, as any busy computer makes of itself now and then.
MOMENT_SECONDS = 0.5


def take_the_lock_away():
    from bookings.actions import capacity
    from courses.models import Event

    def look_without_waiting(event_id):
        event = Event.objects.select_related("version__course").get(pk=event_id)
        time.sleep(MOMENT_SECONDS)
        return event

    capacity.lock_event = look_without_waiting


take_the_lock_away()
