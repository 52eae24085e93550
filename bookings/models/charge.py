"""ChargeNotice: a proposed charge for a place that was not used, before finance raises it (DOMAIN 6.3)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation, SpokenForQuerySet
from bookings.models.booking import CancelReason
from courses.models import Course, Event

# What is decided about a charge decides what is owed for the place that was sold.
MARK_LINE_OF_CHARGE = """
    UPDATE bookings_orderline SET is_to_settle = TRUE WHERE NOT is_to_settle AND id IN (
        SELECT order_line_id FROM bookings_booking WHERE id = NEW.booking_id
        UNION ALL SELECT order_line_id FROM bookings_selfpacedenrolment WHERE id = NEW.enrolment_id
    );
    RETURN NEW;
"""


class ChargeState(models.TextChoices):
    DRAFT = "DRAFT", "waiting for reasons"
    TO_REVIEW = "TO_REVIEW", "to be reviewed"
    WAIVED = "WAIVED", "waived"
    APPROVED = "APPROVED", "approved"
    WITHDRAWN = "WITHDRAWN", "withdrawn, because the register was corrected"


OPEN_CHARGE_STATES = (ChargeState.DRAFT, ChargeState.TO_REVIEW)
DECIDED_CHARGE_STATES = (ChargeState.WAIVED, ChargeState.APPROVED)
STANDING_CHARGE_STATES = (*OPEN_CHARGE_STATES, ChargeState.APPROVED)

# Which state may follow which. The database refuses everything else (trigger `charges_move_by_the_rules`).
CHARGE_TRANSITIONS: dict[ChargeState, tuple[ChargeState, ...]] = {
    ChargeState.DRAFT: (ChargeState.TO_REVIEW, ChargeState.WAIVED, ChargeState.APPROVED, ChargeState.WITHDRAWN),
    ChargeState.TO_REVIEW: (ChargeState.WAIVED, ChargeState.APPROVED, ChargeState.WITHDRAWN),
    # Until it is on an invoice, a decision may be taken back with a reason.
    ChargeState.WAIVED: (ChargeState.TO_REVIEW,),
    ChargeState.APPROVED: (ChargeState.TO_REVIEW, ChargeState.WITHDRAWN),
}


class ChargeNoticeQuerySet(SpokenForQuerySet):
    def open(self):
        return self.filter(state__in=OPEN_CHARGE_STATES)

    def to_review(self):
        """What waits for a decision of the team."""
        return self.filter(state=ChargeState.TO_REVIEW)

    def standing(self):
        """Neither waived nor withdrawn."""
        return self.filter(state__in=STANDING_CHARGE_STATES)

    def decided(self):
        return self.filter(state__in=DECIDED_CHARGE_STATES)

    def approved(self):
        """What finance raises."""
        return self.filter(state=ChargeState.APPROVED)

    def to_settle(self):
        """Something has happened that may change what is invoiced. For the sweep bookings.settle_lines."""
        return self.filter(is_to_settle=True)

    def for_free_places(self):
        """Charges that are invoiced by themselves; a place that cost something is invoiced as a line of its order."""
        return self.exclude(booking__order_line__net__gt=0).exclude(enrolment__order_line__net__gt=0)

    def shown_to_agencies(self):
        """A charge that was withdrawn never was one."""
        return self.exclude(state=ChargeState.WITHDRAWN)

    def untouched(self):
        """Open, and nobody has taken a decision on them back: what a person has decided once, only a person decides again."""
        return self.open().filter(decided_reason="")

    def may_be_refilled(self, now):
        """Places given up late that somebody may have taken since. For the sweep bookings.put_charges_up_for_review."""
        return self.untouched().filter(
            Q(state=ChargeState.DRAFT) | Q(booking__event__ends_at__gt=now),
            kind=ChargeNotice.Kind.LATE_CANCELLATION,
        )

    def of_dates_we_cancelled(self):
        """Charges for a date that then did not take place. For the sweep bookings.put_charges_up_for_review."""
        return self.untouched().filter(booking__event__state="CANCELLED")

    def explained(self):
        return self.exclude(reason_given_for="")

    def from_agency(self, words):
        return self.filter(organisation__in=Organisation.objects.filter(name__icontains=words))

    def on_course(self, words):
        """Of dates whose reference, or whose course's title or code, the words are part or beginning of."""
        courses = Course.objects.filter(Q(title__icontains=words) | Q(code__iexact=words))
        events = Event.objects.filter(Q(reference__istartswith=words) | Q(version__course__in=courses))
        return self.filter(Q(booking__event__in=events) | Q(enrolment__course__in=courses))

    def due_for_review(self, now):
        """Drafts whose time for reasons is over. For the sweep bookings.put_charges_up_for_review."""
        return self.filter(state=ChargeState.DRAFT, review_from__lte=now)

    def with_facts(self):
        return self.select_related(
            *("booking__event__version__course", "booking__practitioner"),
            *("enrolment__course", "enrolment__practitioner", "organisation", "policy", "decided_by"),
        )


