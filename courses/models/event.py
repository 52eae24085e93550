"""Event: one scheduled run of a course; on screen a “date”. Full, closed and in progress are derived, never stored."""

from datetime import timedelta

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation, Role
from courses.models.course import Course, DeliveryMode


class EventQuerySet(models.QuerySet):
    def published(self):
        """Events that people outside the team may see."""
        return self.exclude(state=Event.State.DRAFT)

    def public(self):
        """Dates that anybody may look for: none that an organisation has commissioned for its own people."""
        return self.filter(commissioned_by__isnull=True)

    def open_to_groups_of(self, user):
        """Dates on which this person may book for others: public ones, their organisation's own, and for the team all."""
        if user.has_role(Role.WORKFORCE_TEAM):
            return self
        own = Organisation.objects.spoken_for_by(user)
        return self.filter(Q(commissioned_by__isnull=True) | Q(commissioned_by__in=own))

    def upcoming(self, now):
        return self.filter(starts_at__gt=now, state__in=[Event.State.OPEN, Event.State.POSTPONED])

    def coming(self, now):
        """Dates worth showing to somebody who is looking for one: still to come, and not put off."""
        return self.filter(starts_at__gt=now, state=Event.State.OPEN)

    def not_closed(self, now):
        return self.filter(Q(booking_closes_at__isnull=True) | Q(booking_closes_at__gt=now))

    def open_for_booking(self, now):
        """Open to whoever comes by, not begun, inside its booking window. Says nothing of free places."""
        return (
            self.public()
            .filter(
                Q(booking_opens_at__isnull=True) | Q(booking_opens_at__lte=now),
                state=Event.State.OPEN,
                starts_at__gt=now,
            )
            .not_closed(now)
        )

    def with_places_left(self):
        """Dates with a place for somebody who comes by: what is free belongs first to those who wait (DOMAIN 5.5)."""
        return self.with_free_places().filter(offers_owed_since__isnull=True)

    def with_free_places(self):
        """Dates with a place that nobody holds, whoever has the first claim on it."""
        return self.filter(Q(capacity__isnull=True) | Q(places_taken__lt=F("capacity") + F("overbooked_by")))

    def owing_offers(self, now):
        """Dates whose waiting list must be looked at. For the sweep bookings.offer_free_places."""
        return self.filter(Q(offers_owed_since__isnull=False) | Q(offers_next_look_at__lte=now), people_waiting__gt=0)

    def below_minimum(self, now):
        """Dates with fewer people than they need, on which nobody has decided that they run (rule B20)."""
        return self.coming(now).filter(places_taken__lt=F("min_numbers"), goes_ahead_at__isnull=True)

    def ended(self, now):
        return self.filter(ends_at__lte=now)

    def with_catalogue_facts(self):
        return self.select_related("version__course", "venue")


COUNTERS = ["places_taken", "people_waiting", "offers_owed_since", "offers_next_look_at"]


