"""Prices: bands, what each charging category pays from which day, and the dated charging policy."""

from decimal import Decimal

import pghistory
from django.db import models

from accounts.models import ChargingCategory
from courses.models.vat import BAND_TREATMENTS, VatTreatment


@pghistory.track(model_name="PriceBandHistory")
class PriceBand(models.Model):
    """A name for a level of price, such as P2, half day, and how VAT treats what is sold in it (DOMAIN 6.2, 6.4)."""

    code = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=80)
    vat_treatment = models.CharField(
        "VAT treatment",
        max_length=15,
        choices=BAND_TREATMENTS,
        default=VatTreatment.EXEMPT,
        db_default=VatTreatment.EXEMPT,
        help_text="Training is exempt; a service beside it is at the standard rate unless finance says otherwise. "
        "A free place is outside the scope, and what is recharged within the council is not a supply, whatever stands here.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(vat_treatment__in=[value for value, _ in BAND_TREATMENTS]),
                name="vat_treatment_of_a_band_is_known",
            ),
        ]

    def __str__(self):
        return f"{self.code}: {self.name}"


class PriceQuerySet(models.QuerySet):
    def in_force(self, on):
        """The price lines that apply on a day: the latest of each band and category."""
        return (
            self.filter(effective_from__lte=on)
            .order_by("band_id", "charging_category", "-effective_from")
            .distinct("band_id", "charging_category")
        )


@pghistory.track(model_name="PriceHistory")
class Price(models.Model):
    """What one category pays in one band from a day on, in pounds without VAT.

    On quote, the amount is what quotes start from, if that is known.
    """

    class Terms(models.TextChoices):
        FIXED = "FIXED", "fixed price"
        ON_QUOTE = "ON_QUOTE", "on quote"
        NOT_OFFERED = "NOT_OFFERED", "not offered"

    band = models.ForeignKey(PriceBand, on_delete=models.PROTECT, related_name="prices")
    charging_category = models.CharField(max_length=15, choices=ChargingCategory)
    terms = models.CharField(max_length=12, choices=Terms, default=Terms.FIXED)
    amount = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    effective_from = models.DateField()

    objects = PriceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["band", "charging_category", "effective_from"], name="one_price_per_band_category_and_day"
            ),
            models.CheckConstraint(
                condition=models.Q(terms="FIXED", amount__gte=0)
                | (models.Q(terms="ON_QUOTE") & (models.Q(amount=None) | models.Q(amount__gt=0)))
                | models.Q(terms="NOT_OFFERED", amount=None),
                name="a_fixed_price_has_an_amount",
            ),
        ]

    def __str__(self):
        return f"{self.band.code} {self.get_charging_category_display()}: {self.amount}"


class ChargingPolicyQuerySet(models.QuerySet):
    def in_force(self, on):
        return self.filter(effective_from__lte=on).order_by("-effective_from")


@pghistory.track(model_name="ChargingPolicyHistory")
class ChargingPolicy(models.Model):
    """One version of the terms people accept when they book (rules B9, B23; DOMAIN 6.2 for the amounts)."""

    version = models.CharField(max_length=20, unique=True)
    effective_from = models.DateField(unique=True)
    late_charge_half_day = models.DecimalField(max_digits=6, decimal_places=2)
    late_charge_full_day = models.DecimalField(max_digits=6, decimal_places=2)
    terms = models.TextField(help_text="The booking terms in full, one paragraph a line.")

    objects = ChargingPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "charging policies"

    def __str__(self):
        return self.version

    def late_charge(self, *, is_half_day: bool, price: Decimal | None) -> Decimal:
        """What the agency is asked for a place given up too late: its price, or for a free place the policy's charge."""
        if price:
            return price
        return self.late_charge_half_day if is_half_day else self.late_charge_full_day
