"""Partnership: names, contacts, colours and the field's settings that an administrator may change. One row."""

import copy
import time
import tomllib
from datetime import time as time_of_day
from pathlib import Path

import pghistory
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

colour_validator = RegexValidator(
    r"^#[0-9a-fA-F]{6}$", "Write a colour as # and six digits or letters a to f: #0b5563."
)


prefix_validator = RegexValidator(
    r"^[A-Z][A-Z0-9]*$", "Write capital letters and figures, beginning with a letter: WD."
)

HOW_TO_PAY = (
    "Pay by bank transfer to the account on the council's website, and write the invoice number with the payment.\n"
    "Questions about this invoice: write to the address above."
)


class ChargeVat(models.TextChoices):
    """How VAT applies to a charge for a place that was not used (DOMAIN 6.4)."""

    AS_THE_COURSE = "AS_THE_COURSE", "as the course"
    OUTSIDE_SCOPE = "OUTSIDE_SCOPE", "outside the scope"


READY_MADE = Path(__file__).resolve().parent.parent / "partnerships"


ONLINE_RULES = (
    "Join from a private room, where nobody else can see or hear.\n"
    "Keep your camera on where you can.\n"
    "Do not record, and do not take pictures of the screen.\n"
    "Do not pass the link on: it is for you alone."
)
CONFIDENTIALITY_NOTE = (
    "What people say in the room stays there, unless a child or somebody's practice is at risk: then it is passed on. "
    "Do not give names or details that could tell who a family is, and never write them into this portal."
)


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
    request_reminder_days = models.PositiveSmallIntegerField(
        "the manager is reminded after (working days)", default=2, db_default=2, help_text="Rule B2"
    )
    agency_cap_places = models.PositiveSmallIntegerField(
        "one agency may take (places)", default=4, db_default=4, help_text="Rule B6, multi-agency dates"
    )
    agency_cap_percent = models.PositiveSmallIntegerField(
        "or this share of all places, if more (%)", default=20, db_default=20, help_text="Rule B6"
    )
    agency_cap_lifts_days = models.PositiveSmallIntegerField(
        "the agency cap ends (working days before)", default=10, db_default=10, help_text="Rule B6"
    )
    offer_hours = models.PositiveSmallIntegerField(
        "an offer from the waiting list lasts (hours)", default=48, db_default=48, help_text="DOMAIN 5.5"
    )
    offer_hours_near = models.PositiveSmallIntegerField(
        "near the date it lasts (hours)", default=24, db_default=24, help_text="DOMAIN 5.5"
    )
    offer_near_days = models.PositiveSmallIntegerField(
        "near the date means (working days before)", default=5, db_default=5, help_text="DOMAIN 5.5"
    )
    offer_cutoff_days = models.PositiveSmallIntegerField(
        "no offers by themselves from (working days before)",
        default=2,
        db_default=2,
        help_text="From then on the team calls the people who wait.",
    )
    first_to_answer_hours = models.PositiveSmallIntegerField(
        "free places go to whoever books first from (hours before)",
        default=24,
        db_default=24,
        help_text="People who still wait are told.",
    )
    group_patience_days = models.PositiveSmallIntegerField(
        "free places are kept for a group whose turn it is for (days)",
        default=2,
        db_default=2,
        help_text="Then smaller ones behind it go first. 0: they go first at once.",
    )
    sickness_told_by = models.TimeField(
        "sick on the day: the manager tells us by",
        default=time_of_day(10),
        db_default=time_of_day(10),
        help_text="Rule B11",
    )
    sickness_confirmed_days = models.PositiveSmallIntegerField(
        "and confirms it in writing within (working days)", default=2, db_default=2, help_text="Rule B11"
    )
    transfers_allowed = models.PositiveSmallIntegerField(
        "a place may be moved to another date (times)", default=1, db_default=1, help_text="Rule B13"
    )
    late_arrival_minutes_in_person = models.PositiveSmallIntegerField(default=20, help_text="Rule B14")
    late_arrival_minutes_online = models.PositiveSmallIntegerField(default=10, help_text="Rule B14")
    register_lock_days = models.PositiveSmallIntegerField(
        "registers lock after (working days)", default=5, help_text="Rule B17"
    )
    online_attendance_percent = models.PositiveSmallIntegerField(
        "online: here means joined for (% of the time)", default=90, db_default=90, help_text="Rule B16"
    )
    repeat_absence_count = models.PositiveSmallIntegerField(
        "new multi-agency bookings are looked at after (absences)", default=2, db_default=2, help_text="Rule B18"
    )
    repeat_absence_months = models.PositiveSmallIntegerField(
        "absences count for (months)", default=12, db_default=12, help_text="Rule B18"
    )
    go_ahead_days = models.PositiveSmallIntegerField(
        "dates with too few people are decided (working days before)", default=10, db_default=10, help_text="Rule B20"
    )
    charge_review_days = models.PositiveSmallIntegerField(
        "a charge waits for reasons (working days)", default=5, db_default=5, help_text="DOMAIN 6.3"
    )
    name_reminder_days = models.PositiveSmallIntegerField(
        "names of unnamed places are asked for (working days before)", default=10, db_default=10
    )
    name_last_reminder_days = models.PositiveSmallIntegerField(
        "and once more (working days before)", default=6, db_default=6
    )
    name_by_days = models.PositiveSmallIntegerField(
        "places without a name are given back (working days before)", default=5, db_default=5
    )
    move_answer_days = models.PositiveSmallIntegerField(
        "a date was moved: people answer within (working days)", default=5, db_default=5
    )
    self_paced_days = models.PositiveSmallIntegerField(
        "self-paced courses are due after (days)", default=28, db_default=28, help_text="Rule B26"
    )
    inactive_months = models.PositiveSmallIntegerField(
        "accounts without activity are asked after (months)", default=24, db_default=24, help_text="Rule B27"
    )
    inactive_answer_days = models.PositiveSmallIntegerField(
        "and anonymised without an answer after (days)", default=30, db_default=30, help_text="Rule B27"
    )
    basket_names_days = models.PositiveSmallIntegerField(
        "names in baskets that nobody orders are removed after (days)",
        default=90,
        db_default=90,
        validators=[MinValueValidator(1)],
        help_text="Counted from the last change of the basket; the places stay in it without names.",
    )
    enquiry_months = models.PositiveSmallIntegerField(
        "who asked is forgotten, where nothing came of it, after (months)",
        default=24,
        db_default=24,
        validators=[MinValueValidator(1)],
        help_text="Enquiries and quotes of people without an account (DOMAIN 11.2).",
    )
    money_years = models.PositiveSmallIntegerField(
        "what people wrote with orders and invoices is removed after (financial years, besides the current one)",
        default=6,
        db_default=6,
        validators=[MinValueValidator(1)],
        help_text="DOMAIN 11.2. Figures and issued documents stay as they are.",
    )
    feedback_words_months = models.PositiveSmallIntegerField(
        "comments in feedback are removed after (months)",
        default=24,
        db_default=24,
        validators=[MinValueValidator(1)],
        help_text="DOMAIN 11.2. What was approved to be quoted stays.",
    )
    observation_months = models.PositiveSmallIntegerField(
        "every trainer is observed within (months)",
        default=24,
        db_default=24,
        validators=[MinValueValidator(1)],
        help_text="DOMAIN 9.5",
    )
    observation_write_up_days = models.PositiveSmallIntegerField(
        "an observation is shared with the trainer within (working days)",
        default=10,
        db_default=10,
        help_text="DOMAIN 9.2. Counted from the day itself.",
    )
    agency_return_reminder_days = models.PositiveSmallIntegerField(
        "agencies are reminded of their training return (days before it is due)",
        default=14,
        db_default=14,
        help_text="DOMAIN 9.8",
    )
    agency_return_late_days = models.PositiveSmallIntegerField(
        "and again, while it is late, every (days)",
        default=7,
        db_default=7,
        validators=[MinValueValidator(1)],
        help_text="Three times at most.",
    )
    action_reminder_days = models.PositiveSmallIntegerField(
        "whoever promised an action is reminded (days before)", default=7, db_default=7, help_text="DOMAIN 9.6, R20"
    )
    action_overdue_days = models.PositiveSmallIntegerField(
        "and once more when it is overdue by (days)",
        default=1,
        db_default=1,
        validators=[MinValueValidator(1)],
    )
    online_rules = models.TextField(
        "rules of online training",
        default=ONLINE_RULES,
        db_default=ONLINE_RULES,
        help_text="One a line; shown before people book and in their letters (rule B24).",
    )
    confidentiality_note = models.TextField(
        "what is said in the training room",
        default=CONFIDENTIALITY_NOTE,
        db_default=CONFIDENTIALITY_NOTE,
        help_text="Shown with the booking terms (rule B25).",
    )
    invoice_name = models.CharField(
        "name on invoices",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Empty: the council's name.",
    )
    invoice_address = models.TextField(
        "address on invoices", blank=True, default="", db_default="", help_text="Empty: the team's address."
    )
    vat_number = models.CharField("VAT number", max_length=20, blank=True, default="", db_default="")
    how_to_pay = models.TextField(
        "how to pay",
        default=HOW_TO_PAY,
        db_default=HOW_TO_PAY,
        help_text="Printed on invoices: account, sort code, what to write with the payment.",
    )
    invoice_prefix = models.CharField(
        "invoice numbers begin with", max_length=6, default="WD", db_default="WD", validators=[prefix_validator]
    )
    recharge_prefix = models.CharField(
        "numbers of internal recharges begin with",
        max_length=6,
        default="WDR",
        db_default="WDR",
        validators=[prefix_validator],
    )
    credit_note_prefix = models.CharField(
        "credit note numbers begin with", max_length=6, default="WDC", db_default="WDC", validators=[prefix_validator]
    )
    invoice_due_days = models.PositiveSmallIntegerField(
        "invoices are due after (days)", default=30, db_default=30, help_text="DOMAIN 6.3"
    )
    invoice_early_month = models.PositiveSmallIntegerField(
        "dates in this month are invoiced when they are ordered (1 to 12; 0: none)",
        default=3,
        db_default=3,
        validators=[MaxValueValidator(12)],
        help_text="March, because of the end of the year (DOMAIN 6.1).",
    )
    po_due_days = models.PositiveSmallIntegerField(
        "a purchase order to follow is due (working days before)", default=10, db_default=10, help_text="DOMAIN 6.3"
    )
    po_reminder_days = models.PositiveSmallIntegerField(
        "and is asked for again (working days before)", default=15, db_default=15
    )
    checkout_hold_minutes = models.PositiveSmallIntegerField(
        "places are kept while somebody orders (minutes)", default=30, db_default=30, validators=[MinValueValidator(5)]
    )
    quote_valid_days = models.PositiveSmallIntegerField(
        "a quote is valid for (days)", default=30, db_default=30, help_text="DOMAIN 6.3"
    )
    package_reminder_days = models.PositiveSmallIntegerField(
        "a package's end is written about (days before)", default=60, db_default=60
    )
    charge_vat = models.CharField(
        "VAT on charges for places not used",
        max_length=13,
        choices=ChargeVat,
        default=ChargeVat.AS_THE_COURSE,
        db_default=ChargeVat.AS_THE_COURSE,
        help_text="DOMAIN 6.4: ask the council's VAT officer.",
    )
    reminder_days = models.PositiveSmallIntegerField("reminder (days before)", default=14)
    joining_instructions_days = models.PositiveSmallIntegerField(
        "joining instructions (working days before)", default=5
    )
    needs_erased_after_days = models.PositiveSmallIntegerField(
        "access and diet needs are erased after (days)", default=30, help_text="Rule B22"
    )
    manager_link_days = models.PositiveSmallIntegerField(
        "a manager may answer about a course for (days)",
        default=30,
        db_default=30,
        validators=[MinValueValidator(1)],
        help_text="From the letter that asks them, twelve weeks after the course (DOMAIN 11.2).",
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
            models.CheckConstraint(
                condition=models.Q(invoice_early_month__lte=12), name="invoices_are_early_in_a_month_of_the_year"
            ),
            models.CheckConstraint(condition=models.Q(small_number_threshold__gte=2), name="small_numbers_are_hidden"),
        ]

    def __str__(self):
        return self.name
