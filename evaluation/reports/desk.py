"""What the first page of the evidence says: the latest figures, what changed since the last meeting, what waits for a decision.

It counts dates, reports, actions and courses, and no people: figures about those come out of reports, in
which small numbers are hidden already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from courses.models import Course, Event, Offer
from evaluation.models import AgencyReturn, Answer, ImprovementAction, LearningNeed, Meeting, Observation, QualityReport
from evaluation.models.improvement import READERS
from evaluation.models.observation import ObservationState
from evaluation.models.quality_report import strands_open_to
from evaluation.reports.periods import QUARTER_MONTHS, Period, day_in_words, latest_start, midnight
from evaluation.reports.selection import DELIVERED_STATES

ACTIONS_SHOWN = 10
COURSES_NAMED = 5
# So many of the latest reports are looked through for one of a quarter.
LOOKED_THROUGH = 50
# What a number is a number of: one, and more.
SAID = {
    "reports": ("report made", "reports made"),
    "delivered": ("date took place", "dates took place"),
    "cancelled": ("date planned since then was cancelled", "dates planned since then were cancelled"),
    "shared": ("observation shared with the trainer", "observations shared with their trainers"),
    "agreed": ("action agreed", "actions agreed"),
    "done": ("action done", "actions done"),
    "dropped": ("action dropped", "actions dropped"),
    "needs": ("need seen", "needs seen"),
    "overdue": ("action is overdue", "actions are overdue"),
    "unplanned": ("need has nothing planned for it", "needs have nothing planned for them"),
    "past": ("need is past its day", "needs are past their day"),
    "courses": ("course is overdue for a review of its content", "courses are overdue for a review of their content"),
    "texts": ("text is waiting to be read", "texts are waiting to be read"),
    "to_write": ("observation is to be written up", "observations are to be written up"),
    "returns": ("agency’s training return is to be read", "agencies’ training returns are to be read"),
    "late_returns": ("agency’s training return is late", "agencies’ training returns are late"),
    "to_close": ("observation can be closed", "observations can be closed"),
}


@dataclass(frozen=True)
class Line:
    """A number with its words, and where to go for more; no address where there is no page."""

    number: int
    one: str
    many: str
    url: str = ""

    @property
    def words(self) -> str:
        return self.one if self.number == 1 else self.many


@dataclass(frozen=True)
class Desk:
    """Everything on the page, for one reader."""

    since: date
    since_words: str
    latest: QualityReport | None
    changes: list[Line]
    decisions: list[Line]
    late_courses: list[str]
    actions: list[ImprovementAction]
    actions_outstanding: int
    today: date


def desk_of(user: User, *, now: datetime) -> Desk:
    """Put the page together for somebody who may read reports."""
    today = timezone.localtime(now).date()
    meeting = Meeting.objects.visible_to(user).filter(held_on__lte=today).latest_first().first()
    since = meeting.held_on if meeting else latest_start(today, QUARTER_MONTHS)
    strands = strands_open_to(user)
    late = _courses_to_review(strands, today)
    actions = (
        ImprovementAction.objects.visible_to(user).outstanding()
        if _reads_actions(user)
        else ImprovementAction.objects.none()
    )
    return Desk(
        since=since,
        since_words=f"the meeting on {day_in_words(since)}"
        if meeting
        else f"{day_in_words(since)}, when the quarter began",
        latest=_latest_quarter(user),
        changes=[line for line in _changes(user, strands, midnight(since)) if line.number],
        decisions=[line for line in _decisions(user, today, len(late)) if line.number],
        late_courses=late[:COURSES_NAMED],
        actions=list(actions.with_owners().order_by("due_on", "pk")[:ACTIONS_SHOWN]),
        actions_outstanding=actions.count(),
        today=today,
    )


def _reads_actions(user: User) -> bool:
    return user.has_role(*READERS)


def _latest_quarter(user: User) -> QualityReport | None:
    """Return the latest report of a whole quarter, without filters, made after the quarter had ended."""
    ready = QualityReport.objects.visible_to(user).filter(state=QualityReport.State.READY, filters={})
    made = ready.order_by("-ends_on", "-snapshot_at", "-pk").values_list("pk", "starts_on", "ends_on", "snapshot_at")
    for pk, starts_on, ends_on, snapshot_at in made[:LOOKED_THROUGH]:
        period = Period(starts_on, ends_on)
        if period.months == 3 and snapshot_at >= period.ends_before:
            return QualityReport.objects.defer("pdf").get(pk=pk)
    return None


def _changes(user: User, strands: list[str], since: datetime) -> Iterable[Line]:
    reports = QualityReport.objects.visible_to(user).filter(state=QualityReport.State.READY, snapshot_at__gte=since)
    yield Line(reports.count(), *SAID["reports"], reverse("evaluation:report_list"))
    dates = Event.objects.filter(
        pk__in=Offer.objects.filter(strand__in=strands).values("events"), starts_at__gte=since
    ).aggregate(
        delivered=Count("pk", filter=Q(state__in=DELIVERED_STATES)),
        cancelled=Count("pk", filter=Q(state=Event.State.CANCELLED)),
    )
    yield Line(dates["delivered"], *SAID["delivered"])
    yield Line(dates["cancelled"], *SAID["cancelled"])
    if _reads_actions(user):
        observed = Observation.objects.shared().filter(shared_at__gte=since)
        url = reverse("evaluation:observation_list") if user.has_role(Role.LSCP_OFFICER) else ""
        yield Line(observed.count(), *SAID["shared"], url)
        actions = ImprovementAction.objects.visible_to(user)
        ended = actions.filter(ended_at__gte=since)
        yield Line(actions.filter(made_at__gte=since).count(), *SAID["agreed"])
        yield Line(ended.filter(state=ImprovementAction.State.DONE).count(), *SAID["done"])
        yield Line(ended.filter(state=ImprovementAction.State.DROPPED).count(), *SAID["dropped"])
    yield Line(LearningNeed.objects.visible_to(user).filter(seen_at__gte=since).count(), *SAID["needs"])


def _decisions(user: User, today: date, courses_to_review: int) -> Iterable[Line]:
    if _reads_actions(user):
        yield Line(
            ImprovementAction.objects.visible_to(user).overdue(today).count(),
            *SAID["overdue"],
            f"{reverse('evaluation:action_list')}?state=overdue",
        )
    needs = LearningNeed.objects.visible_to(user).current()
    url = reverse("evaluation:need_list")
    yield Line(needs.filter(response="").count(), *SAID["unplanned"], url)
    yield Line(needs.filter(due_on__lt=today).exclude(response="").count(), *SAID["past"], url)
    yield Line(
        courses_to_review,
        *SAID["courses"],
        "#courses",
    )
    if user.has_role(Role.LSCP_OFFICER, Role.WORKFORCE_TEAM):
        words = Answer.objects.moderated_by(user).filter(moderation=Answer.Moderation.TO_REVIEW)
        yield Line(
            words.count(),
            *SAID["texts"],
            reverse("evaluation:moderation_list"),
        )
    if user.has_role(Role.LSCP_OFFICER):
        url = reverse("evaluation:observation_list")
        observations = Observation.objects.visible_to(user)
        yield Line(
            observations.to_write_up(today).count(),
            *SAID["to_write"],
            f"{url}?show=due",
        )
        agreed = observations.filter(state=ObservationState.AGREED).exclude(actions__state=ImprovementAction.State.OPEN)
        yield Line(agreed.count(), *SAID["to_close"], url)
        returns, url = AgencyReturn.objects.visible_to(user), reverse("evaluation:return_list")
        yield Line(returns.to_read().count(), *SAID["returns"], f"{url}?show=read")
        yield Line(returns.late(today).count(), *SAID["late_returns"], f"{url}?show=late")


def _courses_to_review(strands: list[str], today: date) -> list[str]:
    courses = Course.objects.filter(state=Course.State.PUBLISHED, offers__strand__in=strands, review_due_on__lt=today)
    return list(dict.fromkeys(courses.order_by("review_due_on", "title").values_list("title", flat=True)))
