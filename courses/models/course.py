"""Course: the catalogue entry, not dated; its versions carry what people will be able to do afterwards."""

from decimal import Decimal

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Lower

# Up to and including four hours is half a day; more is a full day (DOMAIN 4.1).
HALF_DAY_HOURS = Decimal("4.0")


class LearningFormat(models.TextChoices):
    COURSE = "course", "Course"
    BRIEFING = "briefing", "Briefing"
    MASTERCLASS = "masterclass", "Masterclass"
    CONFERENCE = "conference", "Conference"
    WORKSHOP = "workshop", "Workshop"
    PROGRAMME = "programme", "Programme"
    LEARNING_LESSONS = "learning_lessons", "Learning lessons event"
    SELF_PACED = "self_paced", "Self-paced"
    COMMISSIONED = "commissioned", "Commissioned"
    SERVICE = "service", "Service"


class DeliveryMode(models.TextChoices):
    IN_PERSON = "in_person", "In person"
    LIVE_ONLINE = "live_online", "Live online"
    RECORDED = "recorded", "Recorded"
    BLENDED = "blended", "Blended"
    AT_YOUR_SETTING = "at_your_setting", "At your setting"


class AudienceGroup(models.TextChoices):
    """Where people work or what they are, as they would say it themselves when they look for a course."""

    SOCIAL_CARE = "social_care", "Social work and early help"
    SCHOOLS = "schools", "Schools and colleges"
    EARLY_YEARS = "early_years", "Early years and childminding"
    HEALTH = "health", "Health"
    POLICE_AND_JUSTICE = "police_and_justice", "Police, probation and youth justice"
    THIRD_SECTOR = "third_sector", "Charities, faith and sport"
    CARERS = "carers", "Fostering, kinship care and adoption"
    RESIDENTIAL = "residential", "Children's homes and supported accommodation"
    MANAGERS = "managers", "Managers and supervisors"


class CourseQuerySet(models.QuerySet):
    def published(self):
        """Courses that the public pages show."""
        return self.filter(state=Course.State.PUBLISHED)

    def open_to_visitors(self):
        """Courses whose page can be opened: a paused one is found by its old address, and says so."""
        return self.filter(state__in=[Course.State.PUBLISHED, Course.State.PAUSED])

    def with_next_date(self, dates):
        """Add `next_event_id` and `next_starts_at`, of the soonest of these dates."""
        of_course = dates.filter(version__course=models.OuterRef("pk")).order_by("starts_at", "pk")
        return self.annotate(
            next_event_id=models.Subquery(of_course.values("pk")[:1]),
            next_starts_at=models.Subquery(of_course.values("starts_at")[:1]),
        )

    def for_audience(self, group):
        """Courses made for this group, and those that are for everybody."""
        return self.filter(models.Q(audience_groups__contains=[group]) | models.Q(audience_groups=[]))


