"""R16: whose words are printed, and how much is said of where they come from."""

import pytest

from accounts.models import ReportingGroup
from courses.models import Strand
from evaluation.actions import moderation
from evaluation.models import Moderation
from evaluation.models.moderation import Theme
from evaluation.reports import answers
from evaluation.reports.answers import Voice
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from evaluation.reports.voices import voices_table
from tests import cast
from tests.evaluation.words import somebodys_words
from tests.makers import NOW

GROUP = ReportingGroup.HEALTH
VOICE = Voice(Theme.PRACTICE, 1, str(GROUP), "post", "I ask the child first.")


def printed(respondents, *voices, also=frozenset()):
    table = voices_table(voices or [VOICE], respondents, {1: "Neglect"}, 5, also)
    return [[cell["text"] for cell in cells] for _, cells in table.rows]


def test_course_and_group_are_named_where_enough_answered():
    assert printed({(1, str(GROUP), "post"): 5}) == [
        ["Practice", "I ask the child first.", "Neglect", GROUP.label, "after"]
    ]


@pytest.mark.parametrize(
    ("respondents", "said"),
    [
        ({(1, str(GROUP), "post"): 4, (1, "other", "post"): 4}, ["Neglect", "not shown"]),
        ({(1, str(GROUP), "post"): 4}, ["not shown", "not shown"]),
        ({(1, str(GROUP), "post"): 4, (1, str(GROUP), "follow_up"): 40}, ["not shown", "not shown"]),
    ],
)
def test_what_would_say_who_it_was_is_not_said(respondents, said):
    assert [row[2:4] for row in printed(respondents)] == [said]


def test_a_narrowed_report_names_no_course():
    assert [row[2:4] for row in printed({(1, str(GROUP), "post"): 9}, also=frozenset({1}))] == [
        ["not shown", "not shown"]
    ]


def test_the_same_words_are_printed_once_and_in_the_order_of_themes():
    later = Voice(Theme.CHILDREN, 1, str(GROUP), "post", "They were heard.")

    rows = printed({(1, str(GROUP), "post"): 9}, VOICE, later, VOICE)

    assert [row[:2] for row in rows] == [
        ["Children's voice and lives", "They were heard."],
        ["Practice", "I ask the child first."],
    ]


@pytest.mark.django_db
def test_only_the_words_that_were_chosen_and_still_may_be_read():
    lou, delivered = cast.lou(), {"strand": Strand.MULTI_AGENCY}
    texts = [
        somebodys_words(text, name=name, **delivered)
        for text, name in (("One", "Ada A"), ("Two", "Bo B"), ("Three", "Cy C"))
    ]
    for text in texts:
        text.response.booking.event.__class__.objects.filter(pk=text.response.booking.event_id).update(
            state="DELIVERED"
        )

    def decide(text, decision, *, seen=0, is_for_report=True, words=""):
        moderation.decide(
            answer_id=text.pk, decision=decision, words=words, theme=Theme.PRACTICE,
            is_for_report=is_for_report, seen=seen, by=lou, now=NOW,
        )  # fmt: skip

    decide(texts[0], Moderation.Decision.REDACTED, words="One, otherwise")
    decide(texts[1], Moderation.Decision.APPROVED, is_for_report=False)
    decide(texts[2], Moderation.Decision.APPROVED)
    selection = Selection(Period(NOW.date(), NOW.date().replace(year=2027)), (Strand.MULTI_AGENCY,))

    assert [voice.words for voice in answers.voices(selection)] == ["One, otherwise", "Three"]
    decide(texts[2], Moderation.Decision.WITHHELD, seen=1)
    assert [voice.words for voice in answers.voices(selection)] == ["One, otherwise"]
