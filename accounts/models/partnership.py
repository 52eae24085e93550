"""Partnership: names, contacts, colours and the field's settings that an administrator may change. One row."""

import copy
import time
import tomllib
from pathlib import Path

import pghistory
from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

colour_validator = RegexValidator(
    r"^#[0-9a-fA-F]{6}$", "Write a colour as # and six digits or letters a to f: #0b5563."
)


READY_MADE = Path(__file__).resolve().parent.parent / "partnerships"


# Every page and letter asks for the one row, several times; a change reaches each process within these seconds.
_kept = {"row": None, "until": 0.0}


class PartnershipQuerySet(models.QuerySet):
    def current(self):
        """The one row, as it was some seconds ago at most (PARTNERSHIP_KEPT_SECONDS); the caller's own to change."""
        row = _kept["row"]
        if row is None or time.monotonic() >= _kept["until"]:
            row = self.stored()
            _kept.update(row=row, until=time.monotonic() + settings.PARTNERSHIP_KEPT_SECONDS)
        return copy.copy(row)

    def stored(self):
        """The one row; the first to ask makes it from the ready-made file that PORTAL_PARTNERSHIP names."""
        try:
            return self.get(pk=1)
        except Partnership.DoesNotExist:
            values = tomllib.loads((READY_MADE / f"{settings.PORTAL_PARTNERSHIP}.toml").read_text())
            return self.get_or_create(pk=1, defaults=values)[0]


@pghistory.track(model_name="PartnershipHistory")
class Partnership(models.Model):
    """Defaults follow DOMAIN 5.3; each help text names the rule it is the setting of."""

    name = models.CharField("name of the partnership", max_length=150)
    short_name = models.CharField("short name", max_length=20)
    council_name = models.CharField(max_length=150)
    team_name = models.CharField("name of the team", max_length=150, default="Workforce Development Team")
    city_name = models.CharField(max_length=80)
    contact_email = models.EmailField()
    contact_phone = models.CharField(max_length=30)
    contact_address = models.TextField(blank=True)
    complaint_email = models.EmailField("data protection complaints go to")
    safeguarding_contact = models.TextField(
        blank=True, help_text="Whom to call with a worry about a child. Shown on public multi-agency pages."
    )
    exit_page_url = models.URLField("“Leave this page quickly” goes to", default="https://www.bbc.co.uk/weather")
    primary_colour = models.CharField(max_length=7, default="#0b5563", validators=[colour_validator])
    logo_svg = models.TextField("logo, as SVG", blank=True, help_text="Drawn on certificates and in the header.")
    accessibility_statement_reviewed_on = models.DateField(null=True, blank=True)

    free_cancel_days_free_places = models.PositiveSmallIntegerField(
        "free cancelling, core and multi-agency (working days before)", default=5, help_text="Rule B7"
    )
    free_cancel_days_traded = models.PositiveSmallIntegerField(
        "free cancelling, traded (working days before)", default=10, help_text="Rule B7"
    )
    request_hold_days = models.PositiveSmallIntegerField(
        "a request holds its place for (working days)", default=5, help_text="Rule B2"
    )
    request_cutoff_days = models.PositiveSmallIntegerField(
        "and not nearer to the start than (working days)", default=3, help_text="Rule B2"
    )
    late_arrival_minutes_in_person = models.PositiveSmallIntegerField(default=20, help_text="Rule B14")
    late_arrival_minutes_online = models.PositiveSmallIntegerField(default=10, help_text="Rule B14")
    register_lock_days = models.PositiveSmallIntegerField(
        "registers lock after (working days)", default=5, help_text="Rule B17"
    )
    reminder_days = models.PositiveSmallIntegerField("reminder (days before)", default=14)
    joining_instructions_days = models.PositiveSmallIntegerField(
        "joining instructions (working days before)", default=5
    )
    needs_erased_after_days = models.PositiveSmallIntegerField(
        "access and diet needs are erased after (days)", default=30, help_text="Rule B22"
    )
    small_number_threshold = models.PositiveSmallIntegerField(
        "hide counts below",
        default=5,
        validators=[MinValueValidator(2)],
        help_text="In quality reports, counts from 1 to one less than this are hidden.",
    )

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "partnership"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="there_is_one_partnership"),
            models.CheckConstraint(condition=models.Q(small_number_threshold__gte=2), name="small_numbers_are_hidden"),
        ]

    def __str__(self):
        return self.name

    @property
    def logo_url(self) -> str:
        return "/logo.svg" if self.logo_svg else ""
