"""Booking: a practitioner's claim on an event, its states, and the terms it was made on."""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import ChargingCategory, Organisation, OutboundEmail, Practitioner, Role, Sector
from courses.models import Event
from courses.models.course import HALF_DAY_HOURS

# Whatever happens to a sold place may change what is owed for it (docs/decisions/0011).
MARK_LINE_OF_CLAIM = """
    UPDATE bookings_orderline SET is_to_settle = TRUE WHERE id = NEW.order_line_id AND NOT is_to_settle;
    RETURN NEW;
"""


class State(models.TextChoices):
    """DOMAIN 5.4."""

    REQUESTED = "REQUESTED", "requested"
    CONFIRMED = "CONFIRMED", "confirmed"
    DECLINED = "DECLINED", "declined"
    LAPSED = "LAPSED", "request lapsed"
    CANCELLED = "CANCELLED", "cancelled"
    CANCELLED_LATE = "CANCELLED_LATE", "cancelled late"
    SUBSTITUTED = "SUBSTITUTED", "given to a colleague"
    TRANSFERRED = "TRANSFERRED", "moved to another date"
    CANCELLED_BY_PROVIDER = "CANCELLED_BY_PROVIDER", "cancelled by us"
    ATTENDED = "ATTENDED", "attended"
    PART_ATTENDED = "PART_ATTENDED", "attended in part"
    DID_NOT_ATTEND = "DID_NOT_ATTEND", "did not attend"
    TURNED_AWAY = "TURNED_AWAY", "turned away"


class CancelReason(models.TextChoices):
    """Why a place is given up, or was not used. The first five are looked at kindly when a charge is reviewed (rule B10)."""

    SICKNESS = "SICKNESS", "sickness"
    BEREAVEMENT = "BEREAVEMENT", "bereavement"
    INSPECTION = "INSPECTION", "an inspection"
    COURT_OR_EMERGENCY = "COURT_OR_EMERGENCY", "court, or a child protection emergency"
    PROVIDER_FAULT = "PROVIDER_FAULT", "something on our side"
    WORKLOAD = "WORKLOAD", "workload, or nobody to cover"
    TECHNOLOGY = "TECHNOLOGY", "technology"
    TRAVEL = "TRAVEL", "travel or weather"
    LEFT_ROLE = "LEFT_ROLE", "left the role"
    FORGOT = "FORGOT", "forgot"
    OTHER = "OTHER", "another reason"


ATTENDANCE_OUTCOMES = (State.ATTENDED, State.PART_ATTENDED, State.DID_NOT_ATTEND, State.TURNED_AWAY)
PLACE_HOLDING_STATES = (State.REQUESTED, State.CONFIRMED, *ATTENDANCE_OUTCOMES)
LIVE_STATES = PLACE_HOLDING_STATES
ABSENT_STATES = (State.DID_NOT_ATTEND, State.TURNED_AWAY)
UNUSED_STATES = (*ABSENT_STATES, State.CANCELLED_LATE)
TOOK_PART_STATES = (State.ATTENDED, State.PART_ATTENDED)

STATE_FIELDS = ("state", "state_since", "state_set_by", "state_reason")

# Which state may follow which. The database refuses everything else (trigger `booking_moves_by_the_rules`).
# Outcomes may be corrected into one another until the register locks, so each allows the others and
# CONFIRMED, which is “not marked yet”.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.REQUESTED: (State.CONFIRMED, State.DECLINED, State.LAPSED, State.CANCELLED, State.CANCELLED_BY_PROVIDER),
    State.CONFIRMED: (
        State.CANCELLED,
        State.CANCELLED_LATE,
        State.SUBSTITUTED,
        State.TRANSFERRED,
        State.CANCELLED_BY_PROVIDER,
        *ATTENDANCE_OUTCOMES,
    ),
    State.ATTENDED: (State.CONFIRMED, State.PART_ATTENDED, State.DID_NOT_ATTEND, State.TURNED_AWAY),
    State.PART_ATTENDED: (State.CONFIRMED, State.ATTENDED, State.DID_NOT_ATTEND, State.TURNED_AWAY),
    State.DID_NOT_ATTEND: (State.CONFIRMED, State.ATTENDED, State.PART_ATTENDED, State.TURNED_AWAY),
    State.TURNED_AWAY: (State.CONFIRMED, State.ATTENDED, State.PART_ATTENDED, State.DID_NOT_ATTEND),
}


# So many rows are named one by one in a question to the database, which then goes straight to their bookings.
NAMED_AT_MOST = 1_000


