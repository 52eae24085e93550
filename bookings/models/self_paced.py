"""SelfPacedEnrolment: somebody does a self-paced course in their own time, until a day (rule B26)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now

from accounts.models import ChargingCategory, Role, Sector
from bookings.models.booking import MARK_LINE_OF_CLAIM


class EnrolmentState(models.TextChoices):
    """DOMAIN 12."""

    ENROLLED = "ENROLLED", "not begun yet"
    IN_PROGRESS = "IN_PROGRESS", "in progress"
    PASSED = "PASSED", "finished"
    LAPSED = "LAPSED", "not finished in time"


LIVE_ENROLMENT_STATES = (EnrolmentState.ENROLLED, EnrolmentState.IN_PROGRESS)

# Which state may follow which. The database refuses everything else (trigger `enrolments_move_by_the_rules`).
ENROLMENT_TRANSITIONS: dict[EnrolmentState, tuple[EnrolmentState, ...]] = {
    EnrolmentState.ENROLLED: (EnrolmentState.IN_PROGRESS, EnrolmentState.LAPSED),
    EnrolmentState.IN_PROGRESS: (EnrolmentState.PASSED, EnrolmentState.LAPSED),
}


class SelfPacedEnrolmentQuerySet(models.QuerySet):
    def live(self):
        """Neither finished nor lapsed."""
        return self.filter(state__in=LIVE_ENROLMENT_STATES)

    def passed(self):
        return self.filter(state=EnrolmentState.PASSED)

    def ended(self):
        """Finished, or not finished in time."""
        return self.exclude(state__in=LIVE_ENROLMENT_STATES)

    def live_first(self):
        """Tell of each whether it has ended, to order by."""
        return self.annotate(has_ended=Case(When(state__in=LIVE_ENROLMENT_STATES, then=False), default=True))

    def overdue(self, now):
        """Not finished by their day. For the sweep bookings.lapse_self_paced."""
        return self.live().filter(due_at__lte=now)

    def on_course(self, words):
        """Of courses whose title has these words in it, or whose code they are."""
        return self.filter(Q(course__title__icontains=words) | Q(course__code__iexact=words))

    def with_facts(self):
        return self.select_related("course", "offer", "organisation", "policy", "practitioner__user")

    def of(self, user):
        """One's own."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(practitioner__user=user)

    def visible_to(self, user):
        """One's own; the team sees all."""
        if user.is_authenticated and user.is_active and user.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return self
        return self.of(user)


@pghistory.track(model_name="SelfPacedEnrolmentHistory")
class SelfPacedEnrolment(models.Model):
    """Agency, price and terms are copied as a booking keeps them, because a charge may follow. A lapsed one stays."""

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: S-7K2M4QXY.")
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="self_paced_enrolments")
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, related_name="self_paced_enrolments"
    )
    offer = models.ForeignKey("courses.Offer", on_delete=models.PROTECT, related_name="self_paced_enrolments")
    state = models.CharField(max_length=11, choices=EnrolmentState, default=EnrolmentState.ENROLLED)
    # Set at every move from one state to the next: row history keeps each.
    state_since = models.DateTimeField(db_default=Now())
    state_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="self_paced_enrolments"
    )
    sector = models.CharField(max_length=30, choices=Sector, blank=True)
    charging_category = models.CharField(max_length=15, choices=ChargingCategory, blank=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, help_text="Pounds, without VAT.")
    policy = models.ForeignKey("courses.ChargingPolicy", on_delete=models.PROTECT, related_name="self_paced_enrolments")
    charges_non_completion = models.BooleanField(
        default=False, db_default=False, help_text="As the offer said when the person started."
    )
    order_line = models.OneToOneField(
        "bookings.OrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="enrolment"
    )
    terms_accepted_at = models.DateTimeField()
    manager_email = models.EmailField(max_length=254, blank=True)
    has_managers_agreement = models.BooleanField(default=False)
    has_no_manager = models.BooleanField(default=False)
    prerequisite_declared = models.CharField(max_length=120, blank=True, help_text="What was done first, and when.")

    enrolled_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="The last moment to finish.")
    begun_at = models.DateTimeField(null=True, blank=True)
    passed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person declared that they have finished."
    )
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    extended_reason = models.CharField(max_length=300, blank=True)

    objects = SelfPacedEnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "course"],
                condition=Q(state__in=LIVE_ENROLMENT_STATES),
                name="one_live_enrolment_per_practitioner_and_course",
            ),
            models.CheckConstraint(condition=Q(state__in=EnrolmentState.values), name="enrolment_state_is_known"),
            models.CheckConstraint(condition=Q(due_at__gt=F("enrolled_at")), name="an_enrolment_has_time"),
            models.CheckConstraint(
                condition=~Q(state__in=["IN_PROGRESS", "PASSED"]) | Q(begun_at__isnull=False),
                name="a_course_in_progress_was_begun",
            ),
            models.CheckConstraint(
                condition=Q(state="PASSED", passed_at__isnull=False) | (~Q(state="PASSED") & Q(passed_at__isnull=True)),
                name="a_finished_course_says_when",
            ),
            models.CheckConstraint(
                condition=Q(extended_at__isnull=True, extended_by__isnull=True, extended_reason="")
                | (Q(extended_at__isnull=False, extended_by__isnull=False) & ~Q(extended_reason="")),
                name="a_later_day_says_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(price=0) | Q(order_line__isnull=False), name="a_start_that_costs_something_is_sold"
            ),
        ]
        indexes = [
            models.Index(fields=["practitioner", "-enrolled_at"], name="enrolments_of_a_person"),
            models.Index(fields=["course", "state", "due_at"], name="enrolments_of_a_course"),
            # For the sweeps bookings.lapse_self_paced and bookings.remind_self_paced.
            models.Index(
                fields=["due_at"], condition=Q(state__in=LIVE_ENROLMENT_STATES), name="live_enrolments_by_day"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="enrolments_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in ENROLMENT_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Trigger(
                name="what_is_owed_for_it_is_looked_at",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "order_line_id"),
                condition=pgtrigger.Q(new__order_line_id__isnull=False),
                func=MARK_LINE_OF_CLAIM,
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_ENROLMENT_STATES

    def move_to(self, state: EnrolmentState, *, by, now) -> None:
        """Set the state with who and when; the caller saves ENROLMENT_STATE_FIELDS with whatever else changes."""
        self.state, self.state_since, self.state_set_by = state, now, by


ENROLMENT_STATE_FIELDS = ("state", "state_since", "state_set_by")
SelfPacedEnrolment.State = EnrolmentState
