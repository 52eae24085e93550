"""Package: places paid for in advance for a contract year, in money or days, with an append-only ledger (DOMAIN 6.3).

The balance is the sum of the ledger. A trigger keeps it on the package's row, where a constraint forbids it to fall
below nothing: two people who draw at once cannot overdraw, whatever the code above forgets.
"""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import SpokenForQuerySet

KEEP_BALANCE = """
    UPDATE bookings_package SET balance = balance + NEW.amount WHERE id = NEW.package_id;
    RETURN NEW;
"""


class PackageQuerySet(SpokenForQuerySet):
    def usable_on(self, day):
        """Packages whose contract year this day falls into."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)

    def with_something_left(self):
        return self.filter(balance__gt=0)

    def over(self, day):
        """The contract year has ended and something is left. For the sweep bookings.expire_packages."""
        return self.filter(ends_on__lt=day, balance__gt=0)

    def ending_between(self, first, last):
        """For the sweep bookings.remind_of_packages."""
        return self.filter(ends_on__gte=first, ends_on__lte=last)


@pghistory.track(model_name="PackageHistory")
class Package(models.Model):
    """What an organisation has bought for a year. Nothing is drawn that is not there."""

    class Unit(models.TextChoices):
        MONEY = "MONEY", "pounds"
        DAYS = "DAYS", "training days"

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: P-7K2M4QXY.")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="packages")
    unit = models.CharField("counted in", max_length=5, choices=Unit)
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    price = models.DecimalField(
        "price of the package", max_digits=9, decimal_places=2, help_text="Pounds, without VAT."
    )
    order_line = models.OneToOneField(
        "bookings.OrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="package_bought"
    )
    balance = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="a_package_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(price__gte=0), name="a_package_price_is_not_below_zero"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="a_package_is_not_overdrawn"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-starts_on"], name="packages_of_an_organisation"),
            # For the sweeps that remind of packages and let them expire.
            models.Index(fields=["ends_on"], condition=Q(balance__gt=0), name="packages_with_a_balance"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="only_the_ledger_changes_a_balance",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.balance IS DISTINCT FROM NEW.balance AND pg_trigger_depth() = 0"),
            ),
            pgtrigger.Protect(name="packages_stay", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return self.reference

    @property
    def is_in_days(self) -> bool:
        return self.unit == Package.Unit.DAYS

    def in_words(self, amount) -> str:
        """An amount in what the package is counted in: "£120.00", "3.5 days"."""
        if not self.is_in_days:
            return f"{'−' if amount < 0 else ''}£{abs(amount):,.2f}"
        number = f"{abs(amount):.2f}".rstrip("0").rstrip(".")
        return f"{'−' if amount < 0 else ''}{number} {'day' if abs(amount) == 1 else 'days'}"

    def covers(self, day) -> bool:
        """Whether a course on this day falls into the contract year."""
        return self.starts_on <= day <= self.ends_on


class PackageLedgerEntry(models.Model):
    """One movement of a package, never changed. What is used was reserved: it is released and used in one step."""

    class Kind(models.TextChoices):
        GRANTED = "GRANTED", "bought"
        RESERVED = "RESERVED", "kept for a place"
        RELEASED = "RELEASED", "no longer kept"
        USED = "USED", "used"
        EXPIRED = "EXPIRED", "expired"
        ADJUSTED = "ADJUSTED", "put right by hand"

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.DecimalField(max_digits=9, decimal_places=2, help_text="Below zero where the balance falls.")
    order_line = models.ForeignKey(
        "bookings.OrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="package_entries"
    )
    reason = models.CharField(max_length=300, blank=True)
    # The form that made it; a second press of the same button finds the first entry.
    form_key = models.UUIDField(unique=True, null=True, blank=True, editable=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["GRANTED", "RELEASED"], amount__gt=0)
                | Q(kind__in=["RESERVED", "USED", "EXPIRED"], amount__lt=0)
                | (Q(kind="ADJUSTED") & ~Q(amount=0) & ~Q(reason="")),
                name="a_ledger_entry_goes_the_right_way",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["RESERVED", "RELEASED", "USED"]) | Q(order_line__isnull=False),
                name="what_is_drawn_names_its_line",
            ),
        ]
        indexes = [
            models.Index(fields=["package", "id"], name="entries_of_a_package"),
            models.Index(fields=["order_line"], name="entries_of_a_line"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="the_balance_is_the_sum", operation=pgtrigger.Insert, when=pgtrigger.After, func=KEEP_BALANCE
            ),
            pgtrigger.Protect(name="ledger_entries_stay", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.amount}"
