"""VAT: how a place is treated, and the standard rate from which day (DOMAIN 6.4)."""

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

LOWEST_PERCENT, HIGHEST_PERCENT = 1, 100
RATE_WORDS = "Write the rate as a number from 1 to 100: 20 for twenty per cent, not 0.2."


class VatTreatment(models.TextChoices):
    """Kept on every line that is sold, and never worked out anew from what the buyer is."""

    OUTSIDE_SCOPE = "OUTSIDE_SCOPE", "outside the scope of VAT"
    EXEMPT = "EXEMPT", "exempt from VAT"
    STANDARD = "STANDARD", "standard rate"
    NO_SUPPLY = "NO_SUPPLY", "not a supply: recharged within the council"

    @property
    def note(self) -> str:
        """What an invoice prints below its lines. “Exempt” stands there only where it is so."""
        return NOTES[self]


NOTES: dict[str, str] = {
    VatTreatment.OUTSIDE_SCOPE: "Free training and charges for free places are outside the scope of VAT.",
    VatTreatment.EXEMPT: "Education or vocational training provided by a council: exempt from VAT.",
    VatTreatment.STANDARD: "VAT is charged at the standard rate.",
    VatTreatment.NO_SUPPLY: "Recharged within the council: this is not a supply, and there is no VAT on it.",
}
# Whether money stays within the council is a matter of how an order is paid, so no band has it.
BAND_TREATMENTS = [choice for choice in VatTreatment.choices if choice[0] != VatTreatment.NO_SUPPLY]


class VatRateQuerySet(models.QuerySet):
    def in_force(self, on):
        """The standard rate of a day comes first."""
        return self.filter(effective_from__lte=on).order_by("-effective_from")


@pghistory.track(model_name="VatRateHistory")
class VatRate(models.Model):
    """The standard rate of VAT from a day on."""

    percent = models.DecimalField(
        "standard rate in percent",
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(LOWEST_PERCENT, RATE_WORDS), MaxValueValidator(HIGHEST_PERCENT, RATE_WORDS)],
        help_text="20 for 20%",
    )
    effective_from = models.DateField(
        unique=True, error_messages={"unique": "There is a rate from this day already: change that one."}
    )

    objects = VatRateQuerySet.as_manager()

    class Meta:
        verbose_name = "VAT rate"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gte=LOWEST_PERCENT, percent__lte=HIGHEST_PERCENT),
                name="a_vat_rate_is_a_percentage",
                violation_error_message=RATE_WORDS,
            ),
        ]

    def __str__(self):
        return f"{in_percent(self.percent)} from {self.effective_from}"


def in_percent(number) -> str:
    """A percentage as people write it: “20%”, “33.33%”."""
    return f"{number.normalize():f}%"
