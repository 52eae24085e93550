"""Learning needs for tests, written down through their own action."""

from datetime import date

from evaluation.actions import needs
from evaluation.actions.needs import Need
from evaluation.models import LearningNeed
from tests import cast
from tests.makers import NOW


def facts(need: str = "Hear what the child says", **given) -> Need:
    given = {
        "source": LearningNeed.Source.REVIEW,
        "priority": LearningNeed.Priority.MEDIUM,
        "response": "",
        "owner_words": "Workforce Development Team",
        "due_on": date(2027, 3, 31),
    } | given
    return Need(need=need, **given)


def make_need(need: str = "Hear what the child says", **given) -> LearningNeed:
    return needs.add(facts=facts(need, **given), by=cast.lou(), now=NOW)
