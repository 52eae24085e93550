"""WaitingListEntry: a claim on a place of an event that has none free, and the offers made on it (DOMAIN 5.5)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation, Role


class WaitingState(models.TextChoices):
    WAITING = "WAITING", "waiting"
    OFFERED = "OFFERED", "offered a place"
    ACCEPTED = "ACCEPTED", "took the place"
    DECLINED = "DECLINED", "declined the place"
    WITHDRAWN = "WITHDRAWN", "left the list"
    CLOSED = "CLOSED", "closed without a place"


LIVE_WAITING_STATES = (WaitingState.WAITING, WaitingState.OFFERED)
# An offer that nobody answers sends its entry to the end once; the second time closes it.
OFFERS_THAT_MAY_LAPSE = 1

# Which state may follow which. The database refuses everything else (trigger `entries_move_by_the_rules`).
WAITING_TRANSITIONS: dict[WaitingState, tuple[WaitingState, ...]] = {
    WaitingState.WAITING: (WaitingState.OFFERED, WaitingState.WITHDRAWN, WaitingState.CLOSED),
    WaitingState.OFFERED: (
        WaitingState.ACCEPTED,
        WaitingState.DECLINED,
        WaitingState.WAITING,
        WaitingState.WITHDRAWN,
        WaitingState.CLOSED,
    ),
}


class WaitingListEntryQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE_WAITING_STATES)

    def standing_for(self, entry):
        """The live entry of the same person, or of the same organisation for a group, on the same date."""
        whose = {"organisation": entry.organisation_id} if entry.practitioner_id is None else {}
        return self.live().filter(event=entry.event_id, practitioner=entry.practitioner_id, **whose)

    def waiting(self):
        return self.filter(state=WaitingState.WAITING)

    def offered(self):
        return self.filter(state=WaitingState.OFFERED)

    def in_turn(self):
        """The order of the list: urgent ones first, then first come, with those whose offer lapsed at the end."""
        return self.order_by(F("urgent_at").asc(nulls_last=True), "queued_at", "pk")

    def past_their_offer(self, now):
        """Offers that nobody answered in time. For the sweep bookings.lapse_offers."""
        return self.offered().filter(offer_ends_at__lte=now)

    def unmet(self):
        """Entries that ended without a place though the person wanted one: demand that was not met."""
        return self.filter(state=WaitingState.CLOSED)

    def with_event_facts(self):
        return self.select_related(
            "event__version__course", "event__venue", "offer", "organisation", "practitioner__user"
        )

    def of(self, user):
        """One's own entries, and the groups one has queued."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(practitioner__user=user) | Q(practitioner__isnull=True, joined_by=user))

    def visible_to(self, user):
        """Own entries; those of organisations one speaks for; staff see all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.SYSTEM_OWNER):
            return self
        contact_of = Organisation.objects.spoken_for_by(user)
        return self.filter(Q(practitioner__user=user) | Q(organisation__in=contact_of))


@pghistory.track(model_name="WaitingListEntryHistory")
class WaitingListEntry(models.Model):
    """One person, or an organisation that wants several places together and names the people later."""

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: W-7K2M4Q.")
    event = models.ForeignKey("courses.Event", on_delete=models.PROTECT, related_name="waiting_list")
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_list_entries"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="waiting_list_entries"
    )
    offer = models.ForeignKey("courses.Offer", on_delete=models.PROTECT, related_name="waiting_list_entries")
    places_wanted = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=WaitingState, default=WaitingState.WAITING)
    state_reason = models.CharField(max_length=300, blank=True)

    joined_at = models.DateTimeField()
    joined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The form that made it; a second press of the same button finds the first entry.
    idempotency_key = models.UUIDField(unique=True, editable=False)
    queued_at = models.DateTimeField(help_text="Its turn: when it joined, or when its first offer lapsed.")
    urgent_at = models.DateTimeField(null=True, blank=True)
    urgent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    urgent_reason = models.CharField(max_length=300, blank=True)

    offered_at = models.DateTimeField(null=True, blank=True)
    offer_ends_at = models.DateTimeField(null=True, blank=True)
    offers_lapsed = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    told_first_to_answer_at = models.DateTimeField(null=True, blank=True)
    booking = models.OneToOneField(
        "bookings.Booking", on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_list_entry"
    )
    group_booking = models.OneToOneField(
        "bookings.GroupBooking", on_delete=models.PROTECT, null=True, blank=True, related_name="waiting_list_entry"
    )

    objects = WaitingListEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "waiting list entries"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "practitioner"],
                condition=Q(state__in=LIVE_WAITING_STATES),
                name="one_live_entry_per_practitioner_per_event",
            ),
            models.UniqueConstraint(
                fields=["event", "organisation"],
                condition=Q(state__in=LIVE_WAITING_STATES, practitioner__isnull=True),
                name="one_live_group_entry_per_organisation_per_event",
            ),
            models.CheckConstraint(condition=Q(state__in=WaitingState.values), name="waiting_list_state_is_known"),
            models.CheckConstraint(
                condition=Q(practitioner__isnull=False, places_wanted=1)
                | Q(practitioner__isnull=True, places_wanted__gte=1, joined_by__isnull=False),
                name="an_entry_is_for_one_person_or_a_group",
            ),
            models.CheckConstraint(
                condition=~Q(state="OFFERED") | Q(offered_at__isnull=False, offer_ends_at__gt=F("offered_at")),
                name="an_offer_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(state="ACCEPTED") | Q(booking__isnull=False) | Q(group_booking__isnull=False),
                name="an_accepted_offer_became_a_booking",
            ),
            models.CheckConstraint(
                condition=Q(urgent_at__isnull=True, urgent_by__isnull=True, urgent_reason="")
                | (Q(urgent_at__isnull=False, urgent_by__isnull=False) & ~Q(urgent_reason="")),
                name="an_urgent_entry_says_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE_WAITING_STATES, closed_at__isnull=True)
                | (~Q(state__in=LIVE_WAITING_STATES) & Q(closed_at__isnull=False)),
                name="an_entry_that_ended_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["event", "state"], name="waiting_list_of_an_event"),
            models.Index(fields=["practitioner", "state"], name="waiting_lists_of_a_person"),
            # For the sweep bookings.lapse_offers.
            models.Index(fields=["offer_ends_at"], condition=Q(state="OFFERED"), name="offers_by_end"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="entries_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in WAITING_TRANSITIONS.items() for after in afters
                ],
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def who(self) -> str:
        """Who waits, as the team reads it: a person, or an organisation and how many places it wants."""
        if self.practitioner:
            return str(self.practitioner)
        return f"{self.organisation}: {self.places_wanted} places together"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_WAITING_STATES

    @property
    def is_group(self) -> bool:
        return self.practitioner_id is None


WaitingListEntry.State = WaitingState