@pghistory.track(model_name="CourseHistory", exclude=["search_document"])
class Course(models.Model):
    """What is taught, for whom. No edition year of any guidance in its title: editions are data (DOMAIN 1.2)."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", "draft"
        IN_REVIEW = "IN_REVIEW", "in review"
        PUBLISHED = "PUBLISHED", "published"
        PAUSED = "PAUSED", "paused"
        ARCHIVED = "ARCHIVED", "archived"

    class PrerequisiteMode(models.TextChoices):
        NONE = "none", "nothing needed first"
        DECLARED = "declared", "the person declares it"
        CHECKED = "checked", "the team checks it"

    code = models.CharField(max_length=20, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=150)
    summary = models.CharField(max_length=200, blank=True, help_text="One plain sentence. Needed before publishing.")
    learning_format = models.CharField("format", max_length=20, choices=LearningFormat, default=LearningFormat.COURSE)
    default_mode = models.CharField(
        "usual way of taking part", max_length=20, choices=DeliveryMode, default=DeliveryMode.IN_PERSON
    )
    level = models.CharField(max_length=60, blank=True)
    audience = models.CharField("who it is for", max_length=300)
    audience_groups = ArrayField(
        models.CharField(max_length=20, choices=AudienceGroup),
        verbose_name="found by people in",
        default=list,
        blank=True,
        help_text="Empty: everybody.",
    )
    topics = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    prerequisite_mode = models.CharField(
        "what is needed first: how we know", max_length=10, choices=PrerequisiteMode, default=PrerequisiteMode.NONE
    )
    prerequisites = models.CharField("what is needed first", max_length=300, blank=True)
    required_courses = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="leads_to")
    duration_hours = models.DecimalField(max_digits=5, decimal_places=2)
    days = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal("1"))
    default_capacity = models.PositiveIntegerField("usual places", null=True, blank=True, help_text="Empty: no limit.")
    default_min_numbers = models.PositiveIntegerField("fewest people to run it", default=0)
    refresh_months = models.PositiveSmallIntegerField(
        "refresh after (months)",
        null=True,
        blank=True,
        help_text="Empty: no refresh needed. Roles may have their own rule.",
    )
    what_to_bring = models.CharField(max_length=300, blank=True)
    pre_course_task = models.CharField("to do before the course", max_length=300, blank=True)
    learning_link = models.URLField(
        "where a self-paced course is",
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="Shown to people who have started it, and to nobody else.",
    )
    is_sensitive = models.BooleanField("may touch on painful experience", default=False)
    content_owner = models.CharField(max_length=120, blank=True)
    content_reviewed_on = models.DateField(null=True, blank=True)
    review_due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    search_document = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("summary", weight="B", config="english")
        + SearchVector("audience", weight="C", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = CourseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(duration_hours__gt=0), name="a_course_takes_time"),
            models.CheckConstraint(condition=models.Q(days__gt=0), name="a_course_takes_part_of_a_day"),
            models.CheckConstraint(
                condition=models.Q(default_capacity__isnull=True) | models.Q(default_capacity__gt=0),
                name="usual_places_are_above_zero_or_unlimited",
            ),
        ]
        indexes = [
            GinIndex(fields=["search_document"], name="course_search"),
            GinIndex(OpClass(Lower("title"), name="gin_trgm_ops"), name="course_title_trigrams"),
        ]

    def __str__(self):
        return self.title

    @property
    def is_self_paced(self) -> bool:
        """Done in one's own time: people start it and have some weeks, instead of booking a date (rule B26)."""
        return self.learning_format == LearningFormat.SELF_PACED

    @property
    def ends_with_questions(self) -> bool:
        """Whether there is a knowledge check with a question in it."""
        check = getattr(self, "knowledge_check", None)
        return check is not None and check.questions.exists()

    @property
    def is_half_day(self) -> bool:
        return self.duration_hours <= HALF_DAY_HOURS

    @property
    def length(self) -> str:
        """How long it takes, as people say it: “3 hours 30 minutes”, “1 day”, “2 days”."""
        if not self.is_half_day:
            return "1 day" if self.days <= 1 else f"{self.days.normalize():f} days"
        hours, minutes = divmod(round(self.duration_hours * 60), 60)
        parts = [(hours, "hour"), (minutes, "minute")]
        return " ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in parts if number)


class CourseText(Course):
    """A course seen as its words alone: they come in a spreadsheet of their own."""

    class Meta:
        proxy = True
        verbose_name = "course text"


class CourseVersion(models.Model):
    """What one edition of the content teaches. Events keep the version they were scheduled with."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="one_version_per_course_and_number"),
        ]

    def __str__(self):
        return f"{self.course}, version {self.number}"


class LearningOutcomeQuerySet(models.QuerySet):
    def newest_of(self, course):
        """The outcomes of a course's newest version, in order."""
        newest = CourseVersion.objects.filter(course=course).order_by("-number").values("pk")[:1]
        return self.filter(version=models.Subquery(newest)).order_by("position")


class LearningOutcome(models.Model):
    """Completes the sentence “You will be able to …”. Rated before, after and at twelve weeks."""

    version = models.ForeignKey(CourseVersion, on_delete=models.CASCADE, related_name="outcomes")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)

    objects = LearningOutcomeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_outcome_per_version_and_position"),
            models.CheckConstraint(
                condition=models.Q(position__gte=1, position__lte=4), name="a_version_has_up_to_four_outcomes"
            ),
        ]

    def __str__(self):
        return self.text