@pghistory.track(model_name="ChargeNoticeHistory", exclude=["is_to_settle"])
class ChargeNotice(models.Model):
    """The agency pays, never the person. The amount is that of the policy which was accepted when the place was booked."""

    class Kind(models.TextChoices):
        LATE_CANCELLATION = "LATE_CANCELLATION", "cancelled late"
        NON_ATTENDANCE = "NON_ATTENDANCE", "did not attend"
        NON_COMPLETION = "NON_COMPLETION", "not completed in time"

    class WaivedFor(models.TextChoices):
        """Rule B10."""

        SICKNESS = "SICKNESS", "sickness"
        BEREAVEMENT = "BEREAVEMENT", "bereavement"
        INSPECTION = "INSPECTION", "an inspection"
        COURT_OR_EMERGENCY = "COURT_OR_EMERGENCY", "court, or a child protection emergency"
        PROVIDER_FAULT = "PROVIDER_FAULT", "something on our side"
        REFILLED = "REFILLED", "somebody else took the place"
        DECISION = "DECISION", "a decision of the team"

    # What it is for: a place on a date, or a self-paced course that was not finished in time.
    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, null=True, blank=True, related_name="charge_notices"
    )
    enrolment = models.ForeignKey(
        "bookings.SelfPacedEnrolment", on_delete=models.PROTECT, null=True, blank=True, related_name="charge_notices"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=ChargeState, default=ChargeState.DRAFT)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="charge_notices")
    policy = models.ForeignKey("courses.ChargingPolicy", on_delete=models.PROTECT, related_name="charge_notices")
    amount = models.DecimalField(max_digits=8, decimal_places=2, help_text="Pounds, without VAT.")
    drafted_at = models.DateTimeField()
    review_from = models.DateTimeField(help_text="Until then reasons are waited for.")

    reason_given_for = models.CharField(max_length=20, choices=CancelReason, blank=True)
    reason_given = models.CharField(max_length=500, blank=True)
    reason_given_at = models.DateTimeField(null=True, blank=True)
    reason_given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    waived_for = models.CharField(max_length=20, choices=WaivedFor, blank=True)
    decided_reason = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Something has happened that may change what is invoiced for it; set by a trigger.
    is_to_settle = models.BooleanField(default=False, db_default=False, editable=False)

    objects = ChargeNoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking"], condition=~Q(state="WITHDRAWN"), name="one_charge_per_booking"),
            models.UniqueConstraint(
                fields=["enrolment"], condition=~Q(state="WITHDRAWN"), name="one_charge_per_enrolment"
            ),
            models.CheckConstraint(
                condition=Q(booking__isnull=False, enrolment__isnull=True)
                | Q(booking__isnull=True, enrolment__isnull=False, kind="NON_COMPLETION"),
                name="a_charge_is_for_a_booking_or_an_enrolment",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_charge_is_above_zero"),
            models.CheckConstraint(condition=Q(state__in=ChargeState.values), name="charge_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="WAIVED") | (~Q(waived_for="") & Q(decided_at__isnull=False)),
                name="a_waived_charge_says_why_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="APPROVED") | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="an_approved_charge_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(decided_at__isnull=False),
                name="charge_decided_by_needs_decided_at",
            ),
            models.CheckConstraint(
                condition=Q(reason_given_at__isnull=True, reason_given_by__isnull=True)
                | (Q(reason_given_at__isnull=False) & ~Q(reason_given_for="")),
                name="charge_reason_given_at_and_by_together",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "review_from"], name="charges_by_state"),
            models.Index(fields=["organisation", "-drafted_at"], name="charges_of_an_agency"),
            # For the sweep bookings.settle_lines.
            models.Index(fields=["id"], condition=Q(is_to_settle=True), name="charges_to_settle"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="charges_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in CHARGE_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Trigger(
                name="a_charge_is_looked_at",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                func="NEW.is_to_settle := TRUE; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="what_is_charged_is_looked_at",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                func=MARK_LINE_OF_CHARGE,
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: £{self.amount} for {self.claim}"

    @property
    def claim(self):
        """The booking or the enrolment: both have a reference, a person, an agency, a price and accepted terms."""
        return self.booking or self.enrolment

    @property
    def practitioner(self):
        return self.claim.practitioner

    @property
    def reference(self) -> str:
        return self.claim.reference

    @property
    def course(self):
        return self.booking.event.version.course if self.booking else self.enrolment.course

    @property
    def day(self):
        """The day that people know it by: when the date began, or by when the course was to be finished."""
        return self.booking.event.starts_at if self.booking else self.enrolment.due_at

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CHARGE_STATES

    @property
    def is_decided(self) -> bool:
        return self.state in DECIDED_CHARGE_STATES

    @property
    def is_untouched(self) -> bool:
        """Open, and nobody has taken a decision on it back."""
        return self.is_open and not self.decided_reason


ChargeNotice.State = ChargeState
