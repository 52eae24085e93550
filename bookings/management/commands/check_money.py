"""Look whether everything that must be true of money is true; changes nothing."""

from bookings import money_invariants
from bookings.management.checking import CheckCommand


class Command(CheckCommand):
    help = "Check orders, invoices, packages and payments; exit code 2 when a rule is broken. Reads only."
    invariants = money_invariants