def _named(rows):
    """The numbers of these rows; for very many the question itself, which the database answers better."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: NAMED_AT_MOST + 1])
    return ids if len(ids) <= NAMED_AT_MOST else rows.values("pk")


def costs_something(course: str) -> Q:
    """Which rows cost the agency something if they are not used, as ChargingPolicy.late_charge says; `course` is their way to it."""
    is_half_day = Q((f"{course}__duration_hours__lte", HALF_DAY_HOURS))
    return (
        Q(price__gt=0)
        | (is_half_day & Q(policy__late_charge_half_day__gt=0))
        | (~is_half_day & Q(policy__late_charge_full_day__gt=0))
    )


class BookingQuerySet(models.QuerySet):
    def holding_a_place(self):
        return self.filter(state__in=PLACE_HOLDING_STATES)

    def live(self):
        return self.filter(state__in=LIVE_STATES)

    def requested(self):
        return self.filter(state=State.REQUESTED)

    def waiting_for_a_manager(self):
        """Requests of which a manager has been asked and has not answered, with nothing for the team to do yet."""
        return self.requested().filter(approval__decision="", price__isnull=False)

    def waiting_for_the_team(self):
        """All other requests: nobody else was asked, the manager has agreed, or what the place costs is undecided."""
        return self.requested().exclude(approval__decision="", price__isnull=False)

    def with_approval(self):
        """With the manager's answer, for pages that say what a request waits for."""
        return self.select_related("approval")

    def confirmed(self):
        return self.filter(state=State.CONFIRMED)

    def on_the_register(self):
        """Everybody whom the trainer expects or has marked."""
        return self.filter(state__in=[State.CONFIRMED, *ATTENDANCE_OUTCOMES])

    def took_part(self):
        return self.filter(state__in=TOOK_PART_STATES)

    def upcoming(self, now):
        return self.filter(event__ends_at__gt=now)

    def requests_past_their_hold(self, now):
        """Requests that nobody decided in time (rule B2). For the sweep bookings.lapse_requests."""
        return self.requested().filter(hold_ends_at__lte=now)

    def unanswered(self):
        """Places on a date that was moved, whose people have not said yet whether they can come."""
        return self.confirmed().filter(answer_due_at__isnull=False, answered_at__isnull=True)

    def past_their_answer(self, now):
        """Nobody said in time that they can come on the new day. For the sweep bookings.release_unanswered."""
        return self.unanswered().filter(answer_due_at__lte=now)

    def absent_since(self, moment):
        """People who did not attend an event that ended after the moment. For the sweep bookings.queue_absence_letters."""
        return self.filter(state__in=ABSENT_STATES, event__ends_at__gt=moment)

    def unused_since(self, moment):
        """Which bookings left a place unused on a date since then (rule B18): a condition for a larger question."""
        return Q(state__in=UNUSED_STATES, event__starts_at__gt=moment)

    def with_forgiveness(self):
        """Tell of each whether its charge was waived, so that it counts against nobody."""
        waived = Exists(self.model._base_manager.filter(pk=OuterRef("pk"), charge_notices__state="WAIVED"))
        return self.annotate(is_forgiven=waived)

    def chargeable(self):
        """Places that were not used and cost something by the terms they were booked on; never of people added on the day."""
        costs = costs_something("event__version__course")
        unused = self.filter(costs, state__in=UNUSED_STATES, event__commissioned_by__isnull=True)
        return unused.exclude(source=Booking.Source.WALK_IN)

    def lacking_a_charge(self):
        """Chargeable places that nobody was ever asked about, once the register is locked; late cancellations at once.

        There are none: each is drafted in the transaction that makes it chargeable. For check_bookings.
        """
        # Named in words: the notices' own module imports this one.
        asked = ["DRAFT", "TO_REVIEW", "WAIVED", "APPROVED"]
        noticed = Exists(self.model._base_manager.filter(pk=OuterRef("pk"), charge_notices__state__in=asked))
        is_final = Q(state=State.CANCELLED_LATE) | Q(event__register_locked_at__isnull=False)
        return self.chargeable().filter(is_final, ~noticed)

    def with_returned_letters(self):
        """Tell of each whether letters to the person's present address come back."""
        returned = OutboundEmail.objects.came_back().filter(
            practitioner=OuterRef("practitioner"), to__iexact=OuterRef("practitioner__email")
        )
        return self.annotate(letters_come_back=Exists(returned))

    def with_event_facts(self):
        return self.select_related("event__version__course", "event__venue", "offer", "organisation", "practitioner")

    def with_list_facts(self):
        """Only what a row of a long list prints: a full row of six tables costs several times as much to read."""
        return self.select_related("event__version__course", "organisation", "practitioner").only(
            *("reference", "state", "source", "event__reference", "event__starts_at", "event__version__course__title"),
            *("organisation__name", "practitioner__full_name"),
        )

    def found_by(self, words):
        """Bookings whose person, address, reference, date, course or agency the words are part or beginning of.

        Each is looked up by itself: one condition over six tables would read all rows of all six.
        """
        people = Practitioner.objects.filter(Q(full_name__icontains=words) | Q(email__istartswith=words))
        events = Event.objects.filter(Q(reference__istartswith=words) | Q(version__course__title__icontains=words))
        agencies = Organisation.objects.filter(name__icontains=words)
        return self.filter(
            Q(practitioner__in=_named(people))
            | Q(event__in=_named(events))
            | Q(organisation__in=_named(agencies))
            | Q(reference=words.upper())
        )

    def of(self, user):
        """One's own bookings."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(practitioner__user=user)

    def changeable_by(self, user):
        """Bookings that this user may give up, pass on or move: one's own, one's organisation's, staff all; no trainer's."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM):
            return self
        return self.filter(Q(practitioner__user=user) | Q(organisation__in=Organisation.objects.spoken_for_by(user)))

    def visible_to(self, user):
        """Own bookings; those of the events one trains; those of organisations one speaks for; staff see all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return self
        from courses.models import TrainerAssignment

        trained = TrainerAssignment.objects.filter(trainer__practitioner__user=user)
        return self.filter(
            Q(practitioner__user=user)
            | Q(event__in=trained.values("session__event"))
            | Q(organisation__in=Organisation.objects.spoken_for_by(user))
        )


@pghistory.track(model_name="BookingHistory")
class Booking(models.Model):
    """Agency, sector, price and terms are copied when the booking is made: last year's report must not change."""

    class Source(models.TextChoices):
        SELF = "SELF", "booked by the person"
        CONTACT = "CONTACT", "booked by a booking contact"
        STAFF = "STAFF", "booked by the team"
        WALK_IN = "WALK_IN", "added on the day"
        IMPORT = "IMPORT", "imported"

    # Set at every move from one state to the next: row history keeps each (DOMAIN 5.4).
    state_since = models.DateTimeField(db_default=Now())
    state_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: B-7K2M4Q.")
    event = models.ForeignKey("courses.Event", on_delete=models.PROTECT, related_name="bookings")
    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="bookings")
    offer = models.ForeignKey("courses.Offer", on_delete=models.PROTECT, related_name="bookings")
    state = models.CharField(max_length=22, choices=State)
    source = models.CharField(max_length=10, choices=Source, default=Source.SELF)
    # The form that made it; a second press of the same button finds the first booking.
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="bookings")
    sector = models.CharField(max_length=30, choices=Sector, blank=True)
    charging_category = models.CharField(max_length=15, choices=ChargingCategory, blank=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True, help_text="Pounds, without VAT.")
    policy = models.ForeignKey("courses.ChargingPolicy", on_delete=models.PROTECT, related_name="bookings")
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    free_cancel_until = models.DateTimeField(null=True, blank=True)

    manager_email = models.EmailField(
        max_length=254, blank=True, help_text="Copied into letters where the offer says so."
    )
    has_managers_agreement = models.BooleanField(default=False)
    has_no_manager = models.BooleanField(
        default=False, db_default=False, help_text="Said so; a request of theirs waits for the team (rule B1)."
    )
    prerequisite_declared = models.CharField(max_length=120, blank=True, help_text="What was done first, and when.")

    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    hold_ends_at = models.DateTimeField(null=True, blank=True, help_text="When an undecided request lapses (rule B2).")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_reason = models.CharField(max_length=300, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_reason = models.CharField(max_length=300, blank=True)
    cancelled_for = models.CharField(max_length=20, choices=CancelReason, blank=True, default="", db_default="")

    # A colleague's place or another date's, of which this booking is the continuation (rules B12 and B13).
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    group_booking = models.ForeignKey(
        "bookings.GroupBooking", on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    # What it was sold as, where it costs something; a colleague's or another date's place goes on with the same line.
    order_line = models.ForeignKey(
        "bookings.OrderLine", on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    # Which reasons against it somebody of the team set aside, and why.
    overridden = ArrayField(models.CharField(max_length=30), default=list, db_default=[], blank=True)
    override_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    # The date was moved: by when the person says whether they still come, and when they did.
    answer_due_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    # Raised by one whenever the calendar entry must change; see courses/calendars.py.
    calendar_sequence = models.PositiveSmallIntegerField(default=0)

    objects = BookingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "practitioner"],
                condition=Q(state__in=LIVE_STATES),
                name="one_live_booking_per_practitioner_per_event",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="booking_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="REQUESTED", hold_ends_at__isnull=False) | ~Q(state="REQUESTED"),
                name="a_request_holds_its_place_for_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["CONFIRMED", *[str(state) for state in ATTENDANCE_OUTCOMES]])
                | Q(confirmed_at__isnull=False, free_cancel_until__isnull=False, price__isnull=False),
                name="a_confirmed_booking_carries_its_terms",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["CANCELLED", "CANCELLED_LATE", "CANCELLED_BY_PROVIDER"])
                | Q(cancelled_at__isnull=False),
                name="a_cancelled_booking_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["CANCELLED_LATE", "DECLINED"])
                | ~Q(cancelled_reason="")
                | ~Q(decided_reason=""),
                name="a_late_cancellation_or_refusal_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="booking_decided_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=False) | Q(cancelled_by__isnull=True),
                name="booking_cancelled_by_needs_cancelled_at",
            ),
            models.CheckConstraint(
                condition=Q(overridden=[]) | ~Q(override_reason=""), name="an_override_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(replaces=models.F("id")),
                name="a_booking_does_not_replace_itself",
            ),
            # No door can give away what is sold: whatever has a price and became a place is a line of an order.
            models.CheckConstraint(
                condition=Q(price__isnull=True)
                | Q(price=0)
                | Q(order_line__isnull=False)
                | Q(state__in=["REQUESTED", "DECLINED", "LAPSED", "CANCELLED", "CANCELLED_BY_PROVIDER"]),
                name="a_place_that_costs_something_is_sold",
            ),
        ]
        indexes = [
            models.Index(fields=["practitioner", "-booked_at"], name="bookings_of_a_person"),
            models.Index(fields=["organisation", "state"], name="bookings_of_an_agency"),
            models.Index(fields=["event", "state"], name="bookings_of_an_event"),
            models.Index(fields=["-booked_at", "-id"], name="bookings_newest_first"),
            # For the sweep bookings.lapse_requests.
            models.Index(fields=["hold_ends_at"], condition=Q(state="REQUESTED"), name="requests_on_hold"),
            # For the sweep bookings.release_unanswered.
            models.Index(
                fields=["answer_due_at"],
                condition=Q(answer_due_at__isnull=False, answered_at__isnull=True),
                name="moves_without_an_answer",
            ),
            models.Index(
                fields=["order_line"], condition=Q(order_line__isnull=False), name="bookings_of_an_order_line"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="booking_moves_by_the_rules",
                field="state",
                transitions=[(str(before), str(after)) for before, afters in TRANSITIONS.items() for after in afters],
            ),
            pgtrigger.Trigger(
                name="what_is_owed_is_looked_at",
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
        return self.state in LIVE_STATES

    @property
    def is_walk_in(self) -> bool:
        return self.source == Booking.Source.WALK_IN

    @property
    def manager_is_asked(self) -> bool:
        """A manager has been asked and has not answered. Read it of bookings fetched `with_approval`."""
        approval = getattr(self, "approval", None)
        return self.state == State.REQUESTED and approval is not None and not approval.decision

    def move_to(self, state: State, *, by, now, reason: str = "") -> None:
        """Set the state with who, when and why; the caller saves STATE_FIELDS with whatever else the move changes."""
        self.state, self.state_since, self.state_set_by, self.state_reason = state, now, by, reason[:300]

    def is_free_to_cancel(self, now) -> bool:
        """Before the deadline on the booking, or while nobody has confirmed it yet (rule B7).

        Nor does it cost anything while the date is put off, or while we wait for an answer about a new day.
        """
        if self.state == State.REQUESTED or self.is_asked or self.event.state == Event.State.POSTPONED:
            return True
        return self.free_cancel_until is not None and now <= self.free_cancel_until

    @property
    def is_asked(self) -> bool:
        """The date was moved, and the person has not said yet whether they can come."""
        return self.state == State.CONFIRMED and self.answer_due_at is not None and self.answered_at is None


Booking.State = State


def bookings_over_time():
    """Every version of every booking that there has been, from row history."""
    return Booking.pgh_event_model.objects.all()
