"""What follows from the evidence: a few actions of meetings, one of them overdue, and what people need to learn."""

from datetime import date, datetime, timedelta

from accounts.models import OutboundEmail, User
from evaluation.actions import improvements, needs
from evaluation.actions.needs import Need
from evaluation.emails.improvements import AGREED
from evaluation.models import ImprovementAction, LearningNeed

POLICE, HEALTH = "Police, learning lead", "Health, named nurse"
MEETING_DAYS_AGO = 45
# What, who, days from now, what came of it.
ACTIONS = (
    ("Put officers’ names to the places on the neglect course that the police keep", POLICE, -9, ""),
    ("Tell the subgroup why staff of the hospitals cancel late", HEALTH, 12, ""),
    ("Bring two examples of the child’s own words into every course on neglect", "", 26, ""),
    (
        "Ask early years settings which day of the week they can send somebody",
        "Early years, learning lead",
        -14,
        "Thursday mornings. The spring dates follow it.",
    ),
)
TEAM = "Workforce Development Team"
SOURCE, PRIORITY = LearningNeed.Source, LearningNeed.Priority
NEEDS = (
    Need(
        need="Bruising in babies who do not move by themselves",
        source=SOURCE.REVIEW,
        priority=PRIORITY.HIGH,
        response="A briefing in every agency, and a page in the neglect course",
        owner_words="Health, named nurse",
        due_on=date(2027, 1, 29),
    ),
    Need(
        need="Harm outside the home: what a school can do in the first hour",
        source=SOURCE.WAITING_LIST,
        priority=PRIORITY.HIGH,
        response="Two more dates in spring",
        owner_words=TEAM,
        due_on=date(2027, 3, 31),
    ),
    Need(
        need="Recording what a child said in the child’s own words",
        source=SOURCE.AUDIT,
        priority=PRIORITY.MEDIUM,
        response="",
        owner_words=TEAM,
        due_on=date(2027, 4, 30),
    ),
    Need(
        need="Talking with parents about worries, with somebody to practise on",
        source=SOURCE.MANAGERS,
        priority=PRIORITY.LOW,
        response="Tried out in the autumn programme",
        owner_words="Early years, learning lead",
        due_on=date(2027, 9, 30),
    ),
)


def improve(*, now: datetime, as_of: datetime, officer: int, trainer: int) -> None:
    """Write down what the last meeting agreed on, and what came of it since; the trainer's letter goes now."""
    people = User.objects.in_bulk([officer, trainer])
    met_at = as_of - timedelta(days=MEETING_DAYS_AGO)
    for what, who, days, outcome in ACTIONS:
        action = improvements.agree(
            what=what,
            source=ImprovementAction.Source.MEETING,
            owner=None if who else people[trainer],
            owner_words=who,
            due_on=(as_of + timedelta(days=days)).date(),
            by=people[officer],
            now=met_at,
        )
        if outcome:
            done_at = as_of - timedelta(days=5)
            improvements.end(action_id=action.pk, state="DONE", outcome=outcome, by=people[officer], now=done_at)
    OutboundEmail.objects.filter(letter=AGREED).update(send_at=now)
    for facts in NEEDS:
        needs.add(facts=facts, by=people[officer], now=met_at)
