"""Discounts: rules that take something off each place, said in one sentence that an administrator can read."""

from datetime import date
from decimal import Decimal

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.dateformat import format as format_date

from accounts.models import ChargingCategory
from courses.models.offer import Strand
from courses.models.vat import in_percent

ONE_OF_THE_TWO = "Give either a percentage or an amount off each place, one of the two."
ABOVE_NOTHING = "A discount is more than nothing. To end one, take the tick from “is active”."
AT_MOST_ALL = "At most 100 per cent can be taken off."
AT_LEAST_ONE = "At least 1 place: 1 is a discount on every place."
AT_MOST_PLACES = "At most 1,000 places."
LAST_AFTER_FIRST = "The last day comes before the first."

BUYERS: dict[str, str] = {
    "": "everybody",
    ChargingCategory.INTERNAL: "council services",
    ChargingCategory.PARTNER_FREE: "partner agencies that lend trainers",
    ChargingCategory.THIRD_SMALL: "charities with under £250,000 a year",
    ChargingCategory.THIRD_LARGE: "charities with £250,000 a year or more",
    ChargingCategory.EDUCATION: "city schools, academies and colleges",
    ChargingCategory.PRIVATE: "private and independent organisations",
    ChargingCategory.OTHER_LA: "other councils",
}
STRANDS: dict[str, str] = {
    Strand.CORE: "in the core offer",
    Strand.STATUTORY: "in statutory training",
    Strand.TRADED: "in the traded offer",
    Strand.MULTI_AGENCY: "in multi-agency safeguarding",
}


class DiscountRuleQuerySet(models.QuerySet):
    def active(self):
        """With their bands, which their sentences name. Which day they hold on, each says itself."""
        return self.filter(is_active=True).select_related("band").order_by("pk")


@pghistory.track(model_name="DiscountRuleHistory")
class DiscountRule(models.Model):
    """Something off each place, for whom, on what and when. Rules are never added up: the best single one holds."""

    name = models.CharField(max_length=80, help_text="Orders and invoices name it, for example “School groups”.")
    percent = models.DecimalField(
        "percent off each place",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[
            MinValueValidator(Decimal("0.01"), ABOVE_NOTHING),
            MaxValueValidator(Decimal("100"), AT_MOST_ALL),
        ],
    )
    amount = models.DecimalField(
        "pounds off each place",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"), ABOVE_NOTHING)],
    )
    min_places = models.PositiveSmallIntegerField(
        "from how many places",
        default=1,
        validators=[MinValueValidator(1, AT_LEAST_ONE), MaxValueValidator(1000, AT_MOST_PLACES)],
        help_text="Places of one date in one order.",
    )
    band = models.ForeignKey(
        "courses.PriceBand",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="discount_rules",
        help_text="Empty: every band.",
    )
    strand = models.CharField(max_length=15, choices=Strand, blank=True, help_text="Empty: every strand.")
    charging_category = models.CharField(
        max_length=15, choices=ChargingCategory, blank=True, help_text="Empty: everybody."
    )
    starts_on = models.DateField(
        "first day", null=True, blank=True, help_text="The day on which the order is placed. Empty: at once."
    )
    ends_on = models.DateField("last day", null=True, blank=True, help_text="Empty: until the rule is ended.")
    is_active = models.BooleanField(default=True)

    objects = DiscountRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent=None, amount__isnull=False) | models.Q(percent__isnull=False, amount=None),
                name="a_discount_is_a_percentage_or_an_amount",
                violation_error_message=ONE_OF_THE_TWO,
            ),
            models.CheckConstraint(
                condition=models.Q(percent=None) | models.Q(percent__gt=0, percent__lte=100),
                name="a_discount_percentage_is_within_a_price",
                violation_error_message=ABOVE_NOTHING,
            ),
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gt=0),
                name="a_discount_amount_is_above_nothing",
                violation_error_message=ABOVE_NOTHING,
            ),
            models.CheckConstraint(
                condition=models.Q(min_places__gte=1),
                name="a_discount_begins_with_a_place",
                violation_error_message=AT_LEAST_ONE,
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(ends_on=None)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="a_discount_ends_after_it_starts",
                violation_error_message=LAST_AFTER_FIRST,
            ),
        ]

    def __str__(self):
        return f"{self.name}: {self.off_each_place}"

    @property
    def off_each_place(self) -> str:
        """“10% off each place”, “£12.50 off each place”."""
        if self.percent is not None:
            return f"{in_percent(self.percent)} off each place"
        return f"£{(self.amount or 0):,.2f}".removesuffix(".00") + " off each place"

    @property
    def sentence(self) -> str:
        """The whole rule as a person says it; lists, forms and documents show these words and no others."""
        parts = [f"{self.off_each_place} for {BUYERS[self.charging_category]}"]
        if self.min_places and self.min_places > 1:
            parts.append(f"from {self.min_places} places on one date")
        if self.strand:
            parts.append(STRANDS[self.strand])
        if self.band:
            parts.append(f"in band {self.band.code}")
        if self.starts_on:
            parts.append(f"from {format_date(self.starts_on, 'j F Y')}")
        if self.ends_on:
            parts.append(f"until {format_date(self.ends_on, 'j F Y')}")
        return ", ".join(parts)

    def is_for(self, *, band_id: int, strand: str, category: str, places: int, on: date) -> bool:
        """Whether these places of one date, in one order that this buyer places on a day, come under the rule."""
        return (
            self.is_active
            and (self.starts_on is None or self.starts_on <= on)
            and (self.ends_on is None or on <= self.ends_on)
            and places >= self.min_places
            and self.band_id in (None, band_id)
            and self.strand in ("", strand)
            and self.charging_category in ("", category)
        )