@pghistory.track(model_name="EventHistory", exclude=COUNTERS)
class Event(models.Model):
    """The counters are written only by bookings.actions.places; the database refuses more places than there are."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", "draft"
        OPEN = "OPEN", "open"
        POSTPONED = "POSTPONED", "postponed"
        CANCELLED = "CANCELLED", "cancelled"
        DELIVERED = "DELIVERED", "delivered"
        LOCKED = "LOCKED", "register locked"

    reference = models.CharField(
        max_length=20, unique=True, help_text="Short name for letters and the phone: M02-0142."
    )
    version = models.ForeignKey("courses.CourseVersion", on_delete=models.PROTECT, related_name="events")
    offers = models.ManyToManyField(
        "courses.Offer", related_name="events", help_text="The strands this date is open to."
    )
    mode = models.CharField("way of taking part", max_length=20, choices=DeliveryMode, default=DeliveryMode.IN_PERSON)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    venue = models.ForeignKey("courses.Venue", on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    online_link = models.URLField(blank=True, help_text="Shown to people with a confirmed place only.")
    # Kept equal to the first start and last end of the sessions by a trigger on Session.
    starts_at = models.DateTimeField(null=True, blank=True, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    booking_opens_at = models.DateTimeField(null=True, blank=True)
    booking_closes_at = models.DateTimeField(null=True, blank=True)
    is_open_to_region = models.BooleanField("open to the whole region", default=False, help_text="Rule B5")

    capacity = models.PositiveIntegerField("places", null=True, blank=True, help_text="Empty: no limit.")
    overbooked_by = models.PositiveIntegerField(
        default=0, editable=False, help_text="Places allowed above capacity, each by a recorded override."
    )
    places_taken = models.PositiveIntegerField(default=0, editable=False)
    people_waiting = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Places wanted by those on the waiting list without an offer.",
    )
    offers_owed_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="While set, free places belong to those who wait."
    )
    offers_next_look_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody who waits may have a place that is free."
    )
    agency_cap = models.PositiveSmallIntegerField(
        "most places for one agency", null=True, blank=True, help_text="Empty: the partnership's rule (B6)."
    )
    capacity_at_start = models.PositiveIntegerField(null=True, blank=True, editable=False)
    min_numbers = models.PositiveIntegerField("fewest people to run it", default=0)

    goes_ahead_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was decided that it runs with fewer people than planned (rule B20)."
    )
    goes_ahead_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    commissioned_by = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commissioned_events",
        help_text="The organisation that ordered this date for its own people. Empty: a date for everybody.",
    )
    enquiry = models.OneToOneField(
        "courses.Enquiry", on_delete=models.PROTECT, null=True, blank=True, related_name="event"
    )
    split_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="splits")

    register_locked_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_reason = models.CharField(max_length=300, blank=True)
    notes_for_staff = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(places_taken__lte=F("capacity") + F("overbooked_by")),
                name="places_taken_within_capacity",
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(capacity__gt=0), name="places_are_above_zero_or_unlimited"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="an_event_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(state="CANCELLED") | Q(starts_at__isnull=False),
                name="a_published_event_has_a_session",
            ),
            models.CheckConstraint(
                condition=Q(booking_opens_at__isnull=True)
                | Q(booking_closes_at__isnull=True)
                | Q(booking_closes_at__gt=F("booking_opens_at")),
                name="booking_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="event_cancelled_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=~Q(state="CANCELLED") | Q(cancelled_at__isnull=False), name="a_cancelled_event_says_when"
            ),
            models.CheckConstraint(
                condition=Q(goes_ahead_at__isnull=True, goes_ahead_by__isnull=True)
                | Q(goes_ahead_at__isnull=False, goes_ahead_by__isnull=False),
                name="event_goes_ahead_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(enquiry__isnull=True) | Q(commissioned_by__isnull=False),
                name="a_date_of_an_enquiry_is_commissioned",
            ),
            models.CheckConstraint(
                condition=Q(agency_cap__isnull=True) | Q(agency_cap__gt=0),
                name="an_agency_cap_is_above_zero_or_the_rule",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="events_by_date"),
            models.Index(fields=["version", "starts_at"], name="events_by_version"),
            # For the sweep bookings.offer_free_places.
            models.Index(fields=["starts_at"], condition=Q(people_waiting__gt=0), name="events_with_people_waiting"),
        ]

    def __str__(self):
        return self.reference

    @property
    def course(self):
        return self.version.course

    @property
    def free_places(self) -> int | None:
        """Places that nobody holds, whoever has the first claim on them; None where there is no limit."""
        if self.capacity is None:
            return None
        return max(0, self.capacity + self.overbooked_by - self.places_taken)

    @property
    def places_left(self) -> int | None:
        """Places for somebody who comes by: none while what is free is owed to those who wait."""
        return 0 if self.offers_owed_since else self.free_places

    @property
    def is_full(self) -> bool:
        return self.places_left == 0

    @property
    def is_below_minimum(self) -> bool:
        """Fewer people than it needs, and nobody has decided that it runs all the same (rule B20)."""
        return self.places_taken < self.min_numbers and self.goes_ahead_at is None

    def is_open_for_booking(self, now) -> bool:
        return (
            self.state == Event.State.OPEN
            and self.starts_at is not None
            and self.starts_at > now
            and (self.booking_opens_at is None or self.booking_opens_at <= now)
            and (self.booking_closes_at is None or self.booking_closes_at > now)
        )

    @property
    def is_open_from_outside(self) -> bool:
        """People whose employer works elsewhere may have its free places (rule B5); what they ordered is theirs anyway."""
        return self.is_open_to_region or self.commissioned_by_id is not None

    @property
    def runs_on_its_course(self) -> bool:
        """Its course takes bookings. What was made for one organisation alone may rest, out of the public's sight."""
        state = self.version.course.state
        return state == Course.State.PUBLISHED or (self.commissioned_by_id is not None and state == Course.State.PAUSED)

    def has_begun(self, now) -> bool:
        """A date that was put off has not begun: its old day means nothing until it has a new one."""
        return self.state != Event.State.POSTPONED and self.starts_at is not None and self.starts_at <= now

    def has_ended(self, now) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    @property
    def is_online(self) -> bool:
        return self.mode in (DeliveryMode.LIVE_ONLINE, DeliveryMode.RECORDED)

    @property
    def span(self) -> timedelta:
        return self.ends_at - self.starts_at
