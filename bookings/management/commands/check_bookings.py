"""Look whether everything that must be true of bookings is true; changes nothing."""

from bookings import invariants
from bookings.management.checking import CheckCommand


class Command(CheckCommand):
    help = "Check places, waiting lists, letters and charges; exit code 2 when a rule is broken. Reads only."
    invariants = invariants
