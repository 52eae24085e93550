"""Whom a course is for, read from its own words."""

import pytest

from courses.audiences import groups_named_in, in_plain_words
from courses.models import AudienceGroup


@pytest.mark.parametrize(
    ("audience", "groups"),
    [
        ("Everyone in the children's workforce", []),
        ("Anyone who supervises staff", []),
        ("Foster carers, residential staff", [AudienceGroup.CARERS, AudienceGroup.RESIDENTIAL]),
        ("Early years DSLs and childminders", [AudienceGroup.EARLY_YEARS]),
        ("DSLs and deputies", [AudienceGroup.SCHOOLS]),
        (
            "Social workers, police child protection, health named staff",
            [AudienceGroup.SOCIAL_CARE, AudienceGroup.HEALTH, AudienceGroup.POLICE_AND_JUSTICE],
        ),
    ],
)
def test_groups_named_in_reads_the_words(audience, groups):
    assert groups_named_in(audience) == groups


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        ("Groups 1-2", "People who seldom meet children but may notice something and people in regular contact with "
         "children (contact groups 1 to 2)"),
        ("Group 4", "People with particular safeguarding duties (contact group 4)"),
        ("Groups 9-9", "Groups 9-9"),
        ("Group leaders", "Group leaders"),
    ],
)  # fmt: skip
def test_in_plain_words_writes_contact_groups_out(audience, words):
    assert in_plain_words(audience) == words
