"""Enquiry: somebody asks us to run a whole course for them, until it has been held and invoiced (DOMAIN 6.3)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import SpokenForQuerySet
from accounts.models.practitioner import REMOVED_ADDRESS
from courses.models.event import Event


class EnquiryState(models.TextChoices):
    """Who has taken a new one is its `owner`; a quote, an order and an invoice move it on from elsewhere."""

    NEW = "NEW", "to be answered"
    ASKED = "ASKED", "waiting for an answer"
    QUOTED = "QUOTED", "quoted"
    ACCEPTED = "ACCEPTED", "accepted"
    SCHEDULED = "SCHEDULED", "scheduled"
    DELIVERED = "DELIVERED", "delivered"
    INVOICED = "INVOICED", "invoiced"
    LOST = "LOST", "not going ahead"


# Which state may follow which. The database refuses everything else (trigger `enquiries_move_by_the_rules`).
ENQUIRY_TRANSITIONS: dict[EnquiryState, tuple[EnquiryState, ...]] = {
    EnquiryState.NEW: (EnquiryState.ASKED, EnquiryState.QUOTED, EnquiryState.LOST),
    EnquiryState.ASKED: (EnquiryState.NEW, EnquiryState.QUOTED, EnquiryState.LOST),
    # A quote that lapsed or was taken back leaves the enquiry to be answered again.
    EnquiryState.QUOTED: (EnquiryState.NEW, EnquiryState.ACCEPTED, EnquiryState.LOST),
    EnquiryState.ACCEPTED: (EnquiryState.SCHEDULED, EnquiryState.LOST),
    # A date that is cancelled leaves an accepted enquiry, which may have another one.
    EnquiryState.SCHEDULED: (EnquiryState.DELIVERED, EnquiryState.ACCEPTED),
    EnquiryState.DELIVERED: (EnquiryState.INVOICED,),
    # An invoice that is credited whole is raised again.
    EnquiryState.INVOICED: (EnquiryState.DELIVERED,),
    EnquiryState.LOST: (EnquiryState.NEW,),
}
UNDECIDED_ENQUIRY_STATES = (EnquiryState.NEW, EnquiryState.ASKED, EnquiryState.QUOTED)
HELD_ENQUIRY_STATES = (EnquiryState.DELIVERED, EnquiryState.INVOICED)


class CameBy(models.TextChoices):
    PORTAL = "PORTAL", "through the portal"
    TELEPHONE = "TELEPHONE", "by telephone"
    EMAIL = "EMAIL", "by email"
    IN_PERSON = "IN_PERSON", "in person"


class EnquiryQuerySet(SpokenForQuerySet):
    def new(self):
        """Those that nobody of the team has taken yet."""
        return self.filter(state=EnquiryState.NEW, owner__isnull=True)

    def to_answer(self):
        """Taken by somebody of the team, who answers next."""
        return self.filter(state=EnquiryState.NEW, owner__isnull=False)

    def waiting_for_them(self):
        """It is their turn: they have a question of ours, or a quote."""
        return self.filter(state__in=[EnquiryState.ASKED, EnquiryState.QUOTED])

    def to_schedule(self):
        return self.filter(state=EnquiryState.ACCEPTED)

    def scheduled(self):
        return self.filter(state=EnquiryState.SCHEDULED)

    def held(self):
        """The course has taken place."""
        return self.filter(state__in=HELD_ENQUIRY_STATES)

    def lost(self):
        return self.filter(state=EnquiryState.LOST)

    def open(self):
        """Neither held nor lost."""
        return self.exclude(state__in=[*HELD_ENQUIRY_STATES, EnquiryState.LOST])

    def over(self, now):
        """Scheduled, and the date has ended. For the sweep courses.follow_commissioned_dates."""
        return self.scheduled().filter(
            event__ends_at__lte=now, event__state__in=[Event.State.OPEN, Event.State.DELIVERED, Event.State.LOCKED]
        )

    def without_their_date(self):
        """Scheduled, and the date was cancelled since. For the sweep courses.follow_commissioned_dates."""
        return self.scheduled().filter(event__state=Event.State.CANCELLED)

    def with_askers_from_before(self, *, lost, sold):
        """Who asked is still known, has no account, and it came to nothing, or was held, before that moment or day.

        For the sweep bookings.forget_who_bought.
        """
        came_to_nothing = Q(state__in=[*UNDECIDED_ENQUIRY_STATES, EnquiryState.LOST], state_since__lt=lost)
        was_held = Q(state__in=HELD_ENQUIRY_STATES, state_since__date__lt=sold)
        return self.filter(came_to_nothing | was_held, made_by__isnull=True).exclude(email=REMOVED_ADDRESS)

    def with_words(self, words):
        """Whose reference, organisation, person or course the words are, or are part of."""
        return self.filter(
            Q(reference=words.upper())
            | Q(organisation__name__icontains=words)
            | Q(organisation_name__icontains=words)
            | Q(contact_name__icontains=words)
            | Q(course__title__icontains=words)
            | Q(subject__icontains=words)
        )

    def with_facts(self):
        return self.select_related("organisation", "course", "owner__practitioner", "event")


# What people typed about themselves is kept once, on the row, and not in its history.
TYPED = [
    *("organisation_name", "contact_name", "email", "phone", "subject", "audience", "outcomes", "dates_wanted"),
    *("place", "travel", "budget_holder", "note", "question", "lost_reason"),
]


@pghistory.track(model_name="EnquiryHistory", exclude=[*TYPED, "idempotency_key"])
class Enquiry(models.Model):
    """Who asks, for how many, what for, when and where. People without an account may ask, so much of it is words."""

    class LostFor(models.TextChoices):
        PRICE = "PRICE", "the price"
        DATES = "DATES", "no dates that suit both"
        ELSEWHERE = "ELSEWHERE", "they have found somebody else"
        NO_NEED = "NO_NEED", "they no longer need it"
        NO_ANSWER = "NO_ANSWER", "they did not answer"
        NOT_OURS = "NOT_OURS", "we cannot offer it"
        NOT_MEANT = "NOT_MEANT", "not a real enquiry, or sent twice"

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: N-7K2M4QXY.")
    state = models.CharField(max_length=9, choices=EnquiryState, default=EnquiryState.NEW)
    # Set at every move from one state to the next: row history keeps each.
    state_since = models.DateTimeField(db_default=Now())
    state_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="enquiries"
    )
    idempotency_key = models.UUIDField(unique=True, help_text="Of the form: sent twice, it is one enquiry.")
    came_by = models.CharField(max_length=9, choices=CameBy, default=CameBy.PORTAL, db_default=CameBy.PORTAL)
    taken_down_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who of the team wrote it down for them.",
    )

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="enquiries"
    )
    organisation_name = models.CharField(max_length=200, blank=True, help_text="As somebody typed it.")
    contact_name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=40, blank=True)

    course = models.ForeignKey(
        "courses.Course", on_delete=models.PROTECT, null=True, blank=True, related_name="enquiries"
    )
    subject = models.CharField(max_length=300, blank=True, help_text="What it should be about, if no course is meant.")
    audience = models.CharField("who it is for", max_length=300)
    headcount = models.PositiveIntegerField("how many people")
    outcomes = models.TextField("what they should be able to do afterwards")
    wanted_from = models.DateField(null=True, blank=True)
    wanted_until = models.DateField(null=True, blank=True)
    dates_wanted = models.CharField("when, in words", max_length=300, blank=True)
    place = models.CharField("where", max_length=300)
    travel = models.CharField("getting there", max_length=500, blank=True)
    budget_holder = models.CharField("who holds the budget", max_length=200, blank=True)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField("note for the team", blank=True)
    question = models.TextField("what we asked last", blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    lost_for = models.CharField(max_length=10, choices=LostFor, blank=True)
    lost_reason = models.CharField(max_length=300, blank=True)
    people_counted = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many came, where their names were never given."
    )

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "enquiries"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EnquiryState.values), name="enquiry_state_is_known"),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(organisation_name=""), name="an_enquiry_says_who_asks"
            ),
            models.CheckConstraint(
                condition=Q(course__isnull=False) | ~Q(subject=""), name="an_enquiry_says_what_it_is_about"
            ),
            models.CheckConstraint(condition=Q(headcount__gt=0), name="an_enquiry_is_for_somebody"),
            models.CheckConstraint(
                condition=Q(came_by="PORTAL", taken_down_by__isnull=True)
                | (Q(came_by__in=["TELEPHONE", "EMAIL", "IN_PERSON"]) & Q(taken_down_by__isnull=False)),
                name="an_enquiry_from_elsewhere_says_who_took_it_down",
            ),
            models.CheckConstraint(
                condition=Q(wanted_from__isnull=True)
                | Q(wanted_until__isnull=True)
                | Q(wanted_until__gte=F("wanted_from")),
                name="wanted_days_are_in_order",
            ),
            models.CheckConstraint(
                condition=Q(question="", asked_at__isnull=True) | (~Q(question="") & Q(asked_at__isnull=False)),
                name="a_question_says_when",
            ),
            models.CheckConstraint(
                condition=(Q(state="LOST") & ~Q(lost_for="")) | (~Q(state="LOST") & Q(lost_for="", lost_reason="")),
                name="a_lost_enquiry_says_why",
            ),
            # Whoever gets a quote is somebody we know; what has a date is a course.
            models.CheckConstraint(
                condition=Q(state__in=["NEW", "ASKED", "LOST"]) | Q(organisation__isnull=False),
                name="a_quoted_enquiry_has_an_organisation",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SCHEDULED", "DELIVERED", "INVOICED"]) | Q(course__isnull=False),
                name="a_scheduled_enquiry_has_a_course",
            ),
            models.CheckConstraint(
                condition=Q(people_counted__isnull=True) | Q(state__in=HELD_ENQUIRY_STATES),
                name="people_are_counted_afterwards",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-made_at"], name="enquiries_by_state"),
            models.Index(fields=["-made_at", "-id"], name="enquiries_newest_first"),
            models.Index(fields=["organisation", "-made_at"], name="enquiries_of_organisation"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="enquiries_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in ENQUIRY_TRANSITIONS.items() for after in afters
                ],
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def asker(self) -> str:
        """The organisation's name in our list, or as somebody typed it."""
        return self.organisation.name if self.organisation else self.organisation_name

    @property
    def about(self) -> str:
        """The title of the course that is meant, or the words for it."""
        return self.course.title if self.course else self.subject

    @property
    def date(self) -> Event | None:
        """The date it has become, if it has one. Read it of enquiries fetched `with_facts`."""
        return getattr(self, "event", None)

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED_ENQUIRY_STATES

    @property
    def may_be_named(self) -> bool:
        """Until it has a date, the team may say which organisation and which course it is."""
        return self.is_undecided or self.state == EnquiryState.ACCEPTED

    @property
    def is_held(self) -> bool:
        return self.state in HELD_ENQUIRY_STATES

    @property
    def may_be_lost(self) -> bool:
        return EnquiryState.LOST in ENQUIRY_TRANSITIONS[EnquiryState(self.state)]

    def move_to(self, state: EnquiryState, *, by, now) -> None:
        """Set the state with who and when; the caller saves ENQUIRY_STATE_FIELDS with whatever else changes."""
        self.state, self.state_since, self.state_set_by = state, now, by


ENQUIRY_STATE_FIELDS = ("state", "state_since", "state_set_by")
Enquiry.State = EnquiryState
Enquiry.CameBy = CameBy
